/* How we show a SCIM server who we are: a password, tokens of a token server, a certificate. */
#include "tests/connectors/peer_life.h"

#include <stdlib.h>
#include <time.h>

static void test_basic(void **state)
{
	(void)state;
	peer_tell("{'settings':{'auth':'basic'}}");
	kit.config.auth = STR("basic");
	kit.config.user = STR("sen");
	kit.config.password = kit.config.token;
	kit_reopen();
	whole_life("annth");
	kit.config.password = STR("wrong");
	kit_reopen();
	assert_int_equal(kit_go(kit_official("binhnv"), NULL).verdict, VERDICT_AUTH);
}

static void test_tokens_of_a_token_server(void **state)
{
	_json_ json_t *form = NULL;
	struct result r;

	(void)state;
	peer_tell("{'settings':{'auth':'oauth2'}}");
	kit.config.auth = STR("oauth2");
	kit.config.token_url = arena_printf(kit.arena, "%.*s/token", STR_ARG(kit.config.url));
	kit.config.client_id = STR("sen/client");
	kit.config.secret = kit.config.token;
	kit_reopen();
	whole_life("annth");
	assert_int_equal(peer_calls("POST", "/token"), 1);
	/* Taken back before its time: another, once. */
	peer_tell("{'expireTokens':true}");
	whole_life("binhnv");
	assert_int_equal(peer_calls("POST", "/token"), 2);
	/* A second one that is refused as well is no reason to go on. */
	peer_tell("{'settings':{'tokenLives':0,'tokenSays':3600},'expireTokens':true,'forgetCalls':true}");
	r = kit_go(kit_official("chinv"), NULL);
	assert_int_equal(r.verdict, VERDICT_AUTH);
	assert_true(peer_calls("POST", "/token") <= 3);
	kit.config.secret = STR("wrong");
	kit_reopen();
	r = kit_go(kit_official("dungnv"), NULL);
	assert_int_equal(r.verdict, VERDICT_AUTH);
	assert_false(str_contains(r.fault.detail, kit.config.token));
}

/* Renewed before its end, without a refusal in between. */
static void test_a_token_ends_by_time(void **state)
{
	const struct timespec pause = { .tv_nsec = 100000000 };
	int64_t until_ms = clock_mono_ms() + 15000;
	struct desired *d = kit_official("annth");

	(void)state;
	peer_tell("{'settings':{'auth':'oauth2','tokenLives':5}}");
	kit.config.auth = STR("oauth2");
	kit.config.token_url = arena_printf(kit.arena, "%.*s/token", STR_ARG(kit.config.url));
	kit.config.client_id = STR("sen/client");
	kit.config.secret = kit.config.token;
	kit_reopen();
	/* Not as often as it can be done: the peer tells of each call there was. */
	while (peer_calls("POST", "/token") < 2 && clock_mono_ms() < until_ms) {
		assert_true(kit_go(d, NULL).verdict != VERDICT_AUTH);
		nanosleep(&pause, NULL);
	}
	assert_true(peer_calls("POST", "/token") >= 2);
}

static void test_our_certificate(void **state)
{
	struct str port = str_c(getenv("SEN_TEST_SCIM_PEER_TLS_PORT"));

	(void)state;
	peer_tell("{'settings':{'auth':'tls'}}");
	kit.config.url = arena_printf(kit.arena, "https://127.0.0.1:%.*s/plain/scim/v2", STR_ARG(port));
	kit.config.ca_file = str_c(getenv("SEN_TEST_SCIM_PEER_CA"));
	kit.config.auth = STR("tls");
	kit.config.cert_file = str_c(getenv("SEN_TEST_SCIM_PEER_CERT"));
	kit.config.key_file = str_c(getenv("SEN_TEST_SCIM_PEER_KEY"));
	kit_reopen();
	whole_life("annth");
	kit.config.cert_file = kit.config.key_file = STR("");
	kit_reopen();
	assert_int_equal(kit_go(kit_official("binhnv"), NULL).verdict, VERDICT_AUTH);
}

static const struct CMUnitTest tests[] = {
	SCENARIO(test_basic),
	SCENARIO(test_tokens_of_a_token_server),
	SCENARIO(test_a_token_ends_by_time),
	SCENARIO(test_our_certificate),
};
const struct scenarios scenarios_scim_access = { "scim: access", tests, ARRAY_LEN(tests) };
