/* scim_test.h: JSON in tests is written with ' for ". */
#pragma once

#include "server/scim/patch.h"
#include "tests/unit/unit.h"

_unused_ static json_t *json_of(struct arena *a, const char *text)
{
	struct str copy = arena_dup_c(a, text);
	json_t *json;

	for (size_t i = 0; i < copy.len; i++)
		if (copy.p[i] == '\'')
			((char *)(uintptr_t)copy.p)[i] = '"';
	json = json_read(copy, 32, NULL);
	if (!json)
		print_error("not JSON: %s\n", text);
	assert_non_null(json);
	return json;
}

_unused_ static struct str quoted(struct arena *a, const char *text)
{
	struct str copy = arena_dup_c(a, text);

	for (size_t i = 0; i < copy.len; i++)
		if (copy.p[i] == '\'')
			((char *)(uintptr_t)copy.p)[i] = '"';
	return copy;
}

/* "" or the scimType of the op's error, which is forgotten. */
_unused_ static const char *fault_of(struct op *op)
{
	const char *fault = op->error.code == 0 ? "" : op->error.n_args > 0 ? op->error.args[0].value.p : "?";

	op_forgive(op);
	return fault;
}
