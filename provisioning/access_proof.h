/* access_proof.h: the rows sen.access_proof: what was read at a platform when access there ended. */
#pragma once

#include "provisioning/completion_store.h"

/* Of completions that were accepted and ended in "off", seen at the platform; within their transaction.  One statement, or none. */
int access_proof_add(struct op *op, const struct completion *done, size_t n) _must_check_;
