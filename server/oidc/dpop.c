#include "server/oidc/dpop.h"

#include "common/base/base64.h"
#include "common/base/json.h"
#include "common/base/url.h"
#include "common/crypto/digest.h"
#include "common/crypto/keyring.h"
#include "server/oidc/jwt_time.h"
#include "server/oidc/used_jti.h"

#define AGE_MAX_S 60
#define AHEAD_MAX_S 10
#define JTI_MAX 256
#define DEPTH 4
#define NONCE_LIFE_S 300
#define NONCE_PURPOSE "dpop-nonce"
#define ALGS (JWS_ALG_BIT(JWS_ES256) | JWS_ALG_BIT(JWS_PS256) | JWS_ALG_BIT(JWS_EDDSA))

struct str dpop_nonce(struct op *op)
{
	struct str now = arena_printf(op->arena, "%lld", (long long)op->now_s);

	return aead_seal(op->arena, keyring_key(op->keys, KEY_SEAL), NONCE_PURPOSE, STR_NULL, now);
}

static bool nonce_is_good(struct op *op, struct str nonce)
{
	struct str text;
	uint64_t made_s;

	return aead_open(op->arena, keyring_key(op->keys, KEY_SEAL), NONCE_PURPOSE, STR_NULL, nonce, &text) &&
	       str_to_u64(text, INT64_MAX, &made_s) && op->now_s - (int64_t)made_s <= NONCE_LIFE_S;
}

/* RFC 9449 §4.3 check 9: without query and fragment; scheme and host in any case, the default port may be left out. */
static bool same_address(struct str htu, struct str url)
{
	struct url h, u;
	ptrdiff_t end = str_index(htu, '#');

	if (end >= 0)
		htu.len = (size_t)end;
	if (!url_parse(htu, &h) || !url_parse(url, &u) || h.has_userinfo)
		return false;
	struct str standard = str_equal_nocase(u.scheme, STR("https")) ? STR("443") : STR("80");

	return str_equal_nocase(h.scheme, u.scheme) && str_equal_nocase(h.host, u.host) &&
	       str_equal(str_is_null(h.port) ? standard : h.port, str_is_null(u.port) ? standard : u.port) && str_equal(h.path, u.path);
}

/* Not asked for by RFC 9449, but what a JWT says of its own time holds (RFC 7519 §4.1.4, §4.1.5). */
static bool is_in_its_time(const struct op *op, const json_t *claims)
{
	int64_t exp_s = 0;

	if (json_object_get(claims, "exp") && (!jwt_time_get(claims, "exp", &exp_s) || exp_s + AHEAD_MAX_S <= op->now_s))
		return false;
	return jwt_has_begun(claims, op->now_s);
}

static const char *find_fault(struct op *op, const struct dpop_request *rq, const json_t *claims, int64_t *ret_iat_s)
{
	struct str jti = json_get_str(claims, "jti"), htu = json_get_str(claims, "htu");

	if (!str_equal(json_get_str(claims, "htm"), str_c(rq->method)))
		return "htm is not the method of the request";
	if (!same_address(htu, rq->url) && !(!str_is_null(rq->other_url) && same_address(htu, rq->other_url)))
		return "htu is not the address of the request";
	if (!jwt_time_get(claims, "iat", ret_iat_s) || *ret_iat_s < op->now_s - AGE_MAX_S || *ret_iat_s > op->now_s + AHEAD_MAX_S)
		return "iat is missing, too old or ahead";
	if (!is_in_its_time(op, claims))
		return "exp is past, or nbf is ahead";
	if (str_is_empty(jti) || jti.len > JTI_MAX)
		return "jti is missing or too long";
	if (!str_is_null(rq->access_token) &&
	    !str_equal(json_get_str(claims, "ath"), base64url_encode(op->arena, sha256_str(op->arena, rq->access_token))))
		return "ath is not the hash of the access token";
	return NULL;
}

static int check_nonce(struct op *op, const struct oidc_settings *settings, struct str nonce)
{
	if (str_is_null(nonce) && !settings->dpop_nonce)
		return 0;
	if (!str_is_null(nonce) && nonce_is_good(op, nonce))
		return 0;
	(void)op_fail(op, ERR_USE_DPOP_NONCE, "the DPoP proof must carry the nonce of this answer's DPoP-Nonce");
	return op_fail_arg(op, "dpop_nonce", dpop_nonce(op));
}

int dpop_check(struct op *op, const struct oidc_settings *settings, const struct dpop_request *rq, struct dpop_proof *ret_proof)
{
	_json_ json_t *claims = NULL;
	struct jws_embedded proof;
	const char *fault;
	int64_t iat_s = 0;

	if (!jws_verify_embedded(op, rq->proof, "dpop+jwt", ALGS, &proof))
		return op_fail(op, ERR_INVALID_DPOP_PROOF, "the DPoP proof is not a JWT of type dpop+jwt with a good signature by its own key");
	claims = json_read(proof.payload, DEPTH, NULL);
	fault = json_is_object(claims) ? find_fault(op, rq, claims, &iat_s) : "not a JSON object";
	if (fault)
		return op_fail(op, ERR_INVALID_DPOP_PROOF, arena_printf(op->arena, "DPoP proof: %s", fault).p);
	*ret_proof = (struct dpop_proof){ proof.thumbprint, arena_dup(op->arena, json_get_str(claims, "jti")), iat_s };
	return check_nonce(op, settings, json_get_str(claims, "nonce"));
}

int dpop_use(struct op *op, const struct dpop_proof *proof)
{
	bool first = false;
	int r = used_jti_claim(op, &(struct used_jti){ "dpop", proof->jkt, proof->jti, proof->iat_s }, &first);

	if (r >= 0 && !first)
		return op_fail(op, ERR_INVALID_DPOP_PROOF, "DPoP proof: it has been used before");
	return r;
}
