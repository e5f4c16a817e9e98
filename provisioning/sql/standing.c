#include "provisioning/sql/standing.h"

#include "common/base/err.h"
#include "common/base/text.h"

/* The op's error as a verdict. */
enum verdict sql_verdict(struct call *c, enum verdict when_unavailable)
{
	struct str detail = c->op->error.detail;

	switch (c->op->error.code) {
	case ERR_UNAVAILABLE:
		return call_fault(c, when_unavailable, "database", "%.*s", STR_ARG(detail));
	case ERR_OUTCOME_UNKNOWN:
		return call_fault(c, VERDICT_IN_DOUBT, "database", "%.*s", STR_ARG(detail));
	case ERR_CONFLICT:
		return call_fault(c, VERDICT_CONFLICT, "conflict", "%.*s", STR_ARG(detail));
	case ERR_ACCESS_DENIED:
		return call_fault(c, VERDICT_AUTH, "auth", "%.*s", STR_ARG(detail));
	case ERR_INVALID_VALUE:
		return call_fault(c, VERDICT_REFUSED, "data", "%.*s", STR_ARG(detail));
	default:
		return call_fault(c, VERDICT_REFUSED, "statement", "%.*s", STR_ARG(detail));
	}
}

#define BIT(param) (UINT64_C(1) << (param))
static_assert(SQL_P_COUNT_ <= 64, "a bit for each parameter");
/* Who it is, and access: no mapping changes these. */
#define ALWAYS (BIT(SQL_P_ACCOUNT_ID) | BIT(SQL_P_EXT_ID) | BIT(SQL_P_LOGIN) | BIT(SQL_P_ACTIVE) | BIT(SQL_P_ROLE) | BIT(SQL_P_ROLE_NAME))

static void own_values(struct call *c, struct sql_standing *s)
{
	const struct desired *w = c->want;

	s->values[SQL_P_EMPLOYEE_CODE] = w->employee_code;
	s->values[SQL_P_HO] = w->ho;
	s->values[SQL_P_DEM] = w->dem;
	s->values[SQL_P_TEN] = w->ten;
	s->values[SQL_P_FULL_NAME] = w->full_name;
	s->values[SQL_P_MAIL] = w->mail;
	s->values[SQL_P_UNIT_CODE] = w->unit_code;
	s->values[SQL_P_UNIT_NAME] = w->unit_name;
	s->values[SQL_P_POST] = w->post;
	for (int i = SQL_P_LOGIN; i <= SQL_P_POST; i++)
		s->given |= BIT(i);
	for (int i = SQL_P_LOGIN; i <= SQL_P_POST; i++)
		if (!desired_leaves(w, sql_param_names[i].p))
			s->compared |= BIT(i);
}

/* NULL for null. */
static struct str text_of(struct arena *a, const struct mapping_value *v)
{
	if (v->type == MAPPING_BOOLEAN)
		return v->number ? STR("true") : STR("false");
	if (v->type == MAPPING_INTEGER)
		return arena_printf(a, "%lld", (long long)v->number);
	return v->type == MAPPING_NULL ? STR_NULL : v->text;
}

static int param_of(const struct sql_script *script, struct str name)
{
	for (int i = 0; i < SQL_P_COUNT_; i++)
		if (!str_is_null(script->names[i]) && str_equal(script->names[i], name))
			return i;
	return -1;
}

static enum verdict mapped_values(struct call *c, struct sql_standing *s, bool is_new)
{
	const struct sql_platform *p = c->instance;

	s->compared = c->want->login_is_theirs ? 0 : BIT(SQL_P_LOGIN);
	for (size_t i = 0; i < c->want->n_values; i++) {
		const struct desired_value *v = &c->want->values[i];
		int param = param_of(&p->script, v->row->path);

		if (param < 0)
			return call_fault(c, VERDICT_REFUSED, "mapping", "the statements file has no line \"-- values: %.*s\"", STR_ARG(v->row->path));
		s->values[param] = text_of(c->op->arena, &v->value);
		if (v->row->owner == MAPPING_OURS && !desired_leaves(c->want, v->row->path.p))
			s->compared |= BIT(param);
		/* Nothing stands between a person and the end of access. */
		if (v->row->owner == MAPPING_OURS || is_new || !c->want->active)
			s->given |= BIT(param);
	}
	return VERDICT_DONE;
}

enum verdict sql_values(struct call *c, struct sql_standing *s, bool is_new)
{
	const struct desired *w = c->want;

	s->given = ALWAYS;
	s->values[SQL_P_ACCOUNT_ID] = w->account_id;
	s->values[SQL_P_EXT_ID] = c->ext_id;
	s->values[SQL_P_LOGIN] = w->login;
	s->values[SQL_P_ACTIVE] = w->active ? STR("true") : STR("false");
	if (w->mapping)
		return mapped_values(c, s, is_new);
	own_values(c, s);
	return VERDICT_DONE;
}

