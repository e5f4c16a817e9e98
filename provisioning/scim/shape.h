/*
 * shape.h: users and changes as one server wants them: what it does not keep left out, PATCH in its manner.  Pure.
 *
 * map.h knows one way to write a user; here is what differs from server to server.
 */
#pragma once

#include "common/base/json.h"
#include "common/plan/plan.h"
#include "provisioning/scim/profile.h"

struct scim_shape {
	bool has_roles;      /* roles[] of the user; else they are groups, or nowhere */
	bool has_enterprise;
	bool one_email;
	bool both_names;     /* a name of one part stands for both */
	bool has_password;   /* wants one at creation */
	bool capital;        /* "Replace" */
	enum scim_style style;
};

/* What of the wanted state a user there can hold. */
struct desired scim_shape_want(const struct scim_shape *shape, const struct desired *want);
/* What it shows, without what is not to be compared.  A new reference. */
json_t *scim_shape_current(const struct scim_shape *shape, const json_t *current, const struct desired *want);
/* A whole user, for POST (current is NULL) or PUT; changed in place. */
void scim_shape_user(struct arena *a, const struct scim_shape *shape, json_t *user, const json_t *current);
/* patch of scim_patch() in another style; a new reference. */
json_t *scim_shape_patch(const struct scim_shape *shape, enum scim_style style, const json_t *patch, const json_t *current);
