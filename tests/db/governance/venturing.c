#include "tests/db/governance/venturing.h"

#include "common/base/random.h"
#include "common/model/personnel_due.h"
#include "server/governance/emergencies.h"
#include "server/governance/granting.h"
#include "server/governance/requests.h"
#include "server/governance/rules.h"
#include "tests/db/governance/venturing_impl.h"

#include <stdio.h>
#include <stdlib.h>

const char *const venture_units[N_UNITS] = { "40", "16681", "16681.VP", "16690" };

static const struct venture_role roles[] = { { "P02", "MC" }, { "P02", "TK" }, { "P02", "CAO" }, { "P03", "ND" } };
static const char *const rights[] = { "read", "grant", "revoke", "delegate", "approve", "personnel", "rules", "review", "import" };

#define N_TRIES 6

static unsigned seed;
static int64_t n_done;
static struct {
	char action[40];
	int64_t n;
} done[40];

void roll_from(unsigned from)
{
	seed = from;
}

unsigned roll(unsigned n)
{
	/* xorshift32 */
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return seed % n;
}

void venture_note(const char *action, int64_t n)
{
	size_t i = 0;

	while (i < ARRAY_LEN(done) && done[i].action[0] && !str_equal(str_c(done[i].action), str_c(action)))
		i++;
	assert_true(i < ARRAY_LEN(done));
	(void)snprintf(done[i].action, sizeof(done[i].action), "%s", action);
	done[i].n += n;
	n_done += n;
}

int64_t ventured(const char *action)
{
	for (size_t i = 0; i < ARRAY_LEN(done); i++)
		if (str_equal(str_c(done[i].action), str_c(action)))
			return done[i].n;
	return 0;
}

