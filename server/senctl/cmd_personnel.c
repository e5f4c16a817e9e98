/* cmd_personnel.c: senctl person|post|account|shared …: working lives and kinds of accounts, through the JSON API. */

#include "common/base/url.h"
#include "server/senctl/api_call.h"

#define PATH_MAX_BYTES 2048
#define OPTIONS_MAX 20

/* What an option of the command is called in the body of the call; a comma-separated one is a list. */
struct member {
	const char *option, *name;
	enum { TEXT, LIST, NUMBER } kind;
	bool required;
};

static void set_member(json_t *body, const struct member *m, struct str value)
{
	struct str part;
	uint64_t n;

	if (str_is_null(value))
		return;
	if (m->kind == NUMBER && str_to_u64(value, INT64_MAX, &n)) {
		json_set_int(body, m->name, (int64_t)n);
	} else if (m->kind == LIST) {
		json_t *list = json_new_array();

		while (str_split(&value, ',', &part))
			json_array_append_new(list, json_from_str(part));
		json_set_take(body, m->name, list);
	} else {
		json_set_str(body, m->name, value);
	}
}

struct call {
	const char *method;
	const struct member *members;
	size_t n_members;
	size_t n_args;   /* after the subcommand */
	bool versioned;  /* --version N as If-Match */
	bool previewed;  /* --dry-run */
	struct str (*path)(struct ctl *c);
	struct str (*seen)(struct ctl *c); /* whose version, as it is now, goes with it; NULL: nothing's */
};

/* Options into a body, and the call. */
static int run(struct ctl *c, const struct call *call, json_t **ret_answer)
{
	struct ctl_option options[OPTIONS_MAX];
	struct str values[OPTIONS_MAX] = { 0 }, version = STR_NULL, path;
	_json_ json_t *body = json_new_object();
	bool dry_run = false;
	size_t n = 0;
	int r;

	for (; n < call->n_members; n++) {
		values[n] = STR_NULL;
		options[n] = (struct ctl_option){ call->members[n].option, &values[n], NULL, call->members[n].required };
	}
	if (call->versioned)
		options[n++] = (struct ctl_option){ "version", &version, NULL, true };
	if (call->previewed)
		options[n++] = (struct ctl_option){ "dry-run", NULL, &dry_run, false };
	r = ctl_options(c, options, n, call->n_args + 1, call->n_args + 1);
	if (r == EXIT_OK)
		r = ctl_configure(c);
	if (r != EXIT_OK)
		return r;
	for (size_t i = 0; i < call->n_members; i++)
		set_member(body, &call->members[i], values[i]);
	path = call->path(c);
	if (dry_run)
		path = arena_printf(c->arena, "%.*s?dry_run=true", STR_ARG(path));
	if (call->seen)
		r = api_version(c, STR_NULL, call->seen(c), &version);
	if (r != EXIT_OK)
		return r;
	r = api_call(c, &(struct api_call){ .method = call->method, .path = path, .body = body,
	                                    .if_match = str_is_null(version) ? STR_NULL : arena_printf(c->arena, "\"%.*s\"", STR_ARG(version)) },
	             ret_answer);
	if (r == EXIT_OK && c->json && *ret_answer)
		ctl_print_json(c, *ret_answer);
	return r;
}

static struct str of_person(struct ctl *c, const char *after)
{
	return api_path(c, "/persons/", str_c(c->args[1]), after);
}

static struct str path_persons(_unused_ struct ctl *c)
{
	return STR("/persons");
}

static struct str path_person(struct ctl *c)
{
	return of_person(c, "");
}

static struct str path_unmask(struct ctl *c)
{
	return of_person(c, "/unmask");
}

static struct str path_hold(struct ctl *c)
{
	return of_person(c, "/legal-hold/lift");
}

static struct str path_movements(struct ctl *c)
{
	return of_person(c, "/movements");
}

static struct str path_posts(struct ctl *c)
{
	return of_person(c, "/posts");
}

static struct str path_post(struct ctl *c)
{
	return api_path(c, arena_printf(c->arena, "%.*s/", STR_ARG(path_posts(c))).p, str_c(c->args[2]), "");
}

static struct str path_post_end(struct ctl *c)
{
	return api_path(c, arena_printf(c->arena, "%.*s/", STR_ARG(path_posts(c))).p, str_c(c->args[2]), "/end");
}

static void print_consequences(const struct ctl *c, const json_t *answer)
{
	const json_t *item;
	size_t i;

	if (json_get_bool(answer, "dry_run", false))
		ctl_print(c, "%s", ctl_say(c, "Xem trước, chưa thực hiện:", "Preview, nothing was done:"));
	json_array_foreach(json_object_get(answer, "consequences"), i, item)
		ctl_print(c, "  %-16.*s %-24.*s %.*s %.*s %.*s", STR_ARG(api_word(item, "act")), STR_ARG(api_word(item, "what")), STR_ARG(api_word(item, "on")),
		          STR_ARG(api_word(item, "until")), STR_ARG(api_word(item, "status")));
}

