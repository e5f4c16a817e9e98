/*
 * Request objects: no input is one; and as the payload below a true signature of the client, what is accepted
 * is the client's own, within the limits of its parameters, with nothing left of the outside.
 */
#include "server/oidc/request_object.h"
#include "tests/fuzz/fuzz_signer.h"

static void check_fields(struct authorize_request *rq)
{
	CHECK(str_equal(rq->client_id, STR("rp")) && str_is_null(rq->request) && str_is_null(rq->request_uri));
	for (size_t i = 0; i < n_authorize_fields; i++)
		CHECK(authorize_field_of(rq, i)->len <= authorize_fields[i].max_bytes);
}

FUZZ_TARGET(a, input)
{
	const struct oidc_settings settings = { .issuer = STR("https://sso.example") };
	struct client client = { .id = STR("rp"), .profile = input.len % 2 ? PROFILE_FAPI2 : PROFILE_NONE };
	struct authorize_request rq = { .client_id = STR("rp"), .state = STR("outside"), .request = input };
	const struct fuzz_signer *signer;
	struct authorize_origin origin;
	struct str token;
	struct op op;

	op_init(&op, a, NULL, NULL);
	op.now_s = 1000;
	signer = fuzz_signer(&op);
	client.keys = signer->keys;
	CHECK(str_is_empty(input) || request_object_resolve(&op, &settings, &client, &rq, &origin) == ERR_INVALID_REQUEST_OBJECT);
	op_forgive(&op);
	if (input.len == 0 || input.len > 8000 || jws_sign(&op, signer->key, "oauth-authz-req+jwt", input, &token) < 0)
		return;
	rq.request = token;
	if (request_object_resolve(&op, &settings, &client, &rq, &origin) < 0) {
		CHECK(op.error.code == ERR_INVALID_REQUEST_OBJECT);
		return;
	}
	CHECK(origin.is_signed && !str_equal(rq.state, STR("outside")));
	check_fields(&rq);
}
