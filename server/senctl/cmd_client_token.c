/* senctl client token add|list|revoke: initial access tokens, with which clients register themselves */

#include "server/oidc/client_metadata.h"
#include "server/oidc/registration_policy.h"
#include "server/senctl/client_token.h"
#include "server/senctl/ctl.h"

#define POLICY_FILE_MAX ((size_t)16 << 10)
#define LABEL_MAX 200

struct token_options {
	struct str uses, days, label, policy;
};

static int read_number(const struct ctl *c, const char *option, struct str text, uint64_t max, int64_t *ret_number)
{
	uint64_t number;

	if (!str_to_u64(text, max, &number) || number == 0)
		return ctl_usage_error(c, "--%s: 1–%lu", option, (unsigned long)max);
	*ret_number = (int64_t)number;
	return EXIT_OK;
}

/* The file's metadata; beside them "platform", the code of the platform whose clients they become. */
static int read_policy(struct ctl *c, const char *path, struct client_token_request *request)
{
	const char *reason = NULL;
	struct str text;
	int r = ctl_read_file(c, path, POLICY_FILE_MAX, &text);

	if (r != EXIT_OK)
		return r;
	request->policy = json_read(text, CLIENT_METADATA_DEPTH, &reason);
	if (!request->policy)
		return ctl_fail(c, "%s: %s", path, reason);
	request->platform = arena_dup(c->arena, json_get_str(request->policy, "platform"));
	if (!str_is_null(request->platform))
		json_object_del(request->policy, "platform");
	if (registration_policy_check(&c->op, request->policy) < 0)
		return ctl_fail(c, "%s: %s%s%.*s", path, c->op.error.text, str_is_empty(c->op.error.detail) ? "" : ": ", STR_ARG(c->op.error.detail));
	return EXIT_OK;
}

static int print_token(const struct ctl *c, struct str id, struct str token)
{
	_json_ json_t *json = json_new_object();

	if (!c->json) {
		ctl_print(c, ctl_say(c, "Mã số: %.*s\nToken: %.*s (chỉ hiện một lần)", "Id:    %.*s\nToken: %.*s (shown once)"), STR_ARG(id), STR_ARG(token));
		return EXIT_OK;
	}
	json_set_str(json, "id", id);
	json_set_str(json, "token", token);
	ctl_print_json(c, json);
	return EXIT_OK;
}

static int token_add(struct ctl *c, const struct token_options *options)
{
	struct client_token_request request = {
		.label = str_is_null(options->label) ? STR("") : options->label,
		.operator = ctl_operator(c),
	};
	struct str id, token;
	int r = EXIT_OK;

	if (str_is_null(options->uses) || str_is_null(options->days) || request.label.len > LABEL_MAX)
		return ctl_usage_error(c, "senctl client token add --uses N --days N [--label TEXT] [--policy FILE.json]");
	r = read_number(c, "uses", options->uses, CLIENT_TOKEN_USES_MAX, &request.uses);
	if (r == EXIT_OK)
		r = read_number(c, "days", options->days, CLIENT_TOKEN_DAYS_MAX, &request.days);
	if (r == EXIT_OK && !str_is_null(options->policy))
		r = read_policy(c, options->policy.p, &request);
	_json_ json_t *policy = request.policy ? request.policy : json_new_object();

	request.policy = policy;
	if (r != EXIT_OK)
		return r;
	if (client_token_add(&c->op, &request, &id, &token) < 0)
		return ctl_fail_op(c);
	return print_token(c, id, token);
}

static int token_revoke(struct ctl *c, struct str id)
{
	if (client_token_revoke(&c->op, id, ctl_operator(c)) < 0)
		return ctl_fail_op(c);
	ctl_print(c, "%.*s: %s", STR_ARG(id), ctl_say(c, "đã thu hồi", "revoked"));
	return EXIT_OK;
}

static json_t *line_json(const struct client_token_line *line)
{
	json_t *json = json_new_object();

	json_set_str(json, "id", line->id);
	json_set_str(json, "label", line->label);
	json_set_str(json, "platform", line->platform);
	json_set_str(json, "expires_on", line->expires_on);
	json_set_int(json, "uses_left", line->uses_left);
	json_set_int(json, "clients", line->clients);
	json_set_bool(json, "live", line->is_live);
	json_set_take(json, "policy", json_read(line->policy, CLIENT_METADATA_DEPTH, NULL));
	return json;
}

static int token_list(struct ctl *c)
{
	const struct client_token_line *lines;
	_json_ json_t *list = json_new_array();
	size_t n;

	if (client_token_list(&c->op, &lines, &n) < 0)
		return ctl_fail_op(c);
	for (size_t i = 0; i < n; i++) {
		const struct client_token_line *l = &lines[i];

		if (c->json)
			json_array_append_new(list, line_json(l));
		else
			ctl_print(c, ctl_say(c, "%.*s  còn %ld lượt, đến %.*s, %ld client%s  %.*s", "%.*s  %ld uses left, until %.*s, %ld clients%s  %.*s"), STR_ARG(l->id),
			          (long)l->uses_left, STR_ARG(l->expires_on), (long)l->clients, l->is_live ? "" : ctl_say(c, " (hết hiệu lực)", " (over)"),
			          STR_ARG(l->label));
	}
	if (c->json)
		ctl_print_json(c, list);
	return EXIT_OK;
}

int cmd_client_token(struct ctl *c)
{
	struct token_options t = { .uses = STR_NULL };
	const struct ctl_option options[] = {
		{ "uses", &t.uses, NULL, false },
		{ "days", &t.days, NULL, false },
		{ "label", &t.label, NULL, false },
		{ "policy", &t.policy, NULL, false },
	};
	struct str what;
	int r = ctl_options(c, options, ARRAY_LEN(options), 2, 3);

	if (r != EXIT_OK)
		return r;
	what = str_c(c->args[1]);
	if (c->n_args != (str_equal(what, STR("revoke")) ? 3u : 2u))
		return ctl_usage_error(c, "senctl client %s", c->command->usage);
	r = ctl_configure(c);
	if (r == EXIT_OK)
		r = ctl_need_keys(c);
	if (r == EXIT_OK)
		r = ctl_need_db(c);
	if (r != EXIT_OK)
		return r;
	if (str_equal(what, STR("add")))
		return token_add(c, &t);
	if (str_equal(what, STR("list")))
		return token_list(c);
	return str_equal(what, STR("revoke")) ? token_revoke(c, str_c(c->args[2])) : ctl_usage_error(c, "senctl client %s", c->command->usage);
}
