#include "server/federation/federation.h"
#include "tests/unit/federation/federation_test.h"

#include <stdio.h>
#include <stdlib.h>

#define KEYS "{'keys':[{'kty':'EC','crv':'P-256','x':'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU'," \
             "'y':'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0','kid':'a'}]}"

static const struct oidc_settings oidc = { .issuer = STR("https://sso.example") };

/* The anchors' file is written anew for each row. */
static int open_with(struct op *op, const char *hints, const char *anchors, struct federation **ret)
{
	struct federation_config config = { .authority_hints = str_c(hints), .organization_name = STR("N"), .trust_anchors_file = STR("") };
	char path[] = "/tmp/sen-federation-XXXXXX";
	int fd = mkstemp(path), r;

	assert_true(fd >= 0);
	if (anchors) {
		struct str text = quoted(op->arena, anchors);

		assert_int_equal(write(fd, text.p, text.len), (ssize_t)text.len);
		config.trust_anchors_file = str_c(path);
	}
	close(fd);
	op_forgive(op);
	r = federation_new(op, &config, &oidc, ret);
	unlink(path);
	return r;
}

static void test_config(void **state)
{
	static const struct {
		const char *hints, *anchors;
		bool is_good;
	} rows[] = {
		{ "https://up.example", NULL, true },
		{ " https://up.example , https://other.example", "{'https://up.example':" KEYS "}", true },
		{ "up.example", NULL, false },
		{ "https://up.example,,https://other.example", NULL, false },
		{ "https://sso.example", NULL, false },
		{ "", "{'https://up.example':" KEYS "}", false },
		{ "https://up.example", "{}", false },
		{ "https://up.example", "[]", false },
		{ "https://up.example", "", false },
		{ "https://up.example", "{'up.example':" KEYS "}", false },
		{ "https://up.example", "{'https://up.example':{'keys':[]}}", false },
		{ "https://up.example", "{'https://up.example':'x'}", false },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct op *op = op_at_now(*state);
		struct federation *f = NULL;
		int r = open_with(op, rows[i].hints, rows[i].anchors, &f);

		if (r != (rows[i].is_good ? 0 : ERR_CONFIG) || !f == rows[i].is_good)
			fail_msg("row %zu: %d %s", i, r, r < 0 ? op->error.text : "");
		if (f) {
			assert_int_equal(federation_resolves(f), rows[i].anchors != NULL);
			assert_int_equal(federation_anchor(f, STR("https://up.example")) != NULL, rows[i].anchors != NULL);
			assert_null(federation_anchor(f, STR("https://other.example")));
		}
		federation_free(f);
	}
}

/* None at all, and few resolutions at a time. */
static void test_off_and_limit(void **state)
{
	struct op *op = op_at_now(*state);
	struct federation *f = NULL;

	assert_int_equal(open_with(op, "", NULL, &f), 0);
	assert_null(f);
	assert_int_equal(open_with(op, "https://up.example", NULL, &f), 0);
	assert_int_equal(federation_enter(op, f), 0);
	assert_int_equal(federation_enter(op, f), 0);
	assert_int_equal(federation_enter(op, f), ERR_OVERLOADED);
	federation_leave(f);
	op_forgive(op);
	assert_int_equal(federation_enter(op, f), 0);
	federation_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = { UNIT_TEST(test_config), UNIT_TEST(test_off_and_limit) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
