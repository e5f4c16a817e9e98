#include "provisioning/trace_store.h"

#include "common/base/text.h"
#include "common/db/columns.h"
#include "common/plan/facts_store.h"

#include <inttypes.h>

#define STEPS_MAX 80
#define PLANNER_ITSELF (-1)

/* A run that nobody came to in five minutes is not begun any more. */
DB_QUERY(prov_trace_run_claim, DB_WRITE,
	"SELECT account_id, id, platform_id FROM sen.provision_run WHERE done_at IS NULL AND planned_at IS NULL"
	" AND requested_at > now() - interval '5 minutes' ORDER BY requested_at LIMIT 1 FOR UPDATE SKIP LOCKED");
/* Whoever plans an account holds its row of the dirty set.  What it was planned from was forgotten when it was put there. */
DB_QUERY(prov_trace_dirty_take, DB_WRITE, "DELETE FROM sen.dirty_account WHERE account_id = $1::uuid");
DB_QUERY(prov_trace_run_planned, DB_WRITE,
	"UPDATE sen.provision_run SET planned_at = now(), done_at = CASE WHEN $3::boolean THEN now() END WHERE account_id = $1::uuid AND id = $2::uuid");
DB_QUERY(prov_trace_targets_add, DB_WRITE,
	"INSERT INTO sen.provision_target (run_id, account_id, platform_id) SELECT $1::uuid, $2::uuid, unnest($3::smallint[])");
DB_QUERY(prov_trace_steps_add, DB_WRITE,
	"INSERT INTO sen.provision_step (run_id, platform_id, attempt, n, at, ms, kind, detail)"
	" SELECT $1::uuid, $2::smallint, $3::integer, r.n, to_timestamp(r.at_us / 1000000.0), r.ms, r.kind, r.detail::jsonb"
	" FROM unnest($4::integer[], $5::bigint[], $6::integer[], $7::text[], $8::text[]) r (n, at_us, ms, kind, detail)");
DB_QUERY(prov_trace_targets_claim, DB_WRITE,
	"UPDATE sen.provision_target t SET state = 'leased', lease_token = t.lease_token + 1, attempts = t.attempts + 1,"
	" lease_until = now() + $2::bigint * interval '1 s'"
	" WHERE (t.run_id, t.platform_id) IN (SELECT x.run_id, x.platform_id FROM sen.provision_target x JOIN sen.provision_run r ON r.id = x.run_id"
	"  WHERE x.platform_id = ANY ($1::smallint[]) AND (x.state = 'waiting' OR x.state = 'leased' AND x.lease_until < now())"
	"  AND r.requested_at > now() - interval '5 minutes' ORDER BY 1, 2 LIMIT $3::bigint FOR UPDATE OF x SKIP LOCKED)"
	" RETURNING t.run_id, t.account_id, t.platform_id, t.lease_token, t.attempts");
/* The columns of prov_binding_claim.  Held, handed on and deleted ones are not claimed, by nobody. */
DB_QUERY(prov_trace_binding_claim, DB_WRITE,
	"WITH c AS MATERIALIZED (SELECT account_id, platform_id, state, ext_id FROM sen.binding WHERE account_id = $1::uuid"
	" AND platform_id = $2::smallint AND state IN (0, 1, 3, 4, 5) FOR UPDATE SKIP LOCKED)"
	" UPDATE sen.binding b SET state = 2, lease_token = b.lease_token + 1, lease_until = now() + $3::bigint * interval '1 s'"
	" FROM c WHERE b.account_id = c.account_id AND b.platform_id = c.platform_id"
	" RETURNING b.account_id, b.want_gen, b.lease_token, b.tries, c.state = 3 OR (c.state = 5 AND c.ext_id IS NULL), b.want_hash, b.seen_hash,"
	" b.want_active, b.seen_active, b.ext_id, b.delete_at <= now() AND NOT b.want_active,"
	" (SELECT r.ops FROM sen.provisioning_rule r WHERE r.platform_id = $2::smallint), b.seen_gen = b.want_gen, b.prio,"
	" (SELECT p.code FROM sen.platform p WHERE p.id = $2::smallint), b.stable_id");
