/*
 * mapping_path.h: where a value stands at a platform, by kind.  Pure.
 *
 *   scim      attribute [ "." sub ], urn:…:attribute [ "." sub ], attribute[type eq "work"].value  (RFC 7644 §3.5.2)
 *   ldap      an attribute description (RFC 4512 §2.5), with options
 *   sql       a parameter of the statements: a-z 0-9 _
 *   webhook   a member of the message: a-z 0-9 _
 *   directory as ldap, for rules of matching alone
 *   all       "roles": the codes of roles, as the platform calls them
 */
#pragma once

#include "common/base/arena.h"

#define MAPPING_PATH_MAX 200

enum mapping_kind { MAPPING_SCIM, MAPPING_LDAP, MAPPING_SQL, MAPPING_WEBHOOK, MAPPING_DIRECTORY, MAPPING_KINDS_ };

struct scim_path {
	const char *schema;    /* NULL: the core one */
	const char *attribute;
	const char *type;      /* [type eq "…"], or NULL */
	const char *sub;       /* or NULL */
};

struct str mapping_kind_name(enum mapping_kind kind);
bool mapping_kind_read(struct str name, enum mapping_kind *ret) _must_check_;

/* NULL, or what is wrong with it. */
const char *mapping_path_fault(enum mapping_kind kind, struct str path);
/* Only for rules of matching: what is reserved for us may be looked at. */
const char *mapping_path_form_fault(enum mapping_kind kind, struct str path);
/* path: one without fault. */
struct scim_path mapping_scim_path(struct arena *a, struct str path);
/* Where the user name stands: userName, uid, login. */
struct str mapping_login_path(enum mapping_kind kind);
