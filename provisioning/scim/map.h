/*
 * map.h: desired documents as SCIM 2.0 users and back (RFC 7643 §4.1, RFC 7644 §3.5.2).  Pure.
 *
 * externalId carries our account id, roles[] the role codes, the enterprise extension the unit
 * and the employee code.  What a platform answers is never believed as a whole: ids, names and
 * roles are compared here.  null, absent and empty are the same (RFC 7643 §2.5); a platform may
 * leave out attributes that it does not keep, but not active and not roles.
 */
#pragma once

#include "common/base/json.h"
#include "provisioning/connector.h"

#define SCIM_ERROR "urn:ietf:params:scim:api:messages:2.0:Error"
#define SCIM_USER "urn:ietf:params:scim:schemas:core:2.0:User"
#define SCIM_ENTERPRISE "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

/* The whole user, for POST. */
json_t *scim_user(const struct desired *want);
/* current with our attributes laid over it, what we do not know kept, read-only ones dropped: for PUT. */
json_t *scim_user_over(const json_t *current, const struct desired *want);
/* A PatchOp of one operation per changed path; NULL when nothing differs. */
json_t *scim_patch(const json_t *current, const struct desired *want);

/* active = false and nothing else. */
json_t *scim_patch_inactive(void);

/* A user in an answer. */
struct str scim_user_id(struct arena *a, const json_t *user); /* a number as text; STR_NULL: none */
bool scim_user_is_active(const json_t *user);                 /* absent: yes (RFC 7643 has no default, servers have this one) */
bool scim_user_matches(const json_t *user, const struct desired *want);

enum scim_hit { SCIM_HIT_NONE, SCIM_HIT_OURS, SCIM_HIT_FOREIGN };
/* Ours: our externalId.  Foreign: our user name without it. */
enum scim_hit scim_user_hit(const json_t *user, const struct desired *want);

/* Is that all?  list: the answer read last; n: users received so far, each once.  An empty list is one too. */
bool scim_list_is_whole(const json_t *list, size_t n);

/* attribute eq "value", quoted as JSON (RFC 7644 §3.4.2.2). */
struct str scim_filter_eq(struct arena *a, const char *attribute, struct str value);
/* The last segment of a Location, or STR_NULL. */
struct str scim_id_of_location(struct str location);

/* For listings: what a user holds and should hold, as attributes.h has it.  New references. */
json_t *scim_attributes(struct arena *a, const json_t *user);
json_t *scim_expected(struct arena *a, const struct desired *want);

enum scim_request { SCIM_READ, SCIM_CREATE, SCIM_CHANGE };
/* What an HTTP status means; *ret_class a word for the fault.  body: parsed, or NULL. */
enum verdict scim_verdict(enum scim_request request, int status, const json_t *body, const char **ret_class);
