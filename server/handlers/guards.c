/* guards.c: checks that several endpoints share, run in table order before a handler. */

#include "server/handlers/handlers.h"

#include "server/handlers/endpoint.h"
#include "server/oidc/client_auth.h"

static int read_credentials(struct request *rq, struct client_credentials *c)
{
	*c = (struct client_credentials){
		.client_id = rq_param(rq, P_CLIENT_ID),
		.client_secret = rq_param(rq, P_CLIENT_SECRET),
		.assertion_type = rq_param(rq, P_CLIENT_ASSERTION_TYPE),
		.assertion = rq_param(rq, P_CLIENT_ASSERTION),
		.certificate = rq->client_certificate,
		.endpoint = endpoint_url(rq),
		.endpoint_is_audience = rq->route->by_ciba,
	};
	if (str_is_null(rq_header(rq, "Authorization")))
		return 0;
	c->has_basic = rq_basic(rq, &c->basic_id, &c->basic_secret);
	if (!c->has_basic)
		return op_fail(&rq->op, ERR_INVALID_CLIENT, "the Authorization header is not valid Basic authentication");
	/* RFC 6749 §2.3.1: an empty secret may as well be left out; so a public client only names itself here. */
	if (str_is_empty(c->basic_secret) && (str_is_null(c->client_id) || str_equal(c->client_id, c->basic_id))) {
		c->has_basic = false;
		c->client_id = c->basic_id;
	}
	return 0;
}

int guard_client(struct request *rq)
{
	const struct client_auth_context context = { &rq->app->oidc, rq->snapshot };
	const struct client *client = NULL;
	struct client_credentials credentials;
	int r = read_credentials(rq, &credentials);

	if (r >= 0)
		r = client_authenticate(&rq->op, &context, &credentials, &client, &rq->proved_x5t);
	/* Only an id that names a client reaches the log. */
	if (client)
		rq->log_client_id = client->id;
	if (r >= 0)
		rq->client = (struct client *)(uintptr_t)client;
	return r;
}

int guard_confidential_client(struct request *rq)
{
	int r = guard_client(rq);

	if (r >= 0 && rq->client->auth_method == CLIENT_AUTH_NONE)
		return op_fail(&rq->op, ERR_INVALID_CLIENT, "public clients may not use this endpoint");
	return r;
}

int dpop_proof_of(struct request *rq, struct str *ret_proof)
{
	if (rq_header_count(rq, "DPoP") > 1)
		return op_fail(&rq->op, ERR_INVALID_DPOP_PROOF, "there is more than one DPoP header field");
	*ret_proof = rq_header(rq, "DPoP");
	return 0;
}

int guard_dpop(struct request *rq)
{
	struct dpop_request proof = { .method = "POST", .url = endpoint_url(rq), .other_url = endpoint_mtls_url(rq) };
	struct dpop_proof *proved = ARENA_NEW(rq->op.arena, struct dpop_proof);
	int r = dpop_proof_of(rq, &proof.proof);

	if (r < 0 || str_is_null(proof.proof))
		return r;
	r = dpop_check(&rq->op, &rq->app->oidc, &proof, proved);
	if (r < 0)
		return r;
	rq->proved_jkt = proved->jkt;
	rq->proof = proved;
	/* A public client only said a name: what is remembered for it waits until its request shows more. */
	return rq->client->auth_method == CLIENT_AUTH_NONE ? 0 : use_dpop(rq);
}

int use_dpop(struct request *rq)
{
	const struct dpop_proof *proof = rq->proof;

	rq->proof = NULL;
	return proof ? dpop_use(&rq->op, proof) : 0;
}

int guard_same_origin(struct request *rq)
{
	struct str origin = rq_header(rq, "Origin"), site = rq_header(rq, "Sec-Fetch-Site");

	/* Under our Referrer-Policy browsers send "null" with our own forms too: it says nothing. */
	if (!str_is_null(origin) && !str_equal(origin, STR("null")) && !str_equal(origin, rq->app->oidc.issuer))
		return op_fail_detail(&rq->op, ERR_CSRF, "the form was not sent by this site", "origin");
	if (!str_is_null(site) && !str_equal(site, STR("same-origin")) && !str_equal(site, STR("none")))
		return op_fail_detail(&rq->op, ERR_CSRF, "the form was not sent by this site", "sec-fetch-site");
	return 0;
}
