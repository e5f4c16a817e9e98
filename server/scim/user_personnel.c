/* user_personnel.c: what is stated of a person, carried out by the functions of personnel. */

#include "server/scim/user_personnel.h"

#include "server/governance/movement.h"
#include "server/governance/person_admin.h"
#include "server/governance/vanished.h"

DB_QUERY(scim_vanish_q, DB_READ,
         "SELECT v.movement_id FROM sen.vanished v WHERE v.person_id = $1::uuid AND v.decision IS NULL");

static bool is_set(struct str new, struct str old)
{
	return !str_is_null(new) && !(str_equal(new, old) && !str_is_null(old));
}

/* What of the record is not as stated; STR_NULL where nothing is said. */
static int edit_person(struct op *op, const struct scim_feed *feed, const struct scim_user *now, const struct scim_stated *s)
{
	const json_t *name = json_object_get(now->resource, "name"), *official = json_object_get(now->resource, SCIM_URN_OFFICIAL);
	const struct {
		unsigned of;
		const json_t *place;
		const char *name;
		struct str new;
	} parts[] = {
		{ SCIM_OF_NAMES, name, "familyName", s->ho }, { SCIM_OF_NAMES, name, "middleName", s->dem }, { SCIM_OF_NAMES, name, "givenName", s->ten },
		{ SCIM_OF_PERSONAL, now->resource, "userType", s->kind }, { SCIM_OF_PERSONAL, official, "birthDate", s->birth_date },
		{ SCIM_OF_PERSONAL, official, "sex", s->sex },
	};
	struct person_edit edit = { .version = now->person_version };
	struct str *fields[] = { &edit.ho, &edit.dem, &edit.ten, &edit.kind, &edit.birth_date, &edit.sex };
	struct person_record record;
	bool differs = false;
	unsigned warnings;

	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		struct str old = json_get_str(parts[i].place, parts[i].name);

		if (!(feed->authority & parts[i].of) || !is_set(parts[i].new, str_is_null(old) ? STR("") : old))
			continue;
		*fields[i] = parts[i].new;
		differs = true;
	}
	return differs ? person_admin_edit(op, &feed->principal, now->employee_code, &edit, &record, &warnings) : 0;
}

/* Vanished: suspended until somebody of the personnel office decides. */
static int vanish(struct op *op, const struct scim_feed *feed, const struct scim_user *user, struct str *ret_movement)
{
	/* The guard has counted; of one person alone the list says nothing. */
	const struct vanished_feed list = {
		.name = feed->name, .employee_codes = &user->employee_code, .n = 1, .n_known = INT64_MAX / 1000, .released_by = STR_NULL,
	};
	struct db_rows rows;
	size_t n;
	int r = vanished_mark(op, &feed->principal, &list, &n);

	if (r == 0 && n == 0)
		return op_fail(op, ERR_OUT_OF_SCOPE, "the person, or what it administers, is beyond the scope of this source");
	if (r == 0)
		r = db_run(op, &scim_vanish_q, &rows, P_STR(user->person_id));
	if (r == 0 && rows.n == 1)
		*ret_movement = db_str(&rows, 0, 0);
	return r;
}

static int depart(struct op *op, const struct scim_feed *feed, const struct scim_user *user, const struct scim_stated *s, struct str *ret_movement)
{
	struct movement_request request = {
		.employee_code = user->employee_code, .until = s->departure.until, .decision_no = s->departure.decision_no,
		.decision_on = s->departure.decision_on, .signer = s->departure.signer, .reason = s->departure.reason,
		.effective_on = str_is_null(s->departure.date) || str_compare(s->departure.date, user->today) < 0 ? user->today : s->departure.date,
	};
	struct movement_result result = { 0 };
	int r;

	if (!lc_event_from_name(s->departure.kind, &request.kind))
		return scim_fail(op, SCIM_INVALID_VALUE, "no such departure");
	if (str_is_null(request.reason))
		request.reason = arena_printf(op->arena, "Theo nguồn dữ liệu nhân sự: %.*s", STR_ARG(feed->name));
	r = movement_apply(op, &feed->principal, &request, &result);
	*ret_movement = result.id;
	json_decref(result.consequences);
	return r;
}

static bool is_present(const struct scim_user *user)
{
	return str_equal(user->state, STR("working")) || str_equal(user->state, STR("on_leave"));
}

int scim_user_stop(struct op *op, const struct scim_feed *feed, const struct scim_user *user, const struct scim_stated *s, struct str *ret_movement)
{
	bool dated = s && !str_is_null(s->departure.kind);
	int r;

	*ret_movement = STR_NULL;
	if (!is_present(user) && !dated)
		return 0;
	r = scim_guard_stop(op, feed, user->person_id, dated);
	if (r < 0)
		return r;
	return dated ? depart(op, feed, user, s, ret_movement) : vanish(op, feed, user, ret_movement);
}

/* Only what this feed has closed does it open again. */
static int come_back(struct op *op, const struct scim_feed *feed, struct scim_user *user)
{
	struct movement_request request = { .kind = LC_RETURN, .employee_code = user->employee_code };
	struct movement_result result = { 0 };
	struct db_rows rows;
	int r;

	request.reason = arena_printf(op->arena, "Nguồn dữ liệu nhân sự nêu lại: %.*s", STR_ARG(feed->name));
	if (str_is_null(user->stopped_by) || is_present(user))
		return 0;
	r = db_run(op, &scim_vanish_q, &rows, P_STR(user->person_id));
	if (r < 0)
		return r;
	if (rows.n == 1 && str_equal(db_str(&rows, 0, 0), user->stopped_by))
		return vanished_decide(op, &feed->principal, user->employee_code, true, request.reason);
	if (!str_equal(user->state, STR("on_leave")))
		return op_fail(op, ERR_WRONG_STATE, "the person is not at work any more; the personnel office decides, or the source creates the user anew");
	r = movement_apply(op, &feed->principal, &request, &result);
	json_decref(result.consequences);
	return r;
}

static bool is_plain_change(const struct scim_user *now, const struct scim_stated *s)
{
	struct str title = json_get_str(now->resource, "title");
	struct str department = json_get_str(json_object_get(now->resource, SCIM_URN_ENTERPRISE), "department");

	return is_set(s->title, title) || is_set(s->department, department);
}

/* Who works here has the posts that are stated, or else that of title and department. */
static int set_posts(struct op *op, const struct scim_feed *feed, struct scim_user *now, const struct scim_stated *s)
{
	if (!(feed->authority & SCIM_OF_POSTS) || !s->active)
		return 0;
	if (s->n_posts > 0)
		return scim_user_set_posts(op, feed, now, s);
	return is_plain_change(now, s) ? scim_user_set_plain_post(op, feed, now, s) : 0;
}

int scim_user_carry_out(struct op *op, const struct scim_feed *feed, struct scim_user *now, const struct scim_stated *s)
{
	bool was = json_get_bool(now->resource, "active", true), may_stop = feed->authority & SCIM_OF_ACTIVE;
	int r = edit_person(op, feed, now, s);

	if (r == 0 && s->active && !was && may_stop) {
		r = come_back(op, feed, now);
		now->stopped_by = STR_NULL;
	}
	if (r == 0)
		r = set_posts(op, feed, now, s);
	if (r == 0 && !s->active && was && may_stop)
		r = scim_user_stop(op, feed, now, s, &now->stopped_by);
	return r;
}
