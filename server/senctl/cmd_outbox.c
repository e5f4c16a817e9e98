/* senctl outbox list|retry */

#include "common/base/random.h"
#include "server/senctl/ctl.h"
#include "server/senctl/outbox_admin.h"

static json_t *line_json(const struct outbox_line *line)
{
	json_t *json = json_new_object();

	json_set_str(json, "id", line->id);
	json_set_str(json, "kind", line->kind);
	json_set_str(json, "destination", line->destination);
	json_set_str(json, "login", line->login);
	json_set_str(json, "session", line->session_id);
	json_set_str(json, "created_at", line->created_at);
	json_set_str(json, "state", line->state);
	json_set_int(json, "attempts", line->attempts);
	if (str_equal(line->state, STR("waiting")))
		json_set_str(json, "next_at", line->next_at);
	json_set_str(json, "detail", line->detail);
	return json;
}

static const char *state_name(const struct ctl *c, struct str state)
{
	static const struct {
		const char *name, *vi;
	} states[] = { { "waiting", "đang chờ" }, { "sending", "đang gửi" }, { "delivered", "đã giao" },
		       { "refused", "bị từ chối" }, { "dead", "đã bỏ" } };

	for (size_t i = 0; i < ARRAY_LEN(states); i++)
		if (str_equal(state, str_c(states[i].name)))
			return ctl_say(c, states[i].vi, states[i].name);
	return "?";
}

static int outbox_list(struct ctl *c, struct str destination, bool all)
{
	const struct outbox_line *lines;
	_json_ json_t *list = json_new_array();
	size_t n;

	if (outbox_admin_list(&c->op, destination, all, &lines, &n) < 0)
		return ctl_fail_op(c);
	for (size_t i = 0; i < n; i++) {
		if (c->json)
			json_array_append_new(list, line_json(&lines[i]));
		else
			ctl_print(c, "%.*s  %.*s  %-8.*s %-20.*s %-16.*s %s (%ld)  %.*s", STR_ARG(lines[i].id), STR_ARG(lines[i].created_at),
			          STR_ARG(lines[i].kind), STR_ARG(lines[i].destination), STR_ARG(lines[i].login),
			          state_name(c, lines[i].state), (long)lines[i].attempts, STR_ARG(lines[i].detail));
	}
	if (c->json)
		ctl_print_json(c, list);
	else if (n == 0)
		ctl_print(c, "%s", ctl_say(c, "không có gì đang chờ", "nothing waits"));
	return EXIT_OK;
}

static int outbox_retry(struct ctl *c, struct str id, struct str destination)
{
	_json_ json_t *json = json_new_object();
	size_t n;

	if (outbox_admin_retry(&c->op, id, destination, ctl_operator(c), &n) < 0)
		return ctl_fail_op(c);
	json_set_int(json, "retried", (int64_t)n);
	if (c->json)
		ctl_print_json(c, json);
	else
		ctl_print(c, ctl_say(c, "sẽ gửi lại ngay: %zu", "to be sent again now: %zu"), n);
	return n > 0 ? EXIT_OK : EXIT_FAILED;
}

int cmd_outbox(struct ctl *c)
{
	struct str destination = STR_NULL, id = STR_NULL;
	bool all = false, retries;
	const struct ctl_option options[] = {
		{ .name = "destination", .value = &destination },
		{ .name = "all", .flag = &all },
	};
	int r = ctl_options(c, options, ARRAY_LEN(options), 1, 2);

	if (r != EXIT_OK)
		return r;
	retries = str_equal(str_c(c->args[0]), STR("retry"));
	if (c->n_args == 2)
		id = str_c(c->args[1]);
	if (!retries && (!str_equal(str_c(c->args[0]), STR("list")) || c->n_args == 2))
		return ctl_usage_error(c, "senctl outbox %s", c->command->usage);
	if (retries && (str_is_null(id) == str_is_null(destination) || all || (!str_is_null(id) && !uuid_is_valid(id))))
		return ctl_usage_error(c, "senctl outbox %s", c->command->usage);
	r = ctl_configure(c);
	if (r == EXIT_OK)
		r = ctl_need_db(c);
	if (r != EXIT_OK)
		return r;
	return retries ? outbox_retry(c, id, destination) : outbox_list(c, destination, all);
}
