/*
 * offboarding.h: whether somebody who has left has no access any more, and the certificate about it.
 *
 * Per platform that ever had one of the person's accounts: the proof (what was read there, when, by which operation), or why there
 * is none.  Complete is only what is proved everywhere, with no session, token, right of administration or shared account left.
 * A certificate states its moment; it is stored and never changed, under a number without gaps in its year.
 *
 * Errors: ERR_UNKNOWN_PERSON also for what is beyond the scope; ERR_OUT_OF_SCOPE, ERR_SELF_GRANT; ERR_UNKNOWN_CERTIFICATE.
 */
#pragma once

#include "common/base/json.h"
#include "common/db/db.h"
#include "server/governance/principal.h"

#define OFFBOARDING_TYP "offboarding-certificate+jwt"

/* A binding, or a grant that has none yet. */
struct off_platform {
	bool is_bound, want_active;
	bool is_planning;   /* facts have changed since it was planned */
	bool is_as_wanted;  /* what was seen last is what is wanted */
	int64_t state;      /* of the binding: schema/migrations/0006 and later */
	bool is_proved;
	bool is_alive;      /* the observer has seen another account there, which may be this person's */
};

enum off_reason { OFF_PROVED, OFF_PLANNING, OFF_GRANTED, OFF_WAITING, OFF_BLOCKED, OFF_HELD, OFF_CHANGED, OFF_ALIVE, OFF_UNPROVED, OFF_REASONS_ };
/* Pure. */
enum off_reason offboarding_judge(const struct off_platform *p) _pure_;
const char *off_reason_name(enum off_reason reason) _pure_;

/* How it stands now: the claims of a certificate without issuer, number and time.  A new reference. */
int offboarding_state(struct op *op, const struct principal *p, struct str employee_code, json_t **ret_state) _must_check_;

struct off_certificate {
	struct str id, number;  /* "15/2026" */
	struct str issued_at, kid, jws, jwk;
	bool complete;
};
/* Issues one, complete or not. */
int offboarding_issue(struct op *op, const struct principal *p, struct str issuer, struct str employee_code, struct off_certificate *ret) _must_check_;
/* The certificate with that number, or, for STR_NULL, the latest one. */
int offboarding_find(struct op *op, const struct principal *p, struct str employee_code, struct str number, struct off_certificate *ret) _must_check_;
/* All about one person, the latest first; at most 50.  A new reference. */
int offboarding_list(struct op *op, const struct principal *p, struct str employee_code, json_t **ret_list) _must_check_;
