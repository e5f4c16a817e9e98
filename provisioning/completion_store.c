#include "provisioning/completion_store.h"

#include "common/base/text.h"
#include "common/db/columns.h"
#include "common/model/audit.h"
#include "provisioning/access_proof.h"
#include "provisioning/binding_store.h"
#include "provisioning/match_store.h"

#define DETAIL_MAX_BYTES 500

/*
 * Fenced.  Only what was sent counts as seen: a newer desired state makes the row due again, or held when the guard has to
 * count it first.  A deleted account is remembered, so that it is looked for before it is created again.
 *
 * Of any platforms; in the order of accounts, in which the planner locks as well.
 */
DB_QUERY(prov_binding_done, DB_WRITE,
	"UPDATE sen.binding b SET seen_gen = r.gen, seen_hash = r.hash, seen_active = r.active,"
	" ext_id = nullif(r.ext_id, ''), stable_id = CASE WHEN NOT r.deleted THEN coalesce(nullif(r.stable_id, ''), b.stable_id) END,"
	" etag = nullif(r.etag, ''), seen_at = now(), tries = 0, err_class = NULL,"
	" err_detail = NULL, lease_until = NULL,"
	" state = CASE WHEN r.deleted THEN CASE WHEN b.want_active THEN 3 ELSE 8 END"
	"  WHEN b.want_gen = r.gen THEN 0 WHEN b.hold_id = 0 THEN 6 ELSE 1 END,"
	" hold_id = CASE WHEN b.want_gen <> r.gen AND NOT r.deleted THEN b.hold_id END,"
	" delete_at = CASE WHEN NOT r.deleted THEN b.delete_at WHEN NOT b.want_active THEN now()"
	"  + (SELECT x.gone_days FROM sen.provisioning_rule x WHERE x.platform_id = b.platform_id) * interval '1 day' END,"
	" due_at = CASE WHEN b.want_gen = r.gen THEN NULL ELSE now() END"
	" FROM (SELECT * FROM unnest($1::smallint[], $2::uuid[], $3::bigint[], $4::bigint[], $5::uuid[], $6::boolean[], $7::text[], $8::text[],"
	"  $9::boolean[], $10::text[]) WITH ORDINALITY x (platform_id, account_id, token, gen, hash, active, ext_id, etag, deleted, stable_id, n)"
	"  ORDER BY 2, 1) r"
	" WHERE b.account_id = r.account_id AND b.platform_id = r.platform_id AND b.state = 2 AND b.lease_token = r.token"
	" RETURNING r.n");

/*
 * Fenced as well.  A desired state that is newer than the attempt need not wait for what was
 * wrong with the old one; a doubt stays a doubt, whatever is wanted now.
 */
DB_QUERY(prov_binding_failed, DB_WRITE,
	"UPDATE sen.binding b SET ext_id = nullif(r.ext_id, ''), lease_until = NULL,"
	" err_class = nullif(r.class, ''), err_detail = nullif(r.detail, ''),"
	" tries = CASE WHEN b.want_gen = r.gen THEN b.tries + r.charge ELSE 0 END,"
	" state = CASE WHEN b.hold_id = 0 THEN 6 WHEN b.want_gen = r.gen OR r.state = 3 THEN r.state"
	"  WHEN r.state = 5 AND r.ext_id = '' THEN 3 ELSE 1 END,"
	" due_at = CASE WHEN b.want_gen = r.gen OR r.state = 3 THEN now() + r.delay_ms * interval '1 ms' ELSE now() END"
	" FROM (SELECT * FROM unnest($1::smallint[], $2::uuid[], $3::bigint[], $4::bigint[], $5::smallint[], $6::bigint[], $7::integer[],"
	"  $8::text[], $9::text[], $10::text[]) WITH ORDINALITY x (platform_id, account_id, token, gen, state, delay_ms, charge, ext_id, class, detail, n)"
	"  ORDER BY 2, 1) r"
	" WHERE b.account_id = r.account_id AND b.platform_id = r.platform_id AND b.state = 2 AND b.lease_token = r.token"
	" RETURNING r.n");

DB_QUERY(prov_op_log_add, DB_WRITE,
	"INSERT INTO sen.op_log (platform_id, account_id, op, gen, outcome, ms, detail, task_id, status, changes)"
	" SELECT r.platform_id, r.account_id, r.op, r.gen, r.outcome, r.ms, r.detail, r.task_id, nullif(r.status, 0), r.changes"
	" FROM unnest($1::smallint[], $2::uuid[], $3::text[], $4::bigint[], $5::text[], $6::integer[], $7::text[],"
	" $8::text[], $9::integer[], $10::jsonb[]) r (platform_id, account_id, op, gen, outcome, ms, detail, task_id, status, changes)");

/* Words of a platform: what is not text would make the whole batch fail. */
static struct str or_empty(struct str s)
{
	return !str_is_null(s) && utf8_is_valid(s) ? s : STR("");
}

