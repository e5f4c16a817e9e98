#include "server/oidc/access_token.h"

#include "common/base/json_flat.h"
#include "common/base/json_out.h"
#include "common/base/random.h"
#include "common/crypto/keyring.h"
#include "server/oidc/acr.h"
#include "common/crypto/token_sign.h"
#include "server/session/handle.h"

#define TOKEN_JSON_DEPTH 10
#define OPAQUE_PREFIX "sna_"
#define OPAQUE_PURPOSE "access-token"
#define OPAQUE_MAX 16384
#define CLIENT_JTI_PREFIX "snj_"
#define CLIENT_JTI_BYTES 16

DB_QUERY(revoked_token_select, DB_READ,
	"SELECT FROM sen.revoked_token WHERE revoked_on >= $1::date - 1 AND hash = $2::bytea");
DB_QUERY(revoked_token_insert, DB_WRITE,
	"WITH t AS (INSERT INTO sen.revoked_token (revoked_on, hash) VALUES ($1::date, $2::bytea) ON CONFLICT DO NOTHING RETURNING 1)"
	"INSERT INTO sen.audit (actor, action, object, request_id) SELECT 'client:' || $3::text, 'token.revoke', 'client:' || $3::text, $4::text FROM t");

/* What an exchanged token depends on beside its family: its own revocation, and where it is to be used. */
DB_QUERY(exchanged_token_select, DB_READ,
	"SELECT EXISTS (SELECT FROM sen.revoked_token WHERE revoked_on >= $1::date - 1 AND hash = $2::bytea)"
	" OR EXISTS (SELECT FROM sen.oauth_client k WHERE k.id = $3::text AND (NOT k.enabled OR k.platform_id IS NOT NULL AND NOT EXISTS"
	"  (SELECT FROM sen.live_grant g WHERE g.account_id = $4::uuid AND g.platform_id = k.platform_id)))");

static struct str jti_of(struct op *op, const struct authorization *auth)
{
	if (str_is_null(auth->account_id))
		return random_token(op->arena, STR(CLIENT_JTI_PREFIX), CLIENT_JTI_BYTES);
	return handle_token_id(op, auth->account_id, auth->family_on, auth->family_id);
}

struct str access_token_actor(struct op *op, struct str sub)
{
	struct json_out actor;

	if (str_is_null(sub))
		return STR_NULL;
	actor = json_out_begin(op->arena);
	json_out_str(&actor, "sub", sub);
	return json_out_end(&actor);
}

/* What was exchanged is the actor's, and who may act after him is not the first client's to say. */
static struct str may_act_of(const struct access_token_request *rq)
{
	const struct authorization *auth = rq->authorization;

	return str_is_null(auth->account_id) || !str_is_null(auth->issued_token_type) ? STR_NULL : rq->client->may_act;
}

static struct str make_claims(struct op *op, const struct access_token_request *rq)
{
	const struct authorization *auth = rq->authorization;
	bool has_account = !str_is_null(auth->account_id);
	struct json_out claims = json_out_begin(op->arena);

	json_out_str(&claims, "iss", rq->issuer);
	json_out_str(&claims, "sub", has_account ? client_subject(op, rq->client, auth->account_id) : rq->client->id);
	json_out_str(&claims, "aud", str_is_null(auth->audience) ? rq->issuer : auth->audience);
	json_out_str(&claims, "client_id", rq->client->id);
	json_out_str(&claims, "scope", str_is_empty(auth->scope) ? STR_NULL : auth->scope);
	json_out_int(&claims, "iat", op->now_s);
	json_out_int(&claims, "exp", op->now_s + rq->lifetime_s);
	if (has_account) { /* RFC 9068 §2.2.1, RFC 9470 §6: how the person was authenticated */
		json_out_int(&claims, "auth_time", auth->auth_time_s);
		json_out_str(&claims, "acr", str_c(acr_name(auth->level)));
	}
	json_out_str(&claims, "jti", jti_of(op, auth));
	json_out_raw(&claims, "cnf", access_token_cnf(op, auth->jkt, auth->x5t));
	json_out_raw(&claims, "authorization_details", json_tidy(op->arena, auth->extra.details, TOKEN_JSON_DEPTH - 1));
	json_out_raw(&claims, "may_act", access_token_actor(op, may_act_of(rq)));
	json_out_raw(&claims, "act", json_tidy(op->arena, auth->extra.act, TOKEN_JSON_DEPTH - 1));
	return json_out_end(&claims);
}

