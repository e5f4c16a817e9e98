/* patch_impl.h (private): one PATCH at work. */
#pragma once

#include "server/scim/patch.h"

struct patch {
	struct op *op;
	const struct scim_type *type;
	json_t *resource;
	struct arena *scratch; /* of one filter and one value; NULL: not needed yet */
	size_t work;
};

/* SCIM_TOO_MANY: the operations compare more than one request may. */
int patch_spend(struct patch *p, size_t work) _must_check_;
/* 1: the filter holds of the value; 0: it does not. */
int patch_holds(struct patch *p, const struct scim_filter *filter, const json_t *value) _must_check_;
int patch_refuse(struct patch *p);
/* Where the attribute stands: the resource itself, or its extension, which is made when it has to be. */
json_t *patch_place(struct patch *p, const struct scim_ref *ref, bool make);
void patch_drop_if_empty(struct patch *p, const struct scim_ref *ref);
int patch_remove(struct patch *p, const struct scim_path *path, const json_t *value) _must_check_;
