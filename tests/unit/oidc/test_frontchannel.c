/* frontchannel.h: what the frame of a relying party opens. */
#include "server/oidc/frontchannel.h"
#include "tests/unit/unit.h"

static void test_url(void **state)
{
	static const struct {
		const char *uri, *url;
	} rows[] = {
		{ "https://a.example/logout", "https://a.example/logout?iss=https%3A%2F%2Fsso.example%3A8443&sid=0b1e%3C" },
		{ "https://a.example/logout?x=1", "https://a.example/logout?x=1&iss=https%3A%2F%2Fsso.example%3A8443&sid=0b1e%3C" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_str_equal(frontchannel_url(*state, str_c(rows[i].uri), STR("https://sso.example:8443"), STR("0b1e<")), rows[i].url);
}

int main(void)
{
	const struct CMUnitTest tests[] = { UNIT_TEST(test_url) };

	return cmocka_run_group_tests_name("oidc/frontchannel", tests, NULL, NULL);
}
