#include "common/model/outbox_store.h"

#include "common/db/columns.h"

/* Read by items_from_rows(). */
#define OUTBOX_ITEM_COLUMNS                                                                              \
	"o.account_id, o.created_on, o.id, o.destination, o.session_id, o.payload,"                      \
	" floor(extract(epoch FROM o.created_at))::bigint, o.attempts, o.lease_token"

DB_QUERY(outbox_claim_q, DB_WRITE,
	"WITH c AS MATERIALIZED ("
	"  SELECT o.account_id, o.created_on, o.id FROM unnest($2::text[], $3::bigint[]) d (destination, n)"
	"  CROSS JOIN LATERAL (SELECT o.account_id, o.created_on, o.id FROM sen.outbox o"
	"    WHERE o.kind = $1::text AND o.destination = d.destination AND o.done_at IS NULL AND o.next_at <= now()"
	"    ORDER BY o.next_at LIMIT d.n FOR UPDATE SKIP LOCKED) o LIMIT $5::bigint"
	")"
	"UPDATE sen.outbox o SET attempts = o.attempts + 1, lease_token = o.lease_token + 1,"
	" next_at = now() + $4::bigint * interval '1 s', lease_until = now() + $4::bigint * interval '1 s'"
	" FROM c WHERE o.account_id = c.account_id AND o.created_on = c.created_on AND o.id = c.id"
	" RETURNING " OUTBOX_ITEM_COLUMNS);

/* Of audit: what did not reach its destination. */
#define AUDIT_LOST(rows)                                                                                          \
	"INSERT INTO sen.audit (actor, action, account_id, object, request_id, data)"                           \
	" SELECT 'system', " rows ".kind || CASE " rows ".outcome WHEN 'refused' THEN '.refused' ELSE '.undelivered' END," \
	" " rows ".account_id, " rows ".destination, " rows ".id::text,"                                         \
	" jsonb_build_object('session', " rows ".session_id, 'attempts', " rows ".attempts, 'detail', " rows ".detail)" \
	" FROM " rows " WHERE " rows ".outcome IN ('refused', 'dead')"

DB_QUERY(outbox_complete_q, DB_WRITE,
	"WITH u AS ("
	"  UPDATE sen.outbox o SET lease_until = NULL, detail = nullif(r.detail, ''),"
	"  outcome = nullif(r.outcome, ''), done_at = CASE WHEN r.outcome <> '' THEN now() END,"
	"  next_at = now() + r.delay_ms * interval '1 ms'"
	"  FROM unnest($1::uuid[], $2::date[], $3::uuid[], $4::bigint[], $5::text[], $6::bigint[], $7::text[])"
	"  r (account_id, created_on, id, token, outcome, delay_ms, detail)"
	"  WHERE o.account_id = r.account_id AND o.created_on = r.created_on AND o.id = r.id AND o.lease_token = r.token"
	"  AND o.done_at IS NULL RETURNING o.*"
	"), l AS (" AUDIT_LOST("u") ")"
	"SELECT count(*) FROM u");

DB_QUERY(outbox_settle_q, DB_WRITE,
	"WITH u AS ("
	"  UPDATE sen.outbox o SET lease_until = NULL, detail = nullif(r.detail, ''), outcome = r.outcome, done_at = now(),"
	"  attempts = o.attempts + 1"
	"  FROM unnest($3::uuid[], $4::text[], $5::text[]) r (id, outcome, detail)"
	"  WHERE o.kind = $1::text AND o.destination = $2::text AND o.done_at IS NULL AND o.id = r.id RETURNING o.*"
	"), l AS (" AUDIT_LOST("u") ")"
	"SELECT count(*) FROM u");

DB_QUERY(outbox_peek_q, DB_READ,
	"SELECT " OUTBOX_ITEM_COLUMNS " FROM sen.outbox o WHERE o.kind = $1::text AND o.destination = $2::text"
	" AND o.done_at IS NULL AND o.give_up_at > now() ORDER BY o.next_at, o.id LIMIT $3::bigint");

DB_QUERY(outbox_give_up_q, DB_WRITE,
	"WITH c AS MATERIALIZED (SELECT account_id, created_on, id FROM sen.outbox WHERE done_at IS NULL AND give_up_at <= now()"
	"  AND (lease_until IS NULL OR lease_until < now()) ORDER BY give_up_at LIMIT 500 FOR UPDATE SKIP LOCKED"
	"), u AS ("
	"  UPDATE sen.outbox o SET outcome = 'dead', done_at = now(), lease_until = NULL FROM c"
	"  WHERE o.account_id = c.account_id AND o.created_on = c.created_on AND o.id = c.id RETURNING o.*"
	"), l AS (" AUDIT_LOST("u") ")"
	"SELECT count(*) FROM u");

DB_QUERY(outbox_hurry_q, DB_WRITE,
	"UPDATE sen.outbox SET next_at = now() WHERE (account_id, created_on, id) IN ("
	" SELECT account_id, created_on, id FROM sen.outbox WHERE kind = $1::text AND destination = $2::text AND done_at IS NULL"
	" AND lease_until IS NULL AND next_at > now() FOR UPDATE SKIP LOCKED)");

DB_QUERY(outbox_counts_q, DB_READ,
	"SELECT kind, destination, count(*), greatest(0, floor(extract(epoch FROM now() - min(created_at))))::bigint"
	" FROM sen.outbox WHERE done_at IS NULL GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT 60");

