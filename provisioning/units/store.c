#include "provisioning/units/store.h"

#include "common/base/err.h"
#include "common/base/text.h"
#include "common/db/columns.h"

#define DETAIL_MAX_BYTES 500

DB_QUERY(units_prepare_q, DB_WRITE,
	"INSERT INTO sen.unit_sync AS s (platform_id) VALUES ($1::smallint) ON CONFLICT (platform_id) DO UPDATE SET whole_due_at = now(), retry_at = NULL");

DB_QUERY(units_claim_q, DB_WRITE,
	"UPDATE sen.unit_sync s SET lease_token = s.lease_token + 1, lease_until = now() + $2::bigint * interval '1 s' WHERE s.platform_id = $1::smallint"
	" AND (s.lease_until IS NULL OR s.lease_until < now()) AND (s.retry_at IS NULL OR s.retry_at <= now()) AND (s.whole_due_at <= now()"
	" OR s.whole_on IS DISTINCT FROM sen.today() OR EXISTS (SELECT FROM sen.unit_dirty d WHERE d.platform_id = s.platform_id)"
	" OR EXISTS (SELECT FROM sen.hold h WHERE h.platform_id = s.platform_id AND h.reason = 'units' AND h.state IN ('released', 'discarded') AND h.applied_at IS NULL))"
	" RETURNING s.lease_token, s.whole_due_at <= now() OR s.whole_on IS DISTINCT FROM sen.today(), sen.today()");

DB_QUERY(units_keep_q, DB_WRITE,
	"UPDATE sen.unit_sync SET lease_until = now() + $3::bigint * interval '1 s' WHERE platform_id = $1::smallint AND lease_token = $2::bigint RETURNING 1");

DB_QUERY(units_end_q, DB_WRITE,
	"UPDATE sen.unit_sync SET lease_until = NULL, made = made + $5::bigint, changed = changed + $6::bigint, raced = raced + $7::bigint,"
	" refused = refused + $8::bigint, tries = CASE WHEN $9 = '' THEN 0 ELSE tries + 1 END,"
	" retry_at = CASE WHEN $9 <> '' THEN now() + least(power(2, least(tries, 10)), 300) * interval '1 s' END,"
	" fault = coalesce(nullif($9, ''), fault), detail = CASE WHEN $9 = '' THEN detail ELSE nullif($10, '') END,"
	" fault_at = CASE WHEN $9 = '' THEN fault_at ELSE now() END,"
	" whole_at = CASE WHEN w.well THEN now() ELSE whole_at END, whole_on = CASE WHEN w.well THEN $3::date ELSE whole_on END,"
	" whole_due_at = CASE WHEN w.well THEN now() + interval '1 h' ELSE whole_due_at END,"
	" entries = CASE WHEN w.well THEN $11::bigint ELSE entries END, strangers = CASE WHEN w.well THEN $12::bigint ELSE strangers END"
	" FROM (SELECT $4::boolean AND $9 = '' AS well) w WHERE platform_id = $1::smallint AND lease_token = $2::bigint RETURNING 1");

/* As the guard has let it through; of a unit that came a moment ago, as it is. */
#define BEGINS "coalesce(s.valid_from, u.valid_from)"
#define ENDS "CASE WHEN s.unit_id IS NULL THEN u.valid_to ELSE s.valid_to END"
#define UNIT                                                                                                              \
	"u.code, coalesce(s.name, u.name), coalesce(s.kind, u.kind), coalesce(p.code, ''), CASE WHEN " BEGINS " > sen.today() THEN 'planned'" \
	" WHEN " ENDS " <= sen.today() THEN 'abolished' ELSE 'active' END"
#define SHOWN                                                                                                             \
	" LEFT JOIN sen.unit_shown s ON s.platform_id = $1::smallint AND s.unit_id = u.id"                                    \
	" LEFT JOIN sen.unit p ON p.id = CASE WHEN s.unit_id IS NULL THEN u.parent_id ELSE s.parent_id END"

DB_QUERY(units_read_q, DB_READ,
	"SELECT " UNIT " FROM unnest($2::text[]) WITH ORDINALITY i (code, n) LEFT JOIN sen.unit u ON u.code = i.code" SHOWN " ORDER BY i.n");

