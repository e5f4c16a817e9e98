#include "server/governance/movement_store.h"

#include "common/base/random.h"

#define EPOCH_DAY "DATE '1970-01-01'"
#define DAY_OF(stamp) "((" stamp " AT TIME ZONE 'Asia/Ho_Chi_Minh')::date - " EPOCH_DAY ")"
/* "now" for what happens at once, else the beginning of the day. */
#define WHEN(day) "CASE WHEN " day "::bigint IS NULL THEN now() ELSE sen.day_start(" day "::bigint) END"

DB_QUERY(lc_person_q, DB_WRITE,
         "SELECT sen.person_state(p.id), sen.person_base(p.id), p.legal_hold, sen.today() - " EPOCH_DAY
         " FROM sen.person p WHERE p.id = $1::uuid FOR NO KEY UPDATE");
DB_QUERY(lc_posts_q, DB_READ,
         "SELECT o.id, o.kind, o.title || ', ' || u.code, o.unit_id, o.rank, lower(o.valid) - " EPOCH_DAY ", upper(o.valid) - " EPOCH_DAY
         " FROM sen.post o JOIN sen.unit u ON u.id = o.unit_id WHERE o.person_id = $1::uuid"
         " AND (upper_inf(o.valid) OR upper(o.valid) >= sen.today()) ORDER BY lower(o.valid), o.id");
DB_QUERY(lc_accounts_q, DB_READ, "SELECT a.id, a.login, a.kind, a.status FROM sen.account a WHERE a.person_id = $1::uuid ORDER BY a.kind = 'operational' DESC, a.id");
DB_QUERY(lc_grants_q, DB_READ,
         "SELECT g.id, g.account_id, g.post_id, pl.code || ':' || r.code, r.platform_id, g.role_id, g.unit_id,"
         " EXISTS (SELECT FROM sen.standing_post o WHERE o.person_id = a.person_id AND o.kind = 'main' AND starts_with(o.path, u.path))"
         " AND NOT EXISTS (SELECT FROM sen.standing_post o WHERE o.person_id = a.person_id AND o.kind <> 'main' AND starts_with(o.path, u.path)),"
         " " DAY_OF("g.valid_to") ", sen.grant_is_over(g), r.sensitivity IN ('high', 'privileged'), g.origin = 'rule'"
         " FROM sen.account a JOIN sen.access_grant g ON g.account_id = a.id JOIN sen.role r ON r.id = g.role_id"
         " JOIN sen.platform pl ON pl.id = r.platform_id JOIN sen.unit u ON u.id = g.unit_id"
         " WHERE a.person_id = $1::uuid AND a.kind IN ('operational', 'administrator') AND g.revoked_at IS NULL ORDER BY pl.id, r.code, g.id");
DB_QUERY(lc_scopes_q, DB_READ,
         "SELECT s.id, s.account_id, s.post_id, u.code FROM sen.account a JOIN sen.admin_scope s ON s.account_id = a.id JOIN sen.unit u ON u.id = s.unit_id"
         " WHERE a.person_id = $1::uuid AND s.revoked_at IS NULL AND (s.valid_to IS NULL OR s.valid_to > now()) ORDER BY u.path, s.id");
DB_QUERY(lc_stops_q, DB_READ,
         "SELECT s.id, s.account_id, s.kind, coalesce(s.platform_id, -1), " DAY_OF("s.valid_from")
         " FROM sen.account a JOIN sen.account_stop s ON s.account_id = a.id WHERE a.person_id = $1::uuid"
         " AND (s.valid_to IS NULL OR s.valid_to > greatest(now(), s.valid_from)) ORDER BY s.valid_from, s.id");
DB_QUERY(lc_pending_q, DB_READ,
         "SELECT m.id, m.kind, " DAY_OF("m.effective_at") " FROM sen.movement m WHERE m.person_id = $1::uuid AND m.void_by IS NULL"
         " AND m.effective_at > now() ORDER BY m.effective_at, m.seq");
