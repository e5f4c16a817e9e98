#include "server/senctl/registration_file.h"

#include "server/oidc/client_metadata.h"
#include "server/oidc/registration_policy.h"

#define POLICY_FILE_MAX ((size_t)16 << 10)
#define LABEL_MAX 200
#define USES_MAX 100000
#define DAYS_MAX 3660

static int read_number(const struct ctl *c, const char *option, struct str text, uint64_t max, int64_t *ret_number)
{
	uint64_t number;

	if (!str_to_u64(text, max, &number) || number == 0)
		return ctl_usage_error(c, "--%s: 1–%lu", option, (unsigned long)max);
	*ret_number = (int64_t)number;
	return EXIT_OK;
}

/* The file's metadata; beside them "platform", the code of the platform whose clients they become. */
static int read_policy(struct ctl *c, const char *path, struct registration_file *f)
{
	const char *reason = NULL;
	struct str text;
	int r = ctl_read_file(c, path, POLICY_FILE_MAX, &text);

	if (r != EXIT_OK)
		return r;
	f->policy = json_read(text, CLIENT_METADATA_DEPTH, &reason);
	if (!f->policy)
		return ctl_fail(c, "%s: %s", path, reason);
	f->platform = arena_dup(c->arena, json_get_str(f->policy, "platform"));
	if (!str_is_null(f->platform))
		json_object_del(f->policy, "platform");
	if (registration_policy_check(&c->op, f->policy) < 0)
		return ctl_fail(c, "%s: %s%s%.*s", path, c->op.error.text, str_is_empty(c->op.error.detail) ? "" : ": ", STR_ARG(c->op.error.detail));
	return EXIT_OK;
}

int registration_file_options(struct ctl *c, size_t n_words, struct registration_file *f)
{
	struct str uses = STR_NULL, days = STR_NULL, label = STR_NULL, policy = STR_NULL;
	const struct ctl_option options[] = {
		{ "uses", &uses, NULL, true }, { "days", &days, NULL, true }, { "label", &label, NULL, false }, { "policy", &policy, NULL, false },
	};
	int r = ctl_options(c, options, ARRAY_LEN(options), n_words, n_words);

	*f = (struct registration_file){ .label = str_is_null(label) ? STR("") : label, .platform = STR_NULL };
	if (r == EXIT_OK && f->label.len > LABEL_MAX)
		r = ctl_usage_error(c, "--label: %d", LABEL_MAX);
	if (r == EXIT_OK)
		r = read_number(c, "uses", uses, USES_MAX, &f->uses);
	if (r == EXIT_OK)
		r = read_number(c, "days", days, DAYS_MAX, &f->days);
	if (r == EXIT_OK && !str_is_null(policy))
		r = read_policy(c, arena_cstr(c->arena, policy), f);
	return r;
}

int registration_token_print(const struct ctl *c, struct str id, struct str token)
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
