/*
 * The examples of RFC 7516, appendix A.  Of what they use only AES-GCM is offered here, and its example comes out byte
 * for byte; RSA-OAEP with SHA-1, RSA1_5, A128KW, A128CBC-HS256 and the JSON serialisation are refused: as what a
 * client registers, as a key to encrypt to, and as tokens.
 */
#include "common/crypto/jwe.h"
#include "common/crypto/jwe_impl.h"
#include "tests/unit/crypto/crypto_test.h"

#define A_1_TOKEN \
	"eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ.OKOawDo13gRp2ojaHV7LFpZcgV7T6DVZKTyKOMTYUmKoTCVJRgckC" \
	"L9kiMT03JGeipsEdY3mx_etLbbWSrFr05kLzcSr4qKAq7YN7e9jwQRb23nfa6c9d-StnImGyFDbSv04uVuxIp5Zms1gNxKKK2Da1" \
	"4B8S4rzVRltdYwam_lDp5XnZAYpQdb76FdIKLaVmqgfwX7XWRxv2322i-vDxRfqNzo_tETKzpVLzfiwQyeyPGLBIO56YJ7eObdv0" \
	"je81860ppamavo35UgoRdbYaBcoh9QcfylQr66oc6vFWXRcZ_ZT2LawVCWTIy3brGPi6UklfCpIMfIjf7iGdXKHzg.48V1_ALb6U" \
	"S04U3b.5eym8TW_c8SuK0ltJ3rpYIzOeDQz7TALvtu6UG9oMo4vpzs9tX_EFShS8iB7j6jiSdiwkIr3ajwQzaBtQD_A.XFBoMYUZ" \
	"odetZdvTiFvSkQ"
/* Without its end, so that a test can say more of it. */
#define A_1_KEY \
	"{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"oahUIoWw0K0usKNuOR6H4wkf4oBUXHTxRvgb48E-BVvxkeDNjbC4he8rUWcJ" \
	"oZmds2h7M70imEVhRU5djINXtqllXI4DFqcI1DgjT9LewND8MW2Krf3Spsk_ZkoFnilakGygTwpZ3uesH-PFABNIUYpOiN15dsQR" \
	"kgr0vEhxN92i2asbOenSZeyaxziK72UwxrrKoExv6kc5twXTq4h-QChLOln0_mtUZwfsRaMStPs6mS6XrgxnxbWhojf663tuEQue" \
	"GC-FCMfra36C9knDFGzKsNa7LZK2djYgyD3JR_MB_4NUJW_TqOQtwHYbxevoJArm-L5StowjzGy-_bq6Gw\""
#define A_2_TOKEN \
	"eyJhbGciOiJSU0ExXzUiLCJlbmMiOiJBMTI4Q0JDLUhTMjU2In0.UGhIOguC7IuEvf_NPVaXsGMoLOmwvc1GyqlIKOK1nN94nHPo" \
	"ltGRhWhw7Zx0-kFm1NJn8LE9XShH59_i8J0PH5ZZyNfGy2xGdULU7sHNF6Gp2vPLgNZ__deLKxGHZ7PcHALUzoOegEI-8E66jX2E" \
	"4zyJKx-YxzZIItRzC5hlRirb6Y5Cl_p-ko3YvkkysZIFNPccxRU7qve1WYPxqbb2Yw8kZqa2rMWI5ng8OtvzlV7elprCbuPhcCdZ" \
	"6XDP0_F8rkXds2vE4X-ncOIM8hAYHHi29NX0mcKiRaD0-D-ljQTP-cFPgwCp6X-nZZd9OHBv-B3oWh2TbqmScqXMR4gp_A.AxY8D" \
	"CtDaGlsbGljb3RoZQ.KDlTtXchhZTGufMYmOYGS4HffxPSUrfmqCHXaI9wOGY.9hH0vgRfYgPnAHOd8stkvw"
#define A_2_KEY \
	"{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"sXchDaQebHnPiGvyDOAT4saGEUetSyo9MKLOoWFsueri23bOdgWp4Dy1WlUz" \
	"ewbgBHod5pcM9H95GQRV3JDXboIRROSBigeC5yjU1hGzHHyXss8UDprecbAYxknTcQkhslANGRUZmdTOQ5qTRsLAt6BTYuyvVRdh" \
	"S8exSZEy_c4gs_7svlJJQ4H9_NxsiIoLwAEk7-Q3UXERGYw_75IDrGA84-lA_-Ct4eTlXHBIY2EaV7t7LjJaynVJCpkv4LKjTTAu" \
	"miGUIuQhrNhZLuF_RJLqHpM2kgWFLU7-VTdL1VbC2tejvcI2BlMkEpk1BzBZI0KQB0GaDWFLN-aEAw3vRw\""
