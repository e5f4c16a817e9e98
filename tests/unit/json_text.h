/* json_text.h: JSON in tests is written with ' for ". */
#pragma once

#include "common/base/json.h"
#include "tests/unit/unit.h"

_unused_ static struct str quoted(struct arena *a, const char *text)
{
	struct str copy = arena_dup_c(a, text);

	for (size_t i = 0; i < copy.len; i++)
		if (copy.p[i] == '\'')
			((char *)(uintptr_t)copy.p)[i] = '"';
	return copy;
}

/* A new reference. */
_unused_ static json_t *json_of(struct arena *a, const char *text)
{
	json_t *json = json_read(quoted(a, text), 32, NULL);

	if (!json)
		fail_msg("not JSON: %s", text);
	return json;
}