static struct str cut(struct str s)
{
	if (str_is_null(s) || !utf8_is_valid(s))
		return str_is_null(s) ? STR("") : STR("(not UTF-8)");
	if (s.len <= DETAIL_MAX_BYTES)
		return s;
	s.len = DETAIL_MAX_BYTES;
	/* At a code point's beginning. */
	while (s.len > 0 && ((unsigned char)s.p[s.len] & 0xC0) == 0x80)
		s.len--;
	return s;
}

static enum binding_state state_of(enum outcome outcome)
{
	switch (outcome) {
	case OUTCOME_RETRY:
		return BINDING_RETRY;
	case OUTCOME_IN_DOUBT:
		return BINDING_IN_DOUBT;
	case OUTCOME_BLOCKED:
		return BINDING_BLOCKED;
	case OUTCOME_WAITING:
		return BINDING_WAITING;
	case OUTCOME_OK:
	case OUTCOME_RELEASED:
		break;
	}
	return BINDING_DUE;
}

/* Nothing was tried: what was in doubt before is so still. */
static enum binding_state state_after(const struct completion *d)
{
	if (d->result->outcome == OUTCOME_RELEASED && d->work->in_doubt)
		return BINDING_IN_DOUBT;
	return state_of(d->result->outcome);
}

/* The completions that ended well, or those that did not. */
struct part {
	struct completion **list;
	size_t n;
};

static struct part part_of(struct arena *a, struct completion *done, size_t n, bool ok)
{
	struct part p = { ARENA_ARRAY(a, struct completion *, n), 0 };

	for (size_t i = 0; i < n; i++)
		if ((done[i].result->outcome == OUTCOME_OK) == ok)
			p.list[p.n++] = &done[i];
	return p;
}

/* Whoever is not among the rows that came back had lost the lease. */
static void mark_accepted(const struct part *p, const struct db_rows *rows)
{
	for (size_t row = 0; row < rows->n; row++)
		p->list[db_i64(rows, row, 0) - 1]->was_fenced = false;
}

static int write_done(struct op *op, struct completion *done, size_t n)
{
	struct part p = part_of(op->arena, done, n, true);
	struct columns c = columns_new(op->arena, p.n, 10);
	struct db_rows rows;
	int err;

	if (p.n == 0)
		return 0;
	for (size_t i = 0; i < p.n; i++) {
		const struct completion *d = p.list[i];

		columns_int(&c, 0, i, d->work->platform_id);
		columns_text(&c, 1, i, d->work->account_id);
		columns_int(&c, 2, i, d->work->lease_token);
		columns_int(&c, 3, i, d->work->gen);
		columns_text(&c, 4, i, d->sent_hash);
		columns_bool(&c, 5, i, d->sent_active);
		columns_text(&c, 6, i, or_empty(d->result->ext_id));
		columns_text(&c, 7, i, or_empty(d->result->etag));
		columns_bool(&c, 8, i, d->result->was_deleted);
		columns_text(&c, 9, i, or_empty(d->result->stable_id));
	}
	err = db_run(op, &prov_binding_done, &rows, columns_param(&c, 0), columns_param(&c, 1), columns_param(&c, 2), columns_param(&c, 3),
	             columns_param(&c, 4), columns_param(&c, 5), columns_param(&c, 6), columns_param(&c, 7), columns_param(&c, 8), columns_param(&c, 9));
	if (err < 0)
		return err;
	mark_accepted(&p, &rows);
	return 0;
}

static int write_failed(struct op *op, struct completion *done, size_t n)
{
	struct part p = part_of(op->arena, done, n, false);
	struct columns c = columns_new(op->arena, p.n, 10);
	struct db_rows rows;
	int err;

	if (p.n == 0)
		return 0;
	for (size_t i = 0; i < p.n; i++) {
		const struct completion *d = p.list[i];

		columns_int(&c, 0, i, d->work->platform_id);
		columns_text(&c, 1, i, d->work->account_id);
		columns_int(&c, 2, i, d->work->lease_token);
		columns_int(&c, 3, i, d->work->gen);
		columns_int(&c, 4, i, state_after(d));
		columns_int(&c, 5, i, d->delay_ms);
		columns_int(&c, 6, i, d->is_charged);
		columns_text(&c, 7, i, or_empty(d->result->ext_id));
		columns_text(&c, 8, i, or_empty(str_c(d->result->fault.class)));
		columns_text(&c, 9, i, cut(d->result->fault.detail));
	}
	err = db_run(op, &prov_binding_failed, &rows, columns_param(&c, 0), columns_param(&c, 1), columns_param(&c, 2), columns_param(&c, 3),
	             columns_param(&c, 4), columns_param(&c, 5), columns_param(&c, 6), columns_param(&c, 7), columns_param(&c, 8),
	             columns_param(&c, 9));
	if (err < 0)
		return err;
	mark_accepted(&p, &rows);
	return 0;
}

