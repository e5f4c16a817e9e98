#include "provisioning/observe/run_store.h"

#include "common/base/random.h"
#include "common/base/text.h"
#include "common/db/columns.h"
#include "provisioning/attributes.h"

#define DETAIL_MAX_BYTES 500
#define LOGIN_MAX_BYTES 300

DB_QUERY(obs_plan_add, DB_WRITE,
	"INSERT INTO sen.observe_plan AS p (platform_id, can_list, every_s, at_minute)"
	" SELECT i, c, e, nullif(m, -1) FROM unnest($1::smallint[], $2::boolean[], $3::integer[], $4::smallint[]) r (i, c, e, m)"
	" ON CONFLICT (platform_id) DO UPDATE SET can_list = excluded.can_list WHERE p.can_list <> excluded.can_list");

/* What cannot list is sampled each hour. */
DB_QUERY(obs_run_due, DB_WRITE,
	"INSERT INTO sen.observe_run (platform_id, kind, reason)"
	" SELECT p.platform_id, CASE WHEN p.can_list THEN 'list' ELSE 'sample' END, 'schedule' FROM sen.observe_plan p"
	" CROSS JOIN LATERAL (SELECT max(r.created_at) AS at FROM sen.observe_run r WHERE r.platform_id = p.platform_id) last"
	" CROSS JOIN (SELECT date_trunc('day', now() AT TIME ZONE 'Asia/Ho_Chi_Minh') AS day) today"
	" WHERE p.platform_id = ANY ($1::smallint[]) AND p.enabled"
	" AND (last.at IS NULL AND (p.at_minute IS NULL OR NOT p.can_list)"
	"  OR last.at + CASE WHEN p.can_list THEN p.every_s ELSE 3600 END * interval '1 s' <= now()"
	"  OR p.can_list AND p.at_minute IS NOT NULL AND coalesce(last.at, '-infinity') < (today.day + p.at_minute * interval '1 min') AT TIME ZONE 'Asia/Ho_Chi_Minh'"
	"   AND now() >= (today.day + p.at_minute * interval '1 min') AT TIME ZONE 'Asia/Ho_Chi_Minh'"
	"   AND now() < (today.day + (p.at_minute + 60) * interval '1 min') AT TIME ZONE 'Asia/Ho_Chi_Minh')"
	" ON CONFLICT (platform_id) WHERE state IN ('waiting', 'listing', 'judging') DO NOTHING");

DB_QUERY(obs_run_request, DB_WRITE,
	"INSERT INTO sen.observe_run (platform_id, kind, reason)"
	" SELECT p.platform_id, CASE WHEN p.can_list THEN 'list' ELSE 'sample' END, $2 FROM sen.observe_plan p WHERE p.platform_id = $1::smallint"
	" AND p.enabled AND NOT EXISTS (SELECT FROM sen.observe_run r WHERE r.platform_id = p.platform_id AND r.created_at > now() - interval '10 min')"
	" ON CONFLICT (platform_id) WHERE state IN ('waiting', 'listing', 'judging') DO NOTHING");

DB_QUERY(obs_run_claim, DB_WRITE,
	"UPDATE sen.observe_run r SET lease_token = r.lease_token + 1, lease_until = now() + $2::bigint * interval '1 s',"
	" started_at = coalesce(r.started_at, now()), state = CASE WHEN r.state = 'waiting' THEN 'listing' ELSE r.state END"
	" WHERE r.id = (SELECT o.id FROM sen.observe_run o WHERE o.platform_id = ANY ($1::smallint[])"
	"  AND o.state IN ('waiting', 'listing', 'judging', 'concluding') AND o.not_before <= now()"
	"  AND (o.lease_until IS NULL OR o.lease_until < now()) ORDER BY o.reason = 'request' DESC, o.id LIMIT 1 FOR UPDATE SKIP LOCKED)"
	" RETURNING r.id, r.platform_id, r.lease_token, r.kind = 'sample', r.state, r.cursor, r.attempts, r.pages, r.received, r.listed,"
	" coalesce(r.total, -1), r.fault");

