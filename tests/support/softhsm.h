/* softhsm.h: a token of the test's own, in software (SoftHSM), in a folder that goes with it. */
#pragma once

#include "common/crypto/pkcs11.h"

#define SOFTHSM_MODULE "/usr/lib/softhsm/libsofthsm2.so"
#define SOFTHSM_LABEL "sen"
#define SOFTHSM_PIN "24680135"

/* Sets SOFTHSM2_CONF of the process. */
void softhsm_make(void);
void softhsm_drop(void);
/* As if it were pulled out, and put back. */
void softhsm_hide(void);
void softhsm_show(void);
struct pkcs11_token *softhsm_open(struct op *op);
