/*
 * Claims of client assertions (RFC 7523), of any JSON.  What is accepted names the client twice, this issuer, an end that is near
 * and a number; and where the client registered no other, the audience is the issuer as a text.
 */
#include "server/oidc/client_assertion.h"
#include "tests/fuzz/fuzz.h"

#define NOW_S 1700000000
#define ISSUER "https://sso.example"

static bool is_text(const json_t *value, const char *text)
{
	return json_is_string(value) && str_equal(str_n(json_string_value(value), json_string_length(value)), str_c(text));
}

static bool is_ours(const json_t *value)
{
	return is_text(value, ISSUER) || is_text(value, ISSUER "/token") || is_text(value, ISSUER "/par") || is_text(value, "https://mtls.example/token") ||
	       is_text(value, "https://mtls.example/par");
}

static bool names_us(const json_t *aud)
{
	const json_t *item;
	size_t i;

	json_array_foreach(aud, i, item)
		if (is_ours(item))
			return true;
	return is_ours(aud);
}

static void check_one(struct op *op, bool is_legacy, bool is_audience, struct str input)
{
	const struct oidc_settings settings = { .issuer = STR(ISSUER), .token_endpoint = STR(ISSUER "/token"), .mtls_issuer = STR("https://mtls.example") };
	const struct client client = { .id = STR("rp"), .legacy_assertion_audience = is_legacy };
	const struct assertion_place place = { &settings, &client, STR(ISSUER "/par"), is_audience };
	_json_ json_t *claims = json_read(input, ASSERTION_DEPTH, NULL);
	const json_t *aud = json_object_get(claims, "aud");
	struct client_assertion got;

	if (client_assertion_read(op, &place, input, &got))
		return;
	CHECK(is_text(json_object_get(claims, "iss"), "rp") && is_text(json_object_get(claims, "sub"), "rp"));
	CHECK(is_legacy || is_audience ? names_us(aud) : is_text(aud, ISSUER));
	CHECK(got.exp_s == json_get_int(claims, "exp", 0) && got.exp_s > NOW_S - 10 && got.exp_s <= NOW_S + 660);
	CHECK(json_get_int(claims, "iat", 0) <= NOW_S + 60 && json_get_int(claims, "nbf", 0) <= NOW_S + 60);
	CHECK(got.jti.len > 0 && got.jti.len <= 256 && str_equal(got.jti, json_get_str(claims, "jti")));
}

FUZZ_TARGET(a, input)
{
	struct op op;

	op_init(&op, a, NULL, NULL);
	op.now_s = NOW_S;
	for (unsigned i = 0; i < 4; i++)
		check_one(&op, i & 1, i & 2, input);
	CHECK(op.error.code == 0);
}