#define A_3_TOKEN \
	"eyJhbGciOiJBMTI4S1ciLCJlbmMiOiJBMTI4Q0JDLUhTMjU2In0.6KB707dM9YTIgHtLvtgWQ8mKwboJW3of9locizkDTHzBC2Il" \
	"rT1oOQ.AxY8DCtDaGlsbGljb3RoZQ.KDlTtXchhZTGufMYmOYGS4HffxPSUrfmqCHXaI9wOGY.U0m_YmjN04DJvceFICbCVQ"
#define A_3_KEY "{\"kty\":\"oct\",\"k\":\"GawgguFyGrWKav7AX4VKUg\""
#define A_4_TOKEN \
	"{\"protected\":\"eyJlbmMiOiJBMTI4Q0JDLUhTMjU2In0\",\"unprotected\":{\"jku\":\"https://server.example" \
	".com/keys.jwks\"},\"recipients\":[{\"header\":{\"alg\":\"RSA1_5\",\"kid\":\"2011-04-29\"},\"encrypte" \
	"d_key\":\"UGhIOguC7IuEvf_NPVaXsGMoLOmwvc1GyqlIKOK1nN94nHPoltGRhWhw7Zx0-kFm1NJn8LE9XShH59_i8J0PH5ZZyN" \
	"fGy2xGdULU7sHNF6Gp2vPLgNZ__deLKxGHZ7PcHALUzoOegEI-8E66jX2E4zyJKx-YxzZIItRzC5hlRirb6Y5Cl_p-ko3YvkkysZ" \
	"IFNPccxRU7qve1WYPxqbb2Yw8kZqa2rMWI5ng8OtvzlV7elprCbuPhcCdZ6XDP0_F8rkXds2vE4X-ncOIM8hAYHHi29NX0mcKiRa" \
	"D0-D-ljQTP-cFPgwCp6X-nZZd9OHBv-B3oWh2TbqmScqXMR4gp_A\"},{\"header\":{\"alg\":\"A128KW\",\"kid\":\"7" \
	"\"},\"encrypted_key\":\"6KB707dM9YTIgHtLvtgWQ8mKwboJW3of9locizkDTHzBC2IlrT1oOQ\"}],\"iv\":\"AxY8DCtD" \
	"aGlsbGljb3RoZQ\",\"ciphertext\":\"KDlTtXchhZTGufMYmOYGS4HffxPSUrfmqCHXaI9wOGY\",\"tag\":\"Mz-VPPyU4R" \
	"lcuYv1IwIvzw\"}"
#define A_5_TOKEN \
	"{\"protected\":\"eyJlbmMiOiJBMTI4Q0JDLUhTMjU2In0\",\"unprotected\":{\"jku\":\"https://server.example" \
	".com/keys.jwks\"},\"header\":{\"alg\":\"A128KW\",\"kid\":\"7\"},\"encrypted_key\":\"6KB707dM9YTIgHtL" \
	"vtgWQ8mKwboJW3of9locizkDTHzBC2IlrT1oOQ\",\"iv\":\"AxY8DCtDaGlsbGljb3RoZQ\",\"ciphertext\":\"KDlTtXch" \
	"hZTGufMYmOYGS4HffxPSUrfmqCHXaI9wOGY\",\"tag\":\"Mz-VPPyU4RlcuYv1IwIvzw\"}"

static struct str bytes_of(struct arena *a, struct str text)
{
	struct str bytes = STR_NULL;

	assert_true(base64url_decode(a, text, &bytes));
	return bytes;
}

/* §A.1.2 to §A.1.7: the content key, the vector and the protected header give this ciphertext and this tag. */
static void test_rfc_7516_a_1_content(void **state)
{
	struct str plain = STR("The true sign of intelligence is not knowledge but imagination."), rest = STR(A_1_TOKEN), parts[5];
	struct str cek = bytes_of(*state, STR("saH0gFSP4XM_tAP_a5rU9ooHbltwLiJpL4LLLnrqQPw"));
	uint8_t cipher[128], tag[JWE_TAG_LEN];
	struct str iv;

	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		assert_true(str_split(&rest, '.', &parts[i]));
	iv = bytes_of(*state, parts[2]);
	assert_int_equal(iv.len, JWE_IV_LEN);
	assert_true(jwe_seal(cek, (const uint8_t *)iv.p, parts[0], plain, cipher, tag));
	assert_true(str_equal(base64url_encode(*state, str_n(cipher, plain.len)), parts[3]));
	assert_true(str_equal(base64url_encode(*state, str_n(tag, sizeof(tag))), parts[4]));
}

