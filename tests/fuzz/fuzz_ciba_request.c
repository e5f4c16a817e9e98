/*
 * CIBA requests: as lines name=value, and as the claims of an object that the client signed.  What passes names one user, by a
 * hint that is taken here, and everything in it is within its limits; of a signed request nothing of the outside is left.
 */
#include "common/base/text.h"
#include "server/oidc/ciba.h"
#include "tests/fuzz/fuzz_signer.h"

#define NOW_S 1000

static void check_request(struct op *op, const struct client *client, const struct ciba_request *rq)
{
	uint64_t s;
	int r = ciba_check(op, client, rq);

	CHECK(r == 0 || r == ERR_INVALID_REQUEST || r == ERR_INVALID_SCOPE || r == ERR_INVALID_BINDING_MESSAGE || r == ERR_INVALID_TARGET ||
	      r == ERR_INVALID_AUTHORIZATION_DETAILS);
	op_forgive(op);
	if (r < 0)
		return;
	CHECK(str_is_null(rq->login_hint) != str_is_null(rq->id_token_hint) && str_is_null(rq->login_hint_token));
	CHECK(scope_has(rq->scope, STR("openid")));
	CHECK(str_is_null(rq->binding_message) || (text_is_printable(rq->binding_message) && utf8_length(rq->binding_message) <= CIBA_MESSAGE_MAX));
	CHECK(str_is_null(rq->requested_expiry) || (str_to_u64(rq->requested_expiry, INT64_MAX, &s) && s > 0));
	CHECK(!str_equal(client->ciba_mode, STR("ping")) || rq->client_notification_token.len > 0);
}

static void check_lines(struct op *op, const struct client *client, struct str input)
{
	struct ciba_request rq = { 0 };
	struct str line;

	while (str_split(&input, '\n', &line))
		for (size_t i = 0; i < n_ciba_fields; i++) {
			struct str name = str_c(ciba_fields[i].name);

			if (str_starts(line, name) && line.len > name.len + 1 && line.p[name.len] == '=' && line.len - name.len - 1 <= ciba_fields[i].max_bytes)
				*ciba_field_of(&rq, i) = str_skip(line, name.len + 1);
		}
	rq.request = STR_NULL;
	check_request(op, client, &rq);
}

static void check_signed(struct op *op, const struct client *client, struct str token)
{
	const struct oidc_settings settings = { .issuer = STR("https://sso.example") };
	struct ciba_request rq = { .request = token, .jkt = STR("the key of the proof") };

	if (ciba_resolve(op, &settings, client, &rq) < 0) {
		CHECK(op->error.code == ERR_INVALID_REQUEST);
		op_forgive(op);
		return;
	}
	CHECK(str_is_null(rq.request) && str_equal(rq.jkt, STR("the key of the proof")));
	for (size_t i = 0; i < n_ciba_fields; i++)
		CHECK(ciba_field_of(&rq, i)->len <= ciba_fields[i].max_bytes && str_index(*ciba_field_of(&rq, i), '\0') < 0);
	check_request(op, client, &rq);
	/* CIBA §7.1.1 */
	rq = (struct ciba_request){ .request = token, .scope = STR("openid") };
	CHECK(ciba_resolve(op, &settings, client, &rq) == ERR_INVALID_REQUEST);
	op_forgive(op);
}

FUZZ_TARGET(a, input)
{
	struct client client = { .id = STR("rp"), .scope = STR("openid profile"), .grants = GRANT_CIBA };
	const struct fuzz_signer *signer;
	struct op op;

	op_init(&op, a, NULL, NULL);
	op.now_s = NOW_S;
	signer = fuzz_signer(&op);
	client.ciba_mode = input.len % 2 ? STR("ping") : STR("poll");
	client.keys = signer->keys;
	if (utf8_is_valid(input))
		check_lines(&op, &client, input);
	client.ciba_request_alg = JWS_ES256;
	if (input.len > 0)
		check_signed(&op, &client, input);
	if (input.len > 0 && input.len < 8000)
		check_signed(&op, &client, fuzz_sign(&op, signer->key, STR("{\"alg\":\"ES256\"}"), input));
}