DB_QUERY(units_page_q, DB_READ,
	"SELECT " UNIT " FROM sen.unit u" SHOWN " WHERE u.code COLLATE \"C\" > $2 AND " BEGINS " <= sen.today()"
	" AND coalesce(" ENDS " > sen.today(), true) ORDER BY u.code COLLATE \"C\" LIMIT $3::bigint");

DB_QUERY(units_marks_q, DB_READ,
	"SELECT d.unit_id, d.seq, u.code FROM sen.unit_dirty d LEFT JOIN sen.unit u ON u.id = d.unit_id WHERE d.platform_id = $1::smallint"
	" ORDER BY d.seq LIMIT $2::bigint");

/* Who changes a unit right now marks it again. */
DB_QUERY(units_unmark_q, DB_WRITE,
	"WITH f AS MATERIALIZED (SELECT d.platform_id, d.unit_id FROM sen.unit_dirty d JOIN unnest($2::integer[], $3::bigint[]) i (unit_id, seq)"
	"  ON d.unit_id = i.unit_id AND d.seq = i.seq WHERE d.platform_id = $1::smallint ORDER BY d.unit_id FOR UPDATE OF d SKIP LOCKED)"
	" DELETE FROM sen.unit_dirty d USING f WHERE d.platform_id = f.platform_id AND d.unit_id = f.unit_id");

DB_QUERY(units_mark_again_q, DB_WRITE,
	"INSERT INTO sen.unit_dirty (platform_id, unit_id) SELECT $1::smallint, u.id FROM sen.unit u WHERE u.code = ANY ($2::text[]) ORDER BY 2"
	" ON CONFLICT (platform_id, unit_id) DO UPDATE SET seq = nextval('sen.unit_dirty_seq')");

DB_QUERY(units_state_q, DB_READ,
	"SELECT coalesce(extract(epoch FROM now() - s.whole_at)::bigint, -1), (SELECT count(*) FROM sen.unit_dirty d WHERE d.platform_id = s.platform_id),"
	" s.tries, s.entries, s.strangers, s.made, s.changed, s.raced, s.refused,"
	" (SELECT count(*) FROM sen.unit_shown x JOIN sen.hold h ON h.id = x.hold_id WHERE x.platform_id = s.platform_id AND h.state = 'open')"
	" FROM sen.unit_sync s WHERE s.platform_id = $1::smallint");

static int fenced(struct op *op, int err, const struct db_rows *rows)
{
	if (err < 0)
		return err;
	return rows->n > 0 ? 0 : op_fail(op, ERR_CONFLICT, "another provisioner keeps the units now");
}

int units_prepare(struct op *op, int64_t platform_id)
{
	struct db_rows rows;

	return db_run(op, &units_prepare_q, &rows, P_I64(platform_id));
}

int units_claim(struct op *op, int64_t platform_id, struct units_lease *ret, bool *ret_is_ours)
{
	struct db_rows rows;
	int err = db_run(op, &units_claim_q, &rows, P_I64(platform_id), P_I64(UNITS_LEASE_S));

	*ret_is_ours = err == 0 && rows.n > 0;
	if (*ret_is_ours)
		*ret = (struct units_lease){ platform_id, db_i64(&rows, 0, 0), db_bool(&rows, 0, 1), db_str(&rows, 0, 2) };
	return err;
}

int units_keep(struct op *op, const struct units_lease *l)
{
	struct db_rows rows;
	int err = db_run(op, &units_keep_q, &rows, P_I64(l->platform_id), P_I64(l->token), P_I64(UNITS_LEASE_S));

	return fenced(op, err, &rows);
}

/* Words of a directory: what is no text would make all fail. */
static struct str cut(struct str s)
{
	return str_is_null(s) || !utf8_is_valid(s) || str_index(s, '\0') >= 0 || s.len > DETAIL_MAX_BYTES ? STR("") : s;
}

int units_end(struct op *op, const struct units_lease *l, const struct units_done *done)
{
	struct db_rows rows;
	int err = db_run(op, &units_end_q, &rows, P_I64(l->platform_id), P_I64(l->token), P_STR(l->day), P_BOOL(l->is_whole && !done->is_cut), P_I64(done->made),
	                 P_I64(done->changed), P_I64(done->raced), P_I64(done->refused), P_C(done->fault ? done->fault : ""), P_STR(cut(done->detail)),
	                 P_I64(done->entries), P_I64(done->strangers));

	return fenced(op, err, &rows);
}

