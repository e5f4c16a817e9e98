/* cmd_unit.c: units, through the JSON API. */

#include "common/base/url.h"
#include "server/senctl/api_call.h"

#define PATH_MAX_BYTES 2048

static const char *state_word(const struct ctl *c, const json_t *unit)
{
	struct str state = json_get_str(unit, "state");

	if (str_equal(state, STR("future")))
		return ctl_say(c, "chưa có hiệu lực", "not yet valid");
	return str_equal(state, STR("ended")) ? ctl_say(c, "hết hiệu lực", "no longer valid") : "";
}

static void print_unit(const struct ctl *c, const json_t *unit)
{
	ctl_print(c, "%-16.*s %-11.*s %.*s – %.*s  %.*s  %s", STR_ARG(api_word(unit, "code")), STR_ARG(api_word(unit, "kind")), STR_ARG(api_word(unit, "valid_from")),
	          STR_ARG(api_word(unit, "valid_to")), STR_ARG(api_word(unit, "name")), state_word(c, unit));
}

static void print_heirs(const struct ctl *c, const json_t *unit, const char *member, const char *label)
{
	const json_t *item;
	size_t i;

	json_array_foreach(json_object_get(unit, member), i, item)
		ctl_print(c, "  %s %.*s %.*s (%.*s)", label, STR_ARG(api_word(item, "code")), STR_ARG(api_word(item, "name")), STR_ARG(api_word(item, "share")));
}

static void print_whole(const struct ctl *c, const json_t *unit)
{
	print_unit(c, unit);
	ctl_print(c, "  %s %.*s; %s %.*s, %.*s; %s %lld", ctl_say(c, "thuộc", "under"), STR_ARG(api_word(unit, "parent")),
	          ctl_say(c, "mã định danh", "identifiers"), STR_ARG(api_word(unit, "ident_new")), STR_ARG(api_word(unit, "ident_old")),
	          ctl_say(c, "phiên bản", "version"), (long long)json_get_int(unit, "version", 0));
	print_heirs(c, unit, "predecessors", ctl_say(c, "từ", "from"));
	print_heirs(c, unit, "successors", ctl_say(c, "thành", "became"));
}

static int answer_unit(struct ctl *c, const struct api_call *call)
{
	_json_ json_t *answer = NULL;
	int r = api_call(c, call, &answer);

	if (r != EXIT_OK)
		return r;
	if (c->json)
		ctl_print_json(c, answer);
	else
		print_whole(c, answer);
	return EXIT_OK;
}

static int list(struct ctl *c)
{
	struct str on = STR_NULL, under = STR_NULL, kind = STR_NULL, state = STR_NULL, words = STR_NULL, after = STR_NULL;
	bool tree = false;
	const struct ctl_option options[] = {
		{ "on", &on, NULL, false }, { "under", &under, NULL, false }, { "kind", &kind, NULL, false }, { "state", &state, NULL, false },
		{ "words", &words, NULL, false }, { "after", &after, NULL, false }, { "tree", NULL, &tree, false },
	};
	struct buf path = buf_new(c->arena, PATH_MAX_BYTES);
	_json_ json_t *answer = NULL;
	const json_t *item;
	bool first = false;
	size_t i;
	int r = ctl_options(c, options, ARRAY_LEN(options), 1, 1);

	if (r == EXIT_OK)
		r = ctl_configure(c);
	if (r != EXIT_OK)
		return r;
	const struct { const char *name; struct str value; } parts[] = {
		{ "on", on }, { "under", under }, { "kind", kind }, { "state", state }, { "q", words }, { "after", after },
	};
	buf_add_c(&path, tree ? "/units?order=tree" : "/units?order=code");
	for (i = 0; i < ARRAY_LEN(parts); i++)
		if (!str_is_null(parts[i].value))
			form_append(&path, &first, str_c(parts[i].name), parts[i].value);
	r = api_get(c, buf_str(&path), &answer);
	if (r != EXIT_OK)
		return r;
	if (c->json) {
		ctl_print_json(c, answer);
		return EXIT_OK;
	}
	json_array_foreach(json_object_get(answer, "units"), i, item)
		print_unit(c, item);
	if (!str_is_null(json_get_str(answer, "next")))
		ctl_print(c, "%s: --after %.*s", ctl_say(c, "còn nữa", "there are more"), STR_ARG(json_get_str(answer, "next")));
	return EXIT_OK;
}