/* An update writes every column: those that are left get what they have. */
enum verdict sql_keep_left(struct call *c, struct sql_standing *s)
{
	const struct sql_platform *p = c->instance;

	for (int i = 0; i < SQL_P_COUNT_; i++) {
		size_t column;

		if (str_is_null(p->script.names[i]) || !(s->given & BIT(i)) || (ALWAYS & BIT(i) & ~BIT(SQL_P_LOGIN)) || !desired_leaves(c->want, p->script.names[i].p))
			continue;
		if (!sql_column(&s->row, p->script.names[i].p, &column))
			return call_fault(c, VERDICT_REFUSED, "config", "%.*s is to stay as it is there, and find does not show it", STR_ARG(p->script.names[i]));
		s->values[i] = sql_cell(&s->row, 0, column);
	}
	return VERDICT_DONE;
}

enum verdict sql_run_block(struct call *c, struct sql_standing *s, const struct sql_block *b, struct sql_rows *ret)
{
	const struct sql_platform *p = c->instance;
	int64_t began_us;
	int r;

	for (size_t i = 0; i < b->text.n_params; i++)
		if (!(s->given & BIT(b->text.params[i])))
			return call_fault(c, VERDICT_REFUSED, "mapping", "a statement uses :%.*s, which the mapping does not give %s",
			                  STR_ARG(p->script.names[b->text.params[i]]), c->want->mapping ? "there" : "without a mapping");
	began_us = trace_begin(c);
	r = sql_run(c->op, s->tx, &b->text, s->values, ret);
	trace_query(c, began_us, "sql", sql_verb_name(b->verb), str_is_null(b->role) ? STR("") : b->role, r < 0 ? -1 : (int64_t)ret->n);
	return r < 0 ? sql_verdict(c, VERDICT_NOT_DONE) : VERDICT_DONE;
}

static enum verdict check_columns(struct call *c, struct sql_standing *s)
{
	size_t id;

	if (!sql_column(&s->row, "ext_id", &s->ext_id_column) || !sql_column(&s->row, "active", &s->active_column))
		return call_fault(c, VERDICT_REFUSED, "config", "find has no columns ext_id and active");
	if (str_is_empty(sql_cell(&s->row, 0, s->ext_id_column)))
		return call_fault(c, VERDICT_REFUSED, "config", "find answers with an empty ext_id");
	if (sql_column(&s->row, "account_id", &id) && !str_equal_nocase(sql_cell(&s->row, 0, id), c->want->account_id))
		return call_fault(c, VERDICT_REFUSED, "config", "find answers with the account of somebody else");
	return VERDICT_DONE;
}

static enum verdict read_roles(struct call *c, struct sql_standing *s)
{
	const struct sql_platform *p = c->instance;
	const struct sql_block *roles = sql_script_first(&p->script, SQL_ROLES);
	enum verdict verdict = VERDICT_DONE;

	if (roles)
		verdict = sql_run_block(c, s, roles, &s->roles);
	if (roles && verdict == VERDICT_DONE && !sql_column(&s->roles, "role", &s->role_column))
		return call_fault(c, VERDICT_REFUSED, "config", "roles has no column role");
	return verdict;
}

enum verdict sql_standing_read(struct call *c, struct sql_standing *s)
{
	const struct sql_platform *p = c->instance;
	enum verdict verdict = sql_run_block(c, s, sql_script_first(&p->script, SQL_FIND), &s->row);

	if (verdict != VERDICT_DONE)
		return verdict;
	if (s->row.n == 0)
		return call_fault(c, VERDICT_ABSENT, "absent", "no row");
	if (s->row.n > 1)
		return call_fault(c, VERDICT_CONFLICT, "disputed", "%zu rows carry our account id", s->row.n);
	verdict = check_columns(c, s);
	if (verdict != VERDICT_DONE)
		return verdict;
	s->values[SQL_P_EXT_ID] = sql_cell(&s->row, 0, s->ext_id_column);
	return read_roles(c, s);
}

/* As databases write booleans: boolean, tinyint, char, word. */
bool sql_is_true(struct str cell)
{
	static const struct str words[] = { STR("t"), STR("true"), STR("1"), STR("y"), STR("yes"), STR("on") };

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (str_equal_nocase(str_trim(cell), words[i]))
			return true;
	return false;
}

/* NULL, absent and empty are the same; so are the forms of Unicode. */
static bool same_text(struct arena *a, struct str cell, struct str want)
{
	struct str normal;

	if (str_is_empty(cell) || str_is_empty(want))
		return str_is_empty(cell) == str_is_empty(want);
	return str_equal(cell, want) || (text_normalise(a, cell, &normal) && str_equal(normal, want));
}

