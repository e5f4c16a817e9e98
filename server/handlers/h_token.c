/* POST /token.  RFC 6749 §3.2, §4.1.3, §4.4, §6; RFC 7636 §4.6; OIDC Core §3.1.3, §12; RFC 8693; RFC 8707; RFC 9449. */

#include "server/handlers/handlers.h"
#include "server/oidc/grants.h"
#include "server/oidc/issue.h"

#define FIELD(name_, max, flags_) { { #name_, max, (flags_) | PARAM_BODY_ONLY }, offsetof(struct token_request, name_) }
#define SECRET (PARAM_SECRET | PARAM_PRINTABLE)

/* Parameter and where it goes. */
static const struct {
	struct param_spec spec;
	size_t offset;
} fields[] = {
	FIELD(grant_type, 64, PARAM_REQUIRED | PARAM_PRINTABLE),
	FIELD(code, 256, SECRET),
	FIELD(redirect_uri, 512, 0),
	FIELD(code_verifier, 256, PARAM_SECRET),
	FIELD(refresh_token, 256, SECRET),
	FIELD(scope, 1000, PARAM_PRINTABLE),
	FIELD(resource, 2048, PARAM_PRINTABLE | PARAM_MANY),
	FIELD(authorization_details, 8192, 0),
	FIELD(device_code, 256, SECRET),
	FIELD(auth_req_id, 256, SECRET),
	FIELD(subject_token, 8192, SECRET),
	FIELD(subject_token_type, 128, PARAM_PRINTABLE),
	FIELD(actor_token, 8192, SECRET),
	FIELD(actor_token_type, 128, PARAM_PRINTABLE),
	FIELD(requested_token_type, 128, PARAM_PRINTABLE),
	FIELD(audience, 2048, PARAM_PRINTABLE | PARAM_MANY),
};

struct param_spec token_params[PARAMS_MAX];

size_t token_params_declare(void)
{
	static const struct param_spec client[] = { CLIENT_PARAMS };
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(client); i++)
		token_params[n++] = client[i];
	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		token_params[n++] = fields[i].spec;
	return n;
}

int h_token(struct request *rq)
{
	struct token_request request = { .settings = &rq->app->oidc, .snapshot = rq->snapshot, .client = rq->client,
	                                 .jkt = rq->proved_jkt, .x5t = rq->proved_x5t };
	struct authorization auth;
	struct str response;
	int r;

	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		*(struct str *)(void *)((char *)&request + fields[i].offset) = rq_param(rq, N_CLIENT_PARAMS + i);
	r = grant_authorize(&rq->op, &request, &auth);
	if (r < 0)
		return r;
	rq->log_account_id = auth.account_id;
	r = use_dpop(rq);
	if (r >= 0)
		r = issue_tokens(&rq->op, &rq->app->oidc, rq->client, &auth, &response);
	if (r < 0)
		return r;
	response_header(rq, "Pragma", STR("no-cache"));
	return respond_json_text(rq, 200, response);
}
