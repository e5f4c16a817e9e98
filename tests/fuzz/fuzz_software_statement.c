/*
 * Software statements: no input is one; and as the claims below a true signature of an issuer that is known here, what is accepted is for
 * this server and in its time, and says what was signed.
 */
#include "server/oidc/client_metadata.h"
#include "server/oidc/software_statement.h"
#include "tests/fuzz/fuzz_signer.h"

#define NOW_S 1700000000
#define ISSUER "https://sso.example"

static bool is_ours(const json_t *value)
{
	return json_is_string(value) && str_equal(str_n(json_string_value(value), json_string_length(value)), STR(ISSUER));
}

static bool is_for_us(const json_t *aud)
{
	const json_t *item;
	size_t i;

	json_array_foreach(aud, i, item)
		if (is_ours(item))
			return true;
	return !aud || is_ours(aud);
}

static void check_one(struct op *op, const struct fuzz_signer *signer, struct str statement, struct str known, struct str input)
{
	const struct statement_check check = { STR(ISSUER), known };
	_json_ json_t *claims = NULL, *tree = json_read(input, CLIENT_METADATA_DEPTH, NULL);
	int r = software_statement_read(op, &check, signer->keys, statement, &claims);

	op_forgive(op);
	if (r < 0) {
		CHECK(r == ERR_INVALID_SOFTWARE_STATEMENT && claims == NULL);
		return;
	}
	CHECK(json_is_object(claims) && json_equal(claims, tree) && is_for_us(json_object_get(claims, "aud")));
	CHECK(!str_is_null(known) || !json_object_get(claims, "exp") || json_get_int(claims, "exp", 0) > NOW_S);
	CHECK(json_get_int(claims, "iat", 0) <= NOW_S + 60 && json_get_int(claims, "nbf", 0) <= NOW_S + 60);
}

FUZZ_TARGET(a, input)
{
	const struct fuzz_signer *signer;
	struct str token;
	struct op op;

	op_init(&op, a, NULL, NULL);
	op.now_s = NOW_S;
	signer = fuzz_signer(&op);
	check_one(&op, signer, input, STR_NULL, STR_NULL);
	if (input.len == 0 || input.len > 8000)
		return;
	token = fuzz_sign(&op, signer->key, STR("{\"alg\":\"ES256\"}"), input);
	check_one(&op, signer, token, STR_NULL, input);
	check_one(&op, signer, token, token, input);
}
