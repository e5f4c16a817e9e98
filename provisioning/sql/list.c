#include "provisioning/sql/list.h"

#include "common/base/err.h"
#include "provisioning/attributes.h"

#define ROLES_MAX 256

struct columns_of {
	size_t ext_id, active, after;
	size_t account_id, login, roles; /* SQL_COLUMNS_MAX: there is none */
	size_t texts[SQL_P_COUNT_];      /* likewise */
};

static size_t column_or_none(const struct sql_rows *rows, const char *name)
{
	size_t column;

	return sql_column(rows, name, &column) ? column : SQL_COLUMNS_MAX;
}

/* Values of accounts: ours, and what the file says that a mapping gives. */
static bool is_value(const struct sql_script *script, int param)
{
	return (param >= SQL_P_LOGIN && param <= SQL_P_POST) || (param >= SQL_P_MORE && param < SQL_P_ROLE && !str_is_null(script->names[param]));
}

static bool find_columns(const struct sql_script *script, const struct sql_rows *rows, struct columns_of *ret)
{
	*ret = (struct columns_of){
		.ext_id = column_or_none(rows, "ext_id"),
		.active = column_or_none(rows, "active"),
		.after = column_or_none(rows, "after"),
		.account_id = column_or_none(rows, "account_id"),
		.login = column_or_none(rows, "login"),
		.roles = column_or_none(rows, "roles"),
	};
	if (ret->after == SQL_COLUMNS_MAX)
		ret->after = ret->ext_id;
	for (int i = 0; i < SQL_P_COUNT_; i++)
		ret->texts[i] = is_value(script, i) ? column_or_none(rows, script->names[i].p) : SQL_COLUMNS_MAX;
	return ret->ext_id < SQL_COLUMNS_MAX && ret->active < SQL_COLUMNS_MAX && ret->account_id < SQL_COLUMNS_MAX;
}

static void show_roles(struct arena *a, struct str cell, json_t *document)
{
	struct str roles[ROLES_MAX], rest = cell, part;
	size_t n = 0;

	while (rest.len > 0 && n < ROLES_MAX && str_split(&rest, ',', &part))
		roles[n++] = str_trim(part);
	attributes_list(a, document, "roles", roles, n);
}

static struct str or_null(struct str s)
{
	return str_is_empty(s) ? STR_NULL : s;
}

static struct str cell_or_null(const struct sql_rows *rows, size_t row, size_t column)
{
	return column < SQL_COLUMNS_MAX ? or_null(sql_cell(rows, row, column)) : STR_NULL;
}

static void take_row(struct call *c, const struct sql_rows *rows, size_t row, const struct columns_of *columns, struct listed *ret)
{
	const struct sql_platform *p = c->instance;
	struct arena *a = c->op->arena;
	_json_ json_t *document = json_new_object();

	for (int i = 0; i < SQL_P_COUNT_; i++)
		if (columns->texts[i] < SQL_COLUMNS_MAX)
			attributes_text(a, document, p->script.names[i].p, sql_cell(rows, row, columns->texts[i]), false);
	if (columns->roles < SQL_COLUMNS_MAX)
		show_roles(a, sql_cell(rows, row, columns->roles), document);
	*ret = (struct listed){
		.ext_id = sql_cell(rows, row, columns->ext_id),
		.account_id = cell_or_null(rows, row, columns->account_id),
		.login = cell_or_null(rows, row, columns->login),
		.active = sql_is_true(sql_cell(rows, row, columns->active)),
		.document = json_write(a, document, true),
	};
}

static enum verdict take_rows(struct call *c, const struct sql_rows *rows, struct list_page *page)
{
	const struct sql_platform *p = c->instance;
	struct columns_of columns;
	struct str after;

	if (rows->n == 0)
		return VERDICT_DONE;
	if (!find_columns(&p->script, rows, &columns))
		return call_fault(c, VERDICT_REFUSED, "config", "list has no columns ext_id, account_id and active");
	page->accounts = ARENA_ARRAY(c->op->arena, struct listed, rows->n);
	for (size_t i = 0; i < rows->n; i++) {
		if (str_is_empty(sql_cell(rows, i, columns.ext_id)))
			return call_fault(c, VERDICT_REFUSED, "config", "list shows an empty ext_id");
		take_row(c, rows, i, &columns, &page->accounts[page->n++]);
	}
	after = sql_cell(rows, rows->n - 1, columns.after);
	if (str_is_empty(after))
		return call_fault(c, VERDICT_REFUSED, "config", "list has no key to go on from");
	page->next = after;
	return VERDICT_DONE;
}

/* At both ends: what came and went in between does not go unnoticed. */
static enum verdict count(struct call *c, const struct sql_platform *p, struct sql_tx *tx, struct list_page *page)
{
	const struct sql_block *block = sql_script_first(&p->script, SQL_LIST_COUNT);
	struct sql_rows rows;
	uint64_t n;

	if (!block || (!str_is_null(page->cursor) && page->n > 0))
		return VERDICT_DONE;
	if (sql_run(c->op, tx, &block->text, NULL, &rows) < 0)
		return sql_verdict(c, VERDICT_DOWN);
	if (rows.n != 1 || rows.n_columns != 1 || !str_to_u64(sql_cell(&rows, 0, 0), INT64_MAX, &n))
		return call_fault(c, VERDICT_REFUSED, "config", "list_count does not answer with one number");
	page->total = (int64_t)n;
	return VERDICT_DONE;
}

enum verdict sql_list(struct call *c, struct list_page *page)
{
	const struct sql_platform *p = c->instance;
	const struct sql_block *list = sql_script_first(&p->script, SQL_LIST);
	struct sql_tx *tx;
	struct sql_rows rows;
	enum verdict verdict;

	if (!list)
		return call_fault(c, VERDICT_REFUSED, "cannot_list", "the statements file has no list");
	page->n = 0;
	page->total = -1;
	page->next = STR_NULL;
	page->proof = LIST_BY_END;
	if (sql_begin(c->op, p->pool, &tx) < 0)
		return sql_verdict(c, VERDICT_DOWN);
	verdict = sql_run(c->op, tx, &list->text, &page->cursor, &rows) < 0 ? sql_verdict(c, VERDICT_DOWN) : take_rows(c, &rows, page);
	if (verdict == VERDICT_DONE)
		verdict = count(c, p, tx, page);
	sql_rollback(tx);
	return verdict;
}

json_t *sql_expect(struct arena *a, void *instance, const struct desired *want)
{
	const struct sql_platform *p = instance;
	struct op op;
	struct call c = { .op = &op, .instance = instance, .want = want };
	struct sql_standing s = { 0 };
	struct str *roles = ARENA_ARRAY(a, struct str, want->n_roles + 1);
	size_t n_roles = want->active ? want->n_roles : 0;
	json_t *document = json_new_object();

	op_init(&op, a, NULL, NULL);
	/* What the mapping cannot give is the planner's and the worker's to tell. */
	if (want->active && sql_values(&c, &s, false) == VERDICT_DONE)
		for (int i = 0; i < SQL_P_COUNT_; i++)
			if (is_value(&p->script, i) && (s.compared & UINT64_C(1) << i))
				attributes_text(a, document, p->script.names[i].p, s.values[i], false);
	for (size_t i = 0; i < n_roles; i++)
		roles[i] = want->roles[i].code;
	attributes_list(a, document, "roles", roles, n_roles);
	return document;
}
