/* Tokens that must not verify: one test per known class of attack (RFC 8725 §2). */
#include "common/crypto/digest.h"
#include "tests/unit/crypto/crypto_test.h"

#include <string.h>

#define PAYLOAD STR("{\"sub\":\"a\"}")

struct fixture {
	struct op op;
	struct jwk *key;
	struct str good; /* a token of key */
};

static struct fixture *setup(void **state)
{
	struct fixture *f = ARENA_NEW(*state, struct fixture);

	f->op = test_op(*state);
	f->key = test_key(&f->op);
	assert_int_equal(jws_sign(&f->op, f->key, "at+jwt", PAYLOAD, &f->good), 0);
	assert_true(test_verifies(&f->op, f->key, f->good));
	return f;
}

static void done(struct fixture *f)
{
	f->key = jwk_free(f->key);
}

/* A true signature below a header with these members: only the header is what refuses it. */
static void assert_header_refused(struct fixture *f, const char *header)
{
	if (test_verifies(&f->op, f->key, test_forge(&f->op, f->key, str_c(header), PAYLOAD)))
		fail_msg("accepted: %s", header);
}

static struct str with_signature(struct fixture *f, struct str raw)
{
	struct str rest = f->good, header = STR_NULL, payload = STR_NULL;

	assert_true(str_split(&rest, '.', &header) && str_split(&rest, '.', &payload));
	return arena_printf(f->op.arena, "%.*s.%.*s.%.*s", STR_ARG(header), STR_ARG(payload),
	                    STR_ARG(base64url_encode(f->op.arena, raw)));
}

static void test_forged_header_itself_is_no_obstacle(void **state)
{
	struct fixture *f = setup(state);

	assert_true(test_verifies(&f->op, f->key,
	                          test_forge(&f->op, f->key, STR("{\"typ\":\"at+jwt\",\"alg\":\"ES256\"}"), PAYLOAD)));
	done(f);
}

/* CVE-2018-1000531 (prime-jwt) and many more: no signature was as good as a true one. */
static void test_cve_2018_1000531_alg_none(void **state)
{
	static const char *const algs[] = { "none", "None", "NONE", "nOnE", "", " ES256", "ES256 " };
	struct fixture *f = setup(state);
	struct arena *a = *state;

	for (size_t i = 0; i < ARRAY_LEN(algs); i++) {
		struct str header = arena_printf(a, "{\"alg\":\"%s\",\"typ\":\"at+jwt\"}", algs[i]);
		struct str head = arena_printf(a, "%.*s.%.*s", STR_ARG(base64url_encode(a, header)),
		                               STR_ARG(base64url_encode(a, PAYLOAD)));

		assert_header_refused(f, header.p);
		assert_false(test_verifies(&f->op, f->key, head));
		assert_false(test_verifies(&f->op, f->key, arena_printf(a, "%.*s.", STR_ARG(head))));
		assert_false(test_verifies(&f->op, f->key, arena_printf(a, "%.*s.AA", STR_ARG(head))));
	}
	assert_header_refused(f, "{\"typ\":\"at+jwt\"}");
	assert_header_refused(f, "{\"alg\":null,\"typ\":\"at+jwt\"}");
	assert_header_refused(f, "{\"alg\":[\"ES256\"],\"typ\":\"at+jwt\"}");
	done(f);
}

/* CVE-2016-10555, CVE-2015-9235, CVE-2026-11800: a MAC with the public key, which everybody knows, as the secret. */
static void test_cve_2016_10555_hs256_with_public_key(void **state)
{
	struct fixture *f = setup(state);
	struct arena *a = *state;
	_json_ json_t *public_json = jwk_public_json(f->key);
	struct str secrets[] = { json_write(a, public_json, true), json_get_str(public_json, "x"), STR("") };
	struct str head = arena_printf(a, "%.*s.%.*s",
	                               STR_ARG(base64url_encode(a, STR("{\"alg\":\"HS256\",\"typ\":\"at+jwt\"}"))),
	                               STR_ARG(base64url_encode(a, PAYLOAD)));

	for (size_t i = 0; i < ARRAY_LEN(secrets); i++) {
		uint8_t mac[SHA256_LEN];

		hmac_sha256(secrets[i], head, mac);
		assert_false(test_verifies(&f->op, f->key,
		                           arena_printf(a, "%.*s.%.*s", STR_ARG(head),
		                                        STR_ARG(base64url_encode(a, str_n(mac, sizeof(mac)))))));
	}
	done(f);
}

