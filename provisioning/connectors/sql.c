/*
 * Platforms whose accounts live in tables of an SQL database, by statements that the operator declared
 * (sql/script.h): nothing is known of the tables but what these say.
 *
 * Each operation is one transaction: read, write what differs, read again, and commit only when what was
 * read is what was wanted.  Until COMMIT is sent nothing is ever in doubt.
 */
#include "provisioning/connectors/registry.h"

#include "common/base/err.h"
#include "provisioning/match.h"
#include "provisioning/sql/list.h"

#include <stdlib.h>

#define SCRIPT_ARENA_BYTES ((size_t)1024 * 1024)

static int sql_open(struct op *op, const struct connector_config *config, void **ret_instance)
{
	enum sql_dialect dialect = str_equal(config->driver, STR("mariadb")) ? SQL_MARIADB : SQL_POSTGRESQL;
	struct sql_config sql = {
		.dialect = dialect,
		.host = config->host,
		.port = config->port,
		.database = config->database,
		.user = config->user,
		.password = config->password,
		.ca_file = config->ca_file,
		.timeout_ms = config->timeout_ms,
		.pool_size = (unsigned)config->concurrency,
	};
	struct sql_platform *p = calloc(1, sizeof(*p));
	struct str reason;

	if (!p)
		abort();
	p->arena = arena_new(SCRIPT_ARENA_BYTES);
	if (!sql_script_read(p->arena, dialect, config->statements, &p->script, &reason)) {
		(void)op_fail_detail(op, ERR_CONFIG, "the statements file is faulty", "%.*s", STR_ARG(reason));
		arena_free(p->arena);
		free(p);
		return op->error.code;
	}
	p->config = config;
	p->pool = sql_pool_new(&sql);
	*ret_instance = p;
	return 0;
}

static void sql_close(void *instance)
{
	struct sql_platform *p = instance;

	sql_pool_free(p->pool);
	arena_free(p->arena);
	free(p);
}

static enum verdict begin(struct call *c, struct sql_standing *s, bool is_new)
{
	struct sql_platform *p = c->instance;

	if (sql_values(c, s, is_new) != VERDICT_DONE)
		return VERDICT_REFUSED;
	if (!call_has_time(c, p->config->timeout_ms))
		return call_fault(c, VERDICT_NOT_DONE, "lease", "no time left within the lease");
	return sql_begin(c->op, p->pool, &s->tx) < 0 ? sql_verdict(c, VERDICT_DOWN) : VERDICT_DONE;
}

/* Every block of a verb. */
static enum verdict run_all(struct call *c, struct sql_standing *s, enum sql_verb verb)
{
	const struct sql_platform *p = c->instance;
	enum verdict verdict = VERDICT_DONE;
	struct sql_rows ignored;

	for (size_t i = 0; i < p->script.n && verdict == VERDICT_DONE; i++)
		if (p->script.blocks[i].verb == verb)
			verdict = sql_run_block(c, s, &p->script.blocks[i], &ignored);
	return verdict;
}

static enum verdict run_role(struct call *c, struct sql_standing *s, enum sql_verb verb, const struct desired_role *role)
{
	const struct sql_platform *p = c->instance;
	enum verdict verdict = VERDICT_DONE;
	bool is_run = false;
	struct sql_rows ignored;

	s->values[SQL_P_ROLE] = role->code;
	s->values[SQL_P_ROLE_NAME] = role->name;
	for (size_t i = 0; i < p->script.n && verdict == VERDICT_DONE; i++)
		if (sql_script_is_for(&p->script, &p->script.blocks[i], verb, role->code)) {
			verdict = sql_run_block(c, s, &p->script.blocks[i], &ignored);
			is_run = true;
		}
	if (!is_run)
		return call_fault(c, VERDICT_REFUSED, "config", "no statement for the role %.*s", STR_ARG(role->code));
	return verdict;
}

/* Takes before it gives: exclusive roles must not meet. */
static enum verdict bring_roles(struct call *c, struct sql_standing *s)
{
	const struct sql_platform *p = c->instance;
	enum verdict verdict = VERDICT_DONE;

