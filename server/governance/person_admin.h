/*
 * person_admin.h: a person's record: looked at, corrected against the version that was seen, its personal
 * number shown in full only with a reason and a record of that.
 *
 * ERR_UNKNOWN_PERSON also for what is beyond the scope; ERR_OUT_OF_SCOPE, ERR_SELF_GRANT;
 * ERR_PRECONDITION_FAILED; ERR_CONFLICT: the personal number is another's.
 */
#pragma once

#include "common/model/person_store.h"
#include "server/governance/principal.h"

struct person_record {
	struct person person;
	struct str sex;             /* "male", "female"; STR_NULL: not said */
	struct str state;           /* names of enum lc_state */
	struct str national_id;     /* masked; STR_NULL: none */
	bool legal_hold;
	int64_t version;
};

/* What of a personal number does not go with the rest. */
enum { NATIONAL_ID_PLACE = 1, NATIONAL_ID_SEX = 2, NATIONAL_ID_YEAR = 4 };
unsigned national_id_warnings(struct str id, struct str sex, struct str birth_date);

struct person_edit {
	struct str kind, ho, dem, ten, birth_date, sex; /* STR_NULL: as it was; empty dem, ho: none */
	struct str national_id;                         /* 12 digits, or STR_NULL: as it was */
	int64_t version;
};

int person_admin_get(struct op *op, const struct principal *p, struct str employee_code, struct person_record *ret_record) _must_check_;
int person_admin_edit(struct op *op, const struct principal *p, struct str employee_code, const struct person_edit *edit,
                      struct person_record *ret_record, unsigned *ret_warnings) _must_check_;
int person_admin_unmask(struct op *op, const struct principal *p, struct str employee_code, struct str reason,
                        struct str *ret_national_id) _must_check_;
struct hold_lifting {
	struct str employee_code, reason;
	int64_t version; /* of the person as they were seen: a hold that came later is not lifted */
};
/* Never by the person concerned.  *ret_changed false: there was none. */
int person_admin_lift_hold(struct op *op, const struct principal *p, const struct hold_lifting *lifting, bool *ret_changed) _must_check_;
/* The person, if principal may act on it with the right; refuses as the right says. */
int person_admin_find(struct op *op, const struct principal *p, const char *right, struct str employee_code, struct person *ret_person) _must_check_;
/* Keyed hash and ciphertext of a personal number. */
void national_id_seal(struct op *op, struct str id, struct str *ret_hash, struct str *ret_sealed);
