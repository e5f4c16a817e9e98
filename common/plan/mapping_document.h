/*
 * mapping_document.h: the mapping of one platform as it is written and kept: a JSON document of rows, and of rules
 * by which accounts that are there already are known again.  Pure.
 *
 *   { "kind": "scim" | "ldap" | "sql" | "webhook" | "directory",
 *     "attributes": [ { "path": …, "value": expression, "owner": "ours" | "theirs" | "initial", "required": false } … ],
 *     "matching": [ { "by": "external_id" | "login" | "employee_code" | "mail" | "expression", "path": …, "value": expression,
 *                     "confidence": "strong" | "weak" } … ],
 *     "match_before_create": false }
 *
 * A path is that of the kind (mapping_path.h), each once.  Ours: sent and enforced; null clears.  Initial: sent at
 * creation, never compared.  Theirs, and what no row names: never sent, never compared.  Whether an account is
 * active and to whom it belongs is no attribute; roles are always ours: without a row, as they are granted.
 * Directory: platform zero, which is ours as a whole: it has rules and no attributes.
 */
#pragma once

#include "common/base/json.h"
#include "common/plan/mapping.h"
#include "common/plan/mapping_path.h"

#define MAPPING_ROWS_MAX 48
#define MAPPING_RULES_MAX 8
#define MAPPING_DOCUMENT_MAX ((size_t)48 * 1024)

enum mapping_owner { MAPPING_OURS, MAPPING_INITIAL, MAPPING_THEIRS };

struct mapping_row {
	struct str path;
	const char *member;                    /* in documents that are compared: =path, escaped for JSON */
	struct scim_path scim;                 /* of kind scim */
	enum mapping_owner owner;
	bool required;                         /* an account without a value is not sent */
	const struct mapping_program *program; /* NULL: theirs */
};

struct match_rule {
	struct str name;                       /* "employee_code", …; for people */
	bool is_strong;                        /* one hit is enough for adoption */
	struct str path;                       /* where the value stands at the platform */
	struct scim_path scim;
	const struct mapping_program *program;
};

struct mapping {
	enum mapping_kind kind;
	const struct mapping_row *rows;
	size_t n_rows;
	const struct mapping_row *login, *roles; /* among rows, or NULL */
	const struct match_rule *rules;
	size_t n_rules;
	bool match_before_create;
	uint32_t facts;                        /* used, as bits by enum mapping_fact */
};

struct mapping_document_fault {
	struct str field;    /* "attributes[2].value" */
	const char *text;    /* English, static */
	size_t at;           /* of an expression: the byte where it shows */
	bool has_at;
};

/* NULL with a fault.  Nothing of json is kept. */
const struct mapping *mapping_document_read(struct arena *a, const json_t *json, struct mapping_document_fault *ret_fault) _must_check_;

/*
 * Facts as JSON, by their paths ({"login": "annv", "roles": ["A"]}), for samples.  Facts that are left out are null where
 * they may be, else the text "x".  False with the name of a member that is no fact, or is of another type.
 */
bool mapping_facts_read(struct arena *a, const json_t *json, struct mapping_input *ret, struct str *ret_member) _must_check_;
/* A new reference. */
json_t *mapping_value_json(const struct mapping_value *v);
/* Owned by ours or initial: the value of each row, by path; theirs are left out.  Of the directory: what each rule looks for.  A new reference. */
json_t *mapping_values_json(struct arena *a, const struct mapping *m, const struct mapping_input *in);

/* What connectors do without a mapping, as one: to begin with.  JSON text. */
struct str mapping_default(enum mapping_kind kind);
