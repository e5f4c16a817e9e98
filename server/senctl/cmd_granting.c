/* cmd_granting.c: rules and reviews through the JSON API, in the administrator's own name. */

#include "common/base/url.h"
#include "server/senctl/verbs.h"

#define PATH_MAX_BYTES 2048
#define SIZES(a) (a), ARRAY_LEN(a)

static int call(struct ctl *c, const char *method, struct str path, const json_t *body, int64_t version, json_t **ret_answer)
{
	const struct api_call api = { .method = method, .path = path, .body = body,
	                              .if_match = version < 0 ? STR_NULL : arena_printf(c->arena, "\"%lld\"", (long long)version) };

	return api_call(c, &api, ret_answer);
}

/* The version of what stands at path, and the thing itself. */
static int seen(struct ctl *c, struct str path, int64_t *ret_version, json_t **ret_thing)
{
	int r = call(c, "GET", path, NULL, -1, ret_thing);

	if (r == EXIT_OK)
		*ret_version = json_get_int(*ret_thing, "version", -1);
	return r;
}

static struct str list_path(struct ctl *c, const char *before, struct str after)
{
	struct buf path = buf_new(c->arena, PATH_MAX_BYTES);
	bool first = true;

	buf_add_c(&path, before);
	if (str_is_null(after))
		return buf_str(&path);
	buf_add_char(&path, '?');
	form_append(&path, &first, STR("after"), after);
	return buf_str(&path);
}

static void print_rule(const struct ctl *c, const json_t *item)
{
	const json_t *v = json_object_get(item, "current");

	ctl_print(c, "%.*s %-9.*s %-20.*s %.*s", STR_ARG(api_word(item, "id")), STR_ARG(api_word(item, "state")), STR_ARG(api_word(item, "code")),
	          STR_ARG(api_word(v, "name")));
}

static void print_changes(const struct ctl *c, const json_t *answer)
{
	const json_t *item;
	size_t i;

	json_array_foreach(json_object_get(answer, "changes"), i, item)
		ctl_print(c, "%s %.*s:%.*s@%.*s  %.*s (%.*s)", str_equal(api_word(item, "change"), STR("add")) ? "+" : "-", STR_ARG(api_word(item, "platform")),
		          STR_ARG(api_word(item, "role")), STR_ARG(api_word(item, "unit")), STR_ARG(api_word(item, "full_name")), STR_ARG(api_word(item, "employee_code")));
	ctl_print(c, ctl_say(c, "thêm %lld, bớt %lld", "%lld added, %lld removed"), (long long)json_get_int(answer, "added", 0),
	          (long long)json_get_int(answer, "removed", 0));
	api_print_next(c, answer);
}

/* A file says what a rule is: {"code": …, "unit": …, "roles": ["P02/MC"], …} */
static int rule_add(struct ctl *c)
{
	struct str content;
	_json_ json_t *body = NULL;
	_json_ json_t *answer = NULL;
	int r = ctl_read_file(c, c->args[1], 16384, &content);

	if (r != EXIT_OK)
		return r;
	body = json_read(content, 4, NULL);
	if (!json_is_object(body))
		return ctl_fail(c, "%s", ctl_say(c, "tệp không phải JSON", "the file is not JSON"));
	r = call(c, "POST", STR("/rules"), body, -1, &answer);
	if (r == EXIT_OK && !api_printed(c, answer))
		ctl_print(c, "%.*s", STR_ARG(api_word(answer, "id")));
	return r;
}

static int rule_list(struct ctl *c, struct str after)
{
	_json_ json_t *answer = NULL;
	const json_t *item;
	size_t i;
	int r = call(c, "GET", list_path(c, "/rules", after), NULL, -1, &answer);

	if (r != EXIT_OK || api_printed(c, answer))
		return r;
	json_array_foreach(json_object_get(answer, "rules"), i, item)
		print_rule(c, item);
	api_print_next(c, answer);
	return EXIT_OK;
}

