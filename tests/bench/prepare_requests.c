#include "tests/bench/prepare.h"

#include "common/base/base64.h"
#include "common/base/random.h"
#include "common/base/url.h"
#include "common/crypto/digest.h"
#include "server/login/flow.h"
#include "server/oidc/access_token.h"
#include "server/session/handle.h"
#include "tests/bench/measure.h"

#include <err.h>

#define N_MAX 1000000
#define BODY_MAX 16384
#define SECRET_BYTES 32
#define TOKEN_LIFE_S 3600

static FILE *create(const char *path)
{
	FILE *out = fopen(path, "we");

	if (!out)
		err(1, "%s", path);
	return out;
}

static int done(FILE *out, const char *path, int r)
{
	if (fclose(out) != 0)
		err(1, "%s", path);
	return r;
}

static void write_request(FILE *out, struct str request)
{
	fprintf(out, "%zu\n", request.len);
	fwrite(request.p, 1, request.len, out);
}

/* header: one more line, with its CRLF. */
static void write_form(struct prepare *p, FILE *out, const char *path, struct str header, struct str body)
{
	write_request(out, arena_printf(p->op.arena,
	                                "POST %s HTTP/1.1\r\nHost: %.*s\r\nAccept: application/json\r\n%.*s"
	                                "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %zu\r\n\r\n%.*s",
	                                path, STR_ARG(p->config.listen), STR_ARG(header), body.len, STR_ARG(body)));
}

/* client_secret_basic, from the file with the secret. */
static struct str authorization(struct prepare *p, const char *secret_file)
{
	struct str secret = argument_file(secret_file);
	struct str pair = arena_printf(p->arena, "%.*s:%.*s", STR_ARG(p->client->id), STR_ARG(secret));

	return arena_printf(p->arena, "Authorization: Basic %.*s\r\n", STR_ARG(base64_encode(p->arena, pair)));
}

static const struct official *official(const struct prepare *p, size_t i)
{
	return &p->officials[i % p->n_officials];
}

int prepare_jwks(struct prepare *p, char **args)
{
	FILE *out = create(args[0]);

	write_request(out, arena_printf(p->op.arena, "GET /jwks HTTP/1.1\r\nHost: %.*s\r\nAccept: application/json\r\n\r\n",
	                                STR_ARG(p->config.listen)));
	return done(out, args[0], 0);
}

static struct code_row make_code(struct prepare *p, FILE *out, size_t i, struct str header)
{
	struct op *op = &p->op;
	struct buf body = buf_new(op->arena, BODY_MAX);
	struct str verifier = random_token(op->arena, STR(""), SECRET_BYTES);
	struct handle h;
	struct str code = handle_new(op, HANDLE_CODE, official(p, i)->account_id, &h);
	bool first = true;

	form_append(&body, &first, STR("grant_type"), STR("authorization_code"));
	form_append(&body, &first, STR("code"), code);
	form_append(&body, &first, STR("redirect_uri"), p->client->redirect_uris.p[0]);
	form_append(&body, &first, STR("code_verifier"), verifier);
	write_form(p, out, "/token", header, buf_str(&body));
	return (struct code_row){
		.account_id = h.account_id,
		.hash = arena_printf(op->arena, "\\x%.*s", STR_ARG(hex_encode(op->arena, h.hash))),
		.challenge = base64url_encode(op->arena, sha256_str(op->arena, verifier)),
	};
}

/* N SECRET-FILE OUT */
int prepare_codes(struct prepare *p, char **args)
{
	size_t n = argument_number("codes", args[0], N_MAX), at = 0;
	struct str header = authorization(p, args[1]);
	struct code_row rows[BENCH_BATCH];
	FILE *out = create(args[2]);
	int r = 0;

	while (at < n && r >= 0) {
		size_t batch = n - at < BENCH_BATCH ? n - at : BENCH_BATCH;

		for (size_t i = 0; i < batch; i++)
			rows[i] = make_code(p, out, at + i, header);
		r = rows_add_codes(&p->op, p->client, rows, batch);
		at += batch;
		if (r >= 0)
			arena_reset(p->op.arena);
	}
	return done(out, args[2], r);
}

static int make_families(struct prepare *p, size_t n, struct family_row **ret_families)
{
	struct family_row *families = ARENA_ARRAY(p->arena, struct family_row, n);
	char id[UUID_TEXT_LEN + 1];
	int r;

	for (size_t i = 0; i < n; i++) {
		random_uuid(id);
		families[i] = (struct family_row){ official(p, i)->account_id, arena_dup_c(p->arena, id) };
	}
	for (size_t at = 0; at < n; at += BENCH_BATCH) {
		r = rows_add_families(&p->op, p->client, families + at, n - at < BENCH_BATCH ? n - at : BENCH_BATCH);
		if (r < 0)
			return r;
		arena_reset(p->op.arena);
	}
	*ret_families = families;
	return 0;
}

