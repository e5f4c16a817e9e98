#include "server/scim/fault.h"

static const char *const names[SCIM_FAULT_COUNT_] = {
	"invalidFilter", "tooMany", "uniqueness", "mutability", "invalidSyntax", "invalidPath", "noTarget", "invalidValue", "invalidCursor",
	"expiredCursor", "invalidCount",
};

const char *scim_fault_name(enum scim_fault fault)
{
	return names[fault];
}

int scim_fail(struct op *op, enum scim_fault fault, const char *text)
{
	if (op->error.code != 0)
		return op->error.code;
	(void)op_fail(op, fault == SCIM_UNIQUENESS ? ERR_CONFLICT : ERR_BAD_REQUEST, text);
	return op_fail_arg(op, "scimType", str_c(names[fault]));
}