/* preview, release, retire */
static int rule_move(struct ctl *c, struct str verb, struct str after)
{
	struct str path = api_path(c, "/rules/", str_c(c->args[1]), "");
	struct str to = arena_printf(c->arena, "%.*s/%.*s", STR_ARG(path), STR_ARG(verb));
	bool looks = str_equal(verb, STR("preview"));
	_json_ json_t *thing = NULL;
	_json_ json_t *answer = NULL;
	_json_ json_t *body = json_new_object();
	int64_t version = -1;
	int r = looks ? EXIT_OK : seen(c, path, &version, &thing);

	if (r == EXIT_OK)
		r = looks ? call(c, "GET", list_path(c, arena_cstr(c->arena, to), after), NULL, -1, &answer) : call(c, "POST", to, body, version, &answer);
	if (r == EXIT_OK && !api_printed(c, answer))
		print_changes(c, answer);
	return r;
}

static int rule_own(struct ctl *c)
{
	struct str after = STR_NULL, verb;
	const struct ctl_option options[] = { { "after", &after, NULL, false } };
	int r = ctl_options(c, SIZES(options), 1, 2);

	if (r == EXIT_OK)
		r = ctl_configure(c);
	if (r != EXIT_OK)
		return r;
	verb = str_c(c->args[0]);
	if (str_equal(verb, STR("list")) && c->n_args == 1)
		return rule_list(c, after);
	if (c->n_args == 2 && str_equal(verb, STR("add")))
		return rule_add(c);
	if (c->n_args == 2 && (str_equal(verb, STR("preview")) || str_equal(verb, STR("release")) || str_equal(verb, STR("retire"))))
		return rule_move(c, verb, after);
	return ctl_usage_error(c, "%s", "senctl rule list | show ID | add FILE.json | edit ID FILE.json | preview ID | release ID | retire ID");
}

static int rule_others(struct ctl *c)
{
	static const struct verb verbs[] = {
		{ .name = "show", .method = "GET", .path = "/rules/{}" },
		{ .name = "edit", .method = "PUT", .path = "/rules/{}", .seen = "/rules/{}", .from_file = true },
	};

	return verbs_run(c, verbs, ARRAY_LEN(verbs));
}

int cmd_rule(struct ctl *c)
{
	static const struct ctl_subcommand words[] = { { "show", rule_others }, { "edit", rule_others } };

	return ctl_subcommand(c, words, ARRAY_LEN(words), rule_own);
}

int cmd_position_class(struct ctl *c)
{
	static const struct verb verbs[] = {
		{ .name = "list", .method = "GET", .path = "/position-classes", .options = { { .name = "after" }, { .name = "limit" } }, .list = "position_classes",
		  .columns = { "class", "version", "title" } },
		{ .name = "set", .method = "POST", .path = "/position-classes", .takes_version = true,
		  .options = { { .name = "title", .required = true }, { .name = "class", .required = true } } },
	};

	return verbs_run(c, verbs, ARRAY_LEN(verbs));
}

