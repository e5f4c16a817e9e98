#include "server/ssf/stream_store.h"

#include "common/base/random.h"
#include "common/model/security_event.h"

#define EXCLUDED_MAX 100000
#define NOBODY "00000000-0000-0000-0000-000000000000" /* the outbox is kept by account */

#define STREAM_SELECT                                                                                                   \
	"SELECT id, client_id, method = 'push', endpoint_url, authorization_sealed, events_requested, description, status," \
	" status_reason FROM sen.ssf_stream WHERE client_id = $1::text"

DB_QUERY(ssf_stream_add_q, DB_WRITE,
         "INSERT INTO sen.ssf_stream (id, client_id, slot, method, endpoint_url, authorization_sealed, events_requested, description)"
         " SELECT $1::uuid, $2::text, n, CASE WHEN $3::boolean THEN 'push' ELSE 'poll' END, $4, $5, $6::text[], $7"
         " FROM generate_series(1, $8::integer) n WHERE NOT EXISTS (SELECT FROM sen.ssf_stream s WHERE s.client_id = $2::text AND s.slot = n)"
         " ORDER BY n LIMIT 1 ON CONFLICT DO NOTHING RETURNING id");
DB_QUERY(ssf_stream_get_q, DB_READ, STREAM_SELECT " AND id = $2::uuid");
DB_QUERY(ssf_stream_list_q, DB_READ, STREAM_SELECT " ORDER BY created_at, id");
DB_QUERY(ssf_stream_set_q, DB_WRITE,
         "UPDATE sen.ssf_stream SET method = CASE WHEN $3::boolean THEN 'push' ELSE 'poll' END, endpoint_url = $4,"
         " authorization_sealed = $5, events_requested = $6::text[], description = $7 WHERE client_id = $1::text AND id = $2::uuid"
         " RETURNING id");
DB_QUERY(ssf_stream_status_q, DB_WRITE,
         "UPDATE sen.ssf_stream SET status = $3, status_reason = $4 WHERE client_id = $1::text AND id = $2::uuid RETURNING id");
DB_QUERY(ssf_stream_del_q, DB_WRITE, "DELETE FROM sen.ssf_stream WHERE client_id = $1::text AND id = $2::uuid RETURNING id");
DB_QUERY(ssf_exclude_q, DB_WRITE,
         "WITH s AS (SELECT id FROM sen.ssf_stream WHERE id = $1::uuid"
         "  AND (SELECT count(*) FROM sen.ssf_excluded x WHERE x.stream_id = $1::uuid) < $3::bigint),"
         " a AS (INSERT INTO sen.ssf_excluded (stream_id, sub) SELECT s.id, $2::text FROM s ON CONFLICT DO NOTHING)"
         "SELECT id FROM s");
DB_QUERY(ssf_include_q, DB_WRITE, "DELETE FROM sen.ssf_excluded WHERE stream_id = $1::uuid AND sub = $2::text");
DB_QUERY(ssf_verify_q, DB_WRITE,
         "WITH s AS (UPDATE sen.ssf_stream SET verification_at = now() WHERE id = $1::uuid AND status <> 'disabled'"
         "  AND (verification_at IS NULL OR verification_at <= now() - $4::bigint * interval '1 s') RETURNING id)"
         "INSERT INTO sen.outbox (account_id, kind, destination, payload, give_up_at)"
         " SELECT '" NOBODY "', 'ssf', s.id::text, jsonb_build_object('event', $2::text, 'data', $3::jsonb), now() + interval '1 day'"
         " FROM s RETURNING id");

static int stream_from_row(struct op *op, const struct db_rows *rows, size_t i, struct ssf_stream *ret)
{
	struct ssf_stream s = {
		.id = db_str(rows, i, 0),
		.client_id = db_str(rows, i, 1),
		.is_push = db_bool(rows, i, 2),
		.endpoint_url = db_str(rows, i, 3),
		.authorization = db_str(rows, i, 4),
		.description = db_str(rows, i, 6),
		.status = db_str(rows, i, 7),
		.status_reason = db_str(rows, i, 8),
	};
	int r = db_array_read(op, db_str(rows, i, 5), &s.events_requested.p, &s.events_requested.n);

	if (r == 0)
		*ret = s;
	return r;
}

static int not_found(struct op *op)
{
	return op_fail(op, ERR_NOT_FOUND, "there is no such stream");
}

