/* cmd_platform_gate.c: gates before deployment, and the roll-out to units. */

#include "common/base/url.h"
#include "server/senctl/api_call.h"

#include <inttypes.h>

/* Prints the answer as it is when that was asked for; a new reference in *ret_answer. */
static int call(struct ctl *c, const struct api_call *what, json_t **ret_answer)
{
	int r = api_call(c, what, ret_answer);

	if (r == EXIT_OK && c->json)
		ctl_print_json(c, *ret_answer);
	return r;
}

int cmd_platform_gates(struct ctl *c)
{
	_json_ json_t *answer = NULL;
	const json_t *item;
	size_t i;
	int r = ctl_options(c, NULL, 0, 1, 1);

	if (r == EXIT_OK)
		r = ctl_configure(c);
	if (r == EXIT_OK)
		r = api_get_all(c, api_path(c, "/platforms/", str_c(c->args[0]), "/gates"), "gates", &answer);
	if (r != EXIT_OK || api_printed(c, answer))
		return r;
	json_array_foreach(json_object_get(answer, "gates"), i, item)
		ctl_print(c, "%-12.*s %-10.*s %.*s %.*s  %s %.*s, %s %.*s  %.*s", STR_ARG(api_word(item, "kind")), STR_ARG(api_word(item, "state")),
		          STR_ARG(api_word(item, "document")), STR_ARG(api_word(item, "item")), ctl_say(c, "trình:", "submitted by"), STR_ARG(api_word(item, "submitted_by")),
		          ctl_say(c, "quyết định:", "decided by"), STR_ARG(api_word(item, "decided_by")), STR_ARG(api_word(item, "id")));
	return EXIT_OK;
}

static int gate_submit(struct ctl *c)
{
	struct str kind = STR_NULL, document = STR_NULL, item = STR_NULL, approval = STR_NULL, approved = STR_NULL, checked = STR_NULL;
	struct str until = STR_NULL, evidence = STR_NULL;
	const struct ctl_option options[] = {
		{ "kind", &kind, NULL, true }, { "document", &document, NULL, false }, { "item", &item, NULL, false },
		{ "approval", &approval, NULL, false }, { "approved", &approved, NULL, false }, { "checked", &checked, NULL, false },
		{ "until", &until, NULL, false }, { "evidence", &evidence, NULL, false },
	};
	_json_ json_t *body = json_new_object();
	_json_ json_t *answer = NULL;
	int r = ctl_options(c, options, ARRAY_LEN(options), 1, 1);

	if (r == EXIT_OK)
		r = ctl_configure(c);
	if (r != EXIT_OK)
		return r;
	json_set_str(body, "kind", kind);
	json_set_str(body, "document", document);
	json_set_str(body, "item", item);
	json_set_str(body, "approval_no", approval);
	json_set_str(body, "approval_on", approved);
	json_set_str(body, "checked_on", checked);
	json_set_str(body, "valid_to", until);
	json_set_str(body, "evidence", evidence);
	r = call(c, &(struct api_call){ .method = "POST", .path = api_path(c, "/platforms/", str_c(c->args[0]), "/gates"), .body = body }, &answer);
	if (r == EXIT_OK && !c->json)
		ctl_print(c, ctl_say(c, "Đã trình %.*s (%.*s)", "Submitted %.*s (%.*s)"), STR_ARG(api_word(answer, "kind")), STR_ARG(api_word(answer, "id")));
	return r;
}

static int gate_decide(struct ctl *c)
{
	struct str note = STR_NULL;
	bool passed = false, refused = false;
	const struct ctl_option options[] = { { "note", &note, NULL, true }, { "passed", NULL, &passed, false }, { "refused", NULL, &refused, false } };
	_json_ json_t *body = json_new_object();
	_json_ json_t *answer = NULL;
	struct str path;
	int r = ctl_options(c, options, ARRAY_LEN(options), 2, 2);

	if (r == EXIT_OK && passed == refused)
		r = ctl_usage_error(c, "%s", ctl_say(c, "nêu một trong hai: --passed hoặc --refused", "say either --passed or --refused"));
	if (r == EXIT_OK)
		r = ctl_configure(c);
	if (r != EXIT_OK)
		return r;
	json_set_bool(body, "passed", passed);
	json_set_str(body, "note", note);
	path = api_path(c, "/platforms/", str_c(c->args[0]), "/gates/");
	path = api_path(c, arena_cstr(c->arena, path), str_c(c->args[1]), "/decide");
	r = call(c, &(struct api_call){ .method = "POST", .path = path, .body = body }, &answer);
	if (r == EXIT_OK && !c->json)
		ctl_print(c, "%.*s: %.*s", STR_ARG(api_word(answer, "id")), STR_ARG(api_word(answer, "state")));
	return r;
}

int cmd_platform_gate(struct ctl *c)
{
	struct str verb = c->argc > 1 ? str_c(c->argv[1]) : STR("");

	c->argc--;
	c->argv++;
	if (str_equal(verb, STR("submit")))
		return gate_submit(c);
	if (str_equal(verb, STR("decide")))
		return gate_decide(c);
	return ctl_usage_error(c, "senctl platform gate submit|decide …");
}

