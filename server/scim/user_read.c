/* user_read.c: what a resource says of a person, in the terms of personnel. */

#include "server/scim/user.h"

#include "common/base/random.h"
#include "common/base/text.h"

static int invalid(struct op *op, const char *text)
{
	return scim_fail(op, SCIM_INVALID_VALUE, text);
}

static struct str text(struct op *op, const json_t *place, const char *name)
{
	return arena_dup(op->arena, json_get_str(place, name));
}

/* họ, đệm, tên: the first word, the last, and what is between; one word is a tên.  As the import reads names. */
static void split_name(struct str full, struct scim_stated *s)
{
	ptrdiff_t first = str_index(full, ' ');
	size_t last = full.len;

	s->ho = s->dem = STR("");
	s->ten = full;
	if (first < 0)
		return;
	while (full.p[last - 1] != ' ')
		last--;
	s->ho = str_n(full.p, (size_t)first);
	s->ten = str_skip(full, last);
	if (last - 1 > (size_t)first)
		s->dem = str_n(full.p + first + 1, last - 1 - (size_t)first - 1);
}

static bool same(const json_t *a, const json_t *b, const char *name)
{
	const json_t *x = json_object_get(a, name), *y = json_object_get(b, name);

	return x == y || (x && y && json_equal(x, y));
}

static struct str or_empty(struct str s)
{
	return str_is_null(s) ? STR("") : s;
}

/* By its parts; as a whole where there are none, or the whole alone has changed. */
static int read_name(struct op *op, const json_t *resource, const json_t *now, struct scim_stated *s)
{
	const json_t *name = json_object_get(resource, "name"), *old = json_object_get(now, "name");
	struct str whole = text(op, name, "formatted"), given = text(op, name, "givenName");
	bool parts_are_old = same(name, old, "familyName") && same(name, old, "middleName") && same(name, old, "givenName");

	if (!str_is_null(given) && (!now || str_is_null(whole) || same(name, old, "formatted") || !parts_are_old)) {
		s->ho = or_empty(text(op, name, "familyName"));
		s->dem = or_empty(text(op, name, "middleName"));
		s->ten = given;
	} else {
		if (str_is_null(whole))
			whole = text(op, resource, "displayName");
		split_name(str_is_null(whole) ? s->user_name : whole, s);
	}
	if (utf8_length(s->ho) + utf8_length(s->dem) + utf8_length(s->ten) > 118)
		return invalid(op, "the name is longer than 120 characters");
	return 0;
}

static bool is_code(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.p[i];

		if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-'))
			return false;
	}
	return s.len >= 1 && s.len <= 32;
}

/* The employee code; a userName that could be one; or one that is made, where the source leaves out so much. */
static int read_code(struct op *op, const struct scim_feed *feed, const json_t *resource, struct scim_stated *s)
{
	char uuid[UUID_TEXT_LEN + 1];

	s->employee_code = text(op, json_object_get(resource, SCIM_URN_ENTERPRISE), "employeeNumber");
	if (!str_is_null(s->employee_code))
		return is_code(s->employee_code) ? 0 : invalid(op, "employeeNumber is letters, digits, dots and hyphens, 32 at most");
	if (is_code(s->user_name)) {
		s->employee_code = s->user_name;
		return 0;
	}
	if (str_is_null(feed->default_unit))
		return invalid(op, "employeeNumber is missing");
	random_uuid(uuid);
	s->employee_code = arena_printf(op->arena, "%.*s-%.12s", (int)(feed->code.len < 19 ? feed->code.len : 19), feed->code.p, uuid + 24);
	return 0;
}

static int check_date(struct op *op, struct str date)
{
	return str_is_null(date) || text_is_iso_date(date) ? 0 : invalid(op, "a date is YYYY-MM-DD");
}

