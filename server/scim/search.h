/*
 * search.h: lists (RFC 7644 §3.4.2, §3.4.3): filter, sorting, paging by index and by cursor (RFC 9865).
 *
 * A cursor is sealed: it is good for the feed and the very query that it came with, for SCIM_CURSOR_S seconds.
 */
#pragma once

#include "server/scim/call.h"
#include "server/scim/filter.h"

#define SCIM_PAGE_DEFAULT 100
#define SCIM_PAGE_MAX 500
#define SCIM_PAGE_MAX_BYTES (1 << 20) /* of stored resources: the page ends with the one that reaches it */
#define SCIM_CURSOR_S 600
#define SCIM_CURSOR_MAX_BYTES 8000 /* a name of 1000 bytes that is sorted by becomes 1667 folded, 2300 sealed */
#define SCIM_URN_LIST "urn:ietf:params:scim:api:messages:2.0:ListResponse"
#define SCIM_URN_SEARCH "urn:ietf:params:scim:api:messages:2.0:SearchRequest"

struct scim_query {
	struct str filter, sort_by;    /* STR_NULL: none */
	bool descending;
	int64_t start, count;          /* start from 1; count -1: not said */
	bool by_cursor;
	struct str cursor;             /* empty: the first page */
};
/* The members of a search request, or parameters of a query: texts as they came.  SCIM_INVALID_VALUE, SCIM_INVALID_COUNT. */
struct scim_query_texts {
	struct str filter, sort_by, sort_order, start_index, count, cursor; /* cursor STR_NULL: none; empty: the first page */
};
int scim_query_read(struct op *op, const struct scim_query_texts *texts, struct scim_query *ret) _must_check_;
int scim_search_read(struct op *op, const json_t *body, struct scim_query *ret_query, struct scim_selection *ret_selection) _must_check_;

/* A ListResponse, a new reference; of several services one after the other (no cursor, no sorting across). */
int scim_list(struct scim_call *call, const struct scim_service *const *services, size_t n, const struct scim_query *query,
              json_t **ret_body) _must_check_;

/* A filter as the tree that the database makes a condition of: sen.scim_condition(); values are apart. */
struct scim_tree {
	struct str json;          /* STR_NULL: no filter */
	const struct str *values;
	size_t n_values;
};
void scim_tree_of(struct arena *a, const struct scim_filter *filter, struct scim_tree *ret);
/* A leaf without value, to sort by.  SCIM_INVALID_PATH. */
int scim_sort_of(struct op *op, const struct scim_type *type, struct str name, struct str *ret_json) _must_check_;