#define DECISION { "reason", "reason", TEXT, true }, { "decision", "decision_no", TEXT, false }, \
	{ "decision-on", "decision_on", TEXT, false }, { "signer", "signer", TEXT, false }
#define NEW_POST { "unit", "unit", TEXT, false }, { "title", "title", TEXT, false }, { "rank", "rank", TEXT, false }, \
	{ "on", "effective_on", TEXT, false }
#define NAMES { "ho", "ho", TEXT, false }, { "dem", "dem", TEXT, false }, { "ten", "ten", TEXT, false }, { "kind", "kind", TEXT, false }, \
	{ "birth-date", "birth_date", TEXT, false }, { "sex", "sex", TEXT, false }, { "national-id", "national_id", TEXT, false }

static int person_join(struct ctl *c)
{
	static const struct member members[] = { { "code", "employee_code", TEXT, true }, NAMES, NEW_POST, DECISION };
	static const struct call call = { "POST", members, ARRAY_LEN(members), 0, false, true, path_persons, NULL };
	_json_ json_t *answer = NULL;
	int r = run(c, &call, &answer);

	if (r != EXIT_OK || c->json)
		return r;
	print_consequences(c, answer);
	ctl_print(c, "%.*s: %.*s", STR_ARG(api_word(answer, "employee_code")), STR_ARG(api_word(answer, "login")));
	return r;
}

static int person_move(struct ctl *c)
{
	static const struct member members[] = { { "kind", "kind", TEXT, true }, { "until", "until", TEXT, false },
		                                 { "platforms", "platforms", LIST, false }, NEW_POST, DECISION };
	static const struct call call = { "POST", members, ARRAY_LEN(members), 1, false, true, path_movements, NULL };
	_json_ json_t *answer = NULL;
	int r = run(c, &call, &answer);

	if (r == EXIT_OK && !c->json)
		print_consequences(c, answer);
	return r;
}

static int person_edit(struct ctl *c)
{
	static const struct member members[] = { NAMES };
	static const struct call call = { "PUT", members, ARRAY_LEN(members), 1, true, false, path_person, NULL };
	_json_ json_t *answer = NULL;
	const json_t *item;
	int r = run(c, &call, &answer);
	size_t i;

	if (r != EXIT_OK || c->json)
		return r;
	ctl_print(c, ctl_say(c, "Đã sửa %.*s, phiên bản %lld", "Corrected %.*s, version %lld"), STR_ARG(api_word(answer, "full_name")),
	          (long long)json_get_int(answer, "version", 0));
	json_array_foreach(json_object_get(answer, "warnings"), i, item)
		ctl_print(c, "  %s: %s", ctl_say(c, "cảnh báo", "warning"), json_string_value(item));
	return r;
}

static int person_unmask(struct ctl *c)
{
	static const struct member members[] = { { "reason", "reason", TEXT, true } };
	static const struct call call = { "POST", members, 1, 1, false, false, path_unmask, NULL };
	_json_ json_t *answer = NULL;
	int r = run(c, &call, &answer);

	if (r == EXIT_OK && !c->json)
		ctl_print(c, "%.*s", STR_ARG(api_word(answer, "national_id")));
	return r;
}

static int person_lift_hold(struct ctl *c)
{
	static const struct member members[] = { { "reason", "reason", TEXT, true } };
	static const struct call call = { .method = "POST", .members = members, .n_members = 1, .n_args = 1, .path = path_hold, .seen = path_person };
	_json_ json_t *answer = NULL;
	int r = run(c, &call, &answer);

	if (r == EXIT_OK && !c->json)
		ctl_print(c, "%s", json_get_bool(answer, "changed", false) ? ctl_say(c, "Đã gỡ lệnh giữ hồ sơ", "The legal hold is lifted") :
		                                                             ctl_say(c, "Không có lệnh giữ hồ sơ", "There was no legal hold"));
	return r;
}

static int person_show(struct ctl *c)
{
	_json_ json_t *answer = NULL;
	int r = ctl_begin(c, NULL, 0, 2, 2);

	if (r == EXIT_OK)
		r = api_get(c, path_person(c), &answer);
	if (r != EXIT_OK || api_printed(c, answer))
		return r;
	ctl_print(c, "%.*s  %.*s (%.*s)  %.*s  %s %lld", STR_ARG(api_word(answer, "employee_code")), STR_ARG(api_word(answer, "full_name")),
	          STR_ARG(api_word(answer, "kind")), STR_ARG(api_word(answer, "state")), ctl_say(c, "phiên bản", "version"),
	          (long long)json_get_int(answer, "version", 0));
	ctl_print(c, "  %s: %.*s  %s: %.*s%s", ctl_say(c, "số định danh", "personal number"), STR_ARG(api_word(answer, "national_id")),
	          ctl_say(c, "ngày sinh", "born"), STR_ARG(api_word(answer, "birth_date")),
	          json_get_bool(answer, "legal_hold", false) ? ctl_say(c, "  GIỮ HỒ SƠ", "  LEGAL HOLD") : "");
	return r;
}

