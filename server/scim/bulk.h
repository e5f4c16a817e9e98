/*
 * bulk.h: POST /Bulk (RFC 7644 §3.7): each operation is a transaction of its own.
 *
 * bulkId references ("bulkId:x") in paths and values are resolved whatever the order: an operation waits for those that it names, and
 * members that form a circle are added by a PATCH after both are made.  failOnErrors: so many errors end the request; what was
 * not tried has no answer.
 */
#pragma once

#include "server/scim/call.h"

#define SCIM_BULK_MAX_OPS 500
#define SCIM_BULK_MAX_BYTES (1 << 20)
#define SCIM_URN_BULK_REQUEST "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
#define SCIM_URN_BULK_RESPONSE "urn:ietf:params:scim:api:messages:2.0:BulkResponse"

enum scim_bulk_method { SCIM_POST, SCIM_PUT, SCIM_PATCH, SCIM_DELETE };
struct scim_bulk_op {
	enum scim_bulk_method method;
	struct str name;                     /* of method, as it is answered */
	const struct scim_service *service;
	struct str id;                       /* of the path; may be a reference */
	struct str bulk_id, version;
	json_t *data;                        /* belongs to the body */
	bool done;
	struct str made;                     /* POST: the id */
	const struct scim_bulk_op *waits;    /* for this one to be made; NULL: for none */
};
struct scim_bulk_list {
	struct scim_bulk_op *ops;
	size_t n;
	const struct scim_bulk_op **named;   /* those with a bulkId, in its order */
	size_t n_named;
	int64_t fail_on;
};
/* Shape alone; a fault of one operation is told when its turn comes: its service is NULL.  SCIM_INVALID_SYNTAX, ERR_LIMIT. */
int scim_bulk_read(struct op *op, const json_t *body, struct scim_bulk_list *ret_list) _must_check_;
/*
 * Replaces references to what is made by their ids, in place.  0, 1: some are not made yet, and *ret_waits is one of them (NULL: not
 * wanted); SCIM_INVALID_VALUE: to nothing.
 */
int scim_bulk_resolve(struct op *op, json_t *data, const struct scim_bulk_list *list, const struct scim_bulk_op **ret_waits) _must_check_;

/* error_json: an error as it is answered, with its status as a text. */
int scim_bulk_run(struct scim_call *call, const json_t *body, json_t *(*error_json)(const struct error *error), json_t **ret_body) _must_check_;
