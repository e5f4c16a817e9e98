/*
 * schema.h: the attributes of SCIM resources, as tables (RFC 7643 §2.2, §4, §5, §7, and our own extension for officials).
 *
 * The tables are what /Schemas and /ResourceTypes tell, what bodies are read by, and what filters and paths are resolved
 * with: nothing is accepted that is not announced.  Names are compared without case (RFC 7643 §2.1).
 */
#pragma once

#include "common/base/json.h"

#define SCIM_URN_USER "urn:ietf:params:scim:schemas:core:2.0:User"
#define SCIM_URN_GROUP "urn:ietf:params:scim:schemas:core:2.0:Group"
#define SCIM_URN_ENTERPRISE "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
#define SCIM_URN_OFFICIAL "urn:sen:params:scim:schemas:extension:official:1.0:User"

enum scim_kind { SCIM_STRING, SCIM_BOOLEAN, SCIM_INTEGER, SCIM_DATETIME, SCIM_BINARY, SCIM_REFERENCE, SCIM_COMPLEX };
enum scim_mutability { SCIM_READ_WRITE, SCIM_READ_ONLY, SCIM_IMMUTABLE, SCIM_WRITE_ONLY };
enum scim_returned { SCIM_DEFAULT, SCIM_ALWAYS, SCIM_NEVER, SCIM_REQUEST };

struct scim_attr {
	const char *name;
	enum scim_kind kind;
	bool multi, required, exact;  /* exact: compared with case */
	enum scim_mutability mutability;
	enum scim_returned returned;
	const char *unique;           /* "none", "server"; NULL: "none" */
	const struct scim_attr *subs; /* of SCIM_COMPLEX */
	size_t n_subs;
	const char *canonical;        /* "work|home|other", or NULL */
	bool closed;                  /* and nothing else */
	const char *refs;             /* of SCIM_REFERENCE: "User|Group", "external" */
	const char *description;
};
struct scim_schema {
	const char *urn, *name, *description;
	const struct scim_attr *attrs;
	size_t n_attrs;
};
#define SCIM_EXTENSIONS_MAX 2
struct scim_type {
	const char *name, *endpoint, *description;
	const struct scim_schema *core;
	const struct scim_schema *extensions[SCIM_EXTENSIONS_MAX];
	size_t n_extensions;
};
extern const struct scim_type scim_user, scim_group;
/* id, externalId, meta: of every resource (RFC 7643 §3.1). */
extern const struct scim_schema scim_common;

/* What a name stands for.  schema: of an extension, NULL for the core; attr NULL: the extension as a whole; sub NULL: the attribute. */
struct scim_ref {
	const struct scim_schema *schema;
	const struct scim_attr *attr, *sub;
};
/* "userName", "name.givenName", "urn:…:User:department"; false: the type has no such attribute. */
bool scim_resolve(const struct scim_type *type, struct str path, struct scim_ref *ret_ref) _must_check_;
const struct scim_attr *scim_find_sub(const struct scim_attr *attr, struct str name);
/* The extension with this name; NULL: none. */
const struct scim_schema *scim_find_extension(const struct scim_type *type, struct str urn);
/* What is compared and changed: the sub-attribute, or the attribute. */
static inline const struct scim_attr *scim_target(const struct scim_ref *ref)
{
	return ref->sub ? ref->sub : ref->attr;
}
/* One of "a|b|c". */
bool scim_is_listed(const char *listed, struct str value) _pure_;

/* As /Schemas and /ResourceTypes show them; base: ".../scim/v2".  New references. */
json_t *scim_schema_json(struct arena *a, const struct scim_schema *schema, struct str base);
json_t *scim_type_json(struct arena *a, const struct scim_type *type, struct str base);