static int show(struct ctl *c)
{
	struct str on = STR_NULL;
	const struct ctl_option options[] = { { "on", &on, NULL, false } };
	struct buf path = buf_new(c->arena, PATH_MAX_BYTES);
	bool first = true;
	int r = ctl_options(c, options, ARRAY_LEN(options), 2, 2);

	if (r == EXIT_OK)
		r = ctl_configure(c);
	if (r != EXIT_OK)
		return r;
	buf_add(&path, api_path(c, "/units/", str_c(c->args[1]), str_is_null(on) ? "" : "?"));
	if (!str_is_null(on))
		form_append(&path, &first, STR("on"), on);
	return answer_unit(c, &(struct api_call){ .method = "GET", .path = buf_str(&path) });
}

static int add(struct ctl *c)
{
	struct str code = STR_NULL, name = STR_NULL, kind = STR_NULL, parent = STR_NULL, from = STR_NULL, to = STR_NULL;
	struct str name_en = STR_NULL, ident_new = STR_NULL, ident_old = STR_NULL;
	const struct ctl_option options[] = {
		{ "code", &code, NULL, true }, { "name", &name, NULL, true }, { "kind", &kind, NULL, true }, { "parent", &parent, NULL, true },
		{ "from", &from, NULL, true }, { "to", &to, NULL, false }, { "name-en", &name_en, NULL, false },
		{ "ident-new", &ident_new, NULL, false }, { "ident-old", &ident_old, NULL, false },
	};
	_json_ json_t *body = json_new_object();
	int r = ctl_options(c, options, ARRAY_LEN(options), 1, 1);

	if (r == EXIT_OK)
		r = ctl_configure(c);
	if (r != EXIT_OK)
		return r;
	json_set_str(body, "code", code);
	json_set_str(body, "name", name);
	json_set_str(body, "name_en", name_en);
	json_set_str(body, "kind", kind);
	json_set_str(body, "parent", parent);
	json_set_str(body, "valid_from", from);
	json_set_str(body, "valid_to", to);
	json_set_str(body, "ident_new", ident_new);
	json_set_str(body, "ident_old", ident_old);
	return answer_unit(c, &(struct api_call){ .method = "POST", .path = STR("/units"), .body = body });
}

static int edit(struct ctl *c)
{
	struct str version = STR_NULL, name = STR_NULL, name_en = STR_NULL, ident_new = STR_NULL, ident_old = STR_NULL, to = STR_NULL;
	const struct ctl_option options[] = {
		{ "version", &version, NULL, false }, { "name", &name, NULL, false }, { "name-en", &name_en, NULL, false },
		{ "ident-new", &ident_new, NULL, false }, { "ident-old", &ident_old, NULL, false }, { "to", &to, NULL, false },
	};
	struct api_call call = { .method = "PATCH" };
	_json_ json_t *body = json_new_object();
	int r = ctl_options(c, options, ARRAY_LEN(options), 2, 2);

	if (r == EXIT_OK)
		r = ctl_configure(c);
	if (r != EXIT_OK)
		return r;
	call.path = api_path(c, "/units/", str_c(c->args[1]), "");
	r = api_version(c, version, call.path, &call.if_match);
	if (r != EXIT_OK)
		return r;
	json_set_str(body, "name", name);
	json_set_str(body, "name_en", name_en);
	json_set_str(body, "ident_new", ident_new);
	json_set_str(body, "ident_old", ident_old);
	json_set_str(body, "valid_to", to);
	call.body = body;
	return answer_unit(c, &call);
}

int cmd_unit(struct ctl *c)
{
	static const struct { const char *name; int (*run)(struct ctl *c); } verbs[] = { { "list", list }, { "show", show }, { "add", add }, { "edit", edit } };

	for (size_t i = 0; c->argc > 1 && i < ARRAY_LEN(verbs); i++)
		if (str_equal(str_c(c->argv[1]), str_c(verbs[i].name)))
			return verbs[i].run(c);
	return ctl_usage_error(c, "senctl unit list | show | add | edit");
}