	if (!sql_script_has(&p->script, SQL_ROLES) || desired_leaves(c->want, "roles"))
		return VERDICT_DONE;
	for (size_t i = 0; i < s->roles.n && verdict == VERDICT_DONE; i++) {
		struct desired_role held = { .code = sql_cell(&s->roles, i, s->role_column), .name = STR_NULL };

		if (sql_role_is_wanted(c, held.code) || !sql_role_is_managed(p, held.code))
			continue;
		call_change(c, "role", held.code, STR_NULL);
		verdict = run_role(c, s, SQL_ROLE_REMOVE, &held);
	}
	for (size_t i = 0; c->want->active && i < c->want->n_roles && verdict == VERDICT_DONE; i++) {
		if (sql_role_is_held(s, c->want->roles[i].code))
			continue;
		call_change(c, "role", STR_NULL, c->want->roles[i].code);
		verdict = run_role(c, s, SQL_ROLE_ADD, &c->want->roles[i]);
	}
	return verdict;
}

/* What was written is there, as wanted; else the transaction is not worth a commit. */
static enum verdict verify(struct call *c, struct sql_standing *s)
{
	enum verdict verdict = sql_standing_read(c, s);
	const char *column;

	if (verdict == VERDICT_ABSENT)
		return call_fault(c, VERDICT_NOT_DONE, "ignored", "find does not find what was written");
	if (verdict != VERDICT_DONE || sql_standing_is_settled(c, s))
		return verdict;
	column = c->want->active ? sql_standing_difference(c, s) : NULL;
	if (sql_is_true(sql_cell(&s->row, 0, s->active_column)) != c->want->active)
		column = "active";
	return call_fault(c, VERDICT_NOT_DONE, "ignored", "after the statements, %s is not as wanted", column ? column : "a role");
}

/* Ends the transaction; ret is told only when it stands. */
static enum verdict finish(struct call *c, struct sql_standing *s, enum verdict verdict, struct observed *ret)
{
	struct sql_platform *p = c->instance;

	if (verdict == VERDICT_DONE && !call_has_time(c, p->config->timeout_ms))
		verdict = call_fault(c, VERDICT_NOT_DONE, "lease", "no time left within the lease");
	if (verdict != VERDICT_DONE) {
		sql_rollback(s->tx);
		return verdict;
	}
	if (sql_commit(c->op, s->tx) < 0)
		return sql_verdict(c, VERDICT_NOT_DONE);
	sql_standing_observe(c, s, ret);
	return VERDICT_DONE;
}

/* Reads and changes nothing; where there is none of ours, whose_name (may be NULL) says whether the name is free. */
static enum verdict look(struct call *c, struct observed *ret, enum verdict (*whose_name)(struct call *c, struct sql_standing *s))
{
	struct sql_standing s = { .tx = NULL };
	enum verdict verdict = begin(c, &s, false);

	if (verdict != VERDICT_DONE)
		return verdict;
	verdict = sql_standing_read(c, &s);
	if (verdict == VERDICT_DONE)
		sql_standing_observe(c, &s, ret);
	if (verdict == VERDICT_ABSENT && whose_name) {
		verdict = whose_name(c, &s);
		if (verdict == VERDICT_DONE)
			verdict = VERDICT_ABSENT;
	}
	sql_rollback(s.tx);
	return verdict;
}

static enum verdict sql_look_up(struct call *c, struct observed *ret)
{
	return look(c, ret, sql_check_keys);
}

static enum verdict sql_create(struct call *c, struct observed *ret)
{
	struct sql_standing s = { .tx = NULL };
	enum verdict verdict = begin(c, &s, true);