struct str access_token_cnf(struct op *op, struct str jkt, struct str x5t)
{
	struct json_out cnf;

	if (str_is_null(jkt) && str_is_null(x5t))
		return STR_NULL;
	cnf = json_out_begin(op->arena);
	json_out_str(&cnf, "jkt", jkt);
	json_out_str(&cnf, "x5t#S256", x5t);
	return json_out_end(&cnf);
}

int access_token_make(struct op *op, const struct access_token_request *rq, struct str *ret_token)
{
	struct str claims = make_claims(op, rq), sealed;

	if (!rq->client->opaque_access_token)
		return token_sign_text(op, TOKEN_ALG_DEFAULT, "at+jwt", claims, ret_token);
	sealed = aead_seal(op->arena, keyring_key(op->keys, KEY_SEAL), OPAQUE_PURPOSE, STR_NULL, claims);
	*ret_token = arena_printf(op->arena, OPAQUE_PREFIX "%.*s", STR_ARG(sealed));
	return 0;
}

static bool open_token(struct op *op, struct str token, struct str *ret_payload)
{
	if (str_starts(token, STR(OPAQUE_PREFIX)))
		return token.len <= OPAQUE_MAX && aead_open(op->arena, keyring_key(op->keys, KEY_SEAL), OPAQUE_PURPOSE, STR_NULL,
		                                            str_skip(token, sizeof(OPAQUE_PREFIX) - 1), ret_payload);
	return keyring_verify(op, token, "at+jwt", ret_payload);
}

static bool read_jti(struct op *op, struct access_claims *c)
{
	struct handle h;

	if (str_starts(c->jti, STR(CLIENT_JTI_PREFIX)))
		return str_equal(c->sub, c->client_id);
	if (!handle_read(op, HANDLE_TOKEN_ID, c->jti, &h))
		return false;
	c->has_account = true;
	c->family = (struct family_key){ h.account_id, h.on, h.family_id };
	return true;
}

static bool read_tree(struct op *op, struct str payload, struct str *ret_iss, struct access_claims *ret)
{
	_json_ json_t *claims = json_read(payload, TOKEN_JSON_DEPTH, NULL);
	const json_t *cnf = json_object_get(claims, "cnf");

	if (!claims)
		return false;
	*ret_iss = arena_dup(op->arena, json_get_str(claims, "iss"));
	*ret = (struct access_claims){
		.sub = arena_dup(op->arena, json_get_str(claims, "sub")),
		.aud = arena_dup(op->arena, json_get_str(claims, "aud")),
		.client_id = arena_dup(op->arena, json_get_str(claims, "client_id")),
		.scope = arena_dup(op->arena, json_get_str(claims, "scope")),
		.jti = arena_dup(op->arena, json_get_str(claims, "jti")),
		.jkt = arena_dup(op->arena, json_get_str(cnf, "jkt")),
		.x5t = arena_dup(op->arena, json_get_str(cnf, "x5t#S256")),
		.details = json_write(op->arena, json_object_get(claims, "authorization_details"), false),
		.act = json_write(op->arena, json_object_get(claims, "act"), false),
		.may_act = arena_dup(op->arena, json_get_str(json_object_get(claims, "may_act"), "sub")),
		.iat_s = json_get_int(claims, "iat", 0),
		.exp_s = json_get_int(claims, "exp", 0),
	};
	return true;
}

