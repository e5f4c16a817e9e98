/* filter_impl.h (private): one reading of a filter or a path. */
#pragma once

#include "server/scim/filter.h"

struct scim_reader {
	struct op *op;
	const struct scim_type *type;
	struct str rest;
	const struct scim_attr *within; /* the attribute whose brackets are open */
	const struct scim_schema *within_schema;
	unsigned depth, terms;
};

/* or-expression up to what cannot be part of it.  NULL: an error. */
const struct scim_filter *scim_read_or(struct scim_reader *r);
void scim_skip_space(struct scim_reader *r);
struct str scim_read_name(struct scim_reader *r);
/* The value of a comparison into node. */
int scim_read_value(struct scim_reader *r, struct scim_filter *node) _must_check_;
