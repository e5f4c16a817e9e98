/* offboarding_store.h (private): the facts of offboarding.h in one statement, so of one moment, and the stored certificates. */
#pragma once

#include "server/governance/offboarding.h"

/* Who reads must have the right for the whole person, on every platform. */
int offboarding_may_see(struct op *op, const struct principal *p, struct str employee_code, struct str *ret_person_id) _must_check_;
int offboarding_read(struct op *op, struct str person_id, json_t **ret_state) _must_check_;
/* The next number of this year; whoever else wants one waits for the end of the transaction.  *ret_issuer: the principal's full name. */
int offboarding_number(struct op *op, const struct principal *p, int64_t *ret_year, int64_t *ret_number, struct str *ret_issuer) _must_check_;
int offboarding_add(struct op *op, const struct principal *p, struct str person_id, int64_t year, int64_t number,
                    struct off_certificate *c) _must_check_;
/* What the audit keeps of it: with the digest of what was signed. */
json_t *offboarding_record(struct op *op, struct str employee_code, const struct off_certificate *c);
int offboarding_get(struct op *op, struct str person_id, struct str number, struct off_certificate *ret) _must_check_;
int offboarding_all(struct op *op, struct str person_id, json_t **ret_list) _must_check_;
