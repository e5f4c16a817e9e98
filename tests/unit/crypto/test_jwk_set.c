/* Whose key verifies: by kid and by what the record of the owner allows. */
#include "common/crypto/jwk_set.h"
#include "tests/unit/crypto/crypto_test.h"

#define EC_X "\"x\":\"l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs\""
#define EC_Y "\"y\":\"9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA\""
#define EC "\"kty\":\"EC\",\"crv\":\"P-256\"," EC_X "," EC_Y
#define ED "\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\""
#define RSA                                                                                                       \
	"\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-" \
	"Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpa" \
	"SHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK" \
	"-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ\""

static struct jwk_set *read_set(struct arena *a, const char *text)
{
	struct op op = test_op(a);
	struct jwk_set *set = NULL;

	if (jwk_set_read(&op, str_c(text), &set) < 0)
		fail_msg("refused (%s): %s", op.error.text, text);
	assert_int_equal(op.error.code, 0);
	return set;
}

static const struct jwk *find(const struct jwk_set *set, unsigned algs, struct str kid, enum jws_alg alg)
{
	struct jwk_want want = { set, algs };

	return jwk_set_find(&want, kid, alg);
}

static void test_find_by_kid_and_algorithm(void **state)
{
	_cleanup_(jwk_set_freep) struct jwk_set *set =
		read_set(*state, "{\"keys\":[{" EC ",\"kid\":\"e\"},{" RSA ",\"kid\":\"r\"},{" ED ",\"kid\":\"https://client/keys#1 ed\"}]}");

	assert_int_equal(jwk_alg(find(set, JWS_ALGS_ALL, STR("e"), JWS_ES256)), JWS_ES256);
	assert_int_equal(jwk_alg(find(set, JWS_ALGS_ALL, STR("r"), JWS_PS256)), JWS_PS256);
	assert_int_equal(jwk_alg(find(set, JWS_ALGS_ALL, STR("r"), JWS_RS256)), JWS_RS256);
	assert_non_null(find(set, JWS_ALGS_ALL, STR("https://client/keys#1 ed"), JWS_EDDSA));
	/* the record allows another algorithm only */
	assert_null(find(set, JWS_ALG_BIT(JWS_PS256), STR("r"), JWS_RS256));
	assert_null(find(set, JWS_ALG_BIT(JWS_PS256), STR("e"), JWS_ES256));
	assert_null(find(set, 0, STR("e"), JWS_ES256));
	/* a kid of another key, an unknown one */
	assert_null(find(set, JWS_ALGS_ALL, STR("e"), JWS_PS256));
	assert_null(find(set, JWS_ALGS_ALL, STR("x"), JWS_ES256));
	/* no kid: the only key that fits */
	assert_non_null(find(set, JWS_ALGS_ALL, STR_NULL, JWS_ES256));
	assert_null(find(NULL, JWS_ALGS_ALL, STR("e"), JWS_ES256));
}

static void test_without_names(void **state)
{
	struct op op = test_op(*state);
	_cleanup_(jwk_freep) struct jwk *other = test_key(&op);
	_json_ json_t *object = jwk_public_json(other);
	_cleanup_(jwk_set_freep) struct jwk_set *one = read_set(*state, "{\"keys\":[{" EC "}]}"), *two = NULL;
	struct str text;

	assert_non_null(find(one, JWS_ALGS_ALL, STR_NULL, JWS_ES256));
	assert_non_null(find(one, JWS_ALGS_ALL, STR("its owner's name for it"), JWS_ES256));
	/* Two without a name: which one it is cannot be said. */
	json_object_del(object, "kid");
	text = arena_printf(*state, "{\"keys\":[{" EC "},%.*s]}", STR_ARG(json_write(*state, object, true)));
	two = read_set(*state, text.p);
	assert_null(find(two, JWS_ALGS_ALL, STR_NULL, JWS_ES256));
	assert_null(find(two, JWS_ALGS_ALL, STR("a"), JWS_ES256));
}