static struct db_param events_of(struct op *op, const struct ssf_stream *s)
{
	return P_STR(db_array(op->arena, s->events_requested.p, s->events_requested.n));
}

int ssf_stream_add(struct op *op, const struct ssf_stream *s)
{
	struct db_rows rows;
	int r = db_run(op, &ssf_stream_add_q, &rows, P_STR(s->id), P_STR(s->client_id), P_BOOL(s->is_push), P_STR(s->endpoint_url),
	               P_STR(s->authorization), events_of(op, s), P_STR(s->description), P_I64(SSF_STREAMS_MAX));

	if (r < 0)
		return r;
	return rows.n == 1 ? 0 : op_fail(op, ERR_CONFLICT, "the receiver has as many streams as it may have");
}

int ssf_stream_get(struct op *op, struct str client_id, struct str id, struct ssf_stream *ret_stream)
{
	struct db_rows rows;
	int r;

	if (!uuid_is_valid(id))
		return not_found(op);
	r = db_run(op, &ssf_stream_get_q, &rows, P_STR(client_id), P_STR(id));
	if (r < 0)
		return r;
	return rows.n == 1 ? stream_from_row(op, &rows, 0, ret_stream) : not_found(op);
}

int ssf_stream_list(struct op *op, struct str client_id, const struct ssf_stream **ret_streams, size_t *ret_n)
{
	struct ssf_stream *streams;
	struct db_rows rows;
	int r = db_run(op, &ssf_stream_list_q, &rows, P_STR(client_id));

	if (r < 0)
		return r;
	streams = ARENA_ARRAY(op->arena, struct ssf_stream, rows.n);
	for (size_t i = 0; r == 0 && i < rows.n; i++)
		r = stream_from_row(op, &rows, i, &streams[i]);
	if (r < 0)
		return r;
	*ret_streams = streams;
	*ret_n = rows.n;
	return 0;
}

int ssf_stream_set(struct op *op, const struct ssf_stream *s)
{
	struct db_rows rows;
	int r = db_run(op, &ssf_stream_set_q, &rows, P_STR(s->client_id), P_STR(s->id), P_BOOL(s->is_push), P_STR(s->endpoint_url),
	               P_STR(s->authorization), events_of(op, s), P_STR(s->description));

	if (r < 0)
		return r;
	return rows.n == 1 ? 0 : not_found(op);
}

int ssf_stream_set_status(struct op *op, const struct ssf_stream *s, struct str status, struct str reason)
{
	struct db_rows rows;
	int r = db_run(op, &ssf_stream_status_q, &rows, P_STR(s->client_id), P_STR(s->id), P_STR(status), P_STR(reason));

	if (r < 0)
		return r;
	return rows.n == 1 ? 0 : not_found(op);
}

int ssf_stream_del(struct op *op, struct str client_id, struct str id)
{
	struct db_rows rows;
	int r;

	if (!uuid_is_valid(id))
		return not_found(op);
	r = db_run(op, &ssf_stream_del_q, &rows, P_STR(client_id), P_STR(id));
	if (r < 0)
		return r;
	return rows.n == 1 ? 0 : not_found(op);
}

int ssf_exclude(struct op *op, const struct ssf_stream *s, struct str sub)
{
	struct db_rows rows;
	int r = db_run(op, &ssf_exclude_q, &rows, P_STR(s->id), P_STR(sub), P_I64(EXCLUDED_MAX));

	if (r < 0)
		return r;
	return rows.n == 1 ? 0 : op_fail(op, ERR_LIMIT, "too many subjects have been removed from this stream");
}

int ssf_include(struct op *op, const struct ssf_stream *s, struct str sub)
{
	struct db_rows rows;

	return db_run(op, &ssf_include_q, &rows, P_STR(s->id), P_STR(sub));
}

int ssf_verify(struct op *op, const struct ssf_stream *s, struct str state)
{
	_json_ json_t *data = json_new_object();
	struct db_rows rows;
	int r;

	json_set_str(data, "state", state);
	r = db_run(op, &ssf_verify_q, &rows, P_STR(s->id), P_C(SET_VERIFICATION), P_STR(json_write(op->arena, data, false)),
	           P_I64(SSF_VERIFY_EVERY_S));
	if (r < 0)
		return r;
	return rows.n == 1 ? 0 : op_fail(op, ERR_TOO_MANY_REQUESTS, "the stream is disabled, or a verification was asked for just now");
}
