/*
 * store.h: who keeps the entries of units of a platform, and what they should be, in PostgreSQL: as the guard (guard.h) has let it
 * through.
 * Errors: as db_run(); ERR_CONFLICT: another provisioner keeps them now.
 */
#pragma once

#include "common/db/db.h"
#include "provisioning/ldap/unit.h"

#define UNITS_LEASE_S 30
#define UNITS_PAGE LDAP_PAGE_ENTRIES

struct units_lease {
	int64_t platform_id, token;
	bool is_whole;   /* all are to be compared, else those that have been marked */
	struct str day;  /* it is so for */
};

/* What a turn has done. */
struct units_done {
	int64_t entries, strangers, made, changed, raced, refused;
	bool is_cut;       /* the program was stopped before the end */
	const char *fault; /* why it ended early, or NULL */
	struct str detail;
};

/* At the start of a program: all are due. */
int units_prepare(struct op *op, int64_t platform_id) _must_check_;
/* One turn, when anything is due and nobody else is at it. */
int units_claim(struct op *op, int64_t platform_id, struct units_lease *ret, bool *ret_is_ours) _must_check_;
int units_keep(struct op *op, const struct units_lease *l) _must_check_;
int units_end(struct op *op, const struct units_lease *l, const struct units_done *done) _must_check_;

/* ret[i] of codes[i]; code STR_NULL: there is no such unit. */
int units_read(struct op *op, int64_t platform_id, const struct str *codes, size_t n, struct unit_facts *ret) _must_check_;
/* Those that are there today, behind the code after, at most UNITS_PAGE. */
int units_page(struct op *op, int64_t platform_id, struct str after, const struct unit_facts **ret, size_t *ret_n) _must_check_;

struct units_mark {
	int64_t unit_id, seq;
	struct str code; /* STR_NULL: it is gone */
};
/* At most UNITS_PAGE, the oldest first. */
int units_marks(struct op *op, int64_t platform_id, const struct units_mark **ret, size_t *ret_n) _must_check_;
/* But those that have been marked again since. */
int units_unmark(struct op *op, int64_t platform_id, const struct units_mark *marks, size_t n) _must_check_;
int units_mark_again(struct op *op, int64_t platform_id, const struct str *codes, size_t n) _must_check_;

struct units_state {
	int64_t age_s; /* since all were compared; -1: never */
	int64_t waiting, tries;
	int64_t held; /* units that a person has to decide about */
	struct units_done total;
};
int units_state(struct op *op, int64_t platform_id, struct units_state *ret) _must_check_;
