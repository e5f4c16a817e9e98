/* senctl outbox | platform replay: what is on its way to relying parties, and what platforms were told, through the administration API. */

#include "common/base/url.h"
#include "server/senctl/verbs.h"

#define PATH_MAX_BYTES 2048

static int retry(struct ctl *c)
{
	struct str destination = STR_NULL;
	const struct ctl_option options[] = { { .name = "destination", .value = &destination } };
	_json_ json_t *body = json_new_object();
	_json_ json_t *answer = NULL;
	int r = ctl_begin(c, options, ARRAY_LEN(options), 1, 2);

	if (r != EXIT_OK)
		return r;
	if ((c->n_args == 2) != str_is_null(destination))
		return ctl_usage_error(c, "senctl outbox %s", c->command->usage);
	json_set_str(body, "destination", destination);
	if (c->n_args == 2)
		json_set_str(body, "id", str_c(c->args[1]));
	r = api_post(c, STR("/outbox/retry"), body, &answer);
	if (r != EXIT_OK)
		return r;
	if (!api_printed(c, answer))
		ctl_print(c, ctl_say(c, "sẽ gửi lại ngay: %lld", "to be sent again now: %lld"), (long long)json_get_int(answer, "retried", 0));
	return json_get_int(answer, "retried", 0) > 0 ? EXIT_OK : EXIT_FAILED;
}

static int list(struct ctl *c)
{
	static const struct verb verb = { .name = "list", .method = "GET", .path = "/outbox",
		                          .options = { { .name = "destination" }, { .name = "login" }, { .name = "after" }, { .name = "limit" } }, .list = "messages",
		                          .columns = { "id", "created_at", "kind", "destination", "login", "state", "attempts", "detail" } };

	return verbs_run(c, &verb, 1);
}

int cmd_outbox(struct ctl *c)
{
	static const struct ctl_subcommand words[] = { { "retry", retry } };

	return ctl_subcommand(c, words, ARRAY_LEN(words), list);
}

/* A line each, for a program of the platform; with --json what became of each as well. */
static void print_messages(struct ctl *c, const json_t *answer, json_t *all)
{
	const json_t *entry;
	size_t i;

	json_array_foreach(json_object_get(answer, "messages"), i, entry) {
		if (c->json)
			json_array_append_new(all, json_incref((json_t *)(uintptr_t)entry));
		else
			ctl_print_json(c, json_object_get(entry, "message"));
	}
}

int cmd_platform_replay(struct ctl *c)
{
	struct str from = STR_NULL, after = STR_NULL;
	const struct ctl_option options[] = { { .name = "from", .value = &from, .required = true } };
	_json_ json_t *all = json_new_array();
	int r = ctl_begin(c, options, ARRAY_LEN(options), 1, 1);

	while (r == EXIT_OK) {
		struct buf path = buf_new(c->arena, PATH_MAX_BYTES);
		_json_ json_t *answer = NULL;
		bool first = true;

		buf_printf(&path, "%.*s?limit=200&", STR_ARG(api_path(c, "/platforms/", str_c(c->args[0]), "/replay")));
		form_append(&path, &first, STR("from"), from);
		if (!str_is_null(after))
			form_append(&path, &first, STR("after"), after);
		r = api_get(c, buf_str(&path), &answer);
		if (r != EXIT_OK)
			return r;
		print_messages(c, answer, all);
		after = arena_dup(c->arena, json_get_str(answer, "next"));
		if (str_is_null(after))
			break;
	}
	if (r == EXIT_OK && c->json)
		ctl_print_json(c, all);
	return r;
}