static void print_chain(const struct ctl *c, const json_t *item)
{
	const json_t *rule = json_object_get(item, "rule"), *post = json_object_get(item, "post"), *event;
	const json_t *history = json_object_get(json_object_get(item, "request"), "history");
	size_t i;

	ctl_print(c, "  %.*s, %s %.*s: %.*s (%.*s – %.*s), %.*s %.*s", STR_ARG(api_word(item, "origin")), ctl_say(c, "đơn vị", "unit"),
	          STR_ARG(api_word(item, "unit")), STR_ARG(api_word(item, "basis")), STR_ARG(api_word(item, "valid_from")), STR_ARG(api_word(item, "valid_to")),
	          STR_ARG(api_word(item, "granted_by")), STR_ARG(api_word(item, "granted_at")));
	if (json_is_object(rule))
		ctl_print(c, "    %s %.*s v%lld, %s %.*s, %.*s", ctl_say(c, "quy tắc", "rule"), STR_ARG(api_word(rule, "code")),
		          (long long)json_get_int(rule, "number", 0), ctl_say(c, "ban hành", "released by"), STR_ARG(api_word(rule, "released_by")),
		          STR_ARG(api_word(rule, "released_at")));
	if (json_is_object(post))
		ctl_print(c, "    %s %.*s, %.*s, %.*s", ctl_say(c, "vị trí", "post"), STR_ARG(api_word(post, "title")), STR_ARG(api_word(post, "unit_name")),
		          STR_ARG(api_word(post, "decision_no")));
	json_array_foreach(history, i, event)
		ctl_print(c, "    %.*s %.*s %.*s: %.*s", STR_ARG(api_word(event, "at")), STR_ARG(api_word(event, "kind")), STR_ARG(api_word(event, "by")),
		          STR_ARG(api_word(event, "text")));
}

/* senctl explain NAME --platform CODE --role CODE [--on DATE] */
int cmd_explain(struct ctl *c)
{
	struct str platform = STR_NULL, role = STR_NULL, on = STR_NULL;
	const struct ctl_option options[] = { { "platform", &platform, NULL, true }, { "role", &role, NULL, true }, { "on", &on, NULL, false } };
	struct buf path = buf_new(c->arena, PATH_MAX_BYTES);
	_json_ json_t *answer = NULL;
	const json_t *item;
	bool first = true;
	size_t i;
	int r = ctl_options(c, SIZES(options), 1, 1);

	if (r == EXIT_OK)
		r = ctl_configure(c);
	if (r != EXIT_OK)
		return r;
	buf_add_c(&path, "/explain?");
	form_append(&path, &first, STR("login"), str_c(c->args[0]));
	form_append(&path, &first, STR("platform"), platform);
	form_append(&path, &first, STR("role"), role);
	if (!str_is_null(on))
		form_append(&path, &first, STR("on"), on);
	r = call(c, "GET", buf_str(&path), NULL, -1, &answer);
	if (r != EXIT_OK || api_printed(c, answer))
		return r;
	ctl_print(c, "%.*s %s %.*s:%.*s", STR_ARG(api_word(answer, "full_name")),
	          json_get_bool(answer, "has", false) ? ctl_say(c, "có", "has") : ctl_say(c, "không có", "has not"), STR_ARG(platform), STR_ARG(role));
	json_array_foreach(json_object_get(answer, "because"), i, item)
		print_chain(c, item);
	json_array_foreach(json_object_get(answer, "why_not"), i, item)
		ctl_print(c, "  %s", json_string_value(item));
	return EXIT_OK;
}

/* Batch after batch, until nothing is left to do now. */
static int review_advance(struct ctl *c)
{
	struct str path = api_path(c, "/access-reviews/", str_c(c->args[1]), "/advance");
	_json_ json_t *body = json_new_object();

	for (;;) {
		_json_ json_t *answer = NULL;
		int r = call(c, "POST", path, body, -1, &answer);

		if (r != EXIT_OK)
			return r;
		if (!api_printed(c, answer))
			ctl_print(c, "%.*s: %lld", STR_ARG(api_word(answer, "state")), (long long)json_get_int(answer, "handled", 0));
		if (!str_equal(api_word(answer, "state"), STR("building")) && !str_equal(api_word(answer, "state"), STR("closing")))
			return EXIT_OK;
	}
}