DB_QUERY(prov_trace_takes_away, DB_READ,
	"SELECT 1 FROM sen.binding WHERE account_id = $1::uuid AND platform_id = $2::smallint AND state IN (1, 3, 4, 5) AND (prio = 0 OR NOT want_active)");
DB_QUERY(prov_trace_binding_state, DB_READ, "SELECT state FROM sen.binding WHERE account_id = $1::uuid AND platform_id = $2::smallint");
/* First of all: platforms that end at the same moment would each not see that the other has, and nobody would end the run. */
DB_QUERY(prov_trace_run_lock, DB_WRITE, "SELECT 1 FROM sen.provision_run WHERE account_id = $1::uuid AND id = $2::uuid FOR UPDATE");
DB_QUERY(prov_trace_target_end, DB_WRITE,
	"UPDATE sen.provision_target SET state = CASE WHEN $4::boolean THEN 'waiting' ELSE 'done' END, outcome = $5, op = $6,"
	" operation_id = $7, fault = nullif($8, ''), lease_until = NULL, done_at = CASE WHEN $4::boolean THEN NULL ELSE now() END"
	" WHERE run_id = $1::uuid AND platform_id = $2::smallint AND state = 'leased' AND lease_token = $3::bigint RETURNING 1");
DB_QUERY(prov_trace_run_end, DB_WRITE,
	"UPDATE sen.provision_run SET done_at = now() WHERE account_id = $1::uuid AND id = $2::uuid AND done_at IS NULL"
	" AND NOT EXISTS (SELECT FROM sen.provision_target WHERE run_id = $2::uuid AND state <> 'done')");
DB_QUERY(prov_trace_sweep, DB_WRITE,
	"DELETE FROM sen.provision_run WHERE (account_id, id) IN (SELECT account_id, id FROM sen.provision_run"
	" WHERE requested_at < now() - interval '14 days' ORDER BY requested_at LIMIT 200 FOR UPDATE SKIP LOCKED)");

static int steps_add(struct op *op, struct str run_id, int64_t platform_id, int64_t attempt, const struct trace_step *steps, size_t n)
{
	struct columns c = columns_new(op->arena, n, 5);
	struct db_rows rows;

	if (n == 0)
		return 0;
	for (size_t i = 0; i < n; i++) {
		columns_int(&c, 0, i, (int64_t)i + 1);
		columns_int(&c, 1, i, steps[i].at_us);
		columns_int(&c, 2, i, steps[i].ms);
		columns_text(&c, 3, i, str_c(steps[i].kind));
		columns_text(&c, 4, i, steps[i].detail);
	}
	return db_run(op, &prov_trace_steps_add, &rows, P_STR(run_id), P_I64(platform_id), P_I64(attempt), columns_param(&c, 0), columns_param(&c, 1),
	              columns_param(&c, 2), columns_param(&c, 3), columns_param(&c, 4));
}

/* A run on its way through the planner. */
struct planning {
	struct str account_id, run_id, mail_domain;
	bool is_for_one;
	int64_t platform_id;  /* if so */
	struct trace trace;
	struct str targets[STEPS_MAX];
	size_t n_targets;
};

static void note_facts(struct planning *p, struct call *c, const struct account_facts *f, int64_t began_us)
{
	json_t *detail = json_new_object();

	(void)p;
	json_set_str(detail, "status", f->status);
	json_set_str(detail, "unit", f->unit_code);
	json_set_str(detail, "post", f->post);
	json_set_int(detail, "grants", (int64_t)f->n_grants);
	json_set_int(detail, "platforms_before", (int64_t)f->n_bound);
	json_set_str(detail, "next_change", f->next_eval);
	trace_add(c, "facts", began_us, detail);
}