static void test_alg_of_another_family(void **state)
{
	static const char *const algs[] = { "RS256", "PS256", "ES384", "ES512", "ES256K", "EdDSA", "HS256", "es256" };
	struct fixture *f = setup(state);

	for (size_t i = 0; i < ARRAY_LEN(algs); i++)
		assert_header_refused(f, arena_printf(*state, "{\"alg\":\"%s\",\"typ\":\"at+jwt\"}", algs[i]).p);
	done(f);
}

/* RFC 8725 §3.11: an ID token is no access token. */
static void test_typ(void **state)
{
	/* Another spelling of the same media type is no other type (RFC 7515 §4.1.9). */
	static const char *const typs[] = { "JWT", "at+jwt ", "text/at+jwt", "application/application/at+jwt", "application/", "dpop+jwt", "" };
	struct fixture *f = setup(state);
	struct str payload;

	for (size_t i = 0; i < ARRAY_LEN(typs); i++)
		assert_header_refused(f, arena_printf(*state, "{\"alg\":\"ES256\",\"typ\":\"%s\"}", typs[i]).p);
	assert_header_refused(f, "{\"alg\":\"ES256\"}");
	assert_header_refused(f, "{\"alg\":\"ES256\",\"typ\":null}");
	assert_header_refused(f, "{\"alg\":\"ES256\",\"typ\":1}");
	/* Where none is expected, there must be none. */
	assert_false(jws_verify(&f->op, f->good, NULL, test_find_any, f->key, &payload));
	done(f);
}

/* RFC 7515 §4.1.11, RFC 7797, RFC 7516 §4.1.3, whatever their values. */
static void test_members_that_change_the_meaning(void **state)
{
	static const char *const members[] = {
		"\"crit\":[\"exp\"]",        "\"crit\":[]",  "\"crit\":null",  "\"b64\":false", "\"b64\":true",
		"\"b64\":false,\"crit\":[\"b64\"]", "\"zip\":\"DEF\"", "\"zip\":null", "\"enc\":\"A256GCM\"",
	};
	struct fixture *f = setup(state);

	for (size_t i = 0; i < ARRAY_LEN(members); i++)
		assert_header_refused(f, arena_printf(*state, "{\"alg\":\"ES256\",\"typ\":\"at+jwt\",%s}", members[i]).p);
	done(f);
}

static void test_header_is_not_strict_json(void **state)
{
	static const char *const headers[] = {
		"{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"alg\":\"ES256\"}",
		"{\"alg\":\"none\",\"typ\":\"at+jwt\",\"alg\":\"ES256\"}",
		"{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"a\",\"kid\":\"b\"}",
		"{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"\\u0061lg\":\"ES256\"}",
		"{\"alg\":\"ES256\",\"typ\":\"at+jwt\"}x",
		"{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"x\":[[[[1]]]]}",
		"{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"x\":\"\xff\"}",
		"{\"alg\":\"ES256\",\"typ\":\"at+jwt\",}",
		"{'alg':'ES256','typ':'at+jwt'}",
		"[\"ES256\"]",
		"\"ES256\"",
		"null",
		"\xef\xbb\xbf{\"alg\":\"ES256\",\"typ\":\"at+jwt\"}",
	};
	struct fixture *f = setup(state);

	for (size_t i = 0; i < ARRAY_LEN(headers); i++)
		assert_header_refused(f, headers[i]);
	done(f);
}

/* CVE-2018-0114 (cisco node-jose): the key that came with the token was believed. */
static void test_cve_2018_0114_jwk_header(void **state)
{
	struct fixture *f = setup(state);
	struct arena *a = *state;
	_cleanup_(jwk_freep) struct jwk *attacker = test_key(&f->op);
	_json_ json_t *public_json = jwk_public_json(attacker);
	struct str jwk_text = json_write(a, public_json, true);
	struct str header = arena_printf(a, "{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"jwk\":%.*s}", STR_ARG(jwk_text));

	assert_false(test_verifies(&f->op, f->key, test_forge(&f->op, attacker, header, PAYLOAD)));
	/* Ignored, not refused: with our own signature such a header changes nothing. */
	assert_true(test_verifies(&f->op, f->key, test_forge(&f->op, f->key, header, PAYLOAD)));
	header = STR("{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"jku\":\"https://attacker.example/jwks\","
	             "\"x5u\":\"https://attacker.example/\",\"x5c\":[\"MIIB\"]}");
	assert_false(test_verifies(&f->op, f->key, test_forge(&f->op, attacker, header, PAYLOAD)));
	done(f);
}

