/* cmd_replacement.c: carrying accounts over from one platform to another; "run" calls batch after batch until a step is done. */

#include "server/senctl/verbs.h"

#include <inttypes.h>

/* One batch; *ret_more: something is left that the next batch can do. */
static int run_batch(struct ctl *c, struct str path, struct str step, struct str limit, bool *ret_more)
{
	_json_ json_t *body = json_new_object();
	_json_ json_t *answer = NULL;
	const json_t *left;
	int64_t done, of_step, waiting;
	uint64_t number = 500;
	int r;

	if (!str_is_null(limit) && !str_to_u64(limit, 2000, &number))
		return ctl_usage_error(c, "--limit: %s", ctl_say(c, "từ 1 đến 2000", "from 1 to 2000"));
	json_set_str(body, "step", step);
	json_set_int(body, "limit", (int64_t)number);
	r = api_post(c, path, body, &answer);
	if (r != EXIT_OK)
		return r;
	left = json_object_get(answer, "left");
	done = json_get_int(answer, "done", 0);
	of_step = json_get_int(left, arena_cstr(c->arena, step), 0);
	waiting = str_equal(step, STR("revoke")) ? json_get_int(left, "waiting", 0) : 0;
	*ret_more = done > 0 && of_step > waiting;
	if (c->json)
		ctl_print_json(c, answer);
	else
		ctl_print(c, ctl_say(c, "đã làm %" PRId64 ", còn %" PRId64 ", chờ nền tảng mới xác nhận %" PRId64 "%s",
		                     "done %" PRId64 ", left %" PRId64 ", waiting for the new platform %" PRId64 "%s"), done, of_step, waiting,
		          json_get_bool(answer, "finished", false) ? ctl_say(c, "; kế hoạch đã xong", "; the plan is finished") : "");
	return EXIT_OK;
}

static int run(struct ctl *c)
{
	struct str step = STR_NULL, limit = STR_NULL;
	const struct ctl_option options[] = { { "step", &step, NULL, true }, { "limit", &limit, NULL, false } };
	bool more = true;
	int r;

	c->argc--;
	c->argv++;
	r = ctl_options(c, options, ARRAY_LEN(options), 1, 1);
	if (r == EXIT_OK)
		r = ctl_configure(c);
	while (r == EXIT_OK && more)
		r = run_batch(c, verbs_path(c, "/replacements/{}/run", c->args, c->n_args), step, limit, &more);
	return r;
}

int cmd_replacement(struct ctl *c)
{
	static const struct verb verbs[] = {
		{ .name = "list", .method = "GET", .path = "/replacements",
		  .options = { { .name = "state" }, { .name = "after" }, { .name = "limit" } }, .list = "replacements",
		  .columns = { "id", "state", "old", "new", "unit", "cutover_on", "basis" } },
		{ .name = "show", .method = "GET", .path = "/replacements/{}" },
		{ .name = "draw", .method = "POST", .path = "/replacements", .from_file = true },
		{ .name = "submit", .method = "POST", .path = "/replacements/{}/submit", .seen = "/replacements/{}" },
		{ .name = "approve", .method = "POST", .path = "/replacements/{}/approve", .seen = "/replacements/{}",
		  .options = { { .name = "decision", .member = "decision_no" }, { .name = "decided", .member = "decision_on" } } },
		{ .name = "cancel", .method = "POST", .path = "/replacements/{}/cancel", .seen = "/replacements/{}" },
		{ .name = "change", .method = "POST", .path = "/replacements/{}/change", .seen = "/replacements/{}", .from_file = true },
		{ .name = "approve-change", .method = "POST", .path = "/replacements/{}/change/approve", .seen = "/replacements/{}" },
		{ .name = "withdraw-change", .method = "POST", .path = "/replacements/{}/change/withdraw", .seen = "/replacements/{}" },
		{ .name = "hand-over", .method = "POST", .path = "/replacements/{}/handover", .seen = "/replacements/{}",
		  .options = { { .name = "on", .required = true }, { .name = "evidence", .required = true } } },
		{ .name = "preview", .method = "GET", .path = "/replacements/{}/preview",
		  .options = { { "step", NULL, false, true }, { .name = "after" }, { .name = "limit" } }, .list = "grants",
		  .columns = { "login", "unit", "role", "new_role", "carry", "valid_to", "grant" } },
	};

	if (c->argc > 1 && str_equal(str_c(c->argv[1]), STR("run")))
		return run(c);
	return verbs_run(c, verbs, ARRAY_LEN(verbs));
}