DB_QUERY(lc_handovers_q, DB_READ, "SELECT platform_id, days FROM sen.handover_rule ORDER BY 1");
DB_QUERY(lc_graces_q, DB_READ, "SELECT role_id, rank, months FROM sen.grace_rule ORDER BY 1, 2");
DB_QUERY(lc_policy_q, DB_READ, "SELECT reapprove_after_days FROM sen.personnel_policy");

DB_QUERY(lc_post_end_q, DB_WRITE,
         "UPDATE sen.post SET valid = daterange(lower(valid), " EPOCH_DAY " + $3::integer), handover = CASE WHEN $4::boolean THEN"
         " (SELECT coalesce(jsonb_object_agg(h.platform_id, h.days), '{}') FROM sen.handover_rule h WHERE h.days > 0) ELSE '{}' END"
         " WHERE person_id = $1::uuid AND id = $2::uuid");
DB_QUERY(lc_post_cancel_q, DB_WRITE, "DELETE FROM sen.post WHERE person_id = $1::uuid AND id = $2::uuid");
DB_QUERY(lc_grant_end_q, DB_WRITE,
         "UPDATE sen.access_grant SET post_id = $3::uuid, handover_days = $4::smallint WHERE account_id = $1::uuid AND id = $2::uuid"
         " AND revoked_at IS NULL AND origin <> 'rule'");
DB_QUERY(lc_grant_revoke_q, DB_WRITE,
         "UPDATE sen.access_grant SET revoked_at = now(), revoked_by = $3::uuid, revoke_reason = 'movement ' || $4::text"
         " WHERE account_id = $1::uuid AND id = $2::uuid AND revoked_at IS NULL");
DB_QUERY(lc_stop_add_q, DB_WRITE,
         "INSERT INTO sen.account_stop (account_id, id, platform_id, kind, valid_from, valid_to, movement_id)"
         " VALUES ($1::uuid, $2::uuid, $3::smallint, $4, " WHEN("$5") ", sen.day_start($6::bigint), $7::uuid)");
DB_QUERY(lc_grace_add_q, DB_WRITE,
         "INSERT INTO sen.account_grace (account_id, stop_id, role_id, until_at) VALUES ($1::uuid, $2::uuid, $3::integer, sen.day_start($4::bigint))");
DB_QUERY(lc_stop_lift_q, DB_WRITE,
         "UPDATE sen.account_stop SET valid_to = greatest(valid_from, " WHEN("$3") "), lifted_by = $4::uuid WHERE account_id = $1::uuid AND id = $2::uuid"
         " AND (valid_to IS NULL OR valid_to > greatest(valid_from, " WHEN("$3") "))");
DB_QUERY(lc_due_add_q, DB_WRITE,
         "INSERT INTO sen.account_due (account_id, due_at, status, revoke, movement_id, actor)"
         " VALUES ($1::uuid, " WHEN("$2") ", $3, $4::boolean, $5::uuid, $6::uuid)");
/* What it would have closed stays open, what it would have lifted stays closed. */
DB_QUERY(lc_void_q, DB_WRITE,
         "WITH m AS (UPDATE sen.movement SET void_by = $3::uuid WHERE person_id = $1::uuid AND id = $2::uuid AND void_by IS NULL RETURNING id),"
         " d AS (DELETE FROM sen.account_due WHERE movement_id IN (SELECT id FROM m) AND done_at IS NULL),"
         " s AS (UPDATE sen.account_stop SET valid_to = CASE WHEN lifted_by IN (SELECT id FROM m) THEN NULL ELSE valid_from END, lifted_by = NULL"
         "  WHERE account_id IN (SELECT a.id FROM sen.account a WHERE a.person_id = $1::uuid)"
         "  AND (lifted_by IN (SELECT id FROM m) OR movement_id IN (SELECT id FROM m)))"
         " SELECT count(*) FROM m");
/* What an earlier end had in store for an account that begins anew. */
DB_QUERY(lc_due_void_q, DB_WRITE,
         "DELETE FROM sen.account_due WHERE account_id = $1::uuid AND done_at IS NULL AND due_at >= " WHEN("$2"));
