#include "provisioning/observe/follow_store.h"

#include "common/base/random.h"
#include "common/base/text.h"
#include "common/db/columns.h"
#include "common/plan/plan.h"
#include "provisioning/attributes.h"

#define DETAIL_MAX_BYTES 500

DB_QUERY(fol_claim, DB_WRITE,
	"INSERT INTO sen.follow AS f (platform_id, lease_token, lease_until) VALUES ($1::smallint, 1, now() + $2::bigint * interval '1 s')"
	" ON CONFLICT (platform_id) DO UPDATE SET lease_token = f.lease_token + 1, lease_until = excluded.lease_until, connected_at = NULL"
	" WHERE f.lease_until IS NULL OR f.lease_until < now() RETURNING f.lease_token, coalesce(f.cursor, '')");

DB_QUERY(fol_keep, DB_WRITE,
	"UPDATE sen.follow SET lease_until = now() + $3::bigint * interval '1 s', cursor = coalesce(nullif($4, ''), cursor),"
	" connected_at = CASE WHEN $5::boolean THEN coalesce(connected_at, now()) END, current_at = CASE WHEN $6::boolean THEN now() ELSE current_at END,"
	" unsure = unsure OR $7::boolean, told = told + $8::bigint WHERE platform_id = $1::smallint AND lease_token = $2::bigint RETURNING 1");

DB_QUERY(fol_end, DB_WRITE,
	"UPDATE sen.follow SET lease_until = NULL, connected_at = NULL, fault = coalesce(nullif($3, ''), fault), detail = CASE WHEN $3 = '' THEN detail ELSE nullif($4, '') END,"
	" fault_at = CASE WHEN $3 = '' THEN fault_at ELSE now() END, cursor = CASE WHEN NOT $5::boolean THEN cursor END, restarts = restarts + $5::boolean::integer"
	" WHERE platform_id = $1::smallint AND lease_token = $2::bigint RETURNING 1");

DB_QUERY(fol_list, DB_WRITE,
	"WITH n AS (INSERT INTO sen.observe_run (platform_id, kind, reason) SELECT f.platform_id, 'list', 'recovery' FROM sen.follow f"
	"  JOIN sen.observe_plan p ON p.platform_id = f.platform_id WHERE f.platform_id = $1::smallint AND f.lease_token = $2::bigint AND f.unsure AND p.can_list"
	"  AND p.enabled AND NOT EXISTS (SELECT FROM sen.observe_run r WHERE r.platform_id = f.platform_id AND r.created_at > now() - interval '1 min')"
	"  ON CONFLICT (platform_id) WHERE state IN ('waiting', 'listing', 'judging') DO NOTHING RETURNING 1)"
	" UPDATE sen.follow SET unsure = false WHERE platform_id = $1::smallint AND lease_token = $2::bigint AND EXISTS (SELECT FROM n)");

/* What was seen under another name is its owner's from the moment when his binding has that name. */
DB_QUERY(fol_resolve, DB_READ,
	"WITH i AS MATERIALIZED (SELECT i.*, coalesce(a.id, t.account_id) AS by_id, t.account_id AS by_stable, CASE WHEN s.situation IN ('linked', 'missing')"
	"  OR EXISTS (SELECT FROM sen.binding x WHERE x.account_id = s.owner_account AND x.platform_id = $1::smallint AND x.ext_id = i.ext_id) THEN s.owner_account END AS by_ext, l.id AS by_login,"
	"  s.decision = 'adopt' AND s.decision_state IN ('proposed', 'decided', 'doing') AS is_decided"
	"  FROM unnest($2::text[], $3::uuid[], $4::text[], $5::text[]) WITH ORDINALITY i (ext_id, account_id, login, stable_id, n)"
	"  LEFT JOIN sen.account a ON a.id = i.account_id LEFT JOIN sen.shadow s ON s.platform_id = $1::smallint AND s.ext_id = i.ext_id"
	"  LEFT JOIN LATERAL (SELECT min(x.account_id::text)::uuid AS account_id FROM sen.binding x WHERE x.platform_id = $1::smallint AND x.stable_id = i.stable_id"
	"   HAVING count(*) = 1) t ON true LEFT JOIN sen.account l ON l.login = lower(i.login))"
	" SELECT coalesce(i.by_id, i.by_ext, i.by_login), i.by_id IS NOT NULL, b.account_id IS NOT NULL, b.ext_id IS NOT DISTINCT FROM i.ext_id,"
	" i.by_id <> i.by_ext AND EXISTS (SELECT FROM sen.binding x WHERE x.account_id = i.by_ext AND x.platform_id = $1::smallint AND x.ext_id = i.ext_id)"
	"  OR coalesce(i.by_id <> i.by_stable, false),"
	" coalesce(i.is_decided, false), coalesce(b.state, 0), b.want_hash, coalesce(b.want_active, false), coalesce(b.seen_at > now() - interval '1 s', false) FROM i"
	" LEFT JOIN sen.binding b ON b.account_id = coalesce(i.by_id, i.by_ext, i.by_login) AND b.platform_id = $1::smallint ORDER BY i.n");

