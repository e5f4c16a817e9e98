#include "server/governance/movement.h"

#include "common/base/random.h"
#include "common/base/text.h"
#include "common/model/account_store.h"
#include "common/model/platform_store.h"
#include "common/model/unit_store.h"
#include "server/governance/governance_audit.h"
#include "server/governance/movement_store.h"
#include "server/governance/national_id.h"
#include "server/governance/person_admin.h"

#include <time.h>

#define DAY_S 86400

DB_QUERY(movement_person_add_q, DB_WRITE,
         "INSERT INTO sen.person (id, employee_code, kind, ho, dem, ten, full_name, name_fold, birth_date, sex, national_id_hash, national_id_sealed)"
         " VALUES ($1::uuid, $2, $3, $4, $5, $6, $7, $8, $9::date, $10, $11::bytea, $12) RETURNING id");
DB_QUERY(movement_may_q, DB_READ,
         "SELECT sen.may_manage_person($1::uuid, 'personnel', $2::uuid), NOT EXISTS (SELECT FROM sen.account a WHERE a.id = $1::uuid AND a.person_id = $2::uuid),"
         " sen.person_state($2::uuid) IN ('new', 'left', 'retired') OR sen.may_see_person($1::uuid, 'read', $2::uuid)");
DB_QUERY(movement_unit_q, DB_READ, "SELECT sen.scope_covers($1::uuid, 'personnel', $2, NULL)");
DB_QUERY(movement_add_q, DB_WRITE,
         "INSERT INTO sen.movement (person_id, id, kind, effective_at, until_at, decision_no, decision_on, signer, reason, consequences, drawn_by)"
         " VALUES ($1::uuid, $2::uuid, $3, CASE WHEN $4::bigint IS NULL THEN now() ELSE sen.day_start($4::bigint) END, sen.day_start($5::bigint),"
         " $6, $7::date, $8, $9, $10::jsonb, $11::uuid)");
DB_QUERY(movement_list_q, DB_READ,
         "SELECT m.id, m.kind, sen.iso(m.effective_at), sen.iso(m.until_at), m.decision_no, m.decision_on, m.signer, m.reason, b.login,"
         " sen.iso(m.drawn_at), m.void_by, m.consequences, m.seq::text FROM sen.movement m JOIN sen.account b ON b.id = m.drawn_by"
         " WHERE m.person_id = $1::uuid AND ($2::bigint IS NULL OR m.seq < $2::bigint) ORDER BY m.seq DESC LIMIT $3::bigint");

static int64_t day_of(struct str date)
{
	struct tm tm = { .tm_mday = 1 };
	int part[3] = { 0 };

	for (size_t i = 0, k = 0; i < date.len; i++) {
		if (date.p[i] == '-')
			k++;
		else
			part[k] = part[k] * 10 + (date.p[i] - '0');
	}
	tm.tm_year = part[0] - 1900;
	tm.tm_mon = part[1] - 1;
	tm.tm_mday = part[2];
	return (int64_t)timegm(&tm) / DAY_S;
}

static struct str date_of(struct arena *a, int64_t day)
{
	time_t t = (time_t)(day * DAY_S);
	struct tm tm;

