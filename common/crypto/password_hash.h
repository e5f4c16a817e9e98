/*
 * password_hash.h: argon2id (RFC 9106) on libargon2, in the form that slapd's argon2 module
 * verifies in binds.
 *
 * m = 19456 KiB, t = 2, p = 1: about 22 ms.  slapd itself would make argon2i of a clear
 * password, therefore passwords are hashed here.
 */
#pragma once

#include "common/base/op.h"

/* "{ARGON2}$argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>", with a new random salt. */
int password_hash(struct op *op, struct str password, struct str *ret_hash) _must_check_;
