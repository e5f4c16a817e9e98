/*
 * movement.h: events in an official's working life: joining, moving, leaving, suspension, return, death.
 * What follows is decided by working_life.h and written with the audit record in one transaction; asked with
 * is_preview nothing is written.
 *
 * ERR_UNKNOWN_PERSON, ERR_UNKNOWN_UNIT, ERR_UNKNOWN_PLATFORM; ERR_OUT_OF_SCOPE, ERR_SELF_GRANT; ERR_WRONG_STATE,
 * ERR_BLOCKED, ERR_INVALID_VALUE; ERR_CONFLICT.
 */
#pragma once

#include "common/base/json.h"
#include "server/governance/json_rows.h"
#include "server/governance/working_life.h"
#include "server/governance/post_admin.h"
#include "server/governance/principal.h"

struct movement_person { /* who joins and is not on record yet */
	struct str employee_code, kind, ho, dem, ten, birth_date, sex, national_id;
};

struct movement_request {
	enum lc_event_kind kind;
	struct str employee_code;
	const struct movement_person *person; /* NULL: on record */
	struct str effective_on, until;       /* dates; effective_on STR_NULL: today */
	struct str decision_no, decision_on, signer, reason;
	struct post_fields post;              /* join, transfer, rehire: the new main post */
	const struct str *platforms;          /* leave: codes */
	size_t n_platforms;
	bool is_preview;
};

struct movement_result {
	struct str id, state; /* state: of the person before */
	struct str login;     /* join: of the new account; STR_NULL: none was made */
	json_t *consequences; /* a new reference */
};
int movement_apply(struct op *op, const struct principal *p, const struct movement_request *request, struct movement_result *ret) _must_check_;
/* The same in an open transaction, without audit and commit; person is locked and in the scope already. */
int movement_in_transaction(struct op *op, const struct principal *p, const struct movement_request *request, struct str person_id,
                            struct movement_result *ret) _must_check_;

struct movement {
	struct str id, kind, effective_at, until_at, decision_no, decision_on, signer, reason, drawn_by, drawn_at, void_by;
	struct str consequences; /* JSON text */
	struct str seq;          /* in the order in which they were drawn up */
};
struct movement_page {
	const struct movement *movements;
	size_t n;
	bool has_more;
};
/* The newest first, behind the one with the number after (STR_NULL: from the newest). */
int movement_list(struct op *op, const struct principal *p, struct str employee_code, const struct page_ask *ask, struct movement_page *ret) _must_check_;