static void note_plan(struct planning *p, struct call *c, const struct desired *d, int64_t began_us)
{
	json_t *detail = json_new_object(), *document = json_read(d->document, 8, NULL);

	json_set_int(detail, "platform_id", d->platform_id);
	json_set_bool(detail, "active", d->active);
	json_set_str(detail, "hash", str_c(d->hash));
	json_set_take(detail, "document", document ? document : json_null());
	trace_add(c, "plan", began_us, detail);
	if (p->n_targets < STEPS_MAX && (!p->is_for_one || p->platform_id == d->platform_id))
		p->targets[p->n_targets++] = arena_printf(p->trace.arena, "%" PRId64, d->platform_id);
}

static int plan(struct op *op, struct planning *p)
{
	struct call c = { .op = op, .trace = &p->trace };
	int64_t began_us = trace_begin(&c);
	const struct account_facts *facts;
	const struct desired *all;
	struct binding_plan *plans;
	struct plan_changes changes;
	size_t n_facts, n_all;
	int err = facts_read(op, &p->account_id, 1, &facts, &n_facts);

	if (err < 0 || n_facts == 0)
		return err;
	note_facts(p, &c, facts, began_us);
	began_us = trace_begin(&c);
	plan_account(op->arena, facts, p->mail_domain, &all, &n_all);
	plans = ARENA_ARRAY(op->arena, struct binding_plan, n_all + 1);
	for (size_t i = 0; i < n_all; i++) {
		plans[i] = (struct binding_plan){ p->account_id, all[i].platform_id, all[i].hash, all[i].active, plan_priority(&all[i], 1),
			                          /* To look is no decision about the person: what the guard counts, it counts here. */
			                          all[i].active ? GUARD_KEEPS : GUARD_COUNTS };
		note_plan(p, &c, &all[i], began_us);
	}
	err = n_all == 0 ? 0 : binding_plan_add(op, plans, n_all, &changes);
	return err < 0 ? err : facts_set_next_eval(op, facts, n_facts);
}

static int plan_in_transaction(struct op *op, struct planning *p, bool *ret_planned)
{
	struct db_rows rows;
	int err = db_run(op, &prov_trace_run_claim, &rows);

	if (err < 0 || rows.n == 0)
		return err;
	p->account_id = db_str(&rows, 0, 0);
	p->run_id = db_str(&rows, 0, 1);
	p->is_for_one = !db_is_null(&rows, 0, 2);
	p->platform_id = db_i64(&rows, 0, 2);
	err = dirty_add(op, &p->account_id, 1, 1);
	if (err == 0)
		err = db_run(op, &prov_trace_dirty_take, &rows, P_STR(p->account_id));
	if (err == 0)
		err = plan(op, p);
	if (err == 0)
		err = steps_add(op, p->run_id, PLANNER_ITSELF, 1, p->trace.steps, p->trace.n);
	if (err == 0 && p->n_targets > 0)
		err = db_run(op, &prov_trace_targets_add, &rows, P_STR(p->run_id), P_STR(p->account_id), P_STR(db_array(op->arena, p->targets, p->n_targets)));
	if (err == 0)
		err = db_run(op, &prov_trace_run_planned, &rows, P_STR(p->account_id), P_STR(p->run_id), P_BOOL(p->n_targets == 0));
	*ret_planned = err == 0;
	return err;
}

int trace_plan_run(struct op *op, struct str mail_domain, bool *ret_planned)
{
	struct planning *p = ARENA_NEW(op->arena, struct planning);
	int err = db_begin(op);

	*ret_planned = false;
	p->mail_domain = mail_domain;
	p->trace.arena = op->arena;
	if (err < 0)
		return err;
	err = plan_in_transaction(op, p, ret_planned);
	if (err == 0)
		return db_commit(op);
	db_rollback(op);
	return err;
}

