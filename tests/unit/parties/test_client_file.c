/* client_file.h: what of an operator's file is taken. */
#include "server/oidc/client_metadata.h"
#include "server/senctl/client_file.h"
#include "tests/unit/unit.h"

#define URIS "\"redirect_uris\":[\"https://x.example/cb\"]"
#define BASE "\"client_id\":\"x\",\"client_name\":\"X\"," URIS

static void test_file(void **state)
{
	static const struct {
		const char *text;
		bool ok;
	} rows[] = {
		{ "{" BASE ",\"secret_file\":\"x.secret\"}", true },
		{ "{" BASE ",\"token_endpoint_auth_method\":\"none\"}", true },
		{ "{" BASE ",\"platform\":\"P02\",\"home_url\":\"https://p02.example/\",\"secret_file\":\"s\"}", true },
		{ "{" BASE "}", false },                                                        /* no secret */
		{ "{" BASE ",\"token_endpoint_auth_method\":\"none\",\"secret_file\":\"s\"}", false },
		{ "{" BASE ",\"secret_file\":\"s\",\"redirect_uri\":\"x\"}", false },           /* not known */
		{ "{" BASE ",\"secret_file\":7}", false },
		{ "{" BASE ",\"secret_file\":\"s\",\"home_url\":\"http://p02.example/\"}", false },
		{ "{\"client_id\":\"x y\",\"client_name\":\"X\"," URIS ",\"secret_file\":\"s\"}", false },
		{ "{\"client_id\":\"x\"," URIS ",\"secret_file\":\"s\"}", false },          /* no name */
		{ "{\"client_id\":\"x\",\"client_id\":\"y\"}", false },
		{ "[]", false },
		{ "", false },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct client_file f = { 0 };
		struct op op;

		op_init(&op, *state, NULL, NULL);
		print_message("%s\n", rows[i].text);
		assert_int_equal(client_file_read(&op, str_c(rows[i].text), &f) == 0, rows[i].ok);
		assert_true(rows[i].ok || op.error.text);
		json_decref(f.form.metadata);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { UNIT_TEST(test_file) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