static int read_post(struct op *op, const json_t *json, struct scim_post *post)
{
	*post = (struct scim_post){
		.unit = text(op, json, "unit"), .title = text(op, json, "title"), .kind = text(op, json, "kind"), .rank = text(op, json, "rank"),
		.valid_from = text(op, json, "validFrom"), .valid_to = text(op, json, "validTo"), .decision_no = text(op, json, "decisionNumber"),
		.decision_on = text(op, json, "decisionDate"), .signer = text(op, json, "signer"),
	};
	if (check_date(op, post->valid_from) < 0 || check_date(op, post->valid_to) < 0 || check_date(op, post->decision_on) < 0)
		return op->error.code;
	if (!str_is_null(post->valid_to) && str_compare(post->valid_to, post->valid_from) <= 0)
		return invalid(op, "a post ends after it begins");
	if (utf8_length(post->title) > 200 || utf8_length(post->decision_no) > 80 || (!str_is_null(post->signer) && utf8_length(post->signer) > 120))
		return invalid(op, "a title, decision number or signer is too long");
	return 0;
}

/* The main post that holds on a day: there may be one after the other. */
static int read_posts(struct op *op, const json_t *official, struct scim_stated *s)
{
	const json_t *list = json_object_get(official, "posts");

	if (json_array_size(list) > 50)
		return scim_fail(op, SCIM_TOO_MANY, "more than 50 posts of one person");
	s->posts = ARENA_ARRAY(op->arena, struct scim_post, json_array_size(list) + 1);
	s->n_posts = json_array_size(list);
	for (size_t i = 0; i < s->n_posts; i++) {
		int r = read_post(op, json_array_get(list, i), &s->posts[i]);

		if (r < 0)
			return r;
		if (str_is_null(s->posts[i].valid_to) && !str_equal(s->posts[i].kind, STR("main")) && !str_equal(s->posts[i].kind, STR("concurrent")))
			return invalid(op, "acting, seconded and delegated posts have an end");
	}
	return 0;
}

static int read_departure(struct op *op, const json_t *official, struct scim_stated *s)
{
	const json_t *json = json_object_get(official, "departure");

	s->departure.kind = text(op, json, "kind");
	s->departure.date = text(op, json, "date");
	s->departure.until = text(op, json, "until");
	s->departure.decision_no = text(op, json, "decisionNumber");
	s->departure.decision_on = text(op, json, "decisionDate");
	s->departure.signer = text(op, json, "signer");
	s->departure.reason = text(op, json, "reason");
	if (check_date(op, s->departure.date) < 0 || check_date(op, s->departure.until) < 0)
		return op->error.code;
	if (!str_is_null(s->departure.kind) && s->active)
		return invalid(op, "a departure is stated together with active false");
	if (!str_is_null(s->departure.reason) && utf8_length(s->departure.reason) > 300)
		return invalid(op, "the reason is longer than 300 characters");
	return check_date(op, s->departure.decision_on);
}

static void read_plain(struct op *op, const struct scim_feed *feed, const json_t *resource, const json_t *official, struct scim_stated *s)
{
	*s = (struct scim_stated){
		.user_name = text(op, resource, "userName"), .external_id = text(op, resource, "externalId"), .kind = text(op, resource, "userType"),
		.birth_date = text(op, official, "birthDate"), .sex = text(op, official, "sex"), .active = json_get_bool(resource, "active", true),
		.title = text(op, resource, "title"), .department = text(op, json_object_get(resource, SCIM_URN_ENTERPRISE), "department"),
	};
	if (str_is_null(s->kind))
		s->kind = feed->default_kind;
}

int scim_user_read(struct op *op, const struct scim_feed *feed, const json_t *resource, const json_t *now, struct scim_stated *ret)
{
	const json_t *official = json_object_get(resource, SCIM_URN_OFFICIAL);
	int r;

	read_plain(op, feed, resource, official, ret);
	if (str_is_null(ret->kind))
		return invalid(op, "userType is missing");
	r = read_name(op, resource, now, ret);
	if (r == 0)
		r = read_code(op, feed, resource, ret);
	if (r == 0)
		r = check_date(op, ret->birth_date);
	/* Posts on record are no statement of posts. */
	if (r == 0 && !(now && same(official, json_object_get(now, SCIM_URN_OFFICIAL), "posts")))
		r = read_posts(op, official, ret);
	return r == 0 ? read_departure(op, official, ret) : r;
}
