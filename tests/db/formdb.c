#include "tests/db/formdb.h"

#include <stdio.h>

static const char facts_sql[] =
	FACT_UNIT
	"INSERT INTO sen.platform (id, code, name, name_fold, kind, state, verified)"
	" VALUES (9, 'P09', 'Giấy', 'giay', 'central', 'operating', true), (8, 'P08', 'Khác', 'khac', 'central', 'operating', true);"
	"INSERT INTO sen.role (platform_id, code, name, sensitivity, verified) VALUES (9, 'MC', 'Một cửa', 'normal', true);"
	"INSERT INTO sen.person (id, employee_code, kind, ho, dem, ten, full_name, name_fold)"
	" SELECT gen_random_uuid(), c, 'cong_chuc', 'Lê', '', 'An', 'Lê An', 'le an' FROM"
	" (SELECT 'NV' || i FROM generate_series(1, 50) i UNION VALUES ('CANBO'), ('CAPQUYEN'), ('LANHDAO')) x (c);"
	"INSERT INTO sen.account (id, person_id, login) SELECT gen_random_uuid(), id, lower(employee_code) FROM sen.person;";

static const char again_sql[] =
	"DELETE FROM sen.form_upload_row; DELETE FROM sen.form_upload; DELETE FROM sen.form_line; DELETE FROM sen.form;"
	" DELETE FROM sen.form_account; DELETE FROM sen.form_setting; DELETE FROM sen.binding; DELETE FROM sen.access_grant; DELETE FROM sen.admin_scope;"
	"INSERT INTO sen.form_setting (platform_id, officer) VALUES (9, " OFFICER ");"
	"INSERT INTO sen.admin_scope (account_id, id, unit_id, platform_id, rights) VALUES (" OFFICER ", gen_random_uuid(), 1, 9, '{read}'),"
	" (" OF("lanhdao") ", gen_random_uuid(), 1, NULL, '{read,approve}');"
	"INSERT INTO sen.binding (account_id, platform_id, want_hash, want_active, want_gen, state)"
	" SELECT id, 9, md5(id::text)::uuid, true, 1, 2 FROM sen.account WHERE login LIKE 'nv%'";

int formdb_setup(_unused_ void **state)
{
	return migrated_open("form", facts_sql, 8);
}

int formdb_begin(void **state)
{
	unit_arena_setup(state);
	side(again_sql);
	return 0;
}

struct str id_of(struct arena *a, const char *login)
{
	static char text[UUID_TEXT_LEN + 1];
	PGconn *c = PQconnectdb(dbtest_conninfo());
	PGresult *r = PQexecParams(c, "SELECT id FROM sen.account WHERE login = $1", 1, NULL, &login, NULL, NULL, 0);

	snprintf(text, sizeof(text), "%s", PQgetvalue(r, 0, 0));
	PQclear(r);
	PQfinish(c);
	return arena_dup_c(a, text);
}

struct desired form_want(struct arena *a, const char *login, bool active)
{
	struct desired d = { .platform_id = FORM_PLATFORM, .active = active, .account_id = id_of(a, login), .login = str_c(login), .full_name = STR("Lê An") };

	/* As the bindings have it. */
	PGconn *c = PQconnectdb(dbtest_conninfo());
	const char *id = arena_cstr(a, d.account_id);
	PGresult *r = PQexecParams(c, "SELECT want_hash FROM sen.binding WHERE account_id = $1::uuid", 1, NULL, &id, NULL, NULL, 0);

	snprintf(d.hash, sizeof(d.hash), "%s", PQgetvalue(r, 0, 0));
	PQclear(r);
	PQfinish(c);
	return d;
}

struct form_asked form_ask_for(struct arena *a, const struct desired *d, int64_t gen, const char *roles)
{
	struct str document = arena_printf(a, "{\"login\":\"%.*s\",\"full_name\":\"Lê An\",\"roles\":[%s]}", STR_ARG(d->login), roles);
	struct form_asked asked;
	struct op op;

	op_init(&op, a, migrated_db, NULL);
	if (form_ask(&op, d, gen, document, &asked) < 0)
		fail_msg("%s %.*s", op.error.text, STR_ARG(op.error.detail));
	db_op_done(&op);
	return asked;
}

struct form_asked ask_on(struct arena *a, const char *login, int64_t gen, const char *roles)
{
	struct desired d = form_want(a, login, true);

	return form_ask_for(a, &d, gen, roles);
}

struct form_asked ask_off(struct arena *a, const char *login, int64_t gen)
{
	struct desired d = form_want(a, login, false);

	return form_ask_for(a, &d, gen, "");
}

void close_now(int number)
{
	char sql[100];

	snprintf(sql, sizeof(sql), "SELECT sen.form_close(9::smallint, %d, 'time')", number);
	side(sql);
}

/* The function's word. */
void decided(const char *who, int number, const char *lines, const char *decision, const char *outcome)
{
	char sql[512];

	snprintf(sql, sizeof(sql), "SELECT (sen.form_decide(9::smallint, %d, '{%s}', '%s', 'lý do', (SELECT id FROM sen.account WHERE login = '%s'), 'r') = '%s')::int",
	         number, lines, decision, who, outcome);
	if (side_i64(sql) != 1)
		fail_msg("form %d lines %s %s by %s is not %s", number, lines, decision, who, outcome);
}