/* As a listing's rows; what is told of an account makes it due whenever it was told: the worker looks before it writes. */
DB_QUERY(fol_write, DB_WRITE,
	"WITH f AS MATERIALIZED (SELECT platform_id FROM sen.follow WHERE platform_id = $1::smallint AND lease_token = $2::bigint FOR UPDATE),"
	" r AS MATERIALIZED (SELECT f.platform_id, i.ext_id, nullif(i.login, '') AS login, i.account_id, i.active, i.situation, i.owner, i.want_hash,"
	"  nullif(i.diff, '') AS diff, i.enforce, i.names, encode(substring(sha256(convert_to(i.attrs, 'UTF8')) FROM 1 FOR 16), 'hex')::uuid AS attrs_hash"
	"  FROM f, unnest($3::text[], $4::text[], $5::uuid[], $6::boolean[], $7::text[], $8::text[], $9::uuid[], $10::uuid[], $11::text[], $12::boolean[], $13::text[])"
	"  i (ext_id, login, account_id, active, attrs, situation, owner, want_hash, diff, enforce, names)),"
	" shown AS (INSERT INTO sen.shadow AS s (platform_id, ext_id, natural_key, account_id, active, attrs_hash, situation, owner_account, equal_to, diff, last_run)"
	"  SELECT platform_id, ext_id, login, account_id, active, attrs_hash, situation, owner, CASE WHEN diff IS NULL THEN want_hash END, diff::json, 0 FROM r"
	"  ON CONFLICT (platform_id, ext_id) DO UPDATE SET natural_key = excluded.natural_key, account_id = excluded.account_id, active = excluded.active,"
	"  attrs_hash = excluded.attrs_hash, situation = excluded.situation, owner_account = excluded.owner_account, equal_to = excluded.equal_to,"
	"  diff = excluded.diff, missing_runs = 0, changed_at = now(),"
	"  decision = CASE WHEN (s.situation, s.owner_account) IS NOT DISTINCT FROM (excluded.situation, excluded.owner_account) THEN s.decision END,"
	"  decision_state = CASE WHEN (s.situation, s.owner_account) IS NOT DISTINCT FROM (excluded.situation, excluded.owner_account) THEN s.decision_state END"
	"  WHERE s.missing_runs > 0 OR (s.natural_key, s.account_id, s.active, s.attrs_hash, s.situation, s.owner_account, s.equal_to, s.diff::text)"
	"  IS DISTINCT FROM (excluded.natural_key, excluded.account_id, excluded.active, excluded.attrs_hash, excluded.situation, excluded.owner_account,"
	"  excluded.equal_to, excluded.diff::text)),"
	" due AS (UPDATE sen.binding b SET seen_hash = r.attrs_hash, seen_active = r.active, state = 1, due_at = now(), tries = 0,"
	"  prio = CASE WHEN b.want_active THEN 4 ELSE 0 END FROM r WHERE r.enforce AND b.account_id = r.owner AND b.platform_id = r.platform_id"
	"  AND b.state IN (0, 7) AND b.want_hash = r.want_hash RETURNING b.account_id, b.platform_id, b.want_gen, r.names),"
	" logged AS (INSERT INTO sen.op_log (platform_id, account_id, op, gen, outcome, ms, detail, task_id)"
	"  SELECT platform_id, account_id, 'observe', want_gen, 'drift', 0, names, $14 FROM due)"
	" UPDATE sen.follow x SET drifted = drifted + (SELECT count(*) FROM r WHERE diff IS NOT NULL OR enforce), repaired = repaired + (SELECT count(*) FROM due)"
	" FROM f WHERE x.platform_id = f.platform_id RETURNING (SELECT count(*) FROM due)");

