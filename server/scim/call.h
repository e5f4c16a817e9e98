/*
 * call.h: one operation on a resource, whether it came by itself or within a Bulk.
 *
 * Errors are the op's; answers carry a new reference in body, or NULL.
 */
#pragma once

#include "server/scim/feed.h"
#include "server/scim/resource.h"

struct scim_call {
	struct op *op;
	const struct scim_feed *feed;
	struct str if_match, if_none_match; /* STR_NULL: absent */
	struct scim_selection selection;
};
struct scim_answer {
	int status;
	json_t *body;
	struct str location, etag;
};

struct scim_service {
	const struct scim_type *type;
	int (*create)(struct scim_call *call, const json_t *body, struct scim_answer *ret);
	int (*get)(struct scim_call *call, struct str id, struct scim_answer *ret);
	int (*replace)(struct scim_call *call, struct str id, const json_t *body, struct scim_answer *ret);
	int (*patch)(struct scim_call *call, struct str id, const json_t *body, struct scim_answer *ret);
	int (*remove)(struct scim_call *call, struct str id, struct scim_answer *ret);
	/* Those ids as resources, in their order; for lists.  *n becomes less where the answer would be too long. */
	int (*load)(struct scim_call *call, const struct str *ids, size_t *n, json_t *array);
};
extern const struct scim_service scim_users, scim_groups;

/* A weak tag of what the resource shows, but for its meta, and for the state, which lists leave out. */
struct str scim_etag(struct arena *a, json_t *resource);
/* Whether a list of tags has this one, or is "*". */
bool scim_etag_matches(struct str header, struct str etag);
/* ERR_PRECONDITION_FAILED when If-Match is another. */
int scim_check_match(struct scim_call *call, struct str etag) _must_check_;
/* Adds schemas and meta, and leaves what the call selects; resource is canonical. */
void scim_finish(struct scim_call *call, const struct scim_type *type, json_t *resource, struct str created, struct str changed, struct str *ret_etag);
struct str scim_location(struct scim_call *call, const struct scim_type *type, struct str id);
int scim_not_found(struct op *op);
/* A transaction around all that one request changes, known to the guard as a feed's. */
int scim_begin(struct op *op) _must_check_;