	if (verdict != VERDICT_DONE)
		return verdict;
	/* Ours already, from an attempt that was lost: an update brings it there. */
	verdict = sql_standing_read(c, &s);
	if (verdict == VERDICT_DONE)
		verdict = call_fault(c, VERDICT_CONFLICT, "conflict", "the account is there already");
	else if (verdict == VERDICT_ABSENT)
		verdict = sql_check_name(c, &s);
	if (verdict == VERDICT_DONE)
		verdict = run_all(c, &s, SQL_CREATE);
	if (verdict == VERDICT_DONE) {
		verdict = sql_standing_read(c, &s);
		if (verdict == VERDICT_ABSENT)
			verdict = call_fault(c, VERDICT_NOT_DONE, "ignored", "find does not find what was written");
	}
	if (verdict == VERDICT_DONE)
		verdict = bring_roles(c, &s);
	if (verdict == VERDICT_DONE)
		verdict = verify(c, &s);
	return finish(c, &s, verdict, ret);
}

static bool is_left_off(const struct call *c, const struct sql_standing *s)
{
	return desired_leaves(c->want, "active") && !sql_is_true(sql_cell(&s->row, 0, s->active_column));
}

/* Also takes an account down: the wanted state says so. */
static enum verdict sql_update(struct call *c, struct observed *ret)
{
	const struct sql_platform *p = c->instance;
	struct sql_standing s = { .tx = NULL };
	bool is_off = !c->want->active && sql_script_has(&p->script, SQL_DISABLE);
	enum verdict verdict = begin(c, &s, false);

	if (verdict != VERDICT_DONE)
		return verdict;
	verdict = sql_standing_read(c, &s);
	/* One that is off, and is only told of: its update would turn it on. */
	if (verdict == VERDICT_DONE && (sql_standing_is_settled(c, &s) || is_left_off(c, &s))) {
		sql_standing_observe(c, &s, ret);
		sql_rollback(s.tx);
		return VERDICT_DONE;
	}
	if (verdict == VERDICT_DONE && c->want->active)
		verdict = sql_keep_left(c, &s);
	if (verdict == VERDICT_DONE) {
		sql_note_changes(c, &s);
		verdict = run_all(c, &s, is_off ? SQL_DISABLE : SQL_UPDATE);
	}
	if (verdict == VERDICT_DONE)
		verdict = bring_roles(c, &s);
	if (verdict == VERDICT_DONE)
		verdict = verify(c, &s);
	/* A value of ours is taken by another row: no creation that could be adopted. */
	if (verdict == VERDICT_CONFLICT && c->op->error.code == ERR_CONFLICT)
		verdict = call_fault(c, VERDICT_REFUSED, "data", "%.*s", STR_ARG(c->op->error.detail));
	return finish(c, &s, verdict, ret);
}

/* Its roles, then the row; and it is not found any more. */
static enum verdict remove_in_transaction(struct call *c, struct sql_standing *s)
{
	enum verdict verdict = sql_standing_read(c, s);

	if (verdict == VERDICT_DONE)
		verdict = bring_roles(c, s);
	if (verdict == VERDICT_DONE)
		verdict = run_all(c, s, SQL_DELETE);
	if (verdict != VERDICT_DONE)
		return verdict;
	verdict = sql_standing_read(c, s);
	if (verdict == VERDICT_DONE)
		return call_fault(c, VERDICT_NOT_DONE, "ignored", "find still finds what was deleted");
	return verdict == VERDICT_ABSENT ? VERDICT_DONE : verdict;
}

static enum verdict sql_remove(struct call *c, _unused_ struct observed *ret)
{
	const struct sql_platform *p = c->instance;
	struct sql_standing s = { .tx = NULL };
	enum verdict verdict;

	if (!sql_script_has(&p->script, SQL_DELETE))
		return call_fault(c, VERDICT_REFUSED, "config", "no statement is declared for delete");
	verdict = begin(c, &s, false);
	if (verdict != VERDICT_DONE)
		return verdict;
	verdict = remove_in_transaction(c, &s);
	if (verdict == VERDICT_DONE && !call_has_time(c, p->config->timeout_ms))
		verdict = call_fault(c, VERDICT_NOT_DONE, "lease", "no time left within the lease");
	if (verdict != VERDICT_DONE) {
		sql_rollback(s.tx);
		return verdict;
	}
	return sql_commit(c->op, s.tx) < 0 ? sql_verdict(c, VERDICT_NOT_DONE) : VERDICT_DONE;
}

