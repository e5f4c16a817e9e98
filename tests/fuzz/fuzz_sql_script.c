/*
 * sql_script_read, and sql_text_compile under it: whatever the file, a statement that passed has no more
 * parameters than places for them, is one text with an end, and is at most twice as long as it was.
 * The first byte chooses the dialect.
 */
#include "provisioning/sql/script.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

FUZZ_TARGET(a, input)
{
	struct sql_script s;
	struct str reason = STR_NULL;

	if (input.len == 0)
		return;
	if (!sql_script_read(a, input.p[0] % 2 ? SQL_MARIADB : SQL_POSTGRESQL, str_skip(input, 1), &s, &reason)) {
		CHECK(reason.len > 0);
		return;
	}
	CHECK(s.n >= 3 && s.n <= SQL_BLOCKS_MAX);
	for (size_t i = 0; i < s.n; i++) {
		const struct sql_text *t = &s.blocks[i].text;

		CHECK(t->n_params <= SQL_PARAMS_MAX);
		CHECK(strlen(t->text.p) == t->text.len);
		CHECK(t->text.len <= 2 * input.len);
		for (size_t k = 0; k < t->n_params; k++)
			CHECK(t->params[k] < SQL_P_COUNT_);
	}
}