static struct unit_facts facts_of(const struct db_rows *rows, size_t i)
{
	return (struct unit_facts){ db_str(rows, i, 0), db_str(rows, i, 1), db_str(rows, i, 2), db_str(rows, i, 3), db_str(rows, i, 4) };
}

int units_read(struct op *op, int64_t platform_id, const struct str *codes, size_t n, struct unit_facts *ret)
{
	struct columns c = columns_new(op->arena, n, 1);
	struct db_rows rows;
	int err;

	for (size_t i = 0; i < n; i++)
		columns_text(&c, 0, i, cut(codes[i]));
	err = db_run(op, &units_read_q, &rows, P_I64(platform_id), columns_param(&c, 0));
	if (err < 0)
		return err;
	if (rows.n != n)
		return op_fail(op, ERR_INTERNAL, "not as many answers as questions");
	for (size_t i = 0; i < n; i++)
		ret[i] = facts_of(&rows, i);
	return 0;
}

int units_page(struct op *op, int64_t platform_id, struct str after, const struct unit_facts **ret, size_t *ret_n)
{
	struct unit_facts *all;
	struct db_rows rows;
	int err = db_run(op, &units_page_q, &rows, P_I64(platform_id), P_STR(after), P_I64(UNITS_PAGE));

	if (err < 0)
		return err;
	all = ARENA_ARRAY(op->arena, struct unit_facts, rows.n + 1);
	for (size_t i = 0; i < rows.n; i++)
		all[i] = facts_of(&rows, i);
	*ret = all;
	*ret_n = rows.n;
	return 0;
}

int units_marks(struct op *op, int64_t platform_id, const struct units_mark **ret, size_t *ret_n)
{
	struct units_mark *all;
	struct db_rows rows;
	int err = db_run(op, &units_marks_q, &rows, P_I64(platform_id), P_I64(UNITS_PAGE));

	if (err < 0)
		return err;
	all = ARENA_ARRAY(op->arena, struct units_mark, rows.n + 1);
	for (size_t i = 0; i < rows.n; i++)
		all[i] = (struct units_mark){ db_i64(&rows, i, 0), db_i64(&rows, i, 1), db_str(&rows, i, 2) };
	*ret = all;
	*ret_n = rows.n;
	return 0;
}

int units_unmark(struct op *op, int64_t platform_id, const struct units_mark *marks, size_t n)
{
	struct columns c = columns_new(op->arena, n, 2);
	struct db_rows rows;

	for (size_t i = 0; i < n; i++) {
		columns_int(&c, 0, i, marks[i].unit_id);
		columns_int(&c, 1, i, marks[i].seq);
	}
	return db_run(op, &units_unmark_q, &rows, P_I64(platform_id), columns_param(&c, 0), columns_param(&c, 1));
}

int units_mark_again(struct op *op, int64_t platform_id, const struct str *codes, size_t n)
{
	struct db_rows rows;

	return db_run(op, &units_mark_again_q, &rows, P_I64(platform_id), P_STR(db_array(op->arena, codes, n)));
}

int units_state(struct op *op, int64_t platform_id, struct units_state *ret)
{
	struct db_rows rows;
	int err = db_run(op, &units_state_q, &rows, P_I64(platform_id));

	*ret = (struct units_state){ .age_s = -1 };
	if (err < 0 || rows.n == 0)
		return err;
	*ret = (struct units_state){ .age_s = db_i64(&rows, 0, 0), .waiting = db_i64(&rows, 0, 1), .tries = db_i64(&rows, 0, 2),
		                     .total = { .entries = db_i64(&rows, 0, 3), .strangers = db_i64(&rows, 0, 4), .made = db_i64(&rows, 0, 5),
		                                .changed = db_i64(&rows, 0, 6), .raced = db_i64(&rows, 0, 7), .refused = db_i64(&rows, 0, 8) },
		                     .held = db_i64(&rows, 0, 9) };
	return 0;
}