/* Who is gone and should be off may only have been moved to where nobody follows: what it is known by finds it. */
DB_QUERY(fol_due, DB_WRITE,
	"WITH f AS MATERIALIZED (SELECT platform_id FROM sen.follow WHERE platform_id = $1::smallint AND lease_token = $2::bigint FOR UPDATE),"
	" r AS MATERIALIZED (SELECT f.platform_id, i.account_id, nullif(i.gone, '') AS gone FROM f, unnest($3::uuid[], $4::text[]) i (account_id, gone)),"
	" shown AS (UPDATE sen.shadow s SET situation = 'missing', active = NULL, attrs_hash = NULL, equal_to = NULL, diff = NULL, missing_runs = 1,"
	"  changed_at = now(), decision = NULL, decision_state = NULL FROM r WHERE r.gone IS NOT NULL AND s.platform_id = r.platform_id AND s.ext_id = r.gone"
	"  AND s.situation = 'linked'),"
	" due AS (UPDATE sen.binding b SET seen_hash = NULL, seen_active = CASE WHEN r.gone IS NULL THEN b.seen_active ELSE false END, state = 1, due_at = now(),"
	"  tries = 0, prio = CASE WHEN b.want_active THEN 4 ELSE 0 END FROM r WHERE b.account_id = r.account_id AND b.platform_id = r.platform_id AND b.state IN (0, 7)"
	"  AND (r.gone IS NULL OR b.ext_id = r.gone AND (b.want_active OR b.stable_id IS NOT NULL)) RETURNING b.account_id, b.platform_id, b.want_gen, r.gone),"
	" logged AS (INSERT INTO sen.op_log (platform_id, account_id, op, gen, outcome, ms, detail, task_id)"
	"  SELECT platform_id, account_id, 'observe', want_gen, 'drift', 0, CASE WHEN gone IS NULL THEN 'changed there' ELSE 'deleted there' END, $5 FROM due)"
	" UPDATE sen.follow x SET drifted = drifted + (SELECT count(*) FROM due), repaired = repaired + (SELECT count(*) FROM due)"
	" FROM f WHERE x.platform_id = f.platform_id RETURNING (SELECT count(*) FROM due)");

#define EXPECTED(from, where)                                                                                              \
	"SELECT DISTINCT b.account_id, b.ext_id, a.login FROM " from " JOIN sen.binding b ON b.account_id = a.id AND b.platform_id = $1::smallint" \
	" WHERE " where " AND b.want_active AND b.ext_id IS NOT NULL LIMIT $3::bigint"
#define GRANTED "sen.platform p JOIN sen.role r ON r.platform_id = p.id JOIN sen.live_grant g ON g.role_id = r.id JOIN sen.account a ON a.id = g.account_id"

DB_QUERY(fol_role, DB_READ, EXPECTED(GRANTED, "p.id = $1::smallint AND lower(r.code) = lower($2)"));
/* The directory has the roles of all, by the names of both. */
DB_QUERY(fol_role_of_all, DB_READ, EXPECTED(GRANTED, "lower(p.code) = lower(split_part($2, ':', 1)) AND lower(r.code) = lower(split_part($2, ':', 2))"));
DB_QUERY(fol_in_unit, DB_READ,
	EXPECTED("sen.unit u JOIN sen.post o ON o.unit_id = u.id AND o.kind = 'main' AND o.valid @> sen.today() JOIN sen.account a ON a.person_id = o.person_id",
	         "u.code = $2"));