DB_QUERY(lc_hold_q, DB_WRITE, "UPDATE sen.person SET legal_hold = true WHERE id = $1::uuid");
DB_QUERY(lc_due_run_q, DB_WRITE, "SELECT sen.account_due_run($1::uuid, 1000, $2)");

static struct lc_post post_from_row(const struct db_rows *rows, size_t i)
{
	struct lc_post post = {
		.id = db_str(rows, i, 0), .kind = db_str(rows, i, 1), .label = db_str(rows, i, 2), .unit_id = db_i64(rows, i, 3),
		.from = db_i64(rows, i, 5), .to = db_is_null(rows, i, 6) ? LC_OPEN : db_i64(rows, i, 6),
	};

	if (!lc_rank_from_name(db_str(rows, i, 4), &post.rank))
		post.rank = LC_STAFF;
	return post;
}

static int load_posts(struct op *op, struct str person_id, struct lc_person *ret)
{
	struct db_rows rows;
	struct lc_post *posts;
	int r = db_run(op, &lc_posts_q, &rows, P_STR(person_id));

	if (r < 0)
		return r;
	posts = ARENA_ARRAY(op->arena, struct lc_post, rows.n);
	for (size_t i = 0; i < rows.n; i++)
		posts[i] = post_from_row(&rows, i);
	ret->posts = posts;
	ret->n_posts = rows.n;
	return 0;
}

static int load_accounts(struct op *op, struct str person_id, struct lc_person *ret)
{
	struct db_rows rows;
	struct lc_account *accounts;
	int r = db_run(op, &lc_accounts_q, &rows, P_STR(person_id));

	if (r < 0)
		return r;
	accounts = ARENA_ARRAY(op->arena, struct lc_account, rows.n);
	for (size_t i = 0; i < rows.n; i++)
		accounts[i] = (struct lc_account){ db_str(&rows, i, 0), db_str(&rows, i, 1), db_str(&rows, i, 2), db_str(&rows, i, 3) };
	ret->accounts = accounts;
	ret->n_accounts = rows.n;
	return 0;
}

static int load_grants(struct op *op, struct str person_id, struct lc_person *ret)
{
	struct db_rows rows;
	struct lc_grant *grants;
	int r = db_run(op, &lc_grants_q, &rows, P_STR(person_id));

	if (r < 0)
		return r;
	grants = ARENA_ARRAY(op->arena, struct lc_grant, rows.n);
	for (size_t i = 0; i < rows.n; i++)
		grants[i] = (struct lc_grant){
			.id = db_str(&rows, i, 0), .account_id = db_str(&rows, i, 1), .post_id = db_str(&rows, i, 2), .label = db_str(&rows, i, 3),
			.platform_id = db_i64(&rows, i, 4), .role_id = db_i64(&rows, i, 5), .unit_id = db_i64(&rows, i, 6),
			.unit_in_main = db_bool(&rows, i, 7), .to = db_is_null(&rows, i, 8) ? LC_OPEN : db_i64(&rows, i, 8),
			.is_over = db_bool(&rows, i, 9), .is_sensitive = db_bool(&rows, i, 10), .by_rule = db_bool(&rows, i, 11),
		};
	ret->grants = grants;
	ret->n_grants = rows.n;
	return 0;
}

static int load_scopes(struct op *op, struct str person_id, struct lc_person *ret)
{
	struct db_rows rows;
	struct lc_scope *scopes;
	int r = db_run(op, &lc_scopes_q, &rows, P_STR(person_id));

	if (r < 0)
		return r;
	scopes = ARENA_ARRAY(op->arena, struct lc_scope, rows.n);
	for (size_t i = 0; i < rows.n; i++)
		scopes[i] = (struct lc_scope){ db_str(&rows, i, 0), db_str(&rows, i, 1), db_str(&rows, i, 2), db_str(&rows, i, 3) };
	ret->scopes = scopes;
	ret->n_scopes = rows.n;
	return 0;
}