/* CVE-2022-21449 (Java): r = s = 0 was good for every message. */
static void test_cve_2022_21449_psychic_signature(void **state)
{
	static const uint8_t order[] = {
		0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
	};
	uint8_t values[4][32] = { { 0 }, { [31] = 1 }, { 0 }, { 0 } };
	struct fixture *f = setup(state);

	memcpy(values[2], order, sizeof(order));
	memset(values[3], 0xff, sizeof(values[3]));
	/* All pairs of 0, 1, n and 2^256 - 1. */
	for (size_t r = 0; r < 4; r++) {
		for (size_t s = 0; s < 4; s++) {
			uint8_t raw[64];

			memcpy(raw, values[r], 32);
			memcpy(raw + 32, values[s], 32);
			assert_false(test_verifies(&f->op, f->key, with_signature(f, str_n(raw, sizeof(raw)))));
		}
	}
	done(f);
}

/* Also the DER form and JOSE's form with leading bytes: 64 bytes, or nothing (RFC 7518 §3.4). */
static void test_length_of_the_signature(void **state)
{
	struct fixture *f = setup(state);
	struct str raw = STR_NULL, rest = f->good, part = STR_NULL;
	char bytes[200] = "";

	while (str_split(&rest, '.', &part))
		;
	assert_true(base64url_decode(*state, part, &raw));
	memcpy(bytes, raw.p, raw.len);
	for (size_t len = 0; len < sizeof(bytes); len++)
		assert_int_equal(test_verifies(&f->op, f->key, with_signature(f, str_n(bytes, len))), len == 64);
	done(f);
}

/* CVE-2026-27840 (ZITADEL): a truncated token was valid. */
static void test_cve_2026_27840_truncated_token(void **state)
{
	struct fixture *f = setup(state);

	for (size_t len = 0; len < f->good.len; len++)
		assert_false(test_verifies(&f->op, f->key, str_n(f->good.p, len)));
	done(f);
}

/* Every other character at every place: the signature covers all, and base64url has one spelling. */
static void test_every_character_counts(void **state)
{
	struct fixture *f = setup(state);
	char *changed = (char *)(uintptr_t)arena_dup(*state, f->good).p;

	for (size_t i = 0; i < f->good.len; i++) {
		char c = changed[i];

		changed[i] = c == 'A' ? 'B' : 'A';
		assert_false(test_verifies(&f->op, f->key, str_n(changed, f->good.len)));
		changed[i] = (char)(c ^ 1); /* in the last place of a part: the same bytes in many decoders */
		assert_false(test_verifies(&f->op, f->key, str_n(changed, f->good.len)));
		changed[i] = '\0';
		assert_false(test_verifies(&f->op, f->key, str_n(changed, f->good.len)));
		changed[i] = c;
	}
	done(f);
}

static void assert_text_refused(struct fixture *f, const char *format, struct str part)
{
	struct buf b = buf_new(f->op.arena, 65536);

	for (const char *c = format; *c; c++) {
		if (*c == '#')
			buf_add(&b, part);
		else
			buf_add_char(&b, *c);
	}
	assert_true(buf_ok(&b));
	assert_false(test_verifies(&f->op, f->key, buf_str(&b)));
}

/* Dots, padding, white space; five parts (a JWE, GHSA-pm7g-w2cf-q238); the JSON form (CVE-2022-39227). */
static void test_cve_2022_39227_other_serialisations(void **state)
{
	static const char *const formats[] = {
		"#.",      ".#",      "#..",    "..#",       "#.#",        "#.AA",         "#.AA.AA",  "AA.#",
		"AA.AA.#", "#=",      "#==",    " #",        "# ",         "#\n",          "\t#",      "\"#\"",
		"",        ".",       "..",     "...",       "....",       "A.A.A",        "e30.e30.", "e30.e30.e30",
		"[\"#\"]", "{\"payload\":\"e30\",\"protected\":\"#\",\"signature\":\"e30\"}", "Bearer #",
		"{\"  #\":\"\"}",
	};
	struct fixture *f = setup(state);

	for (size_t i = 0; i < ARRAY_LEN(formats); i++)
		assert_text_refused(f, formats[i], f->good);
	assert_false(test_verifies(&f->op, f->key, STR_NULL));
	done(f);
}

