/* venturing_more.c: reviews, separation, looking; scopes, working lives, imports. */
#include "common/base/base64.h"
#include "common/crypto/digest.h"
#include "server/governance/access_reviews.h"
#include "server/governance/duties.h"
#include "server/governance/emergencies.h"
#include "server/governance/explain.h"
#include "server/governance/import_run_store.h"
#include "server/governance/import_work.h"
#include "server/governance/movement.h"
#include "server/governance/requests.h"
#include "server/governance/scoping.h"
#include "tests/db/governance/venturing_impl.h"

#include <stdio.h>

#define N_RIGHTS 3

DB_QUERY(venture_duty_q, DB_READ, "SELECT id, version FROM sen.duty_rule WHERE retired_at IS NULL ORDER BY code OFFSET $1::integer LIMIT 1");
DB_QUERY(venture_exception_q, DB_READ, "SELECT id, 0 FROM sen.duty_exception WHERE approved_at IS NULL ORDER BY asked_at DESC, id OFFSET $1::integer LIMIT 1");
DB_QUERY(venture_campaign_q, DB_READ, "SELECT id, version FROM sen.review_campaign WHERE state <> 'closed' ORDER BY made_at DESC, id OFFSET $1::integer LIMIT 1");
DB_QUERY(venture_item_q, DB_READ, "SELECT i.campaign_id, 0, i.id FROM sen.review_item i JOIN sen.review_campaign c ON c.id = i.campaign_id WHERE i.decided_by IS NULL"
                                  " AND c.state <> 'closed' ORDER BY i.id OFFSET $1::integer LIMIT 1");

void venture_review(struct venture *v)
{
	struct db_rows rows;

	if (roll(8) == 0)
		TRY(v, review_begin, P_STR(venture_id(v)), ME(v), P_STR(arena_printf(v->op.arena, "C%u", roll(1000000))), S("R"), P_C(roll(5) == 0 ? "accounts" : "grants"),
		    P_STR(venture_unit()), P_NULL, S("low"), P_STR(venture_end(v, 2 + roll(6))), P_C(roll(2) == 0 ? "suspend" : "keep"));
	else if (roll(4) == 0 && venture_pick(v, &venture_campaign_q, &rows, 3))
		TRY(v, review_advance, ID(rows), ME(v));
	else if (venture_pick(v, &venture_item_q, &rows, 12))
		TRY(v, review_decide, ID(rows), ME(v), P_STR(db_str(&rows, 0, 2)), P_C(((const char *const[]){ "keep", "keep", "revoke", "change" })[roll(4)]), P_NULL,
		    P_C(venture_role().role));
}

void venture_separate(struct venture *v)
{
	struct db_rows rows;
	unsigned what = roll(8);
	struct str id = venture_id(v);

	if (what == 0)
		TRY(v, duty_add, P_STR(id), ME(v), P_STR(arena_printf(v->op.arena, "D%.8s", id.p)), S("D"), S("P02"), S("MC"), S("P02"), S("TK"), S("unit"),
		    P_C(roll(2) == 0 ? "block" : "warn"), S("QĐ"));
	else if (what < 3 && venture_pick(v, &venture_duty_q, &rows, 3))
		TRY(v, duty_retire, ID(rows), ME(v), VERSION(rows));
	else if (what < 6 && venture_pick(v, &venture_duty_q, &rows, 2))
		TRY(v, duty_except, P_STR(id), ME(v), ID(rows), P_STR(venture_person(v)), S("x"), P_STR(venture_end(v, 2 + roll(10))));
	else if (venture_pick(v, &venture_exception_q, &rows, 4))
		TRY(v, duty_except_approve, ID(rows), ME(v));
}

/* Each line of what is shown lies within what may be seen. */
static void shown(struct venture *v, const char *needed, const struct query *q, const struct db_param *params, size_t n)
{
	struct db_rows rows;

	assert_int_equal(db_run_params(&v->op, q, params, n, &rows), 0);
	for (size_t i = 0; i < rows.n; i++)
		side(arena_cstr(v->op.arena, arena_printf(v->op.arena, "SELECT oracle.shown('%.*s', '%s', $line$%.*s$line$)", STR_ARG(v->who.account_id), needed,
		                                          STR_ARG(db_str(&rows, i, 0)))));
}
#define SHOWN(v, needed, q, ...) \
	shown((v), (needed), (q), (struct db_param[]){ __VA_ARGS__ }, sizeof((struct db_param[]){ __VA_ARGS__ }) / sizeof(struct db_param))