static int load_stops(struct op *op, struct str person_id, struct lc_person *ret)
{
	struct db_rows rows;
	struct lc_stop *stops;
	int r = db_run(op, &lc_stops_q, &rows, P_STR(person_id));

	if (r < 0)
		return r;
	stops = ARENA_ARRAY(op->arena, struct lc_stop, rows.n);
	for (size_t i = 0; i < rows.n; i++)
		stops[i] = (struct lc_stop){ db_str(&rows, i, 0), db_str(&rows, i, 1), db_str(&rows, i, 2), db_i64(&rows, i, 3), db_i64(&rows, i, 4) };
	ret->stops = stops;
	ret->n_stops = rows.n;
	return 0;
}

static int load_pending(struct op *op, struct str person_id, struct lc_person *ret)
{
	struct db_rows rows;
	struct lc_pending *pending;
	int r = db_run(op, &lc_pending_q, &rows, P_STR(person_id));

	if (r < 0)
		return r;
	pending = ARENA_ARRAY(op->arena, struct lc_pending, rows.n);
	for (size_t i = 0; i < rows.n; i++) {
		pending[i] = (struct lc_pending){ .id = db_str(&rows, i, 0), .day = db_i64(&rows, i, 2) };
		if (!lc_event_from_name(db_str(&rows, i, 1), &pending[i].kind))
			return op_fail(op, ERR_INTERNAL, "a movement of an unknown kind");
	}
	ret->pending = pending;
	ret->n_pending = rows.n;
	return 0;
}

int lc_load(struct op *op, struct str person_id, struct lc_person *ret_person, int64_t *ret_today)
{
	static int (*const parts[])(struct op *op, struct str person_id, struct lc_person *ret) = {
		load_posts, load_accounts, load_grants, load_scopes, load_stops, load_pending,
	};
	struct db_rows rows;
	int r = db_run(op, &lc_person_q, &rows, P_STR(person_id));

	if (r < 0)
		return r;
	if (rows.n == 0)
		return op_fail(op, ERR_UNKNOWN_PERSON, "no such person");
	*ret_person = (struct lc_person){ .legal_hold = db_bool(&rows, 0, 2) };
	if (!lc_state_from_name(db_str(&rows, 0, 0), &ret_person->state) || !lc_state_from_name(db_str(&rows, 0, 1), &ret_person->base))
		return op_fail(op, ERR_INTERNAL, "a person in an unknown state");
	*ret_today = db_i64(&rows, 0, 3);
	for (size_t i = 0; i < ARRAY_LEN(parts) && r == 0; i++)
		r = parts[i](op, person_id, ret_person);
	return r;
}

static int load_graces(struct op *op, struct lc_rules *ret)
{
	struct db_rows rows;
	struct lc_grace *graces;
	int r = db_run(op, &lc_graces_q, &rows);

	if (r < 0)
		return r;
	graces = ARENA_ARRAY(op->arena, struct lc_grace, rows.n);
	for (size_t i = 0; i < rows.n; i++) {
		graces[i] = (struct lc_grace){ .role_id = db_i64(&rows, i, 0), .months = db_i64(&rows, i, 2) };
		if (!lc_rank_from_name(db_str(&rows, i, 1), &graces[i].rank))
			return op_fail(op, ERR_INTERNAL, "an unknown rank");
	}
	ret->graces = graces;
	ret->n_graces = rows.n;
	return 0;
}

int lc_load_rules(struct op *op, struct lc_rules *ret_rules)
{
	struct db_rows rows;
	struct lc_handover *handovers;
	int r = db_run(op, &lc_handovers_q, &rows);

	if (r < 0)
		return r;
	*ret_rules = (struct lc_rules){ 0 };
	handovers = ARENA_ARRAY(op->arena, struct lc_handover, rows.n);
	for (size_t i = 0; i < rows.n; i++)
		handovers[i] = (struct lc_handover){ db_i64(&rows, i, 0), db_i64(&rows, i, 1) };
	ret_rules->handovers = handovers;
	ret_rules->n_handovers = rows.n;
	r = db_run(op, &lc_policy_q, &rows);
	if (r < 0)
		return r;
	ret_rules->reapprove_after_days = rows.n == 1 ? db_i64(&rows, 0, 0) : 0;
	return load_graces(op, ret_rules);
}

