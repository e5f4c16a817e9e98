/* cursor.h (private): where the next page begins, sealed. */
#pragma once

#include "server/scim/search.h"

struct scim_place {
	int64_t seq;
	struct str key; /* of sorting, or STR_NULL */
};
struct str scim_cursor_seal(struct scim_call *call, const struct scim_type *type, const struct scim_query *query, const struct scim_place *place);
/* SCIM_INVALID_CURSOR: not ours, another feed's, or of another query; SCIM_EXPIRED_CURSOR. */
int scim_cursor_open(struct scim_call *call, const struct scim_type *type, const struct scim_query *query, struct scim_place *ret_place) _must_check_;