void venture_look(struct venture *v)
{
	struct db_rows rows;

	switch (roll(4)) {
	case 0:
		SHOWN(v, "read", request_list, ME(v), P_NULL, P_BOOL(false), P_NULL, P_NULL, P_I64(10));
		break;
	case 1:
		SHOWN(v, "read", emergency_list, ME(v), P_NULL, P_NULL, P_NULL, P_I64(10));
		break;
	case 2:
		SHOWN(v, "read", grants_on, ME(v), P_NULL, P_NULL, P_NULL, P_NULL, P_NULL, P_NULL, P_NULL, P_I64(10));
		break;
	default:
		/* Items of accounts name no role. */
		if (venture_pick(v, &venture_campaign_q, &rows, 3) && side_i64("SELECT count(*) FROM sen.review_campaign WHERE kind = 'accounts'") == 0)
			SHOWN(v, "review", review_items, ME(v), ID(rows), P_NULL, P_NULL, P_NULL, P_I64(10));
	}
}

/* Where two are needed, they ask for the same: the last one again. */
static struct gift {
	char login[40];
	unsigned unit, rights, platform, cap, days;
} last;

static const struct str sets[][N_RIGHTS] = {
	{ STR("read"), STR("approve"), STR_NULL },  { STR("read"), STR("grant"), STR("revoke") },   { STR("read"), STR("personnel"), STR_NULL },
	{ STR("review"), STR("read"), STR_NULL },   { STR("delegate"), STR("read"), STR("grant") }, { STR("rules"), STR_NULL, STR_NULL },
	{ STR("import"), STR("grant"), STR_NULL },
};

void venture_give_scope(struct venture *v)
{
	static const char *const platforms[] = { NULL, "P02", "P03" };
	static const char *const caps[] = { NULL, "low", "normal" };
	struct scoping_request gift = { .login = venture_login(v) };
	struct scope scope;
	bool added;

	if (roll(4) == 0 || last.login[0] == '\0') {
		last = (struct gift){ .unit = roll(N_UNITS), .rights = roll(ARRAY_LEN(sets)), .platform = roll(3), .cap = roll(5) < 3 ? 0 : 1 + roll(2), .days = roll(3) == 0 ? 0 : 1 + roll(25) };
		(void)snprintf(last.login, sizeof(last.login), "%.*s", STR_ARG(gift.login));
	}
	gift.login = str_c(last.login);
	gift.unit = str_c(venture_units[last.unit]);
	gift.rights = sets[last.rights];
	while (gift.n_rights < N_RIGHTS && !str_is_null(gift.rights[gift.n_rights]))
		gift.n_rights++;
	if (platforms[last.platform])
		gift.platform = str_c(platforms[last.platform]);
	if (caps[last.cap])
		gift.max_sensitivity = str_c(caps[last.cap]);
	if (last.days > 0) {
		gift.valid_to = venture_end(v, last.days);
		gift.valid_to_s = ((int64_t)v->op.now_s + 7 * 3600) / 86400 * 86400 + last.days * 86400 - 7 * 3600;
	}
	if (scoping_add(&v->op, &v->who, &gift, &scope, &added) == 0 && added)
		venture_note("scope.add", 1);
}

DB_QUERY(venture_scope_q, DB_READ, "SELECT id FROM sen.admin_scope WHERE revoked_at IS NULL ORDER BY granted_by IS NULL, id OFFSET $1::integer LIMIT 1");
void venture_take_scope(struct venture *v)
{
	struct db_rows rows;
	bool changed = false;

	assert_int_equal(db_run(&v->op, &venture_scope_q, &rows, P_I64(roll(12))), 0);
	if (rows.n > 0 && scoping_revoke(&v->op, &v->who, db_str(&rows, 0, 0), &changed) == 0 && changed)
		venture_note("scope.revoke", 1);
}

DB_QUERY(venture_away_q, DB_READ, "SELECT n.employee_code FROM sen.movement m JOIN sen.person n ON n.id = m.person_id WHERE m.kind IN ('suspend', 'leave')"
                                  " ORDER BY m.seq DESC OFFSET $1::integer LIMIT 1");
void venture_move(struct venture *v)
{
	static const enum lc_event_kind kinds[] = { LC_TRANSFER, LC_TRANSFER, LC_LEAVE, LC_SUSPEND, LC_RETURN, LC_RETURN };
	struct movement_request m = { .kind = kinds[roll(ARRAY_LEN(kinds))], .employee_code = venture_person(v), .decision_no = STR("15/QĐ"), .decision_on = venture_day(v, 0),
		                      .signer = STR("Trần Văn Bình"), .reason = STR("Theo quyết định") };
	struct movement_result result = { 0 };
	struct db_rows rows;

	if (m.kind == LC_RETURN && venture_pick(v, &venture_away_q, &rows, 4))
		m.employee_code = db_str(&rows, 0, 0);
	if (!lc_event_is_at_once(m.kind))
		m.effective_on = venture_day(v, roll(3) == 0 ? 3 : 0);
	if (m.kind == LC_LEAVE)
		m.until = venture_day(v, 4 + (int)roll(10));
	if (m.kind == LC_TRANSFER)
		m.post = (struct post_fields){ .unit = venture_unit(), .title = arena_printf(v->op.arena, "Chuyên viên %u", roll(10)), .kind = STR("main"), .decision_no = m.decision_no,
			                       .decision_on = m.decision_on, .signer = m.signer };
	if (movement_apply(&v->op, &v->who, &m, &result) == 0)
		venture_note(arena_cstr(v->op.arena, arena_printf(v->op.arena, "movement.%s", lc_event_name(m.kind))), 1);
	json_decref(result.consequences);
}

