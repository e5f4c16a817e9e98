/* audit_checkpoint_internal.h (private): what making and verifying share. */
#pragma once

#include "common/model/audit_checkpoint.h"

/* With the master secret, over the signature and the public key beside it. */
struct str audit_checkpoint_mac(struct op *op, struct str jws, struct str jwk);