DB_QUERY(obs_run_page, DB_WRITE,
	"WITH r AS MATERIALIZED (SELECT id FROM sen.observe_run WHERE id = $1::bigint AND lease_token = $2::bigint AND state = 'listing' FOR UPDATE),"
	" new AS (INSERT INTO sen.observe_item (run_id, ext_id, asked_at, account_id, login, active, attrs, attrs_hash, stable_id)"
	"  SELECT r.id, i.ext_id, now() - $3::bigint * interval '1 ms', nullif(i.account_id, '')::uuid, nullif(i.login, ''), i.active, i.attrs,"
	"  encode(substring(sha256(convert_to(i.attrs, 'UTF8')) FROM 1 FOR 16), 'hex')::uuid, nullif(i.stable_id, '')"
	"  FROM r, unnest($4::text[], $5::text[], $6::text[], $7::boolean[], $8::text[], $13::text[]) i (ext_id, account_id, login, active, attrs, stable_id)"
	"  ON CONFLICT DO NOTHING RETURNING 1),"
	" n AS (SELECT count(*) AS new FROM new)"
	" UPDATE sen.observe_run o SET cursor = nullif($9, ''), pages = o.pages + 1, received = o.received + $10::bigint, listed = o.listed + n.new,"
	" total = CASE WHEN $11::bigint >= 0 THEN $11::bigint ELSE o.total END, attempts = 0, lease_until = now() + $12::bigint * interval '1 s'"
	" FROM r, n WHERE o.id = r.id RETURNING n.new");

DB_QUERY(obs_run_restart, DB_WRITE,
	"WITH r AS (UPDATE sen.observe_run SET cursor = NULL, pages = 0, received = 0, listed = 0, total = NULL, fault = NULL,"
	"  started_at = now(), attempts = attempts + 1, lease_until = now() + $3::bigint * interval '1 s'"
	"  WHERE id = $1::bigint AND lease_token = $2::bigint AND state = 'listing' RETURNING id),"
	" d AS (DELETE FROM sen.observe_item WHERE run_id IN (SELECT id FROM r))"
	" SELECT id FROM r");

/* Rows that a crash of the database took away make the count wrong. */
DB_QUERY(obs_run_listed, DB_WRITE,
	"UPDATE sen.observe_run r SET state = 'judging', cursor = NULL, lease_until = now() + $4::bigint * interval '1 s',"
	" fault = coalesce(nullif($3, ''), CASE WHEN r.listed <> (SELECT count(*) FROM sen.observe_item i WHERE i.run_id = r.id) THEN 'lost' END)"
	" WHERE id = $1::bigint AND lease_token = $2::bigint AND state = 'listing' RETURNING coalesce(r.fault, '')");

DB_QUERY(obs_run_cannot_list, DB_WRITE,
	"WITH r AS (UPDATE sen.observe_run SET kind = 'sample' WHERE id = $1::bigint AND lease_token = $2::bigint RETURNING id, platform_id),"
	" p AS (UPDATE sen.observe_plan p SET can_list = false FROM r WHERE p.platform_id = r.platform_id)"
	" SELECT id FROM r");

DB_QUERY(obs_run_release, DB_WRITE,
	"UPDATE sen.observe_run SET lease_until = NULL, not_before = now() + $3::bigint * interval '1 ms', attempts = attempts + $5::integer,"
	" detail = coalesce(nullif($4, ''), detail) WHERE id = $1::bigint AND lease_token = $2::bigint RETURNING id");

DB_QUERY(obs_run_fail, DB_WRITE,
	"WITH r AS (UPDATE sen.observe_run SET state = 'failed', fault = $3, detail = nullif($4, ''), ended_at = now(), lease_until = NULL"
	"  WHERE id = $1::bigint AND lease_token = $2::bigint RETURNING id),"
	" d AS (DELETE FROM sen.observe_item WHERE run_id IN (SELECT id FROM r))"
	" SELECT id FROM r");

DB_QUERY(obs_run_extend, DB_WRITE,
	"UPDATE sen.observe_run SET lease_until = now() + $3::bigint * interval '1 s' WHERE id = $1::bigint AND lease_token = $2::bigint RETURNING id");

DB_QUERY(obs_counts, DB_READ,
	"SELECT p.code, coalesce(extract(epoch FROM now() - (SELECT max(r.ended_at) FROM sen.observe_run r WHERE r.platform_id = o.platform_id AND r.state = 'complete'))::bigint, -1),"
	" s.unlinked, s.unmatched, s.disputed, s.collision, s.missing, s.differing,"
	" (SELECT count(*) FROM sen.observe_run r WHERE r.platform_id = o.platform_id AND r.state = 'held')"
	" FROM sen.observe_plan o JOIN sen.platform p ON p.id = o.platform_id"
	" CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE situation = 'unlinked') AS unlinked, count(*) FILTER (WHERE situation = 'unmatched') AS unmatched,"
	"  count(*) FILTER (WHERE situation = 'disputed') AS disputed, count(*) FILTER (WHERE situation = 'collision') AS collision,"
	"  count(*) FILTER (WHERE situation = 'missing') AS missing, count(*) FILTER (WHERE diff IS NOT NULL) AS differing"
	"  FROM sen.shadow s WHERE s.platform_id = o.platform_id AND (s.situation <> 'linked' OR s.diff IS NOT NULL)) s ORDER BY p.code");

