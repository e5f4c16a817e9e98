#include "server/governance/vanished.h"

#include "common/model/person_store.h"
#include "server/governance/governance_audit.h"
#include "server/governance/person_admin.h"

DB_QUERY(vanished_policy_q, DB_READ, "SELECT vanished_max_n, vanished_max_percent, sen.same_person($1::uuid, $2::uuid) FROM sen.personnel_policy");
/* Whom it concerns: at work, and not waiting for a decision; never who acts, who is beyond the scope (as a feed: of its unit). */
DB_QUERY(vanished_find_q, DB_READ,
         "SELECT p.id, p.employee_code FROM sen.person p WHERE p.employee_code = ANY ($1::text[]) AND sen.person_state(p.id) IN ('working', 'on_leave')"
         " AND NOT EXISTS (SELECT FROM sen.vanished v WHERE v.person_id = p.id AND v.decision IS NULL)"
         " AND sen.may_manage_person($2::uuid, 'import', p.id) ORDER BY p.id");
DB_QUERY(vanished_add_q, DB_WRITE, "INSERT INTO sen.vanished (person_id, movement_id, feed) VALUES ($1::uuid, $2::uuid, $3)");
DB_QUERY(vanished_list_q, DB_READ,
         "SELECT p.employee_code, p.full_name, u.code, v.feed, v.marked_at, v.movement_id FROM sen.vanished v JOIN sen.person p ON p.id = v.person_id"
         " LEFT JOIN sen.unit u ON u.id = sen.home_unit(p.id) WHERE v.decision IS NULL AND sen.may_see_person($1::uuid, 'personnel', p.id)"
         " AND ($2::timestamptz IS NULL OR (v.marked_at, p.employee_code) > ($2::timestamptz, $3::text)) ORDER BY v.marked_at, p.employee_code LIMIT $4::bigint");
DB_QUERY(vanished_decide_q, DB_WRITE,
         "UPDATE sen.vanished SET decision = $3, reason = $4, decided_by = $2::uuid, decided_at = now() WHERE person_id = $1::uuid AND decision IS NULL"
         " AND sen.may_manage_person($2::uuid, 'personnel', person_id) RETURNING 1");

static int guard(struct op *op, const struct principal *p, const struct vanished_feed *feed)
{
	struct db_rows rows;
	int r = db_run(op, &vanished_policy_q, &rows, P_STR(feed->released_by), P_STR(p->account_id));

	if (r < 0)
		return r;
	if (!working_life_feed_is_suspicious(feed->n_known, (int64_t)feed->n, db_i64(&rows, 0, 0), db_i64(&rows, 0, 1)))
		return 0;
	if (str_is_null(feed->released_by))
		return op_fail(op, ERR_HELD, "the feed lacks more persons than one person may suspend");
	return db_bool(&rows, 0, 2) ? op_fail(op, ERR_FOUR_EYES, "released by who brought it") : 0;
}

static int mark_one(struct op *op, const struct principal *p, const struct vanished_feed *feed, struct str person_id)
{
	const struct movement_request request = {
		.kind = LC_VANISH,
		.reason = arena_printf(op->arena, "Không còn trong dữ liệu nhân sự: %.*s", STR_ARG(feed->name)),
	};
	struct movement_result result = { 0 };
	struct db_rows rows;
	int r = movement_in_transaction(op, p, &request, person_id, &result);

	json_decref(result.consequences);
	return r < 0 ? r : db_run(op, &vanished_add_q, &rows, P_STR(person_id), P_STR(result.id), P_STR(feed->name));
}

int vanished_mark(struct op *op, const struct principal *p, const struct vanished_feed *feed, size_t *ret_n)
{
	struct db_rows rows;
	int r = guard(op, p, feed);

	if (r == 0)
		r = db_run(op, &vanished_find_q, &rows, P_STR(db_array(op->arena, feed->employee_codes, feed->n)), P_STR(p->account_id));
	if (r < 0)
		return r;
	*ret_n = rows.n;
	for (size_t i = 0; i < rows.n && r == 0; i++)
		r = mark_one(op, p, feed, db_str(&rows, i, 0));
	return r;
}

int vanished_list(struct op *op, const struct principal *p, const struct str after[2], size_t limit, struct vanished_page *ret_page)
{
	struct vanished_entry *entries;
	struct db_rows rows;
	int r = db_run(op, &vanished_list_q, &rows, P_STR(p->account_id), P_STR(after[0]), P_STR(after[1]), P_I64((int64_t)limit + 1));

	if (r < 0)
		return r;
	*ret_page = (struct vanished_page){ .n = rows.n > limit ? limit : rows.n, .has_more = rows.n > limit };
	entries = ARENA_ARRAY(op->arena, struct vanished_entry, ret_page->n);
	for (size_t i = 0; i < ret_page->n; i++)
		entries[i] = (struct vanished_entry){ db_str(&rows, i, 0), db_str(&rows, i, 1), db_str(&rows, i, 2),
			                              db_str(&rows, i, 3), db_str(&rows, i, 4), db_str(&rows, i, 5) };
	ret_page->entries = entries;
	return 0;
}

static int decide(struct op *op, const struct principal *p, struct str person_id, bool keep, struct str reason)
{
	const struct movement_request request = { .kind = keep ? LC_RETURN : LC_RESIGN, .reason = reason };
	struct movement_result result = { 0 };
	struct db_rows rows;
	int r = db_run(op, &vanished_decide_q, &rows, P_STR(person_id), P_STR(p->account_id), P_C(keep ? "keep" : "left"), P_STR(reason));

	if (r == 0 && rows.n == 0) {
		(void)op_fail(op, ERR_WRONG_STATE, "nobody waits for a decision on this person");
		(void)op_fail_arg(op, "state", STR("decided"));
		return op_fail_arg(op, "wanted", STR("vanished"));
	}
	if (r == 0)
		r = movement_in_transaction(op, p, &request, person_id, &result);
	json_decref(result.consequences);
	return r;
}

int vanished_decide(struct op *op, const struct principal *p, struct str employee_code, bool keep, struct str reason)
{
	struct person person;
	json_t *data;
	int r = person_admin_find(op, p, "personnel", employee_code, &person);

	if (r == 0)
		r = db_begin(op);
	if (r < 0)
		return r;
	const struct governance_act act = { .action = "vanished.decide", .person_id = person.id, .object = person.employee_code };
	r = decide(op, p, person.id, keep, reason);
	data = json_new_object();
	json_set_str(data, "decision", keep ? STR("keep") : STR("left"));
	json_set_str(data, "reason", reason);
	return governance_commit(op, p, r, &act, data);
}
