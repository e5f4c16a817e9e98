/* group_role.h (private): the role that the members of a group get, by the functions of granting and in the feed's name. */
#pragma once

#include "server/scim/group.h"

/* Nothing for a group without a role; SCIM_TOO_MANY beyond SCIM_ROLE_CHANGES_MAX. */
int scim_role_give(struct op *op, const struct scim_feed *feed, const struct scim_group_row *group, const struct str *persons, size_t n) _must_check_;
/* Only what the feed has granted, and no other of its groups still gives. */
int scim_role_take(struct op *op, const struct scim_feed *feed, const struct scim_group_row *group, const struct str *persons, size_t n) _must_check_;