	gmtime_r(&t, &tm);
	return arena_printf(a, "%04d-%02d-%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
}

static json_t *consequence_json(struct op *op, const struct movement_request *request, const struct lc_event *e, const struct lc_consequence *c)
{
	json_t *json = json_new_object();

	json_set_str(json, "act", str_c(lc_act_name(c->act)));
	json_set_str(json, "what", c->label);
	json_set_str(json, "id", c->subject);
	json_set_str(json, "status", c->status);
	json_set_bool(json, "at_once", c->at_once || c->day <= e->today);
	json_set_str(json, "on", date_of(op->arena, c->day));
	if (c->until != LC_OPEN)
		json_set_str(json, "until", date_of(op->arena, c->until));
	if (c->act == LC_GRANT_END)
		json_set_int(json, "handover_days", c->days);
	for (size_t i = 0; i < e->n_platforms && c->platform_id != LC_EVERY_PLATFORM; i++)
		if (e->platforms[i] == c->platform_id)
			json_set_str(json, "platform", request->platforms[i]);
	return json;
}

static json_t *outcome_json(struct op *op, const struct movement_request *request, const struct lc_event *e, const struct lc_outcome *outcome)
{
	json_t *list = json_new_array();

	for (size_t i = 0; i < outcome->n; i++)
		json_array_append_new(list, consequence_json(op, request, e, &outcome->items[i]));
	return list;
}

static int refuse(struct op *op, int code, const struct lc_outcome *outcome)
{
	switch (code) {
	case ERR_WRONG_STATE:
		(void)op_fail(op, ERR_WRONG_STATE, "not possible in the state of the person");
		(void)op_fail_arg(op, "state", outcome->state);
		return op_fail_arg(op, "wanted", outcome->wanted);
	case ERR_BLOCKED:
		(void)op_fail(op, ERR_BLOCKED, "a later movement is planned already");
		return op_fail_arg(op, "by", outcome->by);
	default:
		(void)op_fail(op, ERR_INVALID_VALUE, "the day does not fit");
		return op_fail_arg(op, "field", str_c(outcome->field ? outcome->field : "kind"));
	}
}

static int find_platforms(struct op *op, const struct movement_request *request, struct lc_event *e)
{
	int64_t *ids = ARENA_ARRAY(op->arena, int64_t, request->n_platforms + 1);
	struct platform platform;

	for (size_t i = 0; i < request->n_platforms; i++) {
		int r = platform_find(op, request->platforms[i], &platform);

		if (r < 0)
			return r;
		ids[i] = platform.id;
	}
	e->platforms = ids;
	e->n_platforms = request->n_platforms;
	return 0;
}

static const char *stop_kind(enum lc_event_kind kind)
{
	return kind == LC_SUSPEND ? "suspend" : kind == LC_VANISH ? "vanish" : kind == LC_LEAVE ? "leave" : "end";
}

static bool has(const struct lc_outcome *outcome, enum lc_act act)
{
	for (size_t i = 0; i < outcome->n; i++)
		if (outcome->items[i].act == act)
			return true;
	return false;
}

static int write(struct op *op, const struct principal *p, const struct movement_request *request, const struct lc_write *w,
                 const struct lc_outcome *outcome, struct movement_result *ret)
{
	struct post_fields post = request->post;
	struct account account;
	struct person person;
	bool created;
	int r = lc_write(op, w, outcome);

	if (r == 0 && has(outcome, LC_POST_ADD))
		r = post_insert(op, w->person_id, p->account_id, &post);
	if (r == 0 && has(outcome, LC_ACCOUNT_ADD)) {
		r = person_get(op, w->person_id, &person);
		if (r == 0)
			r = account_ensure(op, &person, &account, &created);
		if (r == 0)
			ret->login = account.login;
	}
	return r == 0 ? lc_run_due(op, w->movement_id) : r;
}

int movement_in_transaction(struct op *op, const struct principal *p, const struct movement_request *request, struct str person_id,
                            struct movement_result *ret)
{
	struct lc_event event = { .kind = request->kind, .until = LC_OPEN, .post_label = request->post.title };
	struct lc_outcome outcome = { 0 };
	struct movement_request filled = *request;
	struct lc_person person;
	struct lc_rules rules;
	struct db_rows rows;
	char uuid[UUID_TEXT_LEN + 1];
	int r = lc_load(op, person_id, &person, &event.today);

	if (r == 0)
		r = lc_load_rules(op, &rules);
	if (r == 0)
		r = find_platforms(op, request, &event);
	if (r < 0)
		return r;
	event.day = str_is_null(request->effective_on) || lc_event_is_at_once(request->kind) ? event.today : day_of(request->effective_on);
	if (!str_is_null(request->until))
		event.until = day_of(request->until);
	r = working_life_decide(op->arena, &person, &event, &rules, &outcome);
	if (r < 0)
		return refuse(op, r, &outcome);
	filled.post.valid_from = date_of(op->arena, event.day);
	random_uuid(uuid);
	ret->id = arena_dup_c(op->arena, uuid);
	ret->state = str_c(lc_state_name(person.state));
	ret->consequences = outcome_json(op, request, &event, &outcome);
	if (request->is_preview)
		return 0;
	r = db_run(op, &movement_add_q, &rows, P_STR(person_id), P_STR(ret->id), P_C(lc_event_name(request->kind)),
	           P_STR(event.day <= event.today ? STR_NULL : arena_printf(op->arena, "%lld", (long long)event.day)),
	           P_STR(event.until == LC_OPEN ? STR_NULL : arena_printf(op->arena, "%lld", (long long)event.until)), P_STR(request->decision_no),
	           P_STR(request->decision_on), P_STR(request->signer), P_STR(request->reason),
	           P_STR(json_write(op->arena, ret->consequences, false)), P_STR(p->account_id));
	const struct lc_write w = { person_id, ret->id, p->account_id, stop_kind(request->kind), event.today, request->kind == LC_TRANSFER };
	return r < 0 ? r : write(op, p, &filled, &w, &outcome, ret);
}

static int add_person(struct op *op, const struct movement_person *who, struct str *ret_id)
{
	struct str full_name = arena_printf(op->arena, "%.*s%s%.*s%s%.*s", STR_ARG(who->ho), str_is_empty(who->ho) ? "" : " ", STR_ARG(who->dem),
	                                    str_is_empty(who->dem) ? "" : " ", STR_ARG(who->ten));
	struct str hash = STR_NULL, sealed = STR_NULL;
	struct str ho = str_is_null(who->ho) ? STR("") : who->ho, dem = str_is_null(who->dem) ? STR("") : who->dem;
	char uuid[UUID_TEXT_LEN + 1];
	struct db_rows rows;
	int r;

	if (!str_is_null(who->national_id))
		national_id_seal(op, who->national_id, &hash, &sealed);
	random_uuid(uuid);
	r = db_run(op, &movement_person_add_q, &rows, P_C(uuid), P_STR(who->employee_code), P_STR(who->kind), P_STR(ho), P_STR(dem),
	           P_STR(who->ten), P_STR(full_name), P_STR(text_fold(op->arena, full_name)), P_STR(who->birth_date), P_STR(who->sex),
	           P_BYTES(hash), P_STR(sealed));
	*ret_id = arena_dup_c(op->arena, uuid);
	return r;
}

/*
 * Who begins has no unit yet, or one that does not decide any more: the unit of the new post decides
 * (post_insert).  Everybody else is acted on in the home unit, asked again in the transaction.
 */
static int check_scope(struct op *op, const struct principal *p, const struct movement_request *request, struct str person_id)
{
	struct db_rows rows;
	int r = db_run(op, &movement_may_q, &rows, P_STR(p->account_id), P_STR(person_id));

	if (r < 0)
		return r;
	if (!db_bool(&rows, 0, 1))
		return governance_refuse(op, ERR_SELF_GRANT);
	if (request->kind == LC_JOIN || request->kind == LC_REHIRE)
		return db_bool(&rows, 0, 2) ? 0 : op_fail(op, ERR_UNKNOWN_PERSON, "no such person");
	return db_bool(&rows, 0, 0) ? 0 : governance_refuse(op, ERR_OUT_OF_SCOPE);
}

static int check_unit(struct op *op, const struct principal *p, struct str code)
{
	struct db_rows rows;
	struct unit unit;
	int r = unit_find(op, code, &unit);

	if (r == 0)
		r = db_run(op, &movement_unit_q, &rows, P_STR(p->account_id), P_STR(unit.path));
	if (r < 0)
		return r;
	return db_bool(&rows, 0, 0) ? 0 : governance_refuse(op, ERR_OUT_OF_SCOPE);
}

/* *person_id: of somebody new, set. */
static int apply(struct op *op, const struct principal *p, const struct movement_request *request, struct str *person_id,
                 struct movement_result *ret)
{
	int r = request->person ? add_person(op, request->person, person_id) : check_scope(op, p, request, *person_id);