static struct db_param ids_param(struct op *op, const struct observed_platform *platforms, size_t n)
{
	struct columns c = columns_new(op->arena, n, 1);

	for (size_t i = 0; i < n; i++)
		columns_int(&c, 0, i, platforms[i].platform_id);
	return columns_param(&c, 0);
}

int observe_plan_add(struct op *op, const struct observed_platform *platforms, size_t n)
{
	struct columns c = columns_new(op->arena, n, 4);
	struct db_rows rows;

	for (size_t i = 0; i < n; i++) {
		columns_int(&c, 0, i, platforms[i].platform_id);
		columns_bool(&c, 1, i, platforms[i].can_list);
		columns_int(&c, 2, i, platforms[i].every_s);
		columns_int(&c, 3, i, platforms[i].at_minute);
	}
	return db_run(op, &obs_plan_add, &rows, columns_param(&c, 0), columns_param(&c, 1), columns_param(&c, 2), columns_param(&c, 3));
}

int observe_run_due(struct op *op, const struct observed_platform *platforms, size_t n)
{
	struct db_rows rows;

	return db_run(op, &obs_run_due, &rows, ids_param(op, platforms, n));
}

int observe_run_request(struct op *op, int64_t platform_id, const char *reason)
{
	struct db_rows rows;

	return db_run(op, &obs_run_request, &rows, P_I64(platform_id), P_C(reason));
}

int observe_run_claim(struct op *op, const struct observed_platform *platforms, size_t n, struct observe_run **ret)
{
	struct db_rows rows;
	struct observe_run *run;
	int err = db_run(op, &obs_run_claim, &rows, ids_param(op, platforms, n), P_I64(OBSERVE_LEASE_S));

	*ret = NULL;
	if (err < 0 || rows.n == 0)
		return err;
	run = ARENA_NEW(op->arena, struct observe_run);
	*run = (struct observe_run){
		.id = db_i64(&rows, 0, 0),
		.platform_id = db_i64(&rows, 0, 1),
		.lease_token = db_i64(&rows, 0, 2),
		.is_sample = db_bool(&rows, 0, 3),
		.state = db_str(&rows, 0, 4),
		.cursor = db_str(&rows, 0, 5),
		.attempts = db_i64(&rows, 0, 6),
		.listing = { db_i64(&rows, 0, 7), db_i64(&rows, 0, 8), db_i64(&rows, 0, 9), db_i64(&rows, 0, 10),
		             db_is_null(&rows, 0, 11) ? NULL : arena_cstr(op->arena, db_str(&rows, 0, 11)) },
	};
	*ret = run;
	return 0;
}

static int fenced(struct op *op, int err, const struct db_rows *rows)
{
	if (err < 0)
		return err;
	return rows->n > 0 ? 0 : op_fail(op, ERR_CONFLICT, "the run has been taken over");
}

/* Words of a platform: what is no text would make the whole page fail. */
static struct str word(struct str s, size_t max)
{
	return !str_is_null(s) && s.len <= max && utf8_is_valid(s) && str_index(s, '\0') < 0 ? s : STR("");
}

static size_t fill(struct op *op, struct columns *c, const struct list_page *page)
{
	size_t n = 0;

	for (size_t i = 0; i < page->n; i++) {
		const struct listed *l = &page->accounts[i];
		struct str ext_id = word(l->ext_id, EXT_ID_MAX_BYTES), id = attributes_lower(op->arena, l->account_id);
		struct str document = word(l->document, SIZE_MAX);

		if (str_is_empty(ext_id))
			continue;
		columns_text(c, 0, n, ext_id);
		columns_text(c, 1, n, uuid_is_valid(id) ? id : STR(""));
		columns_text(c, 2, n, word(l->login, LOGIN_MAX_BYTES));
		columns_bool(c, 3, n, l->active);
		columns_text(c, 4, n, str_is_empty(document) || str_contains(document, STR("\\u0000")) ? STR("{}") : document);
		columns_text(c, 5, n, word(l->stable_id, EXT_ID_MAX_BYTES));
		n++;
	}
	return n;
}

