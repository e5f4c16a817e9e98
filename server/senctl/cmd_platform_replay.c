/* senctl platform replay: what a platform was told by signed requests, once more. */

#include "server/senctl/ctl.h"
#include "server/senctl/webhook_admin.h"

#include <inttypes.h>

#define DOCUMENT_DEPTH 8

/* The message as the platform would get it again. */
static json_t *message_json(const struct webhook_line *line)
{
	json_t *json = line->is_newest ? json_read(line->document, DOCUMENT_DEPTH, NULL) : json_new_object();

	if (!json)
		json = json_new_object();
	if (!line->is_newest) {
		json_set_str(json, "operation", STR("superseded"));
		json_set_str(json, "account_id", line->account_id);
		json_set_int(json, "generation", line->gen);
	}
	json_set_int(json, "sequence", line->sequence);
	return json;
}

/* A line each, for a program of the platform; with --json one list that also says what became of them. */
static int replay(struct ctl *c, struct str platform, int64_t from)
{
	_json_ json_t *list = json_new_array();
	const struct webhook_line *lines;
	size_t n;

	if (webhook_admin_list(&c->op, platform, from, &lines, &n) < 0)
		return ctl_fail_op(c);
	for (size_t i = 0; i < n; i++) {
		_json_ json_t *message = message_json(&lines[i]);
		json_t *entry;

		if (!c->json) {
			ctl_print(c, "%.*s", STR_ARG(json_write(c->arena, message, false)));
			continue;
		}
		entry = json_new_object();
		json_set_int(entry, "sequence", lines[i].sequence);
		json_set_str(entry, "created_at", lines[i].created_at);
		json_set_str(entry, "answered_at", lines[i].answered_at);
		if (lines[i].status > 0)
			json_set_int(entry, "status", lines[i].status);
		json_set_take(entry, "message", json_incref(message));
		json_array_append_new(list, entry);
	}
	if (c->json)
		ctl_print_json(c, list);
	return EXIT_OK;
}

int cmd_platform_replay(struct ctl *c)
{
	struct str from_text = STR_NULL;
	const struct ctl_option options[] = { { .name = "from", .value = &from_text, .required = true } };
	uint64_t from = 0;
	int r = ctl_options(c, options, ARRAY_LEN(options), 1, 1);

	if (r != EXIT_OK)
		return r;
	if (!str_to_u64(from_text, INT64_MAX, &from))
		return ctl_usage_error(c, "%s", "senctl platform replay CODE --from N");
	r = ctl_configure(c);
	if (r == EXIT_OK)
		r = ctl_need_db(c);
	return r == EXIT_OK ? replay(c, str_c(c->args[0]), (int64_t)from) : r;
}