static const struct outbox_item *items_from_rows(struct arena *a, const char *kind, const struct db_rows *rows)
{
	struct outbox_item *items = ARENA_ARRAY(a, struct outbox_item, rows->n);

	for (size_t i = 0; i < rows->n; i++)
		items[i] = (struct outbox_item){
			.kind = kind,
			.account_id = db_str(rows, i, 0),
			.created_on = db_str(rows, i, 1),
			.id = db_str(rows, i, 2),
			.destination = db_str(rows, i, 3),
			.session_id = db_str(rows, i, 4),
			.payload = db_str(rows, i, 5),
			.created_at_s = db_i64(rows, i, 6),
			.attempts = db_i64(rows, i, 7),
			.lease_token = db_i64(rows, i, 8),
		};
	return items;
}

int outbox_claim(struct op *op, const char *kind, const struct outbox_request *rq, const struct outbox_item **ret_items,
                 size_t *ret_n)
{
	struct columns c = columns_new(op->arena, rq->n_quotas, 2);
	struct db_rows rows;
	int r;

	for (size_t i = 0; i < rq->n_quotas; i++) {
		columns_text(&c, 0, i, rq->quotas[i].destination);
		columns_int(&c, 1, i, rq->quotas[i].n);
	}
	r = db_run(op, &outbox_claim_q, &rows, P_C(kind), columns_param(&c, 0), columns_param(&c, 1), P_I64(rq->lease_s),
	           P_I64(rq->limit));
	if (r < 0)
		return r;
	*ret_items = items_from_rows(op->arena, kind, &rows);
	*ret_n = rows.n;
	return 0;
}

static struct str outcome_word(enum outbox_outcome outcome)
{
	switch (outcome) {
	case OUTBOX_DELIVERED:
		return STR("delivered");
	case OUTBOX_REFUSED:
		return STR("refused");
	case OUTBOX_VOID:
		return STR("void");
	case OUTBOX_RETRY:
		break;
	}
	return STR("");
}

static int run_counted(struct op *op, const struct query *q, size_t *ret_n)
{
	struct db_rows rows;
	int r = db_run(op, q, &rows);

	if (r == 0)
		*ret_n = (size_t)db_i64(&rows, 0, 0);
	return r;
}

int outbox_complete(struct op *op, const struct outbox_end *ends, size_t n, size_t *ret_n)
{
	struct columns c = columns_new(op->arena, n, 7);
	struct db_rows rows;
	int r;

	for (size_t i = 0; i < n; i++) {
		const struct outbox_item *item = ends[i].item;

		columns_text(&c, 0, i, item->account_id);
		columns_text(&c, 1, i, item->created_on);
		columns_text(&c, 2, i, item->id);
		columns_int(&c, 3, i, item->lease_token);
		columns_text(&c, 4, i, outcome_word(ends[i].outcome));
		columns_int(&c, 5, i, ends[i].delay_ms);
		columns_text(&c, 6, i, str_is_null(ends[i].detail) ? STR("") : ends[i].detail);
	}
	r = db_run(op, &outbox_complete_q, &rows, columns_param(&c, 0), columns_param(&c, 1), columns_param(&c, 2),
	           columns_param(&c, 3), columns_param(&c, 4), columns_param(&c, 5), columns_param(&c, 6));
	if (r == 0)
		*ret_n = (size_t)db_i64(&rows, 0, 0);
	return r;
}

int outbox_peek(struct op *op, const char *kind, struct str destination, int64_t limit, const struct outbox_item **ret_items,
                size_t *ret_n)
{
	struct db_rows rows;
	int r = db_run(op, &outbox_peek_q, &rows, P_C(kind), P_STR(destination), P_I64(limit));

	if (r < 0)
		return r;
	*ret_items = items_from_rows(op->arena, kind, &rows);
	*ret_n = rows.n;
	return 0;
}

int outbox_settle(struct op *op, const char *kind, struct str destination, const struct outbox_receipt *receipts, size_t n)
{
	struct columns c = columns_new(op->arena, n, 3);
	struct db_rows rows;

	for (size_t i = 0; i < n; i++) {
		columns_text(&c, 0, i, receipts[i].id);
		columns_text(&c, 1, i, outcome_word(receipts[i].outcome));
		columns_text(&c, 2, i, str_is_null(receipts[i].detail) ? STR("") : receipts[i].detail);
	}
	return db_run(op, &outbox_settle_q, &rows, P_C(kind), P_STR(destination), columns_param(&c, 0), columns_param(&c, 1),
	              columns_param(&c, 2));
}

int outbox_give_up(struct op *op, size_t *ret_n)
{
	return run_counted(op, &outbox_give_up_q, ret_n);
}

int outbox_hurry(struct op *op, const char *kind, struct str destination)
{
	struct db_rows rows;

	return db_run(op, &outbox_hurry_q, &rows, P_C(kind), P_STR(destination));
}

int outbox_counts(struct op *op, const struct outbox_count **ret_counts, size_t *ret_n)
{
	struct outbox_count *counts;
	struct db_rows rows;
	int r = db_run(op, &outbox_counts_q, &rows);

	if (r < 0)
		return r;
	counts = ARENA_ARRAY(op->arena, struct outbox_count, rows.n);
	for (size_t i = 0; i < rows.n; i++)
		counts[i] = (struct outbox_count){ db_str(&rows, i, 0), db_str(&rows, i, 1), db_i64(&rows, i, 2), db_i64(&rows, i, 3) };
	*ret_counts = counts;
	*ret_n = rows.n;
	return 0;
}
