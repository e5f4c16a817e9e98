#include "tests/bench/prepare.h"

#include "common/base/base64.h"
#include "common/base/random.h"
#include "common/base/url.h"
#include "common/crypto/digest.h"
#include "server/oidc/access_token.h"
#include "server/session/handle.h"
#include "tests/bench/measure.h"

#include <err.h>

#define SECRET_BYTES 32
#define TOKEN_LIFE_S 3600

int prepare_jwks(struct prepare *p, char **args)
{
	FILE *out = requests_open(args[0]);

	request_write_get(p, out, STR("/jwks"), STR("Accept: application/json\r\n"));
	return requests_close(out, args[0], 0);
}

static struct code_row make_code(struct prepare *p, FILE *out, size_t i, struct str header)
{
	struct op *op = &p->op;
	struct buf body = buf_new(op->arena, BODY_MAX);
	struct str verifier = random_token(op->arena, STR(""), SECRET_BYTES);
	struct handle h;
	struct str code = handle_new(op, HANDLE_CODE, prepare_official(p, i)->account_id, &h);
	bool first = true;

	form_append(&body, &first, STR("grant_type"), STR("authorization_code"));
	form_append(&body, &first, STR("code"), code);
	form_append(&body, &first, STR("redirect_uri"), p->client->redirect_uris.p[0]);
	form_append(&body, &first, STR("code_verifier"), verifier);
	request_write_form(p, out, "/token", header, buf_str(&body));
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
	struct str header = request_basic(p, p->client, args[1]);
	struct code_row rows[BENCH_BATCH];
	FILE *out = requests_open(args[2]);
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
	return requests_close(out, args[2], r);
}

static int make_families(struct prepare *p, size_t n, struct family_row **ret_families)
{
	struct family_row *families = ARENA_ARRAY(p->arena, struct family_row, n);
	char id[UUID_TEXT_LEN + 1];
	int r;

	for (size_t i = 0; i < n; i++) {
		random_uuid(id);
		families[i] = (struct family_row){ prepare_official(p, i)->account_id, arena_dup_c(p->arena, id) };
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
 * FAMILIES GENERATIONS SECRET-FILE SCOPE OUT; an empty SCOPE asks for all there is.  Refresh tokens are
 * derived, so those to come can be written down before; all families' first ones come first, then all
 * second ones: by the time one is sent, its predecessor has been used.
 */
int prepare_refresh(struct prepare *p, char **args)
{
	size_t n = argument_number("families", args[0], N_MAX), generations = argument_number("generations", args[1], 1000);
	struct str header = request_basic(p, p->client, args[2]), today = arena_dup(p->arena, handle_today(&p->op));
	struct family_row *families;
	FILE *out;
	int r = make_families(p, n, &families);

	if (r < 0)
		return r;
	out = requests_open(args[4]);
	for (size_t i = 0; i < n * generations; i++) {
		const struct family_row *f = &families[i % n];
		struct buf body = buf_new(p->op.arena, BODY_MAX);
		bool first = true;

		form_append(&body, &first, STR("grant_type"), STR("refresh_token"));
		form_append(&body, &first, STR("refresh_token"), handle_refresh(&p->op, f->account_id, today, f->id, (uint32_t)(i / n)));
		if (*args[3])
			form_append(&body, &first, STR("scope"), str_c(args[3]));
		request_write_form(p, out, "/token", header, buf_str(&body));
		arena_reset(p->op.arena);
	}
	return requests_close(out, args[4], 0);
}

static int make_access_token(struct prepare *p, const struct family_row *family, struct str session_id, struct str *ret_token)
{
	struct authorization auth = {
		.account_id = family->account_id,
		.family_on = handle_today(&p->op),
		.family_id = family->id,
		.scope = STR(BENCH_SCOPE),
		.session_id = session_id,
		.auth_time_s = p->op.now_s,
	};
	struct access_token_request request = { p->config.issuer, p->client, &auth, TOKEN_LIFE_S };

	return access_token_make(&p->op, &request, ret_token);
}

static void write_introspect(struct prepare *p, FILE *out, struct str header, struct str token)
{
	struct buf body = buf_new(p->op.arena, BODY_MAX);
	bool first = true;

	form_append(&body, &first, STR("token"), token);
	request_write_form(p, out, "/introspect", header, buf_str(&body));
}

static void write_userinfo(struct prepare *p, FILE *out, struct str header, struct str token)
{
	(void)header;
	request_write_get(p, out, STR("/userinfo"), arena_printf(p->op.arena, "Authorization: Bearer %.*s\r\n", STR_ARG(token)));
}

/* One request each with the access tokens of n new families. */
static int write_with_tokens(struct prepare *p, size_t n, const char *path, struct str header,
                             void (*write)(struct prepare *, FILE *, struct str, struct str))
{
	struct family_row *families;
	struct str token;
	FILE *out;
	int r = make_families(p, n, &families);

	if (r < 0)
		return r;
	out = requests_open(path);
	for (size_t i = 0; i < n && r >= 0; i++) {
		r = make_access_token(p, &families[i], prepare_official(p, i)->session_id, &token);
		if (r >= 0)
			write(p, out, header, token);
		arena_reset(p->op.arena);
	}
	return requests_close(out, path, r);
}

/* N SECRET-FILE OUT */
int prepare_introspect(struct prepare *p, char **args)
{
	return write_with_tokens(p, argument_number("tokens", args[0], N_MAX), args[2], request_basic(p, p->client, args[1]), write_introspect);
}

/* N OUT */
int prepare_userinfo(struct prepare *p, char **args)
{
	return write_with_tokens(p, argument_number("tokens", args[0], N_MAX), args[1], STR_NULL, write_userinfo);
}

/* CLIENT-ID SECRET-FILE SCOPE OUT: of a client that acts for itself. */
int prepare_client_credentials(struct prepare *p, char **args)
{
	const struct client *client = snapshot_client(p->snapshot, str_c(args[0]));
	struct buf body = buf_new(p->op.arena, BODY_MAX);
	bool first = true;
	FILE *out;

	if (!client)
		errx(1, "there is no client %s", args[0]);
	form_append(&body, &first, STR("grant_type"), STR("client_credentials"));
	form_append(&body, &first, STR("scope"), str_c(args[2]));
	out = requests_open(args[3]);
	request_write_form(p, out, "/token", request_basic(p, client, args[1]), buf_str(&body));
	return requests_close(out, args[3], 0);
}
