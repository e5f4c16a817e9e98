/*
 * replacement_work.h: automatic plans of replacement.h, carried out by the server itself: grants from the approval on, read-only and
 * revocation on their days, batch by batch.  Several servers may do so at a time: a plan that another holds is left to it.
 */
#pragma once

#include "common/db/db.h"

/* Approved plans that run by themselves, in the order of their approval. */
int replacement_work_list(struct op *op, const struct str **ret_ids, size_t *ret_n) _must_check_;
/* One batch, of the step that is due; *ret_worked: there was one. */
int replacement_work_batch(struct op *op, struct str id, size_t limit, bool *ret_worked) _must_check_;
