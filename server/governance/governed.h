/*
 * governed.h: a change that governance makes: checked and written under one lock, with its
 * audit record, in one transaction.
 *
 * check and write read the same parameters.  check answers one row: fault (the name of an
 * enum err, NULL: none), name and value of its argument, the account concerned, what it is about.
 * write answers the thing as JSON, and asks again what must not be got around; no row: somebody was
 * faster.  after (optional) answers JSON that is added to it.
 *
 * What each statement returns is JSON made in SQL: there the columns are named once.
 */
#pragma once

#include "common/base/json.h"
#include "common/db/db.h"
#include "server/governance/principal.h"

struct governed_kind {
	const char *action;         /* of the audit record */
	const struct query *before; /* a lock, without parameters */
	const struct query *lock;   /* a lock, with the first parameter: what check and write then see is as it will stay */
	const struct query *check, *write;
	const struct query *after; /* one parameter: the first */
	unsigned takes_ms;         /* as long it may take, where it changes what thousands have; 0: as long as any */
};

/* *ret_body: a new reference. */
int governed_write(struct op *op, const struct principal *p, const struct governed_kind *kind, const struct db_param *params,
                   size_t n_params, json_t **ret_body) _must_check_;
/* The same as one of several in the open transaction, without its record: that comes at the transaction's end. */
struct governed_done {
	json_t *body; /* a new reference: also the record's data */
	struct str account_id, object;
};
int governed_row(struct op *op, const struct governed_kind *kind, const struct db_param *params, size_t n_params, struct governed_done *ret) _must_check_;
/*
 * What would come of it: the change is made, then rows are read by list (parameters list_params), then all of it is
 * taken back.
 */
struct governed_list {
	const struct query *query;
	const struct db_param *params;
	size_t n_params;
};
int governed_suppose(struct op *op, const struct governed_kind *kind, const struct db_param *params, size_t n_params,
                     const struct governed_list *list, json_t **ret_body, struct db_rows *ret_rows) _must_check_;
