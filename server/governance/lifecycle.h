/*
 * lifecycle.h: the life cycle of a platform in the catalogue, as one table.  Pure: facts in, decision out.
 *
 *   proposed → appraised → approved → building → completed → deploying → operating ↔ reviewing → replacing → stopped
 *   and back from replacing to reviewing, when the plan was cancelled;
 *   and refused, from proposed and appraised; a central platform that its ministry has built goes from proposed to completed.
 *
 * Transitions that are decisions need right "appraise" and another person than who wrote the entry and who moved it last.
 * Where accounts may exist is not said here but by sen.platform_is_open() alone.
 */
#pragma once

#include "common/base/err.h"
#include "common/base/str.h"
#include "server/governance/principal.h"

/* What a transition may need; bits, each with its name for answers. */
enum lifecycle_need {
	NEED_MANAGER = 1,       /* managing unit and named contact */
	NEED_TAGS = 2,          /* functions, scopes and description to compare by */
	NEED_NO_FINDINGS = 4,   /* no open overlap */
	NEED_DECISION = 8,      /* number and date, in the request */
	NEED_REASON = 16,       /* in the request */
	NEED_KIND = 32,         /* no longer of kind "proposed" */
	NEED_EXPECTED = 64,     /* expected date */
	NEED_COMPLETED = 128,   /* real date, not in the future */
	NEED_ARCHITECTURE = 256,
	NEED_STRATEGY = 512,
	NEED_SECURITY = 1024,
	NEED_GUIDANCE = 2048,   /* some is published */
	NEED_PLAN = 4096,       /* milestones of deployment */
	NEED_UNIT_DONE = 8192,  /* deployed at one unit at least */
	NEED_REPLACEMENT = 16384, /* another platform, which admits accounts */
	NEED_CARRIED = 32768,   /* nobody holds anything on it any more */
	NEED_HANDOVER = 65536,  /* no plan of the whole waits for the hand-over of its data */
	NEED_NO_PLAN = 131072,  /* no plan of the whole is under way */
};
#define NEED_GATES (NEED_ARCHITECTURE | NEED_STRATEGY | NEED_SECURITY)
#define N_LIFECYCLE_NEEDS 18

/* "gate_security" for NEED_SECURITY; NULL for what is not one need. */
const char *lifecycle_need_name(unsigned need);

struct lifecycle_facts {
	struct str state, kind;
	unsigned met;           /* of enum lifecycle_need: what there is */
	unsigned rights;        /* of enum admin_right: what the actor has over this entry */
	bool actor_wrote_it;    /* created it or changed it last */
	bool actor_moved_it;    /* made the transition before this one */
};

struct lifecycle_verdict {
	int err;           /* 0, ERR_WRONG_STATE, ERR_OUT_OF_SCOPE, ERR_FOUR_EYES, ERR_BLOCKED */
	unsigned missing;  /* ERR_BLOCKED: needs that are not met */
	unsigned rights;   /* any of these is needed */
};

struct lifecycle_verdict lifecycle_decide(const struct lifecycle_facts *facts, struct str to);

/* The i-th state that follows state for this kind; STR_NULL past the last. */
struct str lifecycle_next(struct str state, struct str kind, size_t i);