DB_QUERY(venture_post_q, DB_READ, "SELECT o.id, o.version, n.employee_code FROM sen.post o JOIN sen.person n ON n.id = o.person_id WHERE o.kind <> 'main'"
                                  " AND (upper_inf(o.valid) OR upper(o.valid) > sen.today()) ORDER BY o.id OFFSET $1::integer LIMIT 1");
void venture_post(struct venture *v)
{
	static const char *const kinds[] = { "concurrent", "acting", "seconded" };
	const struct post_fields fields = { .unit = venture_unit(), .title = arena_printf(v->op.arena, "Chuyên viên %u", roll(10)), .kind = str_c(kinds[roll(3)]),
		                            .valid_from = venture_day(v, (int)roll(4)), .valid_to = venture_day(v, 5 + (int)roll(15)), .decision_no = STR("2/QĐ"),
		                            .decision_on = venture_day(v, 0), .signer = STR("x") };
	struct post_record post;
	struct db_rows rows;
	bool gone;

	if (roll(3) > 0) {
		if (post_admin_add(&v->op, &v->who, venture_person(v), &fields, &post) == 0)
			venture_note("post.add", 1);
		return;
	}
	assert_int_equal(db_run(&v->op, &venture_post_q, &rows, P_I64(roll(6))), 0);
	if (rows.n == 0)
		return;
	const struct post_change change = { db_str(&rows, 0, 0), db_i64(&rows, 0, 1), STR("x") };
	if (post_admin_end(&v->op, &v->who, db_str(&rows, 0, 2), &change, venture_day(v, (int)roll(3)), &gone) == 0)
		venture_note("post.end", 1);
}

static void work(void)
{
	const struct import_work context = { gov_server, gov_owner };
	struct op op;
	bool worked = true;

	while (worked) {
		gov_begin(&op, gov_server);
		assert_int_equal(import_work_once(&op, &context, &worked), 0);
		gov_end(&op);
	}
}

static bool step(struct venture *v, struct str id, const char *csv)
{
	struct import_step s = { .actor = v->who.account_id, .id = id };
	struct import_row row;
	bool done = false;

	if (import_run_get(&v->op, v->who.account_id, id, &row) < 0)
		return false;
	s.version = row.version;
	if (csv)
		assert_int_equal(import_step_check(&v->op, &s, hex_encode(v->op.arena, sha256_str(v->op.arena, str_c(csv))), &done), 0);
	else
		assert_int_equal(import_step_apply(&v->op, &s, &done), 0);
	work();
	return done;
}

/* A grant or a post by file, from the first part to the end. */
void venture_import(struct venture *v)
{
	bool is_grant = roll(2) == 0;
	struct venture_role role = venture_role();
	struct str unit = venture_unit(), ends = venture_day(v, 3 + (int)roll(10)), person = venture_person(v), id;
	const struct import_new new = { is_grant ? STR("grants") : STR("posts"), STR("x"), venture_unit(), false };
	struct str csv = is_grant ? arena_printf(v->op.arena, "employee_code,platform_code,role_code,unit_code,basis,valid_from,valid_to\n%.*s,%s,%s,%.*s,QĐ,,%.*s\n",
	                                         STR_ARG(person), role.platform, role.role, STR_ARG(unit), STR_ARG(ends)) :
	                            arena_printf(v->op.arena, "employee_code,unit_code,title,post_kind,valid_from,valid_to,decision_no\n%.*s,%.*s,Chuyên viên %u,concurrent,%.*s,%.*s,3/QĐ\n",
	                                         STR_ARG(person), STR_ARG(unit), roll(10), STR_ARG(venture_day(v, 0)), STR_ARG(ends));
	const char *text = arena_cstr(v->op.arena, csv);
	int64_t before = side_i64("SELECT count(*) FROM sen.access_grant WHERE origin = 'direct'");
	bool done;

	if (import_run_add(&v->op, v->who.account_id, &new, &id) < 0)
		return;
	assert_int_equal(import_part_put(&v->op, v->who.account_id, id, 0, aead_seal(v->op.arena, keyring_key(gov_keys, KEY_AT_REST), "import", id, csv), &done), 0);
	if (is_grant)
		v->asked = arena_printf(v->op.arena, "%.*sT00:00:00+07:00", STR_ARG(ends));
	if (step(v, id, text))
		(void)step(v, id, NULL);
	venture_note("grant.add", side_i64("SELECT count(*) FROM sen.access_grant WHERE origin = 'direct'") - before);
}
