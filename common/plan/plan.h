/*
 * plan.h: facts in, desired state per platform out.  Pure: no clock, no database.
 *
 * Platform zero (the directory) holds an account as long as its status is pending or active
 * and it has live access: a grant somewhere, or something to administer.  Another platform
 * holds it as long as the status is pending or active and a grant there is live.  Where an
 * account was once and nothing is left, the desired state is "off": accounts are disabled,
 * never deleted.
 *
 * The desired state is one canonical JSON document (members sorted); the first 16 bytes of its
 * SHA-256, written as a uuid, are what bindings compare.  Where a platform has a mapping of its own, the document
 * holds what that wants: so a new version of it makes due whose values are others, and nobody else.
 */
#pragma once

#include "common/base/arena.h"
#include "common/base/random.h"
#include "common/plan/mapping_document.h"

#define PLATFORM_DIRECTORY 0

struct fact_grant {
	int64_t platform_id;
	struct str platform_code;
	struct str role_code, role_name;
	struct str unit_code; /* for which unit's work */
};

/* The active mappings of a moment, by platform. */
struct mapping_set {
	const struct mapping *const *by_platform; /* NULL: what connectors do without one */
	const bool *is_broken;                    /* there is one, which this program cannot read: nothing is sent but "off" */
	size_t n;
	const struct str *stamps;                 /* which version each is, in words; NULL: not known */
};

/* What is known of one account at one moment. */
struct account_facts {
	struct str account_id, login, status;
	struct str employee_code, ho, dem, ten, full_name;
	struct str person_kind;
	struct str unit_code, unit_name, post; /* of the main post; STR_NULL: none now */
	struct str unit_kind, post_rank, post_since;
	struct str_list unit_path;             /* codes from the root on; only where a mapping asks for it */
	const struct mapping_set *mappings;    /* NULL: none */
	bool has_scope;                        /* administers something */
	const struct fact_grant *grants;       /* live ones; sorted by platform, role code, unit code */
	size_t n_grants;
	const int64_t *bound;                  /* platforms with a binding, ascending */
	size_t n_bound;
	struct str next_eval;                  /* timestamptz as text: the next boundary of validity, or STR_NULL */
	bool next_eval_is_new;                 /* its row says otherwise */
	struct str digest;                     /* plan_digest() of what the bindings were last planned from, or STR_NULL */
};

struct desired_role {
	struct str code; /* on platform zero "P02:CODE" */
	struct str name;
};

/* What a row of a mapping wants: ours or initial. */
struct desired_value {
	const struct mapping_row *row;
	struct mapping_value value; /* empty, or null: shall be absent */
};

struct desired {
	int64_t platform_id;
	bool active;
	bool is_bound;                         /* the account had a binding there before */
	char hash[UUID_TEXT_LEN + 1];
	struct str document;                   /* canonical JSON */
	struct str account_id, login, status;
	struct str employee_code, ho, dem, ten, full_name, mail;
	struct str unit_code, unit_name, post; /* empty when there is no main post */
	const struct desired_role *roles;      /* sorted by code, each once */
	size_t n_roles;
	bool login_is_theirs;                  /* a mapping has no row for it: sent at creation, never enforced */
	const struct mapping *mapping;         /* of the platform, or NULL: the members above are what is wanted */
	const struct desired_value *values;    /* of the mapping's rows but user name and roles, which are above */
	size_t n_values;
	const struct mapping_value *matches;   /* of the mapping's rules, one each */
	struct str fault;                      /* why it cannot be sent as it is, or STR_NULL */
	const struct str *left;                /* attributes, as the platform calls them, that stay as they are there; the caller's to set */
	size_t n_left;
};

/* Whether an attribute of an account that is there and on is neither compared nor written. */
bool desired_leaves(const struct desired *want, const char *attribute) _pure_;

/* Desired state on one platform.  Everything in *ret is copied into a. */
void plan_platform(struct arena *a, const struct account_facts *facts, int64_t platform_id, struct str mail_domain,
                   struct desired *ret);

/* plan_mapped.c: the same by the mapping of the platform, once access is known. */
void plan_mapped(struct arena *a, const struct account_facts *facts, const struct mapping *mapping, struct desired *d);
/* The same where it only says how accounts are known again: what is wanted is not changed by it. */
void plan_matched(struct arena *a, const struct account_facts *facts, const struct mapping *mapping, struct desired *d);
/* The platform's mapping, or NULL; *ret_is_broken: there is one that cannot be read. */
const struct mapping *plan_mapping_of(const struct account_facts *facts, int64_t platform_id, bool *ret_is_broken);
/* [{"code": …, "name": …}, …] */
struct str plan_roles_json(struct arena *a, const struct desired *d);
/* Facts as an expression sees them on a platform. */
void plan_mapping_input(struct arena *a, const struct account_facts *facts, const struct desired *d, struct mapping_input *ret);

/* Desired states on all platforms that matter for the account: wanted or bound; ascending. */
void plan_account(struct arena *a, const struct account_facts *facts, struct str mail_domain,
                  const struct desired **ret_desired, size_t *ret_n);

/*
 * plan_digest.c: of everything that plan_account() rests on, and of its form: the same digest, the same plan.  bound: instead of
 * the facts' own, ascending.
 */
void plan_digest(struct arena *a, const struct account_facts *facts, const int64_t *bound, size_t n_bound, struct str mail_domain,
                 char ret_digest[UUID_TEXT_LEN + 1]);
/* The first 16 bytes of the SHA-256, as a uuid. */
void plan_hash(struct str text, char ret_hash[UUID_TEXT_LEN + 1]);

/* Raised when the same facts shall give another document: all accounts are then sent again. */
#define PLAN_VERSION 1
/* The form of documents where a platform has a mapping of its own: another number than that of those without. */
#define PLAN_MAPPED_VERSION 2

/*
 * Priority of a binding's change: 0 revocation (of the account or of a role), 1 role, 2 creation, 3 profile.  woken_prio is
 * that of the fact which woke the account.
 */
int64_t plan_priority(const struct desired *d, int64_t woken_prio) _pure_;