static struct str rollout_path(struct ctl *c, const char *unit)
{
	struct str path = api_path(c, "/platforms/", str_c(c->args[0]), "/rollout");

	return unit ? api_path(c, arena_printf(c->arena, "%.*s/", STR_ARG(path)).p, str_c(unit), "") : path;
}

static void print_cells(const struct ctl *c, const json_t *answer)
{
	const json_t *item;
	size_t i;

	json_array_foreach(json_object_get(answer, "units"), i, item)
		ctl_print(c, "%-14.*s %-15.*s %.*s  %.*s%s", STR_ARG(api_word(item, "unit")), STR_ARG(api_word(item, "state")), STR_ARG(api_word(item, "unit_name")),
		          STR_ARG(api_word(item, "done_on")), json_get_bool(item, "late", false) ? ctl_say(c, " (trễ hạn)", " (late)") : "");
}

static int rollout_show(struct ctl *c)
{
	struct str next = STR("");
	const json_t *summary;
	bool first = true;
	int r = EXIT_OK;

	while (r == EXIT_OK && !str_is_null(next)) {
		_json_ json_t *answer = NULL;

		r = call(c, &(struct api_call){ .method = "GET", .path = arena_printf(c->arena, "%.*s?after=%.*s", STR_ARG(rollout_path(c, NULL)), STR_ARG(next)) },
		         &answer);
		summary = json_object_get(answer, "summary");
		if (r == EXIT_OK && !c->json && first)
			ctl_print(c, ctl_say(c, "%" PRId64 "/%" PRId64 " đơn vị đã xong, %" PRId64 " trễ hạn", "%" PRId64 " of %" PRId64 " units done, %" PRId64 " late"),
			          json_get_int(summary, "done", 0), json_get_int(summary, "targets", 0), json_get_int(summary, "late", 0));
		if (r == EXIT_OK && !c->json)
			print_cells(c, answer);
		first = false;
		next = arena_dup(c->arena, json_get_str(answer, "next"));
	}
	return r;
}

/* The cell as it is now, where it is the unit's; NULL: there is none.  A new reference. */
static int find_cell(struct ctl *c, const char *unit, json_t **ret)
{
	_json_ json_t *answer = NULL;
	json_t *item;
	size_t i;
	int r = api_get(c, api_path(c, "/rollout/", str_c(unit), ""), &answer);

	*ret = NULL;
	json_array_foreach(json_object_get(answer, "platforms"), i, item)
		if (!*ret && str_equal(json_get_str(item, "platform"), str_c(c->args[0])))
			*ret = json_incref(item);
	return r;
}

/* What is not said stays: the API writes the whole cell.  A day of completion belongs to one state alone. */
static void set_or_keep(json_t *body, const json_t *cell, const char *name, struct str value)
{
	bool is_kept = str_is_null(value) && (!str_equal(str_c(name), STR("done_on")) || str_equal(json_get_str(body, "state"), STR("done")));

	if (is_kept)
		value = json_get_str(cell, name);
	if (!str_is_empty(value))
		json_set_str(body, name, value);
}

int cmd_platform_rollout(struct ctl *c)
{
	struct str state = STR_NULL, planned = STR_NULL, started = STR_NULL, done = STR_NULL, note = STR_NULL;
	const struct ctl_option options[] = {
		{ "state", &state, NULL, false }, { "planned", &planned, NULL, false }, { "started", &started, NULL, false },
		{ "done", &done, NULL, false }, { "note", &note, NULL, false },
	};
	_json_ json_t *body = json_new_object();
	_json_ json_t *cell = NULL;
	_json_ json_t *answer = NULL;
	int r = ctl_options(c, options, ARRAY_LEN(options), 1, 2);

	if (r == EXIT_OK && (c->n_args == 2) == str_is_null(state))
		r = ctl_usage_error(c, "senctl platform rollout CODE [UNIT --state STATE …]");
	if (r == EXIT_OK)
		r = ctl_configure(c);
	if (r == EXIT_OK && c->n_args == 1)
		return rollout_show(c);
	if (r == EXIT_OK)
		r = find_cell(c, c->args[1], &cell);
	if (r != EXIT_OK)
		return r;
	json_set_str(body, "state", state);
	set_or_keep(body, cell, "planned_on", planned);
	set_or_keep(body, cell, "started_on", started);
	set_or_keep(body, cell, "done_on", done);
	set_or_keep(body, cell, "note", note);
	r = call(c, &(struct api_call){ .method = "PUT", .path = rollout_path(c, c->args[1]), .body = body,
	                                .if_match = arena_printf(c->arena, "%" PRId64, json_get_int(cell, "version", 0)) }, &answer);
	if (r == EXIT_OK && !c->json)
		ctl_print(c, "%s @ %s: %.*s", c->args[0], c->args[1], STR_ARG(api_word(answer, "state")));
	return r;
}