/* {"attribute": [before, after]}, where it changed more than once (a role each) the parts behind each other. */
static struct str changes_json(struct arena *a, const struct result *r)
{
	_json_ json_t *json = json_new_object();

	for (size_t i = 0; i < r->n_changes; i++) {
		const struct attr_change *change = &r->changes[i];
		json_t *pair = json_object_get(json, change->name);

		if (!pair) {
			pair = json_new_array();
			json_set_take(json, change->name, pair);
		}
		json_array_append_new(pair, json_from_str(cut(change->before)));
		json_array_append_new(pair, json_from_str(cut(change->after)));
	}
	return json_write(a, json, false);
}

static int write_log(struct op *op, const struct completion *done, size_t n)
{
	struct columns c = columns_new(op->arena, n, 10);
	struct db_rows rows;
	size_t at = 0;

	for (size_t i = 0; i < n; i++) {
		const struct result *r = done[i].result;

		if (r->outcome == OUTCOME_RELEASED)
			continue;
		columns_int(&c, 0, at, done[i].work->platform_id);
		columns_text(&c, 1, at, done[i].work->account_id);
		columns_text(&c, 2, at, str_c(r->op));
		columns_int(&c, 3, at, done[i].work->gen);
		columns_text(&c, 4, at, done[i].was_fenced ? STR("lease_lost") : str_c(outcome_name(r->outcome)));
		columns_int(&c, 5, at, done[i].ms);
		columns_text(&c, 6, at,
		             r->fault.class ? cut(arena_printf(op->arena, "%s: %.*s", r->fault.class,
		                                               STR_ARG(r->fault.detail)))
		                            : STR(""));
		columns_text(&c, 7, at, done[i].task_id);
		columns_int(&c, 8, at, r->status);
		columns_text(&c, 9, at++, r->n_changes == 0 ? STR("{}") : changes_json(op->arena, r));
	}
	if (at == 0)
		return 0;
	c.n_rows = at;
	return db_run(op, &prov_op_log_add, &rows, columns_param(&c, 0), columns_param(&c, 1), columns_param(&c, 2), columns_param(&c, 3),
	              columns_param(&c, 4), columns_param(&c, 5), columns_param(&c, 6), columns_param(&c, 7), columns_param(&c, 8),
	              columns_param(&c, 9));
}

/* Of one batch. */
struct records {
	struct audit_record *list;
	json_t **data; /* owned */
	size_t n;
};

static void add_record(struct records *all, const struct completion *d, const char *action)
{
	json_t *data = json_new_object();

	json_set_str(data, "task", d->task_id);
	json_set_str(data, "ext_id", or_empty(d->result->ext_id));
	if (d->result->was_adopted)
		json_set_str(data, "rule", str_c(d->result->adopted_by));
	all->data[all->n] = data;
	all->list[all->n++] = (struct audit_record){
		.actor = STR("system"), .account_id = d->work->account_id, .action = action, .object = d->work->platform_code, .data = data,
	};
}

/* What decides on access; one operation may find an account of ours that nobody knew of, and take it down. */
static int write_audit(struct op *op, const struct completion *done, size_t n)
{
	struct records all = { ARENA_ARRAY(op->arena, struct audit_record, 4 * n), ARENA_ARRAY(op->arena, json_t *, 4 * n), 0 };
	int err;

	for (size_t i = 0; i < n; i++) {
		const struct result *r = done[i].result;

		if (done[i].was_fenced)
			continue;
		if (r->was_adopted)
			add_record(&all, &done[i], "platform_account.adopt");
		else if (r->was_created)
			add_record(&all, &done[i], "platform_account.create");
		if (r->was_enabled)
			add_record(&all, &done[i], "platform_account.enable");
		if (r->was_disabled)
			add_record(&all, &done[i], "platform_account.disable");
		if (r->was_deleted)
			add_record(&all, &done[i], "platform_account.delete");
	}
	err = audit_add_many(op, all.list, all.n);
	for (size_t i = 0; i < all.n; i++)
		json_decref(all.data[i]);
	return err;
}

int completion_add(struct op *op, struct completion *done, size_t n)
{
	int err = db_begin(op);

	if (err < 0)
		return err;
	for (size_t i = 0; i < n; i++)
		done[i].was_fenced = true;
	err = write_done(op, done, n);
	if (err == 0)
		err = write_failed(op, done, n);
	if (err == 0)
		err = write_log(op, done, n);
	if (err == 0)
		err = match_candidates_write(op, done, n);
	if (err == 0)
		err = access_proof_add(op, done, n);
	if (err == 0)
		err = write_audit(op, done, n);
	if (err < 0) {
		db_rollback(op);
		return err;
	}
	return db_commit(op);
}