static void test_what_cannot_be_used_is_skipped(void **state)
{
	_cleanup_(jwk_set_freep) struct jwk_set *set = read_set(*state, "{\"keys\":["
		"{\"kty\":\"EC\",\"crv\":\"P-384\"," EC_X "," EC_Y ",\"kid\":\"a\"},"
		"{\"kty\":\"AKP\",\"alg\":\"ML-DSA-44\",\"pub\":\"AA\",\"kid\":\"b\"},"
		"{" EC ",\"use\":\"enc\",\"kid\":\"c\"},"
		"{" EC ",\"alg\":\"ECDH-ES\",\"kid\":\"d\"},"
		"{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\",\"kid\":\"e\"},"
		"{\"kid\":\"f\"},7,null,"
		"{" EC ",\"kid\":1},{" EC ",\"kid\":\"\"},{" EC ",\"kid\":\"\xc3\xa9\"},"
		"{" EC ",\"x5c\":[\"MIIB\"],\"kid\":\"c\"}]}");

	assert_non_null(find(set, JWS_ALGS_ALL, STR("c"), JWS_ES256));
	assert_null(find(set, JWS_ALGS_ALL, STR("a"), JWS_ES256));
	assert_null(find(set, JWS_ALGS_ALL, STR("d"), JWS_ES256));
	assert_null(find(set, JWS_ALGS_ALL, STR("e"), JWS_RS256));
}

static void assert_refused(struct arena *a, const char *text)
{
	struct op op = test_op(a);
	struct jwk_set *set = NULL;

	if (jwk_set_read(&op, str_c(text), &set) != ERR_INVALID_VALUE)
		fail_msg("accepted: %s", text);
	assert_null(set);
}

static void test_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"[]",
		"{}",
		"{\"keys\":{}}",
		"{\"keys\":[]}",
		"{\"keys\":[{\"kty\":\"AKP\"}]}",
		"{\"keys\":[{" EC ",\"kid\":\"a\"}],\"keys\":[]}",
		/* private and symmetric keys, also beside good ones */
		"{\"keys\":[{" EC ",\"kid\":\"a\"},{" ED ",\"d\":\"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A\"}]}",
		"{\"keys\":[{" EC ",\"kid\":\"a\"},{\"kty\":\"oct\",\"k\":\"AAAA\"}]}",
		"{\"keys\":[{" EC ",\"kid\":\"a\"},{" RSA ",\"kid\":\"a\"}]}",
		"{\"keys\":[{\"kty\":\"EC\",\"a\":[[[[[[[]]]]]]]}]}",
	};
	struct buf many = buf_new(*state, JWK_SET_MAX_LEN * 2);

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		assert_refused(*state, texts[i]);
	buf_add_c(&many, "{\"keys\":[");
	for (int i = 0; i <= JWK_SET_KEYS_MAX; i++)
		buf_printf(&many, "%s{" EC ",\"kid\":\"%d\"}", i == 0 ? "" : ",", i);
	buf_add_c(&many, "]}");
	assert_refused(*state, buf_str(&many).p);
	many.len = 0;
	buf_add_c(&many, "{\"keys\":[{" EC "}],\"x\":\"");
	while (many.len <= JWK_SET_MAX_LEN)
		buf_add_c(&many, "0123456789abcdef0123456789abcdef");
	buf_add_c(&many, "\"}");
	assert_refused(*state, buf_str(&many).p);
}

static void test_verifies_a_token(void **state)
{
	struct op op = test_op(*state);
	_cleanup_(jwk_freep) struct jwk *key = test_key_of(&op, JWS_EDDSA), *stranger = test_key_of(&op, JWS_EDDSA);
	_json_ json_t *object = jwk_public_json(key);
	_cleanup_(jwk_set_freep) struct jwk_set *set = read_set(
		*state, arena_printf(*state, "{\"keys\":[{" RSA ",\"kid\":\"r\"},%.*s]}", STR_ARG(json_write(*state, object, true))).p);
	struct jwk_want want = { set, JWS_ALG_BIT(JWS_EDDSA) };
	struct str token, payload;

	assert_int_equal(jws_sign(&op, key, "JWT", STR("{}"), &token), 0);
	assert_true(jws_verify(&op, token, JWS_TYP_JWT_OR_NONE, jwk_set_find, &want, &payload));
	want.algs = JWS_ALG_BIT(JWS_ES256) | JWS_ALG_BIT(JWS_RS256);
	assert_false(jws_verify(&op, token, JWS_TYP_JWT_OR_NONE, jwk_set_find, &want, &payload));
	want.algs = JWS_ALGS_ALL;
	assert_int_equal(jws_sign(&op, stranger, "JWT", STR("{}"), &token), 0);
	assert_false(jws_verify(&op, token, JWS_TYP_JWT_OR_NONE, jwk_set_find, &want, &payload));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(test_find_by_kid_and_algorithm),
		UNIT_TEST(test_without_names),
		UNIT_TEST(test_what_cannot_be_used_is_skipped),
		UNIT_TEST(test_refused),
		UNIT_TEST(test_verifies_a_token),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