/* STR_NULL: at once, or never.  What is said for today happens now: after what happened earlier today. */
static struct str day_text(struct op *op, const struct lc_write *w, int64_t day)
{
	return day == LC_OPEN || day <= w->today ? STR_NULL : arena_printf(op->arena, "%lld", (long long)day);
}

static struct str number(struct op *op, int64_t n)
{
	return n < 0 ? STR_NULL : arena_printf(op->arena, "%lld", (long long)n);
}

static int write_one(struct op *op, const struct lc_write *w, const struct lc_consequence *c, struct str stop_id)
{
	struct str when = day_text(op, w, c->day);
	struct db_rows rows;

	switch (c->act) {
	case LC_POST_END:
		return db_run(op, &lc_post_end_q, &rows, P_STR(w->person_id), P_STR(c->subject), P_I64(c->day), P_BOOL(w->hands_over));
	case LC_POST_CANCEL:
		return db_run(op, &lc_post_cancel_q, &rows, P_STR(w->person_id), P_STR(c->subject));
	case LC_GRANT_END:
		return db_run(op, &lc_grant_end_q, &rows, P_STR(c->account_id), P_STR(c->subject), P_STR(c->post_id), P_I64(c->days));
	case LC_GRANT_REVOKE:
		return db_run(op, &lc_grant_revoke_q, &rows, P_STR(c->account_id), P_STR(c->subject), P_STR(w->actor), P_STR(w->movement_id));
	case LC_STOP_ADD:
		return db_run(op, &lc_stop_add_q, &rows, P_STR(c->account_id), P_STR(stop_id), P_STR(number(op, c->platform_id)), P_C(w->stop_kind),
		              P_STR(when), P_STR(day_text(op, w, c->until)), P_STR(w->movement_id));
	case LC_STOP_LIFT:
		return db_run(op, &lc_stop_lift_q, &rows, P_STR(c->account_id), P_STR(c->subject), P_STR(when), P_STR(w->movement_id));
	case LC_STATUS:
		return db_run(op, &lc_due_add_q, &rows, P_STR(c->account_id), P_STR(when), P_STR(c->status), P_BOOL(c->revokes),
		              P_STR(w->movement_id), P_STR(w->actor));
	case LC_STATUS_VOID:
		return db_run(op, &lc_due_void_q, &rows, P_STR(c->account_id), P_STR(when));
	case LC_MOVEMENT_VOID:
		return db_run(op, &lc_void_q, &rows, P_STR(w->person_id), P_STR(c->subject), P_STR(w->movement_id));
	case LC_HOLD:
		return db_run(op, &lc_hold_q, &rows, P_STR(w->person_id));
	default:
		return 0;
	}
}

int lc_write(struct op *op, const struct lc_write *w, const struct lc_outcome *outcome)
{
	struct str *stops = ARENA_ARRAY(op->arena, struct str, outcome->n + 1), stop = STR_NULL;
	struct db_rows rows;
	int r = 0;

	/* What lives on in grace is written before the stop that it outlives: nothing of it may end in between. */
	for (size_t i = 0; i < outcome->n && r == 0; i++) {
		const struct lc_consequence *c = &outcome->items[i];
		char uuid[UUID_TEXT_LEN + 1];

		if (c->act == LC_STOP_ADD) {
			random_uuid(uuid);
			stop = arena_dup_c(op->arena, uuid);
		}
		stops[i] = stop;
		if (c->act == LC_GRACE)
			r = db_run(op, &lc_grace_add_q, &rows, P_STR(c->account_id), P_STR(stop), P_I64(c->role_id), P_I64(c->until));
	}
	for (size_t i = 0; i < outcome->n && r == 0; i++)
		r = write_one(op, w, &outcome->items[i], stops[i]);
	return r;
}

int lc_run_due(struct op *op, struct str movement_id)
{
	struct db_rows rows;

	return db_run(op, &lc_due_run_q, &rows, P_STR(movement_id), P_C(op->id));
}