/* A usual token as make_claims() writes it.  False: it has something else, and is to be read the long way. */
static bool read_flat(struct str payload, struct str *ret_iss, struct access_claims *ret)
{
	struct json_flat f = json_flat_of(payload);
	struct json_flat_member m;
	struct access_claims c = { 0 };
	uint64_t iat_s = 0, exp_s = 0;
	const struct {
		const char *name;
		struct str *text;
		uint64_t *number;
	} known[] = {
		{ "iss", ret_iss, NULL }, { "sub", &c.sub, NULL }, { "aud", &c.aud, NULL }, { "client_id", &c.client_id, NULL },
		{ "scope", &c.scope, NULL }, { "iat", NULL, &iat_s }, { "exp", NULL, &exp_s }, { "jti", &c.jti, NULL },
		{ "auth_time", NULL, &(uint64_t){ 0 } }, { "acr", &(struct str){ 0 }, NULL },
	};

	while (json_flat_next(&f, &m)) {
		size_t i = 0;

		while (i < ARRAY_LEN(known) && !str_equal(m.name, str_c(known[i].name)))
			i++;
		if (i == ARRAY_LEN(known) || (known[i].text != NULL) != (m.type == JSON_FLAT_TEXT))
			return false;
		if (known[i].text)
			*known[i].text = m.value;
		else if (!str_to_u64(m.value, INT64_MAX, known[i].number))
			return false;
	}
	c.iat_s = (int64_t)iat_s;
	c.exp_s = (int64_t)exp_s;
	*ret = c;
	return !f.is_odd;
}

bool access_token_read(struct op *op, struct str issuer, struct str token, struct access_claims *ret_claims)
{
	struct access_claims c;
	struct str payload, iss = STR_NULL;

	if (!open_token(op, token, &payload))
		return false;
	if (!read_flat(payload, &iss, &c) && !read_tree(op, payload, &iss, &c))
		return false;
	if (!str_equal(iss, issuer) || !read_jti(op, &c))
		return false;
	*ret_claims = c;
	return true;
}

int access_token_check_time(struct op *op, const struct access_claims *c)
{
	if (c->exp_s <= op->now_s)
		return op_fail_detail(op, ERR_INVALID_TOKEN, "the token is not valid", "expired");
	return 0;
}

static struct str jti_hash(struct op *op, struct str jti)
{
	return keyring_hash(op->arena, op->keys, KEY_HANDLE, "revoked-token", jti);
}

static int check_client_token(struct op *op, const struct access_claims *c)
{
	struct db_rows rows;
	int r = db_run(op, &revoked_token_select, &rows, P_STR(handle_today(op)), P_BYTES(jti_hash(op, c->jti)));

	if (r >= 0 && rows.n > 0)
		return op_fail_detail(op, ERR_INVALID_TOKEN, "the token is not valid", "revoked");
	return r;
}

static int check_exchanged_token(struct op *op, const struct access_claims *c)
{
	struct db_rows rows;
	int r = db_run(op, &exchanged_token_select, &rows, P_STR(handle_today(op)), P_BYTES(jti_hash(op, c->jti)), P_STR(c->aud),
	               P_STR(c->family.account_id));

	if (r >= 0 && db_bool(&rows, 0, 0))
		return op_fail_detail(op, ERR_INVALID_TOKEN, "the token is not valid", "revoked, or no access to the target any more");
	return r;
}

/* The state behind claims that have been read. */
static int check_state(struct op *op, struct access_claims *c)
{
	int r;

	if (!c->has_account)
		return check_client_token(op, c);
	/* Only an exchanged token lives by the family of another client. */
	if (!access_token_is_exchanged(c))
		return family_live_of(op, &c->family, c->client_id, &c->state);
	r = family_live(op, &c->family, &c->state);
	return r < 0 ? r : check_exchanged_token(op, c);
}

int access_token_check(struct op *op, struct str issuer, struct str token, struct access_claims *ret_claims)
{
	struct access_claims c;
	int r;

	if (!access_token_read(op, issuer, token, &c))
		return op_fail_detail(op, ERR_INVALID_TOKEN, "the token is not valid", "not an access token of this issuer");
	r = access_token_check_time(op, &c);
	if (r >= 0)
		r = check_state(op, &c);
	if (r < 0)
		return r;
	*ret_claims = c;
	return 0;
}

int access_token_revoke(struct op *op, const struct access_claims *c)
{
	struct db_rows rows;

	assert(!c->has_account || access_token_is_exchanged(c));
	return db_run(op, &revoked_token_insert, &rows, P_STR(handle_today(op)), P_BYTES(jti_hash(op, c->jti)), P_STR(c->client_id), P_C(op->id));
}
