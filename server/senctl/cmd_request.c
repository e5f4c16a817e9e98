/* cmd_request.c: requests for roles, and the approval of them, through the JSON API in the administrator's own name. */

#include "common/base/url.h"
#include "server/senctl/verbs.h"

#define PATH_MAX_BYTES 2048
#define SIZES(a) (a), ARRAY_LEN(a)

static void print_request(const struct ctl *c, const json_t *item)
{
	ctl_print(c, "%.*s %-10.*s %.*s:%.*s@%.*s  %.*s (%.*s), %s %lld/%lld, %.*s", STR_ARG(api_word(item, "id")), STR_ARG(api_word(item, "state")),
	          STR_ARG(api_word(item, "platform")), STR_ARG(api_word(item, "role")), STR_ARG(api_word(item, "unit")), STR_ARG(api_word(item, "full_name")),
	          STR_ARG(api_word(item, "employee_code")), ctl_say(c, "bước", "stage"), (long long)json_get_int(item, "stage", 0),
	          (long long)json_get_int(item, "stages", 0), STR_ARG(api_word(item, "due_at")));
}

/* senctl request --employee-code … : asks; the answer is the request. */
static int file(struct ctl *c)
{
	struct str employee_code = STR_NULL, platform = STR_NULL, role = STR_NULL, unit = STR_NULL, basis = STR_NULL, reason = STR_NULL, to = STR_NULL;
	const struct ctl_option options[] = {
		{ "employee-code", &employee_code, NULL, true }, { "platform", &platform, NULL, true }, { "role", &role, NULL, true },
		{ "unit", &unit, NULL, false }, { "basis", &basis, NULL, true }, { "reason", &reason, NULL, true }, { "to", &to, NULL, false },
	};
	_json_ json_t *body = json_new_object();
	_json_ json_t *answer = NULL;
	int r = ctl_begin(c, SIZES(options), 0, 0);

	if (r != EXIT_OK)
		return r;
	json_set_str(body, "employee_code", employee_code);
	json_set_str(body, "platform", platform);
	json_set_str(body, "role", role);
	json_set_str(body, "unit", unit);
	json_set_str(body, "basis", basis);
	json_set_str(body, "reason", reason);
	json_set_str(body, "valid_to", to);
	r = api_post(c, STR("/requests"), body, &answer);
	if (r == EXIT_OK && !api_printed(c, answer))
		print_request(c, answer);
	return r;
}

static int others(struct ctl *c)
{
	static const struct verb verbs[] = {
		{ .name = "list", .method = "GET", .path = "/requests", .options = { { .name = "state" }, { .name = "mine" }, { .name = "after" }, { .name = "limit" } },
		  .list = "requests", .columns = { "id", "state", "platform", "role", "unit", "employee_code", "full_name", "due_at" } },
		{ .name = "show", .method = "GET", .path = "/requests/{}" },
		{ .name = "withdraw", .method = "POST", .path = "/requests/{}/withdraw", .options = { { .name = "text" } } },
		{ .name = "comment", .method = "POST", .path = "/requests/{}/comments", .options = { { .name = "text", .required = true } } },
	};

	return verbs_run(c, verbs, ARRAY_LEN(verbs));
}

/* Without a word it asks. */
int cmd_request(struct ctl *c)
{
	return c->argc > 1 && c->argv[1][0] != '-' ? others(c) : file(c);
}

/* senctl approvals: what waits for me. */
int cmd_approvals(struct ctl *c)
{
	struct str after = STR_NULL;
	const struct ctl_option options[] = { { "after", &after, NULL, false } };
	struct buf path = buf_new(c->arena, PATH_MAX_BYTES);
	_json_ json_t *answer = NULL;
	const json_t *item;
	bool first = true;
	size_t i;
	int r = ctl_begin(c, SIZES(options), 0, 0);

	buf_add_c(&path, "/approvals");
	if (!str_is_null(after)) {
		buf_add_char(&path, '?');
		form_append(&path, &first, STR("after"), after);
	}
	if (r == EXIT_OK)
		r = api_get(c, buf_str(&path), &answer);
	if (r != EXIT_OK || api_printed(c, answer))
		return r;
	json_array_foreach(json_object_get(answer, "approvals"), i, item)
		print_request(c, item);
	api_print_next(c, answer);
	return EXIT_OK;
}

static int decide(struct ctl *c, const char *verb, bool needs_text)
{
	struct str words = STR_NULL;
	const struct ctl_option options[] = { { "text", &words, NULL, needs_text } };
	_json_ json_t *body = json_new_object();
	_json_ json_t *answer = NULL;
	struct api_call call = { .method = "POST", .body = body };
	int r = ctl_begin(c, SIZES(options), 1, 1);

	if (r != EXIT_OK)
		return r;
	json_set_str(body, "text", words);
	call.path = api_path(c, "/requests/", str_c(c->args[0]), verb);
	r = api_version(c, STR_NULL, api_path(c, "/requests/", str_c(c->args[0]), ""), &call.if_match);
	if (r == EXIT_OK)
		r = api_call(c, &call, &answer);
	if (r == EXIT_OK && !api_printed(c, answer))
		print_request(c, answer);
	return r;
}

int cmd_approve(struct ctl *c)
{
	return decide(c, "/approve", false);
}

int cmd_refuse(struct ctl *c)
{
	return decide(c, "/refuse", true);
}
