#include "tests/connectors/stand_sql.h"

#define OUTPUT_MAX ((size_t)64 * 1024)

static void run(sql_side side, const char *format, ...) _printf_(2, 3);
static void run(sql_side side, const char *format, ...)
{
	struct arena *a = arena_new(2 * OUTPUT_MAX);
	va_list ap;

	va_start(ap, format);
	(void)side(a, arena_cstr(a, arena_vprintf(a, format, ap)));
	va_end(ap);
	arena_free(a);
}

void stand_sql_tables(sql_side side, const char *id_type, const char *options)
{
	run(side,
	    "CREATE TABLE users (id %s PRIMARY KEY, login varchar(64) NOT NULL UNIQUE, name varchar(200) NOT NULL, unit varchar(40),"
	    " post varchar(200), phone varchar(40), sen_id varchar(36) UNIQUE, enabled smallint NOT NULL DEFAULT 1)%s",
	    id_type, options);
	run(side,
	    "CREATE TABLE user_roles (user_id integer NOT NULL REFERENCES users (id) ON DELETE CASCADE, role varchar(40) NOT NULL,"
	    " CHECK (role IN ('MC', 'TK', 'LD')), PRIMARY KEY (user_id, role))%s",
	    options);
	run(side, "CREATE TABLE admins (user_id integer PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE)%s", options);
}

void stand_sql_wipe(sql_side side)
{
	run(side, "DELETE FROM user_roles; DELETE FROM admins; DELETE FROM users");
}

struct stand_account stand_sql_look(sql_side side, struct arena *a, const char *login, const char *join_roles)
{
	static const char columns[] = "concat_ws('\x1f', count(*) OVER (), enabled, name, coalesce(unit, ''), coalesce(post, ''),"
	                              " coalesce(phone, ''), coalesce(sen_id, ''), coalesce((";
	struct str sql = arena_printf(a, "SELECT %s%s), '')) FROM users u WHERE login = '%s'", columns, join_roles, login);
	struct str rest = side(a, arena_cstr(a, sql)), line, part[8] = { STR_NULL };
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

void stand_sql_act(sql_side side, enum stand_act act, const char *login)
{
	switch (act) {
	case STAND_ADD_FOREIGN:
		run(side, "INSERT INTO users (login, name, enabled) VALUES ('%s', 'Người Khác', 1)", login);
		break;
	case STAND_RENAME:
		run(side, "UPDATE users SET name = 'Ai đó khác' WHERE login = '%s'", login);
		break;
	case STAND_TAKE_ROLE:
		run(side, "DELETE FROM user_roles WHERE user_id = (SELECT id FROM users WHERE login = '%s')", login);
		break;
	case STAND_GIVE_ROLE:
		run(side, "INSERT INTO user_roles (user_id, role) SELECT id, 'TK' FROM users WHERE login = '%s'", login);
		break;
	case STAND_ENABLE:
		run(side, "UPDATE users SET enabled = 1 WHERE login = '%s'", login);
		break;
	case STAND_SET_PHONE:
		run(side, "UPDATE users SET phone = '0238 111 222' WHERE login = '%s'", login);
		break;
	case STAND_DELETE:
		run(side, "DELETE FROM users WHERE login = '%s'", login);
		break;
	}
}

size_t stand_sql_count(sql_side side)
{
	struct arena *a = arena_new(2 * OUTPUT_MAX);
	struct str out = side(a, "SELECT count(*) FROM users"), line;
	uint64_t n = 0;

	assert_true(str_split(&out, '\n', &line) && str_to_u64(line, 100000, &n));
	arena_free(a);
	return (size_t)n;
}
