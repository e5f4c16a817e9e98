#include "tests/bench/prepare.h"

#include "common/base/base64.h"
#include "common/base/random.h"
#include "common/base/url.h"
#include "common/crypto/digest.h"
#include "server/login/flow.h"
#include "server/session/handle.h"
#include "server/session/session.h"
#include "tests/bench/measure.h"

#define SECRET_BYTES 32

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
	request_write_form(p, out, "/login", arena_printf(op->arena, "Cookie: " FLOW_COOKIE "=%.*s\r\n", STR_ARG(cookie)), buf_str(&body));
	arena_reset(op->arena);
}

/* N PASSWORD-FILE OUT: of the first N officials. */
int prepare_sign_in(struct prepare *p, char **args)
{
	size_t n = argument_number("officials", args[0], p->n_officials);
	struct str password = argument_file(args[1]);
	FILE *out = requests_open(args[2]);

	for (size_t i = 0; i < n; i++)
		write_sign_in(p, out, &p->officials[i], password);
	return requests_close(out, args[2], 0);
}

/* A platform sends an official who is signed in: the browser comes with its session. */
static void write_authorize(struct prepare *p, FILE *out, struct str cookie)
{
	struct op *op = &p->op;
	struct str verifier = random_token(op->arena, STR(""), SECRET_BYTES);
	struct buf query = buf_new(op->arena, BODY_MAX);
	bool first = true;

	form_append(&query, &first, STR("client_id"), p->client->id);
	form_append(&query, &first, STR("redirect_uri"), p->client->redirect_uris.p[0]);
	form_append(&query, &first, STR("response_type"), STR("code"));
	form_append(&query, &first, STR("scope"), STR(BENCH_SCOPE));
	form_append(&query, &first, STR("state"), random_token(op->arena, STR(""), SECRET_BYTES));
	form_append(&query, &first, STR("nonce"), random_token(op->arena, STR(""), SECRET_BYTES));
	form_append(&query, &first, STR("code_challenge"), base64url_encode(op->arena, sha256_str(op->arena, verifier)));
	form_append(&query, &first, STR("code_challenge_method"), STR("S256"));
	request_write_get(p, out, arena_printf(op->arena, "/authorize?%.*s", STR_ARG(buf_str(&query))),
	                  arena_printf(op->arena, "Cookie: " SESSION_COOKIE "=%.*s\r\n", STR_ARG(cookie)));
}

/* N OUT: of N new sessions. */
int prepare_authorize(struct prepare *p, char **args)
{
	size_t n = argument_number("sessions", args[0], N_MAX), at = 0;
	struct session_row rows[BENCH_BATCH];
	FILE *out = requests_open(args[1]);
	int r = 0;

	while (at < n && r >= 0) {
		size_t batch = n - at < BENCH_BATCH ? n - at : BENCH_BATCH;

		for (size_t i = 0; i < batch; i++) {
			struct handle h;
			struct str cookie = handle_new(&p->op, HANDLE_SESSION, prepare_official(p, at + i)->account_id, &h);

			write_authorize(p, out, cookie);
			rows[i] = (struct session_row){ h.account_id, arena_printf(p->op.arena, "\\x%.*s", STR_ARG(hex_encode(p->op.arena, h.hash))) };
		}
		r = rows_add_sessions(&p->op, rows, batch);
		at += batch;
		if (r >= 0)
			arena_reset(p->op.arena);
	}
	return requests_close(out, args[1], r);
}