int observe_run_page(struct op *op, struct observe_run *run, const struct list_page *page, int64_t age_ms, size_t *ret_n_new)
{
	struct columns c = columns_new(op->arena, page->n, 6);
	struct db_rows rows;
	int err;

	c.n_rows = fill(op, &c, page);
	err = db_run(op, &obs_run_page, &rows, P_I64(run->id), P_I64(run->lease_token), P_I64(age_ms), columns_param(&c, 0), columns_param(&c, 1),
	             columns_param(&c, 2), columns_param(&c, 3), columns_param(&c, 4), P_STR(str_is_null(page->next) ? STR("") : page->next),
	             P_I64((int64_t)page->n), P_I64(page->total), P_I64(OBSERVE_LEASE_S), columns_param(&c, 5));
	err = fenced(op, err, &rows);
	if (err < 0)
		return err;
	*ret_n_new = (size_t)db_i64(&rows, 0, 0);
	run->attempts = 0;
	return 0;
}

int observe_run_restart(struct op *op, struct observe_run *run)
{
	struct db_rows rows;
	int err = db_run(op, &obs_run_restart, &rows, P_I64(run->id), P_I64(run->lease_token), P_I64(OBSERVE_LEASE_S));

	run->attempts++;
	run->cursor = STR_NULL;
	run->listing = listing_new();
	return fenced(op, err, &rows);
}

int observe_run_listed(struct op *op, struct observe_run *run, const char *fault)
{
	struct db_rows rows;
	int err = db_run(op, &obs_run_listed, &rows, P_I64(run->id), P_I64(run->lease_token), P_C(fault ? fault : ""), P_I64(OBSERVE_LEASE_S));

	err = fenced(op, err, &rows);
	if (err < 0)
		return err;
	run->state = STR("judging");
	if (str_equal(db_str(&rows, 0, 0), STR("lost")))
		run->listing.fault = "lost";
	else
		run->listing.fault = fault;
	return 0;
}

static struct str cut(struct str s)
{
	if (str_is_null(s) || !utf8_is_valid(s))
		return STR("");
	if (s.len <= DETAIL_MAX_BYTES)
		return s;
	s.len = DETAIL_MAX_BYTES;
	while (s.len > 0 && ((unsigned char)s.p[s.len] & 0xC0) == 0x80)
		s.len--;
	return s;
}

int observe_run_cannot_list(struct op *op, struct observe_run *run)
{
	struct db_rows rows;
	int err = db_run(op, &obs_run_cannot_list, &rows, P_I64(run->id), P_I64(run->lease_token));

	run->is_sample = true;
	return fenced(op, err, &rows);
}

int observe_run_release(struct op *op, const struct observe_run *run, int64_t delay_ms, struct str detail)
{
	struct db_rows rows;
	int err = db_run(op, &obs_run_release, &rows, P_I64(run->id), P_I64(run->lease_token), P_I64(delay_ms), P_STR(cut(detail)),
	                 P_I64(str_is_empty(detail) ? 0 : 1));

	return fenced(op, err, &rows);
}

int observe_run_fail(struct op *op, const struct observe_run *run, const char *fault, struct str detail)
{
	struct db_rows rows;
	int err = db_run(op, &obs_run_fail, &rows, P_I64(run->id), P_I64(run->lease_token), P_C(fault), P_STR(cut(detail)));

	return fenced(op, err, &rows);
}

int observe_run_extend(struct op *op, const struct observe_run *run)
{
	struct db_rows rows;
	int err = db_run(op, &obs_run_extend, &rows, P_I64(run->id), P_I64(run->lease_token), P_I64(OBSERVE_LEASE_S));

	return fenced(op, err, &rows);
}

int observe_counts(struct op *op, const struct observe_counts **ret_counts, size_t *ret_n)
{
	struct db_rows rows;
	struct observe_counts *counts;
	int err = db_run(op, &obs_counts, &rows);

	if (err < 0)
		return err;
	counts = ARENA_ARRAY(op->arena, struct observe_counts, rows.n);
	for (size_t i = 0; i < rows.n; i++)
		counts[i] = (struct observe_counts){ db_str(&rows, i, 0),  db_i64(&rows, i, 1), db_i64(&rows, i, 2),
			                             db_i64(&rows, i, 3),  db_i64(&rows, i, 4), db_i64(&rows, i, 5),
			                             db_i64(&rows, i, 6),  db_i64(&rows, i, 7), db_i64(&rows, i, 8) };
	*ret_counts = counts;
	*ret_n = rows.n;
	return 0;
}
