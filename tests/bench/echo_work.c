#include "tests/bench/echo.h"

#include "common/base/base64.h"
#include "common/base/random.h"
#include "tests/bench/measure.h"

#include <err.h>

#define HASH_BYTES 32

DB_QUERY(echo_select, DB_READ, "SELECT id, name, at FROM public.fact WHERE id = $1::integer");
DB_QUERY(echo_insert, DB_WRITE, "INSERT INTO public.entry (account_id, id, hash) VALUES ($1::uuid, $2::uuid, $3::bytea)");

/* Those that libmicrohttpd writes by itself. */
static bool is_of_transport(struct str name)
{
	return str_equal_nocase(name, STR("Date")) || str_equal_nocase(name, STR("Content-Length")) ||
	       str_equal_nocase(name, STR("Connection"));
}

static void read_field(struct echo *e, struct str line)
{
	struct str name;

	if (line.len > 0 && line.p[line.len - 1] == '\r')
		line.len--;
	if (!str_split(&line, ':', &name) || str_is_null(line) || is_of_transport(name))
		return;
	if (str_equal_nocase(name, STR("Content-Type"))) {
		e->content_type = arena_cstr(e->arena, str_trim(line));
		return;
	}
	if (e->n_headers == ECHO_HEADERS_MAX)
		errx(1, "the answer has too many header fields");
	e->headers[e->n_headers++] = (struct echo_header){ arena_cstr(e->arena, name), arena_cstr(e->arena, str_trim(line)) };
}

/* Where the access token of the answer stands is where the new one goes, with the same claims. */
static void split_body(struct echo *e, struct str body)
{
	struct str mark = STR("\"access_token\":\""), token, head;
	size_t at = 0;

	e->before = body;
	if (e->work != ECHO_SIGN && e->work != ECHO_COMMIT_SIGN)
		return;
	while (at < body.len && !str_starts(str_skip(body, at), mark))
		at++;
	e->after = str_skip(body, at + mark.len);
	if (!str_split(&e->after, '"', &token) || !str_split(&token, '.', &head) || !str_split(&token, '.', &head) ||
	    !base64url_decode(e->arena, head, &e->payload))
		errx(1, "the answer has no JWT as access token");
	e->before = str_n(body.p, at + mark.len);
}

static void read_answer(struct echo *e, struct str rest)
{
	struct str line;

	if (!str_split(&rest, '\n', &line))
		errx(1, "the answer is empty");
	while (str_split(&rest, '\n', &line) && line.len > 1)
		read_field(e, line);
	if (str_is_null(rest))
		rest = STR("");
	split_body(e, rest);
}

void echo_open(struct echo *e, const char *answer_file, const char *conninfo)
{
	struct db_config db = { .conninfo = str_c(conninfo), .program = "bench_echo", .with_lanes = true, .pool_size = 1 };
	struct str message = STR_NULL;
	struct op op;

	e->arena = arena_new(ECHO_ARENA_BYTES);
	op_init(&op, e->arena, NULL, NULL);
	read_answer(e, argument_file(answer_file));
	if ((e->work == ECHO_SIGN || e->work == ECHO_COMMIT_SIGN) && jwk_generate(&op, JWS_ES256, &e->key) < 0)
		errx(1, "cannot make a key");
	if (echo_waits(e) && db_open(&db, &e->db, &message, e->arena) < 0)
		errx(1, "%.*s", STR_ARG(message));
}

bool echo_waits(const struct echo *e)
{
	return e->work == ECHO_READ || e->work == ECHO_COMMIT_SIGN;
}

static int read_one(struct op *op)
{
	struct db_rows rows;
	int r = db_run(op, &echo_select, &rows, P_I64(1 + random_below(ECHO_FACTS)));

	return r < 0 || rows.n == 1 ? r : op_fail(op, ERR_INTERNAL, "a row is missing");
}

static int insert_one(struct op *op)
{
	char account_id[UUID_TEXT_LEN + 1], id[UUID_TEXT_LEN + 1], hash[HASH_BYTES];
	struct db_rows rows;

	random_uuid(account_id);
	random_uuid(id);
	random_bytes(hash, sizeof(hash));
	return db_run(op, &echo_insert, &rows, P_C(account_id), P_C(id), P_BYTES(str_n(hash, sizeof(hash))));
}

static int sign(struct op *op, const struct echo *e, struct str *ret_body)
{
	struct str token;
	int r = jws_sign(op, e->key, "at+jwt", e->payload, &token);

	if (r >= 0)
		*ret_body = arena_printf(op->arena, "%.*s%.*s\"%.*s", STR_ARG(e->before), STR_ARG(token), STR_ARG(e->after));
	return r;
}

int echo_answer(struct op *op, const struct echo *e, struct str *ret_body)
{
	int r;

	*ret_body = e->before;
	switch (e->work) {
	case ECHO_SIGN:
		return sign(op, e, ret_body);
	case ECHO_READ:
		return read_one(op);
	case ECHO_COMMIT_SIGN:
		r = insert_one(op);
		return r < 0 ? r : sign(op, e, ret_body);
	case ECHO_ALONE:
	default:
		return 0;
	}
}