void check_records(void)
{
	char sql[3000];

	for (size_t i = 0; i < ARRAY_LEN(done) && done[i].action[0]; i++) {
		(void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM sen.audit WHERE action = '%s' AND actor LIKE 'account:%%'", done[i].action);
		if (side_i64(sql) != done[i].n)
			fail_msg("%s: done %lld times, on record %lld times", done[i].action, (long long)done[i].n, (long long)side_i64(sql));
	}
}

void venture_try(struct venture *v, const struct governed_kind *kind, const struct db_param *params, size_t n)
{
	json_t *body = NULL;

	if (governed_write(&v->op, &v->who, kind, params, n, &body) == 0)
		venture_note(kind->action, 1);
	json_decref(body);
}

struct str venture_id(struct venture *v)
{
	char uuid[UUID_TEXT_LEN + 1];

	random_uuid(uuid);
	return arena_dup_c(v->op.arena, uuid);
}

struct str venture_person(struct venture *v)
{
	return arena_printf(v->op.arena, "E%u", roll(N_PEOPLE));
}

struct str venture_login(struct venture *v)
{
	return gov_login(&v->op, arena_cstr(v->op.arena, arena_printf(v->op.arena, "E%u", roll(N_OFFICIALS))));
}

struct str venture_unit(void)
{
	return str_c(venture_units[roll(2) == 0 ? 0 : roll(N_UNITS)]);
}

struct venture_role venture_role(void)
{
	return roles[roll(ARRAY_LEN(roles))];
}

struct str venture_day(struct venture *v, int offset)
{
	time_t at = (time_t)v->op.now_s + 7 * 3600 + offset * 86400;
	struct tm tm;

	gmtime_r(&at, &tm);
	return arena_printf(v->op.arena, "%04d-%02d-%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
}

struct str venture_end(struct venture *v, unsigned days)
{
	v->asked = arena_printf(v->op.arena, "%.*sT00:00:00+07:00", STR_ARG(venture_day(v, (int)days)));
	return v->asked;
}

struct str venture_maybe_end(struct venture *v)
{
	return roll(3) == 0 ? STR_NULL : venture_end(v, 1 + roll(25));
}

static void grant(struct venture *v)
{
	struct venture_role role = venture_role();
	const struct granting_request request = { .employee_code = venture_person(v), .platform = str_c(role.platform), .role = str_c(role.role), .unit = venture_unit(),
		                                  .basis = STR("QĐ"), .valid_to = venture_maybe_end(v) };
	struct grant given;
	bool added;

	if (granting_add(&v->op, &v->who, &request, &given, &added) == 0 && added)
		venture_note("grant.add", 1);
}

DB_QUERY(venture_grant_q, DB_READ, "SELECT a.login, g.id FROM sen.access_grant g JOIN sen.account a ON a.id = g.account_id WHERE g.revoked_at IS NULL"
                                   " ORDER BY g.granted_at DESC, g.id OFFSET $1::integer LIMIT 1");
static void take_back(struct venture *v)
{
	struct granting_revocation what = { .reason = STR("x") };
	struct granting_revoked revoked;
	struct db_rows rows;

	assert_int_equal(db_run(&v->op, &venture_grant_q, &rows, P_I64(roll(20))), 0);
	if (rows.n == 0)
		return;
	what.login = db_str(&rows, 0, 0);
	if (roll(4) > 0)
		what.id = db_str(&rows, 0, 1);
	else if (roll(2) == 0)
		what.platform = STR("P02");
	if (granting_revoke(&v->op, &v->who, &what, &revoked) == 0 && revoked.done.n > 0)
		venture_note("grant.revoke", 1);
}

static void ask(struct venture *v)
{
	struct venture_role role = venture_role();

	TRY(v, request_file, P_STR(venture_id(v)), ME(v), P_STR(venture_person(v)), P_C(role.platform), P_C(role.role), P_STR(venture_unit()), S("QĐ"), S("lý do"), P_NULL,
	    P_STR(venture_maybe_end(v)));
}

DB_QUERY(venture_request_q, DB_READ, "SELECT id, version FROM sen.access_request ORDER BY state = 'open' DESC, requested_at DESC, id OFFSET $1::integer LIMIT 1");
DB_QUERY(venture_rule_q, DB_READ, "SELECT id, version FROM sen.birthright_rule WHERE retired_at IS NULL ORDER BY code OFFSET $1::integer LIMIT 1");
DB_QUERY(venture_emergency_q, DB_READ, "SELECT id, version FROM sen.emergency ORDER BY asked_at DESC, id OFFSET $1::integer LIMIT 1");
DB_QUERY(venture_deputy_q, DB_READ, "SELECT id, 0 FROM sen.deputy WHERE ended_at IS NULL ORDER BY made_at DESC, id OFFSET $1::integer LIMIT 1");

bool venture_pick(struct venture *v, const struct query *q, struct db_rows *ret_rows, unsigned of)
{
	assert_int_equal(db_run(&v->op, q, ret_rows, P_I64(roll(of))), 0);
	return ret_rows->n > 0;
}

static void approve(struct venture *v)
{
	struct db_rows rows;

	if (venture_pick(v, &venture_request_q, &rows, 6))
		TRY(v, request_approve, ID(rows), ME(v), VERSION(rows), P_NULL);
}

static void turn_down(struct venture *v)
{
	struct db_rows rows;

	if (!venture_pick(v, &venture_request_q, &rows, 6))
		return;
	if (roll(2) == 0)
		TRY(v, request_refuse, ID(rows), ME(v), VERSION(rows), S("không"));
	else
		TRY(v, request_withdraw, ID(rows), ME(v), P_NULL);
}

static void stand_in(struct venture *v)
{
	struct db_rows rows;

	if (roll(5) == 0 && venture_pick(v, &venture_deputy_q, &rows, 6))
		TRY(v, deputy_end, ID(rows), ME(v));
	else
		TRY(v, deputy_add, P_STR(venture_id(v)), ME(v), P_STR(roll(4) > 0 ? v->who.login : venture_login(v)), P_STR(venture_login(v)),
		    P_STR(venture_day(v, (int)roll(4) - 2)), P_STR(venture_day(v, 2 + (int)roll(20))), S("nghỉ"));
}

static void draw_rule(struct venture *v)
{
	struct venture_role role = venture_role();
	struct str given[] = { arena_printf(v->op.arena, "%s/%s", role.platform, role.role) }, titles[] = { arena_printf(v->op.arena, "Chuyên viên %u", roll(10)) };
	struct str id = venture_id(v);

	TRY(v, rule_draft, P_STR(id), ME(v), P_STR(arena_printf(v->op.arena, "R%.8s", id.p)), S("R"), S("QĐ"), P_STR(venture_unit()), P_NULL,
	    P_STR(db_array(v->op.arena, titles, 1)), P_NULL, P_NULL, P_NULL, P_STR(db_array(v->op.arena, given, 1)), P_STR(roll(3) == 0 ? venture_day(v, 2) : STR_NULL),
	    P_STR(roll(3) == 0 ? venture_day(v, 4 + (int)roll(20)) : STR_NULL));
}

static void move_rule(struct venture *v)
{
	struct db_rows rows;

	if (!venture_pick(v, &venture_rule_q, &rows, 6))
		return;
	if (roll(5) == 0)
		TRY(v, rule_retire, ID(rows), ME(v), VERSION(rows));
	else
		TRY(v, rule_release, ID(rows), ME(v), VERSION(rows));
}

static void ask_in_emergency(struct venture *v)
{
	struct venture_role role = venture_role();

	TRY(v, emergency_ask, P_STR(venture_id(v)), ME(v), P_STR(venture_person(v)), P_C(role.platform), P_C(role.role), P_NULL, S("gấp"), P_I64(1 + roll(80)));
}

static void see_emergency(struct venture *v)
{
	struct db_rows rows;

	if (!venture_pick(v, &venture_emergency_q, &rows, 4))
		return;
	if (roll(3) > 0)
		TRY(v, emergency_release, ID(rows), ME(v), VERSION(rows));
	else
		TRY(v, emergency_review, ID(rows), ME(v), VERSION(rows), P_C(roll(2) == 0 ? "justified" : "unjustified"), S("x"));
}

static void (*const acts[])(struct venture *) = {
	grant, grant, take_back, ask, ask, approve, approve, approve, turn_down, stand_in, stand_in, draw_rule, move_rule, ask_in_emergency, see_emergency, see_emergency, venture_review, venture_review, venture_separate, venture_look,
	venture_give_scope, venture_give_scope, venture_take_scope, venture_move, venture_move, venture_move, venture_post,
	venture_post, venture_import,
};

/* True: it came to something. */
static bool once(void (*act)(struct venture *))
{
	struct venture v = { .asked = STR_NULL };
	char sql[200], mine[UUID_TEXT_LEN + 1];
	int64_t before = n_done;

	gov_begin(&v.op, gov_server);
	v.who = gov_principal(&v.op, arena_cstr(v.op.arena, venture_login(&v)));
	(void)snprintf(mine, sizeof(mine), "%.*s", STR_ARG(v.who.account_id));
	(void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM sen.account WHERE id = '%s' AND status = 'active'", mine);
	/* Others do not sign in. */
	if (side_i64(sql) == 1) {
		act(&v);
		(void)snprintf(sql, sizeof(sql), "SELECT oracle.judge('%s', nullif('%.*s', '')::timestamptz)", mine, STR_ARG(v.asked));
		side(sql);
	}
	gov_end(&v.op);
	return n_done > before;
}

/* One after the other tries, until one of them can. */
void venture(void)
{
	void (*act)(struct venture *) = acts[roll(ARRAY_LEN(acts))];

	for (int i = 0; i < N_TRIES && !once(act); i++)
		;
}

void rules_catch_up(void)
{
	struct op op;
	size_t n = 1;

	side("UPDATE sen.rules_again_until SET at = least(at, now() - interval '2 minutes')");
	gov_begin(&op, gov_owner);
	while (n > 0)
		assert_int_equal(rules_again_run(&op, &n), 0);
	gov_end(&op);
}

void days_pass(unsigned days)
{
	struct op op;
	char sql[160];
	size_t n = 1;

	(void)snprintf(sql, sizeof(sql), "SELECT oracle.pass(%u); UPDATE sen.rules_again_until SET at = at - %u * interval '1 day'", days, days);
	side(sql);
	gov_begin(&op, gov_owner);
	while (n > 0)
		assert_int_equal(account_due_run(&op, &n), 0);
	gov_end(&op);
	side("SELECT oracle.judge(NULL, NULL)");
}

static void draw_scope(unsigned person)
{
	static const char *const platforms[] = { "NULL", "'P02'", "'P03'", "NULL" };
	const char *platform = platforms[roll(ARRAY_LEN(platforms))];
	char sql[1200], given[160] = "read";
	bool one_role = platform[1] == 'P' && roll(3) == 0, is_capped = roll(6) == 0;
	unsigned cap = roll(2), days = 1 + roll(60);
	bool ends = roll(3) == 0;
	char until[60] = "NULL";

	for (size_t i = 1; i < ARRAY_LEN(rights); i++)
		if (roll(3) > 0)
			(void)snprintf(given + strlen(given), sizeof(given) - strlen(given), ",%s", rights[i]);
	if (ends)
		(void)snprintf(until, sizeof(until), "sen.midnight(sen.today() + %u)", days);
	(void)snprintf(sql, sizeof(sql), "INSERT INTO sen.admin_scope (account_id, id, unit_id, platform_id, rights, role_ids, max_rank, valid_to)"
	               " SELECT a.id, gen_random_uuid(), u.id, p.id, '{%s}', CASE WHEN %s THEN ARRAY(SELECT r.id FROM sen.role r WHERE r.platform_id = p.id ORDER BY r.id LIMIT 1) END,"
	               " CASE WHEN %s THEN %u END, %s FROM sen.account a JOIN sen.person n ON n.id = a.person_id AND n.employee_code = 'E%u' JOIN sen.unit u ON u.code = '%s'"
	               " LEFT JOIN sen.platform p ON p.code = %s WHERE a.kind = 'operational' ON CONFLICT DO NOTHING",
	               given, one_role ? "true" : "false", is_capped ? "true" : "false", cap, until, person, venture_units[roll(3) > 0 ? 0 : roll(N_UNITS)], platform);
	side(sql);
}

void venturing_draw(void)
{
	/* The last ones have what they are given, and whom they stand in for. */
	for (unsigned i = 0; i < N_OFFICIALS - 3; i++)
		for (unsigned k = 0; k < 3; k++)
			draw_scope(i);
	side("INSERT INTO oracle.scope SELECT id, account_id, unit_id, platform_id, role_ids, max_rank, rights, oracle.at(valid_to), post_id FROM sen.admin_scope"
	     " ON CONFLICT DO NOTHING; SELECT oracle.judge(NULL, NULL)");
}

static void read_oracle(void)
{
	const char *path = getenv("SEN_TEST_ORACLE");
	static char sql[65536];
	size_t n;
	FILE *f;

	assert_non_null(path);
	f = fopen(path, "r");
	assert_non_null(f);
	n = fread(sql, 1, sizeof(sql) - 1, f);
	assert_true(n < sizeof(sql) - 1);
	assert_int_equal(fclose(f), 0);
	sql[n] = '\0';
	side(sql);
}

int venturing_create(_unused_ void **state)
{
	gov_create("invariants");
	gov_import("roles", "platform_code,code,name,level,sensitivity,verified\nP02,CAO,Quản trị,,high,chưa xác minh\n", NULL);
	side("INSERT INTO sen.person (id, employee_code, kind, ho, dem, ten, full_name, name_fold) SELECT gen_random_uuid(), 'E' || i, 'cong_chuc', 'Lê', '', 'An', 'Lê An', 'le an'"
	     "  FROM generate_series(0, 19) i;"
	     " INSERT INTO sen.post (person_id, id, unit_id, title, kind, valid, decision_no) SELECT p.id, gen_random_uuid(), u.id, 'Chuyên viên ' || right(p.employee_code, 1), 'main',"
	     "  '[2025-07-01,)', '1/QĐ' FROM sen.person p"
	     "  JOIN sen.unit u ON u.code = (ARRAY['40', '16681', '16681.VP', '16690'])[1 + substr(p.employee_code, 2)::integer % 4] WHERE p.employee_code ~ '^E';"
	     " SELECT sen.accounts_ensure(ARRAY(SELECT id FROM sen.person WHERE employee_code ~ '^E[0-9]$' OR employee_code IN ('E10', 'E11')));"
	     " UPDATE sen.account SET status = 'active', activated_at = now()");
	read_oracle();
	side("SELECT oracle.is_new('account ' || id) FROM sen.account; SELECT oracle.is_new('post ' || id) FROM sen.post;"
	     " SELECT oracle.is_new('duty ' || id) FROM sen.duty_rule");
	return 0;
}
