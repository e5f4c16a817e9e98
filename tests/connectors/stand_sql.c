#include "tests/connectors/stand_sql.h"

#include <stdlib.h>

#define OUTPUT_MAX ((size_t)64 * 1024)

static void run(const char *format, ...) _printf_(1, 2);
static void run(const char *format, ...)
{
	struct arena *a = arena_new(2 * OUTPUT_MAX);
	va_list ap;

	va_start(ap, format);
	(void)stand_sql.side(a, arena_cstr(a, arena_vprintf(a, format, ap)));
	va_end(ap);
	arena_free(a);
}

void stand_sql_tables(const char *id_type, const char *options)
{
	run(
	    "CREATE TABLE users (id %s PRIMARY KEY, login varchar(64) NOT NULL UNIQUE, name varchar(200) NOT NULL, unit varchar(40),"
	    " post varchar(200), phone varchar(40), sen_id varchar(36) UNIQUE, enabled smallint NOT NULL DEFAULT 1)%s",
	    id_type, options);
	run(
	    "CREATE TABLE user_roles (user_id integer NOT NULL REFERENCES users (id) ON DELETE CASCADE, role varchar(40) NOT NULL,"
	    " CHECK (role IN ('MC', 'TK', 'LD')), PRIMARY KEY (user_id, role))%s",
	    options);
	run("CREATE TABLE admins (user_id integer PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE)%s", options);
}

static struct str statements(struct arena *a)
{
	const char *const argv[] = { "cat", getenv("SEN_TEST_SQL_STATEMENTS"), NULL };
	struct str common = stand_command(a, argv, STR_NULL);

	/* Pages of a few, so that there are several. */
	return arena_printf(a, "%.*s\n-- name: list\nSELECT id AS ext_id, sen_id AS account_id, login, name AS full_name, unit AS unit_code, post, enabled AS active,"
	                    " (%s) AS roles FROM users u WHERE (id > :after OR :after IS NULL) ORDER BY id LIMIT 7\n"
	                    "-- name: list_count\nSELECT count(*) AS n FROM users\n", STR_ARG(common), stand_sql.join_roles);
}

void stand_sql_config(struct arena *a, struct connector_config *config)
{
	config->kind = STR("sql");
	config->driver = str_c(stand_sql.driver);
	config->host = STR("127.0.0.1");
	config->database = str_c(stand_sql.database);
	config->user = STR("sen_test_kit");
	config->password = STR("kit-secret-1");
	config->ca_file = STR("");
	config->statements = statements(a);
}

void stand_sql_set_port(struct arena *a, struct connector_config *config, int port)
{
	(void)a;
	config->port = port;
}

void stand_sql_spoil_password(struct arena *a, struct connector_config *config)
{
	(void)a;
	config->password = STR("spoilt");
}

void stand_sql_wipe(void)
{
	run("DELETE FROM user_roles; DELETE FROM admins; DELETE FROM users");
}

struct stand_account stand_sql_look(struct arena *a, const char *login)
{
	static const char columns[] = "concat_ws('\x1f', count(*) OVER (), enabled, name, coalesce(unit, ''), coalesce(post, ''),"
	                              " coalesce(phone, ''), coalesce(sen_id, ''), coalesce((";
	struct str sql = arena_printf(a, "SELECT %s%s), '')) FROM users u WHERE login = '%s'", columns, stand_sql.join_roles, login);
	struct str rest = stand_sql.side(a, arena_cstr(a, sql)), line, part[8] = { STR_NULL };
	uint64_t n = 0;

	if (rest.len == 0 || !str_split(&rest, '\n', &line) || line.len == 0)
		return (struct stand_account){ .n = 0 };
	for (size_t i = 0; i < ARRAY_LEN(part); i++)
		assert_true(str_split(&line, '\x1f', &part[i]));
	assert_true(str_to_u64(part[0], 1000, &n));
	return (struct stand_account){
		.n = (size_t)n, .active = str_equal(part[1], STR("1")), .full_name = part[2], .unit_code = part[3], .post = part[4],
		.phone = part[5], .account_id = part[6], .roles = part[7],
	};
}

void stand_sql_act(enum stand_act act, const char *login)
{
	switch (act) {
	case STAND_ADD_FOREIGN:
		run("INSERT INTO users (login, name, enabled) VALUES ('%s', 'Người Khác', 1)", login);
		break;
	case STAND_RENAME:
		run("UPDATE users SET name = 'Ai đó khác' WHERE login = '%s'", login);
		break;
	case STAND_TAKE_ROLE:
		run("DELETE FROM user_roles WHERE user_id = (SELECT id FROM users WHERE login = '%s')", login);
		break;
	case STAND_GIVE_ROLE:
		run("INSERT INTO user_roles (user_id, role) SELECT id, 'TK' FROM users WHERE login = '%s'", login);
		break;
	case STAND_ENABLE:
		run("UPDATE users SET enabled = 1 WHERE login = '%s'", login);
		break;
	case STAND_SET_PHONE:
		run("UPDATE users SET phone = '0238 111 222' WHERE login = '%s'", login);
		break;
	case STAND_DELETE:
		run("DELETE FROM users WHERE login = '%s'", login);
		break;
	case STAND_UNMARK:
		run("UPDATE users SET sen_id = NULL WHERE login = '%s'", login);
		break;
	case STAND_MISMARK:
		run("UPDATE users SET sen_id = '" STAND_OTHERS_ID "' WHERE login = '%s'", login);
		break;
	case STAND_RELABEL:
		run("UPDATE users SET login = 'ten-khac' WHERE login = '%s'", login);
		break;
	case STAND_MOVE:
	default:
		fail_msg("keys of rows are what others refer to");
	}
}

size_t stand_sql_count(void)
{
	struct arena *a = arena_new(2 * OUTPUT_MAX);
	struct str out = stand_sql.side(a, "SELECT count(*) FROM users"), line;
	uint64_t n = 0;

	assert_true(str_split(&out, '\n', &line) && str_to_u64(line, 100000, &n));
	arena_free(a);
	return (size_t)n;
}
