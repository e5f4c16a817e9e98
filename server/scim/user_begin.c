/* user_begin.c: a person whom a source states for the first time. */

#include "server/scim/user_personnel.h"

#include "common/model/unit_store.h"
#include "server/governance/movement.h"

DB_QUERY(scim_person_q, DB_READ,
         "SELECT p.id, sen.person_state(p.id), coalesce((SELECT starts_with(u.path, $2) FROM sen.unit u WHERE u.id = sen.home_unit(p.id)), false),"
         " EXISTS (SELECT FROM sen.feed_user f WHERE f.person_id = p.id AND f.gone_at IS NULL)"
         " FROM sen.person p WHERE p.employee_code = $1");

DB_QUERY(scim_today_q, DB_READ, "SELECT sen.today()");

static bool is_main_on(const struct scim_post *post, struct str day)
{
	return str_equal(post->kind, STR("main")) && str_compare(post->valid_from, day) <= 0 &&
	       (str_is_null(post->valid_to) || str_compare(post->valid_to, day) > 0);
}

int scim_unit_within(struct op *op, const struct scim_feed *feed, struct str code)
{
	struct unit unit;
	int r = unit_find(op, code, &unit);

	if (r == ERR_UNKNOWN_UNIT) {
		op_forgive(op);
		return scim_fail(op, SCIM_INVALID_VALUE, "there is no unit with this code");
	}
	if (r < 0)
		return r;
	return str_starts(unit.path, feed->unit_path) ? 0 : op_fail(op, ERR_OUT_OF_SCOPE, "the unit is not one of those that this source answers for");
}

/* The main post of who states none: title and department, or what the feed says of such. */
int scim_plain_post(struct op *op, const struct scim_feed *feed, const struct scim_stated *s, struct str today, struct scim_post *ret)
{
	struct unit unit = { 0 };
	struct str code = s->department;
	int r = str_is_null(code) ? ERR_UNKNOWN_UNIT : unit_find(op, code, &unit);

	if (r == ERR_UNKNOWN_UNIT) {
		op_forgive(op);
		code = feed->default_unit;
		r = 0;
	}
	if (r < 0)
		return r;
	*ret = (struct scim_post){
		.unit = code, .title = str_is_null(s->title) ? feed->default_title : s->title, .kind = STR("main"), .valid_from = today, .decision_no = feed->basis,
	};
	if (str_is_null(ret->unit) || str_is_null(ret->title))
		return scim_fail(op, SCIM_INVALID_VALUE, "a main post is missing: posts, or title with the code of the unit as department");
	return 0;
}

/* Today's main post, else the next one. */
static const struct scim_post *main_of(const struct scim_stated *s, struct str today)
{
	const struct scim_post *found = NULL;

	for (size_t i = 0; i < s->n_posts; i++) {
		const struct scim_post *post = &s->posts[i];

		if (is_main_on(post, today))
			return post;
		if (str_equal(post->kind, STR("main")) && str_compare(post->valid_from, today) > 0 && (!found || str_compare(post->valid_from, found->valid_from) < 0))
			found = post;
	}
	return found;
}

static int today_of(struct op *op, struct str *ret_today)
{
	struct db_rows rows;
	int r = db_run(op, &scim_today_q, &rows);

	if (r == 0)
		*ret_today = db_str(&rows, 0, 0);
	return r;
}

/* is_known: on record, though without a post. */
static int hire(struct op *op, const struct scim_feed *feed, struct scim_stated *s, enum lc_event_kind kind, bool is_known)
{
	const struct movement_person person = { s->employee_code, s->kind, s->ho, s->dem, s->ten, s->birth_date, s->sex, STR_NULL };
	struct movement_request request = { .kind = kind, .employee_code = s->employee_code, .person = is_known ? NULL : &person };
	struct movement_result result = { 0 };
	const struct scim_post *main;
	struct scim_post plain;
	struct str today;
	int r = today_of(op, &today);

	if (r < 0)
		return r;
	main = main_of(s, today);
	if (!main) {
		r = scim_plain_post(op, feed, s, today, &plain);
		main = &plain;
	}
	if (r == 0)
		r = scim_unit_within(op, feed, main->unit);
	if (r < 0)
		return r;
	request.reason = arena_printf(op->arena, "Theo nguồn dữ liệu nhân sự: %.*s", STR_ARG(feed->name));
	request.decision_no = main->decision_no;
	request.decision_on = main->decision_on;
	request.signer = main->signer;
	request.effective_on = kind == LC_REHIRE && str_compare(main->valid_from, today) < 0 ? today : main->valid_from;
	request.post = (struct post_fields){ .unit = main->unit, .title = main->title, .kind = STR("main"), .rank = main->rank, .valid_to = main->valid_to,
		                              .decision_no = main->decision_no, .decision_on = main->decision_on, .signer = main->signer };
	r = movement_apply(op, &feed->principal, &request, &result);
	json_decref(result.consequences);
	return r;
}

static int find_id(struct op *op, const struct scim_feed *feed, struct str code, struct str *ret_id)
{
	struct db_rows rows;
	int r = db_run(op, &scim_person_q, &rows, P_STR(code), P_STR(feed->unit_path));

	if (r == 0)
		*ret_id = db_str(&rows, 0, 0);
	return r;
}

static bool is_at_work(struct str state)
{
	return str_equal(state, STR("working")) || str_equal(state, STR("on_leave")) || str_equal(state, STR("suspended"));
}

int scim_user_begin(struct op *op, const struct scim_feed *feed, struct scim_stated *s, struct str *ret_person_id)
{
	struct db_rows rows;
	bool known;
	int r = db_run(op, &scim_person_q, &rows, P_STR(s->employee_code), P_STR(feed->unit_path));

	if (r < 0)
		return r;
	known = rows.n == 1;
	/* Whose it is is not told. */
	if (known && (db_bool(&rows, 0, 3) || (is_at_work(db_str(&rows, 0, 1)) && !db_bool(&rows, 0, 2)) || str_equal(db_str(&rows, 0, 1), STR("dead"))))
		return scim_fail(op, SCIM_UNIQUENESS, "the employee code is that of somebody for whom this source does not answer");
	if (known && is_at_work(db_str(&rows, 0, 1))) {
		*ret_person_id = db_str(&rows, 0, 0);
		return 0;
	}
	if (!(feed->authority & SCIM_OF_POSTS))
		return op_fail(op, ERR_OUT_OF_SCOPE, "this source hires nobody");
	r = hire(op, feed, s, known && !str_equal(db_str(&rows, 0, 1), STR("new")) ? LC_REHIRE : LC_JOIN, known);
	return r < 0 ? r : find_id(op, feed, s->employee_code, ret_person_id);
}