/* RFC 7515 appendix F: a detached payload is not what callers expect. */
static void test_empty_payload(void **state)
{
	struct fixture *f = setup(state);

	assert_false(test_verifies(&f->op, f->key,
	                           test_forge(&f->op, f->key, STR("{\"alg\":\"ES256\",\"typ\":\"at+jwt\"}"), STR(""))));
	done(f);
}

/* kid is a client's text: it is compared, and nothing else. */
static void test_kid_with_odd_characters(void **state)
{
	static const char *const refused[] = {
		"\"a\\u0000b\"", "\"\"", "\"a\\nb\"", "\"a\\u007fb\"", "\"\xc3\xa9\"", "1", "null", "{}", "[\"a\"]",
	};
	static const char *const accepted[] = { "\"../../dev/null\"", "\"a'--\"", "\"a b\"", "\"a.b\"", "\"a=\"" };
	struct fixture *f = setup(state);
	struct arena *a = *state;

	for (size_t i = 0; i < ARRAY_LEN(refused); i++)
		assert_header_refused(f, arena_printf(a, "{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":%s}", refused[i]).p);
	for (size_t i = 0; i < ARRAY_LEN(accepted); i++) {
		struct str header = arena_printf(a, "{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":%s}", accepted[i]);

		assert_true(test_verifies(&f->op, f->key, test_forge(&f->op, f->key, header, PAYLOAD)));
	}
	done(f);
}

static void test_kid_of_any_length(void **state)
{
	struct fixture *f = setup(state);
	char kid[130];

	memset(kid, 'a', sizeof(kid));
	for (int len = 128; len <= 129; len++) {
		struct str header = arena_printf(*state, "{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"%.*s\"}", len, kid);

		assert_int_equal(test_verifies(&f->op, f->key, test_forge(&f->op, f->key, header, PAYLOAD)), len == 128);
	}
	done(f);
}

static void test_long_tokens(void **state)
{
	struct fixture *f = setup(state);
	size_t len = 20000;
	char *spaces = arena_alloc(*state, len);

	/* Nothing is computed for it: it is refused by its length. */
	memset(spaces, ' ', len);
	assert_false(test_verifies(&f->op, f->key,
	                           test_forge(&f->op, f->key, STR("{\"alg\":\"ES256\",\"typ\":\"at+jwt\"}"),
	                                      str_n(spaces, len))));
	memset(spaces, '.', len);
	assert_false(test_verifies(&f->op, f->key, str_n(spaces, len)));
	memset(spaces, 'A', len);
	assert_false(test_verifies(&f->op, f->key, str_n(spaces, len)));
	/* 8 kB of opening brackets: refused before a parser that recurses sees them. */
	memset(spaces, '[', len);
	assert_header_refused(f, arena_printf(*state, "%.*s", 8000, spaces).p);
	done(f);
}

static void test_wrong_key(void **state)
{
	struct fixture *f = setup(state);
	_cleanup_(jwk_freep) struct jwk *other = test_key(&f->op);

	assert_false(test_verifies(&f->op, other, f->good));
	assert_false(test_verifies(&f->op, NULL, f->good)); /* the store knows none */
	done(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(test_forged_header_itself_is_no_obstacle),
		UNIT_TEST(test_cve_2018_1000531_alg_none),
		UNIT_TEST(test_cve_2016_10555_hs256_with_public_key),
		UNIT_TEST(test_alg_of_another_family),
		UNIT_TEST(test_typ),
		UNIT_TEST(test_members_that_change_the_meaning),
		UNIT_TEST(test_header_is_not_strict_json),
		UNIT_TEST(test_cve_2018_0114_jwk_header),
		UNIT_TEST(test_cve_2022_21449_psychic_signature),
		UNIT_TEST(test_length_of_the_signature),
		UNIT_TEST(test_cve_2026_27840_truncated_token),
		UNIT_TEST(test_every_character_counts),
		UNIT_TEST(test_cve_2022_39227_other_serialisations),
		UNIT_TEST(test_empty_payload),
		UNIT_TEST(test_kid_with_odd_characters),
		UNIT_TEST(test_kid_of_any_length),
		UNIT_TEST(test_long_tokens),
		UNIT_TEST(test_wrong_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
