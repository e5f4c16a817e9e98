/*
 * follow_store.h: the rows sen.follow: who follows which platform, from where on; and what a change means, for just the accounts
 * it names, by keys, however many there are besides.
 *
 * The lease and its token are as for runs (run_store.h): ERR_CONFLICT when another provisioner has taken over.
 */
#pragma once

#include "provisioning/observe/judge_store.h"

#define FOLLOW_LEASE_S 15

struct follow {
	int64_t platform_id, lease_token;
	struct str cursor; /* empty: from the beginning */
};
/* *ret_is_ours: the lease is; else somebody else follows the platform. */
int follow_claim(struct op *op, int64_t platform_id, struct follow *ret, bool *ret_is_ours) _must_check_;

struct follow_mark {
	struct str cursor;      /* empty: as it was */
	bool is_connected, is_current, is_unsure;
	uint64_t n_told;
};
/* Goes on for another lease. */
int follow_keep(struct op *op, const struct follow *f, const struct follow_mark *mark) _must_check_;
/* Gives it back.  fault NULL: nothing is wrong; restart: the cursor is worth nothing. */
int follow_end(struct op *op, const struct follow *f, const char *fault, struct str detail, bool restart) _must_check_;
/* A listing, when somebody may be gone whom nobody can name. */
int follow_list(struct op *op, const struct follow *f) _must_check_;

/* What is told. */
enum clue_kind {
	CLUE_ACCOUNT, /* listed: as it is */
	CLUE_GONE,    /* listed.ext_id is gone */
	CLUE_LOOK,    /* account_id, or else whose account ext_id is: something about it has changed */
};
struct clue {
	enum clue_kind kind;
	struct listed listed;
	int64_t since_ms; /* clock_mono_ms() */
};
/* Whom it is about. */
struct resolved {
	struct str owner;     /* one of our accounts, or STR_NULL */
	bool is_by_id;        /* the account carries its id, or is the one that we know whatever its name; else the identifier or the name say so */
	bool is_bound, is_exact; /* it has a binding there; with this identifier */
	bool is_collision;    /* the binding of another one has it */
	bool is_decided;      /* a person's adoption of it is under way */
	int64_t state;        /* of the binding */
	struct str want_hash;
	bool want_active;
	bool is_fresh;        /* an operation of ours on it ended within the last second */
};
int follow_resolve(struct op *op, int64_t platform_id, const struct clue *clues, size_t n, struct resolved *ret) _must_check_;

/* An account as it is, judged or not. */
struct sight_row {
	const struct listed *listed;
	const char *situation;
	struct str owner;
	struct judgement judgement; /* want_hash STR_NULL: not compared */
};
struct due_row {
	struct str account_id, ext_id; /* ext_id: it is gone; STR_NULL: look at it */
};
int follow_write(struct op *op, const struct follow *f, const struct sight_row *rows, size_t n, size_t *ret_n_due) _must_check_;
int follow_due(struct op *op, const struct follow *f, const struct due_row *rows, size_t n, size_t *ret_n_due) _must_check_;
/* Who should be in the group there; not whole: too many to be told here. */
int follow_group(struct op *op, int64_t platform_id, struct group_members *m, bool *ret_is_whole) _must_check_;
/* The entry of the unit is to be looked at. */
int follow_unit(struct op *op, int64_t platform_id, struct str code) _must_check_;
