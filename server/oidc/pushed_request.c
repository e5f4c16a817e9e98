#include "server/oidc/pushed_request.h"

#include "common/base/random.h"
#include "common/crypto/keyring.h"
#include "server/oidc/authorize_form.h"
#include "server/session/handle.h"

#define SEAL_PURPOSE "pushed-request"
#define RANDOM_BYTES 32

#define ALL_FACTOR 5      /* what all clients together may have waiting, of what one may */
#define SIGN_IN_S "900"   /* longer than a visit of a request may take until a code uses it up */
#define SWEEP_MAX "10000"
#define WAITS "coalesce(used_at, 'infinity') = 'infinity'" /* as the index of those that wait is declared */

/* Few wait when all is well, and the count reads no more than the limit.  Parallel pushes may overshoot by as many as they are. */
DB_QUERY(pushed_request_insert, DB_WRITE,
	"WITH w AS MATERIALIZED ("
	"  SELECT count(*) FILTER (WHERE r.client_id = $3::text) AS its, count(*) AS everybodys FROM ("
	"   SELECT client_id FROM sen.pushed_request WHERE issued_on >= $1::date - 1 AND " WAITS " AND expires_at > now() LIMIT $7::bigint) r"
	"), i AS ("
	"  INSERT INTO sen.pushed_request (issued_on, id_hash, client_id, request, expires_at)"
	"  SELECT $1::date, $2::bytea, $3::text, $4::text, now() + $5::bigint * interval '1 s' FROM w WHERE w.its < $6::bigint AND w.everybodys < $7::bigint"
	"  RETURNING 1"
	")"
	"SELECT EXISTS (SELECT FROM i), w.its >= $6::bigint FROM w");
DB_QUERY(pushed_request_select, DB_READ,
	"SELECT request FROM sen.pushed_request WHERE issued_on = $1::date AND id_hash = $2::bytea AND client_id = $3::text"
	" AND used_at IS NULL AND expires_at > now()");

DB_QUERY(pushed_request_sweep_q, DB_WRITE,
	"DELETE FROM sen.pushed_request WHERE (issued_on, id_hash) IN (SELECT issued_on, id_hash FROM sen.pushed_request"
	" WHERE " WAITS " AND expires_at < now() - interval '" SIGN_IN_S " s' ORDER BY expires_at LIMIT " SWEEP_MAX " FOR UPDATE SKIP LOCKED)");

static struct str hash_of(struct op *op, struct str random)
{
	return keyring_hash(op->arena, op->keys, KEY_HANDLE, SEAL_PURPOSE, random);
}

bool pushed_handle_read(struct op *op, struct str request_uri, struct pushed_handle *ret_handle)
{
	struct str prefix = STR(PUSHED_URI_PREFIX), plain, on;

	if (!str_starts(request_uri, prefix) ||
	    !aead_open(op->arena, keyring_key(op->keys, KEY_SEAL), SEAL_PURPOSE, STR_NULL, str_skip(request_uri, prefix.len), &plain) ||
	    !str_split(&plain, ' ', &on))
		return false;
	*ret_handle = (struct pushed_handle){ .on = on, .hash = hash_of(op, plain) };
	return true;
}

/* Stored: "<is signed> <form>", so that how it came is not lost. */
int pushed_request_add(struct op *op, const struct oidc_settings *settings, const struct authorize_request *rq,
                       const struct authorize_origin *origin, struct str *ret_request_uri)
{
	struct str form = authorize_form_write(op, rq), on = handle_today(op);
	struct str random = random_token(op->arena, STR(""), RANDOM_BYTES);
	struct db_rows rows;
	int r;

	if (str_is_null(form))
		return op_fail(op, ERR_LIMIT, "the request is too large");
	r = db_run(op, &pushed_request_insert, &rows, P_STR(on), P_BYTES(hash_of(op, random)), P_STR(rq->client_id),
	           P_STR(arena_printf(op->arena, "%d %.*s", origin->is_signed, STR_ARG(form))), P_I64(settings->push_s),
	           P_I64(settings->push_pending_max), P_I64(settings->push_pending_max * ALL_FACTOR));
	if (r < 0)
		return r;
	if (!db_bool(&rows, 0, 0)) {
		r = db_bool(&rows, 0, 1) ? op_fail(op, ERR_TOO_MANY_REQUESTS, "too many pushed requests of this client are waiting") :
		                           op_fail(op, ERR_OVERLOADED, "too many pushed requests are waiting");
		return op_fail_arg(op, "retry_after_s", STR("10"));
	}
	*ret_request_uri = arena_printf(op->arena, PUSHED_URI_PREFIX "%s",
	                                aead_seal(op->arena, keyring_key(op->keys, KEY_SEAL), SEAL_PURPOSE, STR_NULL,
	                                          arena_printf(op->arena, "%.*s %.*s", STR_ARG(on), STR_ARG(random))).p);
	return 0;
}

int pushed_request_sweep(struct op *op)
{
	struct db_rows rows;

	return db_run(op, &pushed_request_sweep_q, &rows);
}

int pushed_request_get(struct op *op, const struct client *client, struct str request_uri, struct authorize_request *rq,
                       struct authorize_origin *ret_origin)
{
	static const char refused[] = "the pushed request is unknown, used or expired";
	struct str text, origin;
	struct pushed_handle h;
	struct db_rows rows;
	int r;

	if (!pushed_handle_read(op, request_uri, &h))
		return op_fail(op, ERR_INVALID_REQUEST_URI, refused);
	r = db_run(op, &pushed_request_select, &rows, P_STR(h.on), P_BYTES(h.hash), P_STR(client->id));
	if (r < 0)
		return r;
	if (rows.n != 1)
		return op_fail(op, ERR_INVALID_REQUEST_URI, refused);
	text = db_str(&rows, 0, 0);
	if (!str_split(&text, ' ', &origin) || !authorize_form_read(op, text, rq))
		return op_fail(op, ERR_INTERNAL, "a pushed request cannot be read");
	rq->request_uri = request_uri;
	*ret_origin = (struct authorize_origin){ .is_pushed = true, .is_signed = str_equal(origin, STR("1")) };
	return 0;
}