/* The lines of who keeps the entries of units (provisioning/units). */
DB_QUERY(fol_unit, DB_WRITE,
	"INSERT INTO sen.unit_dirty (platform_id, unit_id) SELECT s.platform_id, u.id FROM sen.unit_sync s, sen.unit u WHERE s.platform_id = $1::smallint AND u.code = $2"
	" ON CONFLICT (platform_id, unit_id) DO UPDATE SET seq = nextval('sen.unit_dirty_seq')");

static int fenced(struct op *op, int err, const struct db_rows *rows)
{
	if (err < 0)
		return err;
	return rows->n > 0 ? 0 : op_fail(op, ERR_CONFLICT, "another provisioner follows the platform now");
}

int follow_claim(struct op *op, int64_t platform_id, struct follow *ret, bool *ret_is_ours)
{
	struct db_rows rows;
	int err = db_run(op, &fol_claim, &rows, P_I64(platform_id), P_I64(FOLLOW_LEASE_S));

	*ret_is_ours = err == 0 && rows.n > 0;
	if (*ret_is_ours)
		*ret = (struct follow){ platform_id, db_i64(&rows, 0, 0), db_str(&rows, 0, 1) };
	return err;
}

int follow_keep(struct op *op, const struct follow *f, const struct follow_mark *m)
{
	struct db_rows rows;
	int err = db_run(op, &fol_keep, &rows, P_I64(f->platform_id), P_I64(f->lease_token), P_I64(FOLLOW_LEASE_S),
	                 P_STR(str_is_null(m->cursor) ? STR("") : m->cursor), P_BOOL(m->is_connected), P_BOOL(m->is_current), P_BOOL(m->is_unsure),
	                 P_I64((int64_t)m->n_told));

	return fenced(op, err, &rows);
}

static struct str cut(struct str s)
{
	if (str_is_null(s) || !utf8_is_valid(s) || s.len > DETAIL_MAX_BYTES)
		return STR("");
	return s;
}

int follow_end(struct op *op, const struct follow *f, const char *fault, struct str detail, bool restart)
{
	struct db_rows rows;
	int err = db_run(op, &fol_end, &rows, P_I64(f->platform_id), P_I64(f->lease_token), P_C(fault ? fault : ""), P_STR(cut(detail)), P_BOOL(restart));

	return fenced(op, err, &rows);
}

int follow_list(struct op *op, const struct follow *f)
{
	struct db_rows rows;

	return db_run(op, &fol_list, &rows, P_I64(f->platform_id), P_I64(f->lease_token));
}

/* Words of a platform: what is no text would make all fail. */
static struct str word(struct str s)
{
	return !str_is_null(s) && utf8_is_valid(s) && str_index(s, '\0') < 0 ? s : STR("");
}

static void set_uuid(struct columns *c, size_t column, size_t row, struct str text)
{
	struct str id = str_is_null(text) ? STR("") : attributes_lower(c->arena, text);

	if (uuid_is_valid(id))
		columns_text(c, column, row, id);
}

int follow_resolve(struct op *op, int64_t platform_id, const struct clue *clues, size_t n, struct resolved *ret)
{
	struct columns c = columns_new(op->arena, n, 4);
	struct db_rows rows;
	int err;

	for (size_t i = 0; i < n; i++) {
		columns_text(&c, 0, i, word(clues[i].listed.ext_id));
		set_uuid(&c, 1, i, clues[i].listed.account_id);
		columns_text(&c, 2, i, word(clues[i].listed.login));
		if (!str_is_null(clues[i].listed.stable_id))
			columns_text(&c, 3, i, word(clues[i].listed.stable_id));
	}
	err = db_run(op, &fol_resolve, &rows, P_I64(platform_id), columns_param(&c, 0), columns_param(&c, 1), columns_param(&c, 2),
	             columns_param(&c, 3));
	if (err < 0)
		return err;
	if (rows.n != n)
		return op_fail(op, ERR_INTERNAL, "not as many answers as questions");
	for (size_t i = 0; i < n; i++)
		ret[i] = (struct resolved){ .owner = db_str(&rows, i, 0), .is_by_id = db_bool(&rows, i, 1), .is_bound = db_bool(&rows, i, 2),
			                    .is_exact = db_bool(&rows, i, 3), .is_collision = db_bool(&rows, i, 4), .is_decided = db_bool(&rows, i, 5),
			                    .state = db_i64(&rows, i, 6), .want_hash = db_str(&rows, i, 7), .want_active = db_bool(&rows, i, 8), .is_fresh = db_bool(&rows, i, 9) };
	return 0;
}