	if (r == 0 && !str_is_null(request->post.unit))
		r = check_unit(op, p, request->post.unit);
	return r < 0 ? r : movement_in_transaction(op, p, request, *person_id, ret);
}

int movement_apply(struct op *op, const struct principal *p, const struct movement_request *request, struct movement_result *ret)
{
	bool begins = request->kind == LC_JOIN || request->kind == LC_REHIRE;
	struct person person = { 0 };
	json_t *data;
	int r = 0;

	*ret = (struct movement_result){ 0 };
	if (!request->person)
		r = begins ? person_find(op, request->employee_code, &person) : person_admin_find(op, p, "personnel", request->employee_code, &person);
	if (r == 0)
		r = db_begin(op);
	if (r < 0)
		return r;
	r = apply(op, p, request, &person.id, ret);
	if (r == 0 && request->is_preview) {
		db_rollback(op);
		return 0;
	}
	const struct governance_act act = {
		.action = arena_printf(op->arena, "movement.%s", lc_event_name(request->kind)).p,
		.person_id = person.id,
		.object = request->employee_code,
	};
	data = json_new_object();
	json_set_str(data, "movement", ret->id);
	json_set_str(data, "decision_no", request->decision_no);
	json_set_str(data, "effective_on", request->effective_on);
	json_set_str(data, "reason", request->reason);
	if (r == 0)
		json_set_take(data, "consequences", json_incref(ret->consequences));
	return governance_commit(op, p, r, &act, data);
}

int movement_list(struct op *op, const struct principal *p, struct str employee_code, const struct page_ask *ask, struct movement_page *ret)
{
	struct person_record person;
	struct movement *movements;
	struct db_rows rows;
	int r = person_admin_get(op, p, employee_code, &person);

	if (r == 0)
		r = db_run(op, &movement_list_q, &rows, P_STR(person.person.id), P_STR(ask->after[0]), P_I64((int64_t)ask->limit + 1));
	if (r < 0)
		return r;
	*ret = (struct movement_page){ .n = rows.n > ask->limit ? ask->limit : rows.n, .has_more = rows.n > ask->limit };
	movements = ARENA_ARRAY(op->arena, struct movement, ret->n);
	for (size_t i = 0; i < ret->n; i++)
		movements[i] = (struct movement){
			.id = db_str(&rows, i, 0), .kind = db_str(&rows, i, 1), .effective_at = db_str(&rows, i, 2), .until_at = db_str(&rows, i, 3),
			.decision_no = db_str(&rows, i, 4), .decision_on = db_str(&rows, i, 5), .signer = db_str(&rows, i, 6), .reason = db_str(&rows, i, 7),
			.drawn_by = db_str(&rows, i, 8), .drawn_at = db_str(&rows, i, 9), .void_by = db_str(&rows, i, 10), .consequences = db_str(&rows, i, 11),
			.seq = db_str(&rows, i, 12),
		};
	ret->movements = movements;
	return 0;
}