static int person_history(struct ctl *c)
{
	_json_ json_t *answer = NULL;
	const json_t *item;
	int r = ctl_begin(c, NULL, 0, 2, 2);
	size_t i;

	if (r == EXIT_OK)
		r = api_get_all(c, path_movements(c), "movements", &answer);
	if (r != EXIT_OK || api_printed(c, answer))
		return r;
	json_array_foreach(json_object_get(answer, "movements"), i, item)
		ctl_print(c, "%.*s  %-9.*s %.*s  %.*s%s", STR_ARG(api_word(item, "effective_at")), STR_ARG(api_word(item, "kind")),
		          STR_ARG(api_word(item, "decision_no")), STR_ARG(api_word(item, "reason")),
		          json_get_bool(item, "void", false) ? ctl_say(c, "  (hết hiệu lực)", "  (void)") : "");
	return r;
}

static int post_list(struct ctl *c)
{
	_json_ json_t *answer = NULL;
	const json_t *item;
	int r = ctl_begin(c, NULL, 0, 2, 2);
	size_t i;

	if (r == EXIT_OK)
		r = api_get_all(c, path_posts(c), "posts", &answer);
	if (r != EXIT_OK || api_printed(c, answer))
		return r;
	json_array_foreach(json_object_get(answer, "posts"), i, item)
		ctl_print(c, "%.*s  v%lld  %-10.*s %.*s – %.*s  %.*s, %.*s  (%.*s)", STR_ARG(api_word(item, "id")),
		          (long long)json_get_int(item, "version", 0), STR_ARG(api_word(item, "kind")), STR_ARG(api_word(item, "valid_from")),
		          STR_ARG(api_word(item, "valid_to")), STR_ARG(api_word(item, "title")), STR_ARG(api_word(item, "unit_name")),
		          STR_ARG(api_word(item, "decision_no")));
	return r;
}

static int print_post(const struct ctl *c, int r, const json_t *answer)
{
	if (r == EXIT_OK && !c->json)
		ctl_print(c, "%.*s  %.*s – %.*s", STR_ARG(api_word(answer, "id")), STR_ARG(api_word(answer, "valid_from")), STR_ARG(api_word(answer, "valid_to")));
	return r;
}

#define POST_MEMBERS { "unit", "unit", TEXT, false }, { "title", "title", TEXT, false }, { "rank", "rank", TEXT, false }, \
	{ "from", "valid_from", TEXT, false }, { "to", "valid_to", TEXT, false }, { "decision", "decision_no", TEXT, false }, \
	{ "decision-on", "decision_on", TEXT, false }, { "signer", "signer", TEXT, false }

static int post_add(struct ctl *c)
{
	static const struct member members[] = { { "kind", "kind", TEXT, true }, POST_MEMBERS };
	static const struct call call = { "POST", members, ARRAY_LEN(members), 1, false, false, path_posts, NULL };
	_json_ json_t *answer = NULL;

	return print_post(c, run(c, &call, &answer), answer);
}

static int post_correct(struct ctl *c)
{
	static const struct member members[] = { { "reason", "reason", TEXT, true }, POST_MEMBERS };
	static const struct call call = { "PUT", members, ARRAY_LEN(members), 2, true, false, path_post, NULL };
	_json_ json_t *answer = NULL;

	return print_post(c, run(c, &call, &answer), answer);
}

static int post_end(struct ctl *c)
{
	static const struct member members[] = { { "on", "on", TEXT, true }, { "reason", "reason", TEXT, true } };
	static const struct call call = { "POST", members, ARRAY_LEN(members), 2, true, false, path_post_end, NULL };
	_json_ json_t *answer = NULL;

	return print_post(c, run(c, &call, &answer), answer);
}

int cmd_person(struct ctl *c)
{
	static const struct ctl_subcommand list[] = {
		{ "show", person_show }, { "edit", person_edit }, { "unmask", person_unmask }, { "join", person_join }, { "move", person_move }, { "offboarding", cmd_person_offboarding },
		{ "history", person_history }, { "lift-hold", person_lift_hold },
	};

	return ctl_subcommand(c, list, ARRAY_LEN(list), cmd_person_search);
}

int cmd_post(struct ctl *c)
{
	static const struct ctl_subcommand list[] = { { "list", post_list }, { "add", post_add }, { "correct", post_correct }, { "end", post_end } };

	return ctl_subcommand(c, list, ARRAY_LEN(list), NULL);
}
