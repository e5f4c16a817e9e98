/*
 * operate.h: brings one account on one platform to its desired state: which operation comes
 * when, and what an outcome means for the binding.  Knows no protocol and no database.
 *
 *   create first, look up on a conflict: one call in the usual case, not two
 *   in doubt and no identifier: look up before anything else; never a blind create
 *   update and disable are repeatable, so a doubt about them needs no look-up
 *   an account that is there already becomes ours by a rule of the mapping, or by a person's word, or not at all
 *   a disable, and a deletion, is believed only when it has been read back
 */
#pragma once

#include "provisioning/connector.h"

/* One claimed binding. */
struct work {
	struct str account_id;
	int64_t platform_id;
	struct str platform_code;
	int64_t prio;
	int64_t gen;               /* want_gen when it was claimed */
	int64_t lease_token;
	int64_t tries;
	bool in_doubt;             /* the outcome of an earlier operation is not known */
	struct str want_hash, seen_hash;
	bool want_active;
	bool seen_active;
	struct str ext_id, stable_id;
	bool is_deletion;          /* off, and its grace is over: it is taken away */
	unsigned ops_allowed;      /* enum op_allowed: what the administrator lets us do there now */
	bool is_repair;            /* what is wanted was there once: what differs now, others have changed */
	struct str chosen;         /* a person said which account there it is; STR_NULL: nobody did */
};

enum outcome {
	OUTCOME_OK,        /* the platform is as desired */
	OUTCOME_RETRY,
	OUTCOME_IN_DOUBT,
	OUTCOME_BLOCKED,   /* a new desired state or a person must come first */
	OUTCOME_WAITING,   /* handed on to a person of the platform's: nothing to do until they answer */
	OUTCOME_RELEASED,  /* nothing was tried; due again soon */
};

/* What was seen of an account that was to be without access. */
enum sight { SIGHT_NONE, SIGHT_INACTIVE, SIGHT_ABSENT };

struct result {
	enum outcome outcome;
	enum verdict verdict;      /* of the last operation */
	const char *op;            /* that operation: "create", …, "none" */
	struct str ext_id, stable_id, etag; /* as far as known */
	bool was_created, was_enabled, was_disabled, was_deleted;
	bool was_adopted;          /* an account that was there already is ours now */
	const char *adopted_by;    /* the rule's name, or "person" */
	const struct candidates *candidates; /* accounts that a person has to choose from, or NULL */
	enum sight sight;          /* with OUTCOME_OK: the proof that access there has ended */
	const char *proof;         /* of which kind */
	struct fault fault;
	int64_t status;            /* of the last answer */
	int64_t pause_s;
	const struct attr_change *changes;
	size_t n_changes;
};

/* call: op, instance, want, deadline_ms are set; ext_id and gen are taken from work. */
void operate(const struct connector *connector, unsigned ops_allowed, struct call *call, const struct work *work,
             struct result *ret);

const char *verdict_name(enum verdict verdict) _pure_;
const char *outcome_name(enum outcome outcome) _pure_;
