/* user_personnel.h (private): parts of carrying out what is stated. */
#pragma once

#include "server/scim/user.h"

/* The unit with this code, if it is one of the feed's.  SCIM_INVALID_VALUE, ERR_OUT_OF_SCOPE. */
int scim_unit_within(struct op *op, const struct scim_feed *feed, struct str code) _must_check_;
int scim_plain_post(struct op *op, const struct scim_feed *feed, const struct scim_stated *s, struct str today, struct scim_post *ret) _must_check_;
int scim_user_set_posts(struct op *op, const struct scim_feed *feed, struct scim_user *now, const struct scim_stated *s) _must_check_;
int scim_user_set_plain_post(struct op *op, const struct scim_feed *feed, struct scim_user *now, const struct scim_stated *s) _must_check_;
