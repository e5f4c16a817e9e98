/* x509_name.h (private to common/crypto): distinguished names as text (RFC 4514). */
#pragma once

#include "common/base/arena.h"

/*
 * A spelling that two texts of the same name share: no spaces around separators, attribute types in
 * capitals, one way to escape.  Values keep their case.  STR_NULL: it is no distinguished name.
 */
struct str x509_name_normal(struct arena *a, struct str text);