/* The first column that is not as wanted, or NULL. */
const char *sql_standing_difference(const struct call *c, const struct sql_standing *s)
{
	const struct sql_platform *p = c->instance;

	for (int i = 0; i < SQL_P_COUNT_; i++) {
		size_t column;

		if ((s->compared & BIT(i)) && sql_column(&s->row, p->script.names[i].p, &column) &&
		    !same_text(c->op->arena, sql_cell(&s->row, 0, column), s->values[i]))
			return p->script.names[i].p;
	}
	return NULL;
}

void sql_note_changes(struct call *c, const struct sql_standing *s)
{
	struct str active = sql_cell(&s->row, 0, s->active_column);

	if (sql_is_true(active) != c->want->active)
		call_change(c, "active", active, c->want->active ? STR("true") : STR("false"));
	for (int i = SQL_P_LOGIN; c->want->active && i <= SQL_P_POST; i++) {
		size_t column;

		if (sql_column(&s->row, sql_param_names[i].p, &column) &&
		    !same_text(c->op->arena, sql_cell(&s->row, 0, column), s->values[i]))
			call_change(c, sql_param_names[i].p, sql_cell(&s->row, 0, column), s->values[i]);
	}
}

bool sql_role_is_wanted(const struct call *c, struct str role)
{
	for (size_t i = 0; c->want->active && i < c->want->n_roles; i++)
		if (str_equal(c->want->roles[i].code, role))
			return true;
	return false;
}

bool sql_role_is_held(const struct sql_standing *s, struct str role)
{
	for (size_t i = 0; i < s->roles.n; i++)
		if (str_equal(sql_cell(&s->roles, i, s->role_column), role))
			return true;
	return false;
}

/* With a table per role, others' tables are none of ours. */
bool sql_role_is_managed(const struct sql_platform *p, struct str role)
{
	for (size_t i = 0; i < p->script.n; i++)
		if (sql_script_is_for(&p->script, &p->script.blocks[i], SQL_ROLE_REMOVE, role))
			return true;
	return false;
}

static bool roles_match(const struct call *c, const struct sql_standing *s)
{
	const struct sql_platform *p = c->instance;

	if (!sql_script_has(&p->script, SQL_ROLES) || desired_leaves(c->want, "roles"))
		return true;
	for (size_t i = 0; i < s->roles.n; i++) {
		struct str role = sql_cell(&s->roles, i, s->role_column);

		if (!sql_role_is_wanted(c, role) && sql_role_is_managed(p, role))
			return false;
	}
	for (size_t i = 0; c->want->active && i < c->want->n_roles; i++)
		if (!sql_role_is_held(s, c->want->roles[i].code))
			return false;
	return true;
}

void sql_standing_observe(const struct call *c, const struct sql_standing *s, struct observed *ret)
{
	bool active = sql_is_true(sql_cell(&s->row, 0, s->active_column));

	*ret = (struct observed){
		.ext_id = sql_cell(&s->row, 0, s->ext_id_column),
		.is_known = true,
		.active = active,
		.matches = roles_match(c, s) && (!c->want->active || !sql_standing_difference(c, s)),
	};
}

bool sql_standing_is_settled(const struct call *c, const struct sql_standing *s)
{
	struct observed seen;

	sql_standing_observe(c, s, &seen);
	return seen.active == c->want->active && seen.matches;
}

enum verdict sql_check_name(struct call *c, struct sql_standing *s)
{
	const struct sql_platform *p = c->instance;
	const struct sql_block *find = sql_script_first(&p->script, SQL_FIND_LOGIN);
	struct sql_rows rows = { .n = 0 };
	enum verdict verdict = find ? sql_run_block(c, s, find, &rows) : VERDICT_DONE;

	if (verdict == VERDICT_DONE && rows.n > 0)
		return call_fault(c, VERDICT_CONFLICT, "conflict", "the name is taken by an account without our id");
	return verdict;
}

enum verdict sql_check_keys(struct call *c, struct sql_standing *s)
{
	const struct sql_platform *p = c->instance;
	const struct sql_block *find = sql_script_first(&p->script, SQL_FIND_EXT);
	struct sql_rows rows = { .n = 0 };
	enum verdict verdict = VERDICT_DONE;

	if (!str_is_null(c->ext_id) && find)
		verdict = sql_run_block(c, s, find, &rows);
	if (verdict == VERDICT_DONE && rows.n > 0)
		return call_fault(c, VERDICT_CONFLICT, "conflict", "the account %.*s does not carry our id", STR_ARG(c->ext_id));
	if (verdict == VERDICT_DONE && !str_is_null(c->ext_id) && !c->want->active && !find && !sql_script_has(&p->script, SQL_FIND_LOGIN))
		return call_fault(c, VERDICT_REFUSED, "unprovable", "find does not find it, and neither find_ext nor find_login is declared");
	return verdict == VERDICT_DONE ? sql_check_name(c, s) : verdict;
}