int trace_targets_claim(struct op *op, const int64_t *platforms, size_t n_platforms, int64_t lease_s, int64_t limit,
                        const struct trace_target **ret_targets, size_t *ret_n)
{
	struct str *codes = ARENA_ARRAY(op->arena, struct str, n_platforms + 1);
	struct trace_target *targets;
	struct db_rows rows;
	int err;

	for (size_t i = 0; i < n_platforms; i++)
		codes[i] = arena_printf(op->arena, "%" PRId64, platforms[i]);
	err = db_run(op, &prov_trace_targets_claim, &rows, P_STR(db_array(op->arena, codes, n_platforms)), P_I64(lease_s), P_I64(limit));
	if (err < 0)
		return err;
	targets = ARENA_ARRAY(op->arena, struct trace_target, rows.n + 1);
	for (size_t i = 0; i < rows.n; i++)
		targets[i] = (struct trace_target){ .run_id = db_str(&rows, i, 0), .account_id = db_str(&rows, i, 1), .platform_id = db_i64(&rows, i, 2),
			                            .lease_token = db_i64(&rows, i, 3), .attempt = db_i64(&rows, i, 4) };
	*ret_targets = targets;
	*ret_n = rows.n;
	return 0;
}

int binding_takes_away(struct op *op, int64_t platform_id, struct str account_id, bool *ret)
{
	struct db_rows rows = { .n = 0 };
	int err = db_run(op, &prov_trace_takes_away, &rows, P_STR(account_id), P_I64(platform_id));

	*ret = err == 0 && rows.n > 0;
	return err;
}

int binding_claim_one(struct op *op, int64_t platform_id, struct str account_id, int64_t lease_s, const struct work **ret_work, bool *ret_is_leased)
{
	struct db_rows rows;
	int err = db_run(op, &prov_trace_binding_claim, &rows, P_STR(account_id), P_I64(platform_id), P_I64(lease_s));

	*ret_work = NULL;
	*ret_is_leased = false;
	if (err < 0)
		return err;
	if (rows.n > 0) {
		*ret_work = binding_work_of(op, &rows, platform_id);
		return 0;
	}
	err = db_run(op, &prov_trace_binding_state, &rows, P_STR(account_id), P_I64(platform_id));
	if (err == 0 && rows.n > 0)
		*ret_is_leased = db_i64(&rows, 0, 0) <= BINDING_BLOCKED;
	return err;
}

static int end_in_transaction(struct op *op, const struct trace_end *end)
{
	const struct trace_target *t = &end->target;
	struct db_rows rows;
	int err = db_run(op, &prov_trace_run_lock, &rows, P_STR(t->account_id), P_STR(t->run_id));

	if (err == 0)
		err = db_run(op, &prov_trace_target_end, &rows, P_STR(t->run_id), P_I64(t->platform_id), P_I64(t->lease_token), P_BOOL(end->again),
		             P_C(end->outcome), P_C(end->op), P_STR(end->operation_id),
		             P_STR(!str_is_null(end->fault) && utf8_is_valid(end->fault) ? end->fault : STR("")));

	/* The lease was lost: somebody else tells how it went. */
	if (err < 0 || rows.n == 0)
		return err;
	if (end->trace)
		err = steps_add(op, t->run_id, t->platform_id, t->attempt, end->trace->steps, end->trace->n);
	return err < 0 ? err : db_run(op, &prov_trace_run_end, &rows, P_STR(t->account_id), P_STR(t->run_id));
}

int trace_target_end(struct op *op, const struct trace_end *end)
{
	int err = db_begin(op);

	if (err < 0)
		return err;
	err = end_in_transaction(op, end);
	if (err == 0)
		return db_commit(op);
	db_rollback(op);
	return err;
}

int trace_sweep(struct op *op)
{
	struct db_rows rows;

	return db_run(op, &prov_trace_sweep, &rows);
}
