/* scim_test.h: what the library said no with. */
#pragma once

#include "server/scim/patch.h"
#include "tests/unit/json_text.h"

/* "" or the scimType of the op's error, which is forgotten. */
_unused_ static const char *fault_of(struct op *op)
{
	const char *fault = op->error.code == 0 ? "" : op->error.n_args > 0 ? op->error.args[0].value.p : "?";

	op_forgive(op);
	return fault;
}
