#include "tests/db/observed.h"

#include "common/plan/facts_store.h"
#include "provisioning/connectors/registry.h"
#include "provisioning/scim/map.h"

const struct observed_platform observed_p02 = { 2, true, 3600, -1 };

static atomic_bool is_stopping;

static const struct connector_config config = { .platform = { "P02", 3 }, .kind = { "scim", 4 } };
static const struct observed_connector of = { &config, 2, NULL };
static struct observer observer;

DB_QUERY(test_accounts, DB_READ, "SELECT a.id FROM sen.account a WHERE EXISTS (SELECT FROM sen.binding b WHERE b.account_id = a.id AND b.platform_id = 2) ORDER BY login");

int observed_create(_unused_ void **state)
{
	int r = migrated_open("observe", PLANNED_FACTS "SELECT people(40)", 4);

	observer = (struct observer){ .db = migrated_db, .connectors = &of, .n_connectors = 1, .mail_domain = MAIL_DOMAIN, .is_stopping = &is_stopping };
	return r;
}

int observed_begin(void **state)
{
	*state = arena_new((size_t)64 * 1024 * 1024);
	side("DELETE FROM sen.access_grant; DELETE FROM sen.dirty_account; DELETE FROM sen.binding; DELETE FROM sen.observe_run;"
	     " DELETE FROM sen.observe_item; DELETE FROM sen.shadow; DELETE FROM sen.attribute_policy; DELETE FROM sen.observe_plan;"
	     " DELETE FROM sen.dirty_account; SELECT give('nv%')");
	plan_all(*state);
	side("SELECT settle()");
	return 0;
}

static struct listed listed_of(struct arena *a, const struct desired *want)
{
	_json_ json_t *user = scim_user(want);
	_json_ json_t *document = scim_attributes(a, user);

	return (struct listed){ arena_printf(a, "e-%.*s", STR_ARG(want->login)), want->account_id, want->login, STR_NULL, want->active,
		                json_write(a, document, true), STR_NULL };
}

struct shown *show(struct arena *a)
{
	struct shown *s = ARENA_NEW(a, struct shown);
	const struct account_facts *facts;
	struct str accounts[N_ACCOUNTS + 1];
	struct db_rows rows;
	struct op op;

	op_init(&op, a, migrated_db, NULL);
	assert_int_equal(db_run(&op, &test_accounts, &rows), 0);
	assert_true(rows.n <= N_ACCOUNTS);
	for (size_t i = 0; i < rows.n; i++)
		accounts[i] = db_str(&rows, i, 0);
	assert_int_equal(facts_read(&op, accounts, rows.n, &facts, &s->n), 0);
	for (size_t i = 0; i < s->n; i++) {
		plan_platform(a, &facts[i], 2, MAIL_DOMAIN, &s->wants[i]);
		s->accounts[i] = listed_of(a, &s->wants[i]);
	}
	db_op_done(&op);
	return s;
}

struct listed *of_login(struct shown *s, const char *login)
{
	for (size_t i = 0; i < s->n; i++)
		if (str_equal(s->accounts[i].login, str_c(login)))
			return &s->accounts[i];
	fail_msg("no %s", login);
	return NULL;
}

void hide(struct shown *s, const char *login)
{
	*of_login(s, login) = s->accounts[--s->n];
}

void add(struct shown *s, const char *ext_id, struct str account_id, const char *login)
{
	s->accounts[s->n++] = (struct listed){ str_c(ext_id), account_id, str_c(login), STR_NULL, true, STR("{\"displayName\":\"Ai\"}"), STR_NULL };
}

void rename_to(struct arena *a, struct shown *s, const char *login, const char *name)
{
	for (size_t i = 0; i < s->n; i++)
		if (str_equal(s->accounts[i].login, str_c(login))) {
			struct desired want = s->wants[i];

			want.full_name = str_c(name);
			s->accounts[i] = listed_of(a, &want);
		}
}

struct observe_run *begin_run(struct op *op)
{
	struct observe_run *run;

	assert_int_equal(observe_plan_add(op, &observed_p02, 1), 0);
	side("UPDATE sen.observe_run SET created_at = created_at - interval '2 h'");
	assert_int_equal(observe_run_due(op, &observed_p02, 1), 0);
	assert_int_equal(observe_run_claim(op, &observed_p02, 1, &run), 0);
	assert_non_null(run);
	return run;
}

void put(struct op *op, struct observe_run *run, const struct shown *s, int64_t total)
{
	for (size_t at = 0; at < s->n; at += 15) {
		size_t n = s->n - at < 15 ? s->n - at : 15, n_new = 0;
		struct list_page page = { .accounts = (struct listed *)(uintptr_t)&s->accounts[at], .n = n, .total = total, .proof = LIST_BY_COUNT,
			                  .next = at + n < s->n ? STR("pi200:16") : STR_NULL };

		assert_int_equal(observe_run_page(op, run, &page, 5, &n_new), 0);
		(void)listing_goes_on(&run->listing, &page, n_new);
	}
}

struct run held_by_us(struct observe_run *row, struct arena *a)
{
	return (struct run){ .observer = &observer, .of = &of, .connector = connector_find(STR("scim")), .row = row, .arena = a };
}

void observe(const struct shown *s, int64_t total)
{
	_cleanup_(arena_freep) struct arena *rows = arena_new((size_t)8 * 1024 * 1024);
	_cleanup_(arena_freep) struct arena *pages = arena_new((size_t)32 * 1024 * 1024);
	struct observe_run *row;
	struct run run;
	struct op op;

	op_init(&op, rows, migrated_db, NULL);
	row = begin_run(&op);
	put(&op, row, s, total < 0 ? (int64_t)s->n : total);
	assert_int_equal(observe_run_listed(&op, row, listing_fault(&row->listing, LIST_BY_COUNT)), 0);
	run = held_by_us(row, pages);
	assert_int_equal(run_judge(&run), 0);
	db_op_done(&op);
}