static enum verdict sql_read_back(struct call *c, struct observed *ret)
{
	return look(c, ret, NULL);
}

static enum verdict take_candidates(struct call *c, const struct match_rule *rule, const struct sql_rows *rows, struct candidates *all)
{
	size_t ext_id, account_id, login;

	if (!sql_column(rows, "ext_id", &ext_id) || !sql_column(rows, "account_id", &account_id) || !sql_column(rows, "login", &login))
		return call_fault(c, VERDICT_REFUSED, "config", "match %.*s has no columns ext_id, account_id and login", STR_ARG(rule->path));
	for (size_t i = 0; i < rows->n; i++) {
		struct str owner = sql_cell(rows, i, account_id);

		if (str_is_empty(sql_cell(rows, i, ext_id)))
			return call_fault(c, VERDICT_REFUSED, "config", "match answers with an empty ext_id");
		match_add(all, (struct candidate){ .ext_id = sql_cell(rows, i, ext_id), .label = sql_cell(rows, i, login), .rule = rule,
			                           .is_linked = !str_is_empty(owner) && !str_equal_nocase(owner, c->want->account_id) });
	}
	return VERDICT_DONE;
}

static enum verdict sql_match(struct call *c, size_t rule_index, struct candidates *all)
{
	const struct sql_platform *p = c->instance;
	const struct match_rule *rule = &c->want->mapping->rules[rule_index];
	const struct sql_block *block = NULL;
	struct sql_standing s = { .tx = NULL };
	struct sql_rows rows = { .n = 0 };
	enum verdict verdict;

	for (size_t i = 0; i < p->script.n && !block; i++)
		if (p->script.blocks[i].verb == SQL_MATCH && str_equal(p->script.blocks[i].role, rule->path))
			block = &p->script.blocks[i];
	if (!block)
		return call_fault(c, VERDICT_REFUSED, "mapping", "the statements file has no \"match %.*s\"", STR_ARG(rule->path));
	verdict = begin(c, &s, false);
	if (verdict != VERDICT_DONE)
		return verdict;
	s.values[SQL_P_VALUE] = c->want->matches[rule_index].text;
	s.given |= UINT64_C(1) << SQL_P_VALUE;
	verdict = sql_run_block(c, &s, block, &rows);
	if (verdict == VERDICT_DONE)
		verdict = take_candidates(c, rule, &rows, all);
	sql_rollback(s.tx);
	return verdict;
}

/* It stands when the row is found by our id, under the identifier that was meant. */
static enum verdict sql_adopt(struct call *c, struct observed *ret)
{
	struct sql_platform *p = c->instance;
	struct sql_standing s = { .tx = NULL };
	const struct sql_block *block = sql_script_first(&p->script, SQL_ADOPT);
	struct str ext_id = c->ext_id;
	struct sql_rows ignored;
	enum verdict verdict;

	if (!block)
		return call_fault(c, VERDICT_REFUSED, "config", "the statements file has no adopt");
	verdict = begin(c, &s, false);
	if (verdict != VERDICT_DONE)
		return verdict;
	verdict = sql_run_block(c, &s, block, &ignored);
	if (verdict == VERDICT_DONE)
		verdict = sql_standing_read(c, &s);
	if (verdict == VERDICT_ABSENT || (verdict == VERDICT_DONE && !str_equal(s.values[SQL_P_EXT_ID], ext_id)))
		verdict = call_fault(c, VERDICT_CONFLICT, "conflict", "the account is not there, or belongs to somebody else");
	return finish(c, &s, verdict, ret);
}

const struct connector connector_sql = {
	.kind = "sql",
	.open = sql_open,
	.close = sql_close,
	.look_up = sql_look_up,
	.create = sql_create,
	.update = sql_update,
	.disable = sql_update,
	.read_back = sql_read_back,
	.remove = sql_remove,
	.list = sql_list,
	.expect = sql_expect,
	.match = sql_match,
	.adopt = sql_adopt,
};
