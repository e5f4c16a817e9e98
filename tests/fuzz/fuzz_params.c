/* params_parse: the query, LF, the form.  What is accepted is within its declaration. */
#include "common/base/err.h"
#include "common/base/text.h"
#include "server/http/params.h"
#include "tests/fuzz/fuzz.h"

static const struct param_spec specs[] = {
	{ "client_id", 8, PARAM_REQUIRED | PARAM_PRINTABLE },
	{ "state", 16, 0 },
	{ "secret", 16, PARAM_BODY_ONLY | PARAM_SECRET },
	{ "page", 16, PARAM_QUERY_ONLY },
};

static void check_values(const struct str *params)
{
	for (size_t i = 0; i < ARRAY_LEN(specs); i++) {
		CHECK(str_is_null(params[i]) || params[i].len > 0);
		CHECK(params[i].len <= specs[i].max_bytes);
		CHECK(utf8_is_valid(params[i]) && str_index(params[i], '\0') < 0);
		CHECK(!(specs[i].flags & PARAM_PRINTABLE) || str_is_printable_ascii(params[i]));
	}
}

FUZZ_TARGET(a, input)
{
	static const struct route route = { .name = "r", .params = specs, .n_params = ARRAY_LEN(specs), .body = BODY_FORM };
	struct params_source source = { .form = input };

	str_split(&source.form, '\n', &source.query);
	for (int declared = 0; declared < 2; declared++) {
		struct str params[PARAMS_MAX] = { STR_NULL };
		struct op op;

		op_init(&op, a, NULL, NULL);
		source.query_declared = declared > 0;
		if (params_parse(&op, &route, &source, params) == 0)
			CHECK(!str_is_null(params[0]));
		else
			CHECK(op.error.code == ERR_INVALID_REQUEST && str_is_printable_ascii(str_c(op.error.text)));
		check_values(params); /* also what a fault leaves */
	}
}
