/* fault.h: what SCIM calls an error (RFC 7644 §3.12, RFC 9865 §2.1): an error of the op with its scimType as an argument. */
#pragma once

#include "common/base/op.h"

enum scim_fault {
	SCIM_INVALID_FILTER, SCIM_TOO_MANY, SCIM_UNIQUENESS, SCIM_MUTABILITY, SCIM_INVALID_SYNTAX, SCIM_INVALID_PATH, SCIM_NO_TARGET,
	SCIM_INVALID_VALUE, SCIM_INVALID_CURSOR, SCIM_EXPIRED_CURSOR, SCIM_INVALID_COUNT, SCIM_FAULT_COUNT_
};
const char *scim_fault_name(enum scim_fault fault);
/* ERR_CONFLICT for SCIM_UNIQUENESS, else ERR_BAD_REQUEST; the first fault stays. */
int scim_fail(struct op *op, enum scim_fault fault, const char *text);
