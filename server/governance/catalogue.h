/*
 * catalogue.h: entries of the catalogue of shared platforms, and the roles on each.
 *
 * Who writes needs right "catalogue" over the managing unit (sen.catalogue_covers: never for a commune); the statement
 * that writes asks, and has the version that was seen among its conditions.  Answers are made by the statements that read, as JSON.
 *
 * ERR_UNKNOWN_PLATFORM, ERR_OUT_OF_SCOPE, ERR_PRECONDITION_FAILED, ERR_UNKNOWN_UNIT, ERR_CONFLICT (the code is taken).
 */
#pragma once

#include "common/base/json.h"
#include "common/db/db.h"
#include "server/governance/principal.h"

struct catalogue_entry {
	struct str code, name, name_en;
	struct str kind;          /* central, provincial, sector, proposed */
	struct str managing_unit; /* code of a unit; of a central entry also words */
	struct str owner;         /* whose it is; a central one is a ministry's */
	struct str contact_name, contact, sector, description, legal_basis, note, home_url;
	struct str_list functions, scopes;
	struct str security_level; /* digits, or STR_NULL */
	struct str expected_on, completed_on;
	struct str target_scope;   /* all, many, sector */
};

/* In state "proposed", not verified. */
int catalogue_add(struct op *op, const struct principal *p, const struct catalogue_entry *entry) _must_check_;
int catalogue_edit(struct op *op, const struct principal *p, const struct catalogue_entry *entry, int64_t version) _must_check_;

struct milestone {
	struct str name, units, due_on, done_on, responsible;
	struct str_list target_units; /* codes; units are words beside them */
};
#define MILESTONES_MAX 40
#define MILESTONE_UNITS_MAX 500
/* The whole plan of deployment anew. */
int catalogue_plan_set(struct op *op, const struct principal *p, struct str code, int64_t version, const struct milestone *milestones,
                       size_t n) _must_check_;

/* New references. */
int catalogue_get(struct op *op, struct str code, json_t **ret_entry, int64_t *ret_version) _must_check_;
struct catalogue_filter {
	struct str kind, state, unit, overdue; /* unit: it and what is below it; overdue: "true", "false"; STR_NULL: any */
	struct str words;                      /* part of name or code, folded */
	struct str after;                      /* code */
	size_t limit;
};
/* One more than the limit when there are more. */
int catalogue_list(struct op *op, const struct catalogue_filter *filter, json_t **ret_array) _must_check_;

/* What authorities have announced as the number of platforms, beside how many of them are known. */
int catalogue_announced(struct op *op, json_t **ret_array) _must_check_;

struct catalogue_role {
	struct str platform, code, name, level, sensitivity;
};
int catalogue_role_add(struct op *op, const struct principal *p, const struct catalogue_role *role) _must_check_;
int catalogue_role_edit(struct op *op, const struct principal *p, const struct catalogue_role *role, int64_t version) _must_check_;
/*
 * Grants of the role that still run are ended with it when end_grants says so, else ERR_BLOCKED (argument by).
 * Sessions and tokens of their holders end too.  Reason is written into the grants.
 */
int catalogue_role_retire(struct op *op, const struct principal *p, const struct catalogue_role *role, int64_t version, bool end_grants,
                          struct str reason, int64_t *ret_n_ended) _must_check_;
int catalogue_role_get(struct op *op, struct str platform, struct str code, json_t **ret_role, int64_t *ret_version) _must_check_;