/*
 * FAMILIES GENERATIONS SECRET-FILE OUT.  Refresh tokens are derived, so those to come can be written
 * down before; all families' first ones come first, then all second ones: by the time one is
 * sent, its predecessor has been used.
 */
int prepare_refresh(struct prepare *p, char **args)
{
	size_t n = argument_number("families", args[0], N_MAX), generations = argument_number("generations", args[1], 1000);
	struct str header = authorization(p, args[2]), today = arena_dup(p->arena, handle_today(&p->op));
	struct family_row *families;
	FILE *out;
	int r = make_families(p, n, &families);

	if (r < 0)
		return r;
	out = create(args[3]);
	for (size_t i = 0; i < n * generations; i++) {
		const struct family_row *f = &families[i % n];
		struct buf body = buf_new(p->op.arena, BODY_MAX);
		bool first = true;

		form_append(&body, &first, STR("grant_type"), STR("refresh_token"));
		form_append(&body, &first, STR("refresh_token"), handle_refresh(&p->op, f->account_id, today, f->id, (uint32_t)(i / n)));
		write_form(p, out, "/token", header, buf_str(&body));
		arena_reset(p->op.arena);
	}
	return done(out, args[3], 0);
}

/* N SECRET-FILE OUT: access tokens of N families. */
int prepare_introspect(struct prepare *p, char **args)
{
	size_t n = argument_number("tokens", args[0], N_MAX);
	struct str header = authorization(p, args[1]), today = arena_dup(p->arena, handle_today(&p->op));
	struct family_row *families;
	FILE *out;
	int r = make_families(p, n, &families);

	if (r < 0)
		return r;
	out = create(args[2]);
	for (size_t i = 0; i < n && r >= 0; i++) {
		struct authorization auth = {
			.account_id = families[i].account_id,
			.family_on = today,
			.family_id = families[i].id,
			.scope = STR(BENCH_SCOPE),
			.session_id = official(p, i)->session_id,
			.auth_time_s = p->op.now_s,
		};
		struct access_token_request request = { p->config.issuer, p->client, &auth, TOKEN_LIFE_S };
		struct buf body = buf_new(p->op.arena, BODY_MAX);
		struct str token;
		bool first = true;

		r = access_token_make(&p->op, &request, &token);
		if (r < 0)
			break;
		form_append(&body, &first, STR("token"), token);
		write_form(p, out, "/introspect", header, buf_str(&body));
		arena_reset(p->op.arena);
	}
	return done(out, args[2], r);
}

/* The form that a browser sends from the page at the end of an authorization request. */
static void write_sign_in(struct prepare *p, FILE *out, const struct official *o, struct str password)
{
	struct op *op = &p->op;
	struct str verifier = random_token(op->arena, STR(""), SECRET_BYTES);
	struct str cookie = random_token(op->arena, STR(""), SECRET_BYTES);
	struct flow flow = {
		.has_request = true,
		.begun_s = op->now_s,
		.request = {
			.client_id = p->client->id,
			.redirect_uri = p->client->redirect_uris.p[0],
			.response_type = STR("code"),
			.scope = STR(BENCH_SCOPE),
			.state = STR("af0ifjsldkj"),
			.nonce = STR("n-0S6_WzA2Mj"),
			.code_challenge = base64url_encode(op->arena, sha256_str(op->arena, verifier)),
			.code_challenge_method = STR("S256"),
		},
	};
	struct buf body = buf_new(op->arena, BODY_MAX);
	bool first = true;

	form_append(&body, &first, STR("flow"), flow_seal(op, cookie, &flow));
	form_append(&body, &first, STR("username"), o->login);
	form_append(&body, &first, STR("password"), password);
	write_form(p, out, "/login", arena_printf(op->arena, "Cookie: " FLOW_COOKIE "=%.*s\r\n", STR_ARG(cookie)), buf_str(&body));
	arena_reset(op->arena);
}

/* N PASSWORD-FILE OUT: of the first N officials. */
int prepare_sign_in(struct prepare *p, char **args)
{
	size_t n = argument_number("officials", args[0], p->n_officials);
	struct str password = argument_file(args[1]);
	FILE *out = create(args[2]);

	for (size_t i = 0; i < n; i++)
		write_sign_in(p, out, &p->officials[i], password);
	return done(out, args[2], 0);
}
