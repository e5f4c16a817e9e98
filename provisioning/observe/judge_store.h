/*
 * judge_store.h: what follows from a listing, for all accounts at once.
 *
 *   linked     carries our id, and is the one of its binding
 *   unlinked   one of our accounts is its owner, by id without binding or by name; adopted by persons only
 *   unmatched  nobody's of ours: reported, never touched
 *   disputed   one of several for the same account of ours
 *   collision  the binding says one of our accounts, the id it carries another
 *   missing    ours, and in no complete listing; after two of them it is made again
 *
 * A binding is judged only while it is idle, and only by what was asked for after its last operation.
 */
#pragma once

#include "provisioning/observe/run_store.h"

/*
 * Gives every account of the listing its owner and situation, writes the shadows that have changed, makes bindings due whose
 * account is on or off against our will.  May be repeated.
 */
int judge_accounts(struct op *op, const struct observe_run *run) _must_check_;

/* A linked account whose attributes are not known to be as wanted. */
struct suspect {
	struct str ext_id, account_id, want_hash;
	struct str attrs; /* listed.document */
};
/* Those of the next window of the listing, behind *after (STR_NULL: from the beginning), which moves on; STR_NULL: that was the last. */
#define SUSPECTS_WINDOW 500
int judge_suspects(struct op *op, const struct observe_run *run, struct str *after, const struct suspect **ret, size_t *ret_n) _must_check_;

struct judgement {
	struct str ext_id, account_id, want_hash;
	struct str diff;  /* JSON: name -> want, seen, rule; STR_NULL: as wanted */
	struct str names; /* of what is enforced, for the log */
	bool is_enforced; /* make it due */
};
int judge_attributes(struct op *op, const struct observe_run *run, const struct judgement *judgements, size_t n) _must_check_;

/* Whether the listing is short of accounts. */
int judge_size(struct op *op, const struct observe_run *run, struct listing_size *ret) _must_check_;
/* After a whole listing: who is missing, and for whom that is the second time. */
int judge_absent(struct op *op, const struct observe_run *run) _must_check_;
/* Ends the run as "complete", "incomplete" or "held", with counts. */
int judge_end(struct op *op, const struct observe_run *run, const char *state, const char *fault) _must_check_;

struct attribute_rule {
	struct str attribute, rule;
};
int attribute_policy_read(struct op *op, int64_t platform_id, const struct attribute_rule **ret_rules, size_t *ret_n) _must_check_;

/* Accounts to be read back, where nothing can be listed: a hundredth, behind the last sample's last. */
int sample_take(struct op *op, const struct observe_run *run, const struct suspect **ret, size_t *ret_n) _must_check_;

struct sample {
	struct str account_id, want_hash;
	bool is_there, active, matches;
	int64_t age_ms; /* since it was asked for */
};
int sample_judge(struct op *op, const struct observe_run *run, const struct sample *samples, size_t n) _must_check_;

/* An account that a person has given to one of ours. */
struct adoption {
	int64_t id, platform_id;
	struct str ext_id, account_id;
};
/* *ret: NULL when there is none.  Taken for a while: whoever dies over it, another one repeats it. */
int adoption_take(struct op *op, const struct observed_platform *platforms, size_t n, struct adoption **ret) _must_check_;
/* fault NULL: it carries our id, and its binding becomes due; else it has failed, and a person may try again. */
int adoption_end(struct op *op, const struct adoption *a, const char *fault) _must_check_;

/* It is said that an account may have changed there: looked at at the next operation, without waiting for a listing. */
int observe_changed(struct op *op, int64_t platform_id, struct str ext_id) _must_check_;
