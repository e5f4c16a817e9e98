/*
 * principal.h: who acts through the administration API, with the scopes of this moment:
 * loaded anew for each request, so that a change of scope takes effect at the next one.
 */
#pragma once

#include "common/base/str.h"

struct admin_scope {
	struct str id;
	struct str unit_path; /* subtree: units whose path begins with it */
	int64_t platform_id;  /* -1: every platform */
	unsigned rights;      /* of enum admin_right */
	int64_t valid_to_s;   /* 0: no end */
	const int64_t *roles; /* n_roles 0: every role of what it reaches */
	size_t n_roles;
	int max_rank;         /* of enum role_rank */
	bool is_capped;       /* by max_rank */
};

/* Sensitivities in order, as sen.rank(). */
enum role_rank { RANK_LOW, RANK_NORMAL, RANK_HIGH, RANK_PRIVILEGED };

/* Names in the database: admin_right_name(). */
enum admin_right {
	RIGHT_READ = 1,          /* look at units, persons, accounts, grants */
	RIGHT_GRANT = 2,         /* grant, and request for others */
	RIGHT_REVOKE = 4,
	RIGHT_ACTIVATE = 8,      /* activation codes, unlocking, enabling */
	RIGHT_DELEGATE = 16,     /* hand on a part of one's own scope */
	RIGHT_APPROVE = 32,      /* decide on requests; be the second person of a grant or a guard */
	RIGHT_CATALOGUE = 64,    /* entries, roles, lists, roll-out and guidance of platforms */
	RIGHT_APPRAISE = 128,    /* gates, findings of overlap, decisions in the life cycle of platforms */
	RIGHT_ORGANISE = 256,    /* units and reorganisations */
	RIGHT_PERSONNEL = 512,   /* persons and posts: joining, moving, leaving, suspension */
	RIGHT_RULES = 1024,      /* birthright rules, separation of duties */
	RIGHT_REVIEW = 2048,     /* campaigns of review */
	RIGHT_IMPORT = 4096,     /* stage and apply imports */
	RIGHT_UNMASK = 8192,     /* see a personal number */
	RIGHT_AUDIT = 16384,     /* read and export the audit */
	RIGHT_ALL_ = 32767,
};

struct principal {
	struct str account_id;
	struct str person_id;
	struct str login;
	const struct admin_scope *scopes;
	size_t n_scopes;
};