static int review_items(struct ctl *c, struct str after)
{
	_json_ json_t *answer = NULL;
	const json_t *item;
	size_t i;
	struct str path = api_path(c, "/access-reviews/", str_c(c->args[1]), "/items");
	int r = call(c, "GET", list_path(c, arena_cstr(c->arena, path), after), NULL, -1, &answer);

	if (r != EXIT_OK || api_printed(c, answer))
		return r;
	json_array_foreach(json_object_get(answer, "items"), i, item)
		ctl_print(c, "%.*s %-8.*s %.*s (%.*s) %.*s:%.*s@%.*s", STR_ARG(api_word(item, "id")), STR_ARG(api_word(item, "decision")),
		          STR_ARG(api_word(item, "full_name")), STR_ARG(api_word(item, "login")), STR_ARG(api_word(item, "platform")), STR_ARG(api_word(item, "role")),
		          STR_ARG(api_word(item, "unit")));
	api_print_next(c, answer);
	return EXIT_OK;
}

static int review_list(struct ctl *c, struct str after)
{
	_json_ json_t *answer = NULL;
	const json_t *item;
	size_t i;
	int r = call(c, "GET", list_path(c, "/access-reviews", after), NULL, -1, &answer);

	if (r != EXIT_OK || api_printed(c, answer))
		return r;
	json_array_foreach(json_object_get(answer, "access_reviews"), i, item)
		ctl_print(c, "%.*s %-9.*s %-16.*s %.*s, %.*s", STR_ARG(api_word(item, "id")), STR_ARG(api_word(item, "state")), STR_ARG(api_word(item, "code")),
		          STR_ARG(api_word(item, "name")), STR_ARG(api_word(item, "deadline")));
	api_print_next(c, answer);
	return EXIT_OK;
}

static int review_answer(struct ctl *c, struct str note, struct str role)
{
	struct str items = api_path(c, "/access-reviews/", str_c(c->args[1]), "/items/");
	_json_ json_t *body = json_new_object();
	_json_ json_t *answer = NULL;
	int r;

	json_set_str(body, "decision", str_c(c->args[0]));
	json_set_str(body, "note", note);
	json_set_str(body, "role", role);
	r = call(c, "POST", api_path(c, arena_cstr(c->arena, items), str_c(c->args[2]), ""), body, -1, &answer);
	if (r == EXIT_OK && !api_printed(c, answer))
		ctl_print(c, "%.*s: %.*s", STR_ARG(api_word(answer, "login")), STR_ARG(api_word(answer, "decision")));
	return r;
}

static int review_own(struct ctl *c)
{
	struct str after = STR_NULL, note = STR_NULL, role = STR_NULL, verb;
	const struct ctl_option options[] = { { "after", &after, NULL, false }, { "note", &note, NULL, false }, { "role", &role, NULL, false } };
	int r = ctl_options(c, SIZES(options), 1, 3);

	if (r == EXIT_OK)
		r = ctl_configure(c);
	if (r != EXIT_OK)
		return r;
	verb = str_c(c->args[0]);
	if (c->n_args == 1 && str_equal(verb, STR("list")))
		return review_list(c, after);
	if (c->n_args == 2 && str_equal(verb, STR("advance")))
		return review_advance(c);
	if (c->n_args == 2 && str_equal(verb, STR("items")))
		return review_items(c, after);
	if (c->n_args == 3)
		return review_answer(c, note, role);
	return ctl_usage_error(c, "%s", "senctl review list | begin | advance ID | items ID | keep|revoke|change ID ITEM");
}

static int review_begin(struct ctl *c)
{
	static const struct verb verb = {
		.name = "begin", .method = "POST", .path = "/access-reviews",
		.options = { { .name = "code", .required = true }, { .name = "name", .required = true }, { .name = "kind", .required = true },
		             { .name = "unit", .required = true }, { .name = "deadline", .required = true }, { .name = "platform" },
		             { .name = "min-sensitivity", .member = "min_sensitivity" }, { .name = "no-answer", .member = "no_answer" } } };

	return verbs_run(c, &verb, 1);
}

int cmd_review(struct ctl *c)
{
	static const struct ctl_subcommand words[] = { { "begin", review_begin } };

	return ctl_subcommand(c, words, ARRAY_LEN(words), review_own);
}
