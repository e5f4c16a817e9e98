/* access.c: the way an access token comes with a request: RFC 6750 §2, RFC 9449 §7, RFC 8705 §3. */

#include "server/handlers/handlers.h"

#include "common/crypto/x509.h"
#include "server/handlers/endpoint.h"
#include "server/oidc/access_token.h"

int access_token_of(struct request *rq, struct str body_token, struct str *ret_token)
{
	struct str bearer = rq_bearer(rq), dpop = rq_dpop_token(rq);
	struct str header = str_is_null(bearer) ? dpop : bearer;

	rq->has_form_token = !str_is_null(body_token);
	if (rq_lacks_token(rq))
		return op_fail(&rq->op, ERR_INVALID_REQUEST, "the Authorization header holds no token");
	if (!str_is_null(header) && !str_is_null(body_token))
		return op_fail(&rq->op, ERR_INVALID_REQUEST, "more than one way of sending the access token");
	*ret_token = str_is_null(header) ? body_token : header;
	return 0;
}

static const char *method_name(const struct request *rq)
{
	static const struct {
		enum http_method method;
		const char *name;
	} names[] = { { HTTP_GET, "GET" }, { HTTP_POST, "POST" }, { HTTP_PUT, "PUT" }, { HTTP_PATCH, "PATCH" }, { HTTP_DELETE, "DELETE" } };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (names[i].method == rq->method)
			return names[i].name;
	return "";
}

static int check_proof(struct request *rq, struct str token, struct str jkt)
{
	struct op *op = &rq->op;
	struct dpop_request proof = {
		.method = method_name(rq),
		.url = endpoint_url(rq),
		.other_url = endpoint_mtls_url(rq),
		.access_token = token,
	};
	struct dpop_proof proved;
	int r = dpop_proof_of(rq, &proof.proof);

	if (r < 0)
		return r;
	if (str_is_null(proof.proof))
		return op_fail(op, ERR_INVALID_DPOP_PROOF, "the token is bound to a key: a DPoP proof is required");
	r = dpop_check(op, &rq->app->oidc, &proof, &proved);
	if (r < 0)
		return r;
	if (!str_equal(proved.jkt, jkt))
		return op_fail(op, ERR_INVALID_TOKEN, "the DPoP proof is of another key than the token");
	return dpop_use(op, &proved);
}

static int check_certificate(struct request *rq, struct str x5t)
{
	struct x509_cert certificate;

	if (str_is_null(rq->client_certificate))
		return op_fail(&rq->op, ERR_INVALID_TOKEN, "the token is bound to a client certificate: use the mutual TLS address");
	if (x509_read(&rq->op, rq->client_certificate, &certificate) < 0)
		return rq->op.error.code;
	return str_equal(certificate.thumbprint, x5t) ? 0 : op_fail(&rq->op, ERR_INVALID_TOKEN, "the token is bound to another certificate");
}

int access_check_binding(struct request *rq, struct str token, const struct access_claims *claims)
{
	bool by_dpop = !str_is_null(rq_dpop_token(rq));

	/* RFC 9449 §7.2: a bound token is no bearer token, and the reverse. */
	if (by_dpop != !str_is_null(claims->jkt))
		return op_fail(&rq->op, ERR_INVALID_TOKEN, by_dpop ? "the token is not bound to a key: send it as Bearer" :
		                                                     "the token is bound to a key: send it by the scheme DPoP, with a proof");
	if (by_dpop) {
		int r = check_proof(rq, token, claims->jkt);

		if (r < 0)
			return r;
	}
	return str_is_null(claims->x5t) ? 0 : check_certificate(rq, claims->x5t);
}