static int encrypt(struct arena *a, const char *key, const char *member, const char *alg, const char *enc)
{
	struct op op = test_op(a);
	struct jwe_recipient to = { arena_printf(a, "{\"keys\":[%s%s}]}", key, member), str_c(alg), str_c(enc) };
	struct str compact = STR_NULL;

	return jwe_encrypt(&op, &to, NULL, STR("Live long and prosper."), &compact);
}

/* The keys of §A.1.4 and §A.2.3 are good ones: for what is offered. */
static void test_rfc_7516_keys(void **state)
{
	assert_int_equal(encrypt(*state, A_1_KEY, "", "RSA-OAEP-256", "A256GCM"), 0);
	assert_int_equal(encrypt(*state, A_2_KEY, "", "RSA-OAEP-256", "A128GCM"), 0);
	assert_int_equal(encrypt(*state, A_1_KEY, ",\"alg\":\"RSA-OAEP\"", "RSA-OAEP-256", "A256GCM"), ERR_INVALID_VALUE);
	assert_int_equal(encrypt(*state, A_3_KEY, "", "ECDH-ES+A256KW", "A256GCM"), ERR_INVALID_VALUE);
}

static void test_rfc_7516_algorithms_refused(void **state)
{
	static const struct {
		const char *key, *alg, *enc;
	} cases[] = {
		{ A_1_KEY, "RSA-OAEP", "A256GCM" },
		{ A_2_KEY, "RSA1_5", "A128CBC-HS256" },
		{ A_2_KEY, "RSA1_5", "A256GCM" },
		{ A_2_KEY, "RSA-OAEP-256", "A128CBC-HS256" },
		{ A_3_KEY, "A128KW", "A128CBC-HS256" },
		{ A_3_KEY, "A128KW", "A256GCM" },
		{ A_3_KEY, "dir", "A128GCM" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_false(jwe_alg_is_offered(str_c(cases[i].alg)) && jwe_enc_is_offered(str_c(cases[i].enc)));
		assert_int_equal(encrypt(*state, cases[i].key, "", cases[i].alg, cases[i].enc), ERR_INVALID_VALUE);
	}
}

/* Nothing encrypted is taken in: none of them passes where a token or an assertion is expected. */
static void test_rfc_7516_tokens_refused(void **state)
{
	const struct str tokens[] = { STR(A_1_TOKEN), STR(A_2_TOKEN), STR(A_3_TOKEN), STR(A_4_TOKEN), STR(A_5_TOKEN) };
	struct str secret = bytes_of(*state, STR("saH0gFSP4XM_tAP_a5rU9ooHbltwLiJpL4LLLnrqQPw"));

	for (size_t i = 0; i < ARRAY_LEN(tokens); i++) {
		struct op op = test_op(*state);
		_cleanup_(jwk_freep) struct jwk *key = test_public_key(&op, A_1_KEY "}", JWS_RS256);
		struct str payload = STR_NULL;
		struct jws_embedded embedded = { STR_NULL, STR_NULL };

		assert_false(jws_verify(&op, tokens[i], NULL, test_find_any, key, &payload));
		assert_false(jws_verify(&op, tokens[i], JWS_TYP_JWT_OR_NONE, test_find_any, key, &payload));
		assert_false(jws_verify_hs256(&op, tokens[i], JWS_TYP_JWT_OR_NONE, secret, &payload));
		assert_false(jws_verify_embedded(&op, tokens[i], "dpop+jwt", JWS_ALGS_ALL, &embedded));
		assert_false(jws_peek_unverified(&op, tokens[i], &payload));
		assert_true(str_is_null(payload) && str_is_null(embedded.payload));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(test_rfc_7516_a_1_content),
		UNIT_TEST(test_rfc_7516_keys),
		UNIT_TEST(test_rfc_7516_algorithms_refused),
		UNIT_TEST(test_rfc_7516_tokens_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