static int n_due_of(struct op *op, int err, const struct db_rows *rows, size_t *ret_n_due)
{
	err = fenced(op, err, rows);
	if (err == 0)
		*ret_n_due = (size_t)db_i64(rows, 0, 0);
	return err;
}

int follow_write(struct op *op, const struct follow *f, const struct sight_row *rows, size_t n, size_t *ret_n_due)
{
	struct columns c = columns_new(op->arena, n, 11);
	struct db_rows result;
	int err;

	for (size_t i = 0; i < n; i++) {
		const struct listed *l = rows[i].listed;
		const struct judgement *j = &rows[i].judgement;
		struct str document = word(l->document);

		columns_text(&c, 0, i, word(l->ext_id));
		columns_text(&c, 1, i, word(l->login));
		set_uuid(&c, 2, i, l->account_id);
		columns_bool(&c, 3, i, l->active);
		columns_text(&c, 4, i, str_is_empty(document) ? STR("{}") : document);
		columns_text(&c, 5, i, str_c(rows[i].situation));
		set_uuid(&c, 6, i, rows[i].owner);
		set_uuid(&c, 7, i, j->want_hash);
		columns_text(&c, 8, i, str_is_null(j->diff) || str_contains(j->diff, STR("\\u0000")) ? STR("") : j->diff);
		columns_bool(&c, 9, i, j->is_enforced);
		columns_text(&c, 10, i, str_is_null(j->names) ? STR("") : j->names);
	}
	err = db_run(op, &fol_write, &result, P_I64(f->platform_id), P_I64(f->lease_token), columns_param(&c, 0), columns_param(&c, 1),
	             columns_param(&c, 2), columns_param(&c, 3), columns_param(&c, 4), columns_param(&c, 5), columns_param(&c, 6), columns_param(&c, 7),
	             columns_param(&c, 8), columns_param(&c, 9), columns_param(&c, 10), P_C(op->id));
	return n_due_of(op, err, &result, ret_n_due);
}

int follow_due(struct op *op, const struct follow *f, const struct due_row *rows, size_t n, size_t *ret_n_due)
{
	struct columns c = columns_new(op->arena, n, 2);
	struct db_rows result;
	int err;

	for (size_t i = 0; i < n; i++) {
		set_uuid(&c, 0, i, rows[i].account_id);
		columns_text(&c, 1, i, word(rows[i].ext_id));
	}
	err = db_run(op, &fol_due, &result, P_I64(f->platform_id), P_I64(f->lease_token), columns_param(&c, 0), columns_param(&c, 1), P_C(op->id));
	return n_due_of(op, err, &result, ret_n_due);
}

/* More than that is for a listing. */
#define EXPECTED_MAX 100000

int follow_group(struct op *op, int64_t platform_id, struct group_members *m, bool *ret_is_whole)
{
	const struct query *role = platform_id == PLATFORM_DIRECTORY ? &fol_role_of_all : &fol_role;
	struct db_rows rows;
	int err = db_run(op, m->group.is_unit ? &fol_in_unit : role, &rows, P_I64(platform_id), P_STR(word(m->group.name)), P_I64(EXPECTED_MAX + 1));

	if (err < 0)
		return err;
	*ret_is_whole = rows.n <= EXPECTED_MAX;
	m->expected = ARENA_ARRAY(op->arena, struct role_member, rows.n + 1);
	m->n = rows.n;
	for (size_t i = 0; i < rows.n; i++)
		m->expected[i] = (struct role_member){ db_str(&rows, i, 0), db_str(&rows, i, 1), db_str(&rows, i, 2), false };
	return 0;
}

int follow_unit(struct op *op, int64_t platform_id, struct str code)
{
	struct db_rows rows;

	return db_run(op, &fol_unit, &rows, P_I64(platform_id), P_STR(word(code)));
}
