/* api_registrants.c: /api/v1/client-tokens and /client-issuers: who may register clients, and who vouches for software. */

#include "common/base/random.h"
#include "common/crypto/jwk_set.h"
#include "common/crypto/keyring.h"
#include "server/handlers/api/parties.h"
#include "server/oidc/registration_policy.h"

#define TOKEN_BYTES 32
#define USES_MAX 100000
#define DAYS_MAX 3660
#define ISS_MAX 255
#define ME P_STR(rq->principal->account_id)

const struct param_spec api_client_issuers_params[N_ISSUERS_PARAMS] = {
	[P_ISSUERS_ISS] = { "iss", ISS_MAX, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
	[P_ISSUERS_AFTER] = PARAM_AFTER,
	[P_ISSUERS_LIMIT] = PARAM_LIMIT,
};

int h_api_client_tokens_list(struct request *rq)
{
	const struct db_param params[] = { ME };
	int r = parties_reach(&rq->op, rq->principal);

	return r < 0 ? r : api_governed_page(rq, &(struct api_governed_page){ "client_tokens", client_token_list, params, ARRAY_LEN(params), 2, P_PAGE_AFTER, P_PAGE_LIMIT });
}

static int number(struct request *rq, const char *field, struct str text, uint64_t max)
{
	uint64_t n;

	if (!str_to_u64(text, max, &n) || n == 0)
		return api_invalid(&rq->op, field, "the number is zero or too large");
	return 0;
}

/* Only its hash is kept; it is shown this once. */
int h_api_client_tokens_add(struct request *rq)
{
	enum { LABEL, USES, DAYS, PLATFORM, POLICY, N };
	static const struct api_field fields[N] = {
		[LABEL] = { "label", API_TEXT, 200, false }, [USES] = { "uses", API_INT, 6, true }, [DAYS] = { "days", API_INT, 4, true },
		[PLATFORM] = { "platform", API_CODE, 16, false }, [POLICY] = { "policy", API_OBJECT, 0, true },
	};
	struct str v[N], token = random_token(rq->op.arena, STR("sni_"), TOKEN_BYTES);
	const json_t *policy = json_object_get(rq->json, "policy");
	_json_ json_t *body = NULL;
	int r = api_read(rq, fields, N, v);

	if (r == 0)
		r = number(rq, "uses", v[USES], USES_MAX);
	if (r == 0)
		r = number(rq, "days", v[DAYS], DAYS_MAX);
	if (r == 0)
		r = registration_policy_check(&rq->op, policy);
	if (r < 0)
		return r;

	const struct db_param params[] = { P_STR(api_new_id(rq)), ME, P_BYTES(keyring_hash(rq->op.arena, rq->op.keys, KEY_CLIENT, "initial_access_token", token)),
		                           P_STR(str_is_null(v[LABEL]) ? STR("") : v[LABEL]), P_STR(v[PLATFORM]), P_STR(json_write(rq->op.arena, policy, true)),
		                           P_STR(v[USES]), P_STR(v[DAYS]) };

	r = governed_write(&rq->op, rq->principal, &client_token_add, params, ARRAY_LEN(params), &body);
	if (r < 0)
		return r;
	json_set_str(body, "token", token);
	return respond_json(rq, 201, body);
}

int h_api_client_tokens_revoke(struct request *rq)
{
	return api_governed_act(rq, &client_token_revoke);
}

int h_api_client_issuers_list(struct request *rq)
{
	const struct db_param params[] = { ME, P_STR(rq_param(rq, P_ISSUERS_ISS)) };
	int r = parties_reach(&rq->op, rq->principal);

	return r < 0 ? r : api_governed_page(rq, &(struct api_governed_page){ "client_issuers", client_issuer_list, params, ARRAY_LEN(params), 1, P_ISSUERS_AFTER, P_ISSUERS_LIMIT });
}

/* The keys as they are kept. */
static int read_keys(struct request *rq, struct str *ret_jwks)
{
	_cleanup_(jwk_set_freep) struct jwk_set *keys = NULL;

	*ret_jwks = json_write(rq->op.arena, json_object_get(rq->json, "jwks"), true);
	return jwk_set_read(&rq->op, *ret_jwks, &keys) < 0 ? rq->op.error.code : 0;
}

int h_api_client_issuers_add(struct request *rq)
{
	static const struct api_field fields[] = { { "iss", API_TEXT, ISS_MAX, true }, { "jwks", API_OBJECT, 0, true } };
	struct str v[ARRAY_LEN(fields)], jwks;
	int r = api_read(rq, fields, ARRAY_LEN(fields), v);

	if (r == 0 && !str_is_printable_ascii(v[0]))
		r = api_invalid(&rq->op, "iss", "iss must be 1 to 255 characters of ASCII");
	if (r == 0)
		r = read_keys(rq, &jwks);
	return r < 0 ? r : api_governed(rq, &client_issuer_add, (const struct db_param[]){ P_STR(api_new_id(rq)), ME, P_STR(v[0]), P_STR(jwks) }, 4, 201);
}

int h_api_client_issuers_change(struct request *rq)
{
	static const struct api_field field = { "jwks", API_OBJECT, 0, true };
	struct str id, unused, jwks;
	int64_t version;
	int r = api_path_id(rq, 0, &id);

	if (r == 0)
		r = api_if_match(rq, &version);
	if (r == 0)
		r = api_read(rq, &field, 1, &unused);
	if (r == 0)
		r = read_keys(rq, &jwks);
	return r < 0 ? r : api_governed(rq, &client_issuer_change, (const struct db_param[]){ P_STR(id), ME, P_I64(version), P_STR(jwks) }, 4, 200);
}

int h_api_client_issuers_remove(struct request *rq)
{
	return api_governed_change(rq, &client_issuer_remove, NULL, 0);
}
