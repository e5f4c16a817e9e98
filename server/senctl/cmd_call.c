/* cmd_call.c: senctl api: any call of the administration API, for what has no command of its own. */

#include "server/senctl/api_call.h"

#define BODY_MAX ((size_t)1 << 20)
#define BODY_DEPTH 32

static bool is_method(struct str method)
{
	static const char *const methods[] = { "GET", "POST", "PUT", "PATCH", "DELETE" };

	for (size_t i = 0; i < ARRAY_LEN(methods); i++)
		if (str_equal(method, str_c(methods[i])))
			return true;
	return false;
}

/* JSON as it stands, or "@FILE", or "@-". */
static int read_body(struct ctl *c, const char *text, json_t **ret_body)
{
	struct str bytes = str_c(text);
	const char *reason = "";
	int r = text[0] == '@' ? ctl_read_file(c, text + 1, BODY_MAX, &bytes) : EXIT_OK;

	if (r != EXIT_OK)
		return r;
	*ret_body = json_read(bytes, BODY_DEPTH, &reason);
	return *ret_body ? EXIT_OK : ctl_usage_error(c, "%s: %s", ctl_say(c, "không phải JSON", "not JSON"), reason);
}

int cmd_call(struct ctl *c)
{
	struct str if_match = STR_NULL, key = STR_NULL;
	const struct ctl_option options[] = { { "if-match", &if_match, NULL, false }, { "key", &key, NULL, false } };
	_json_ json_t *body = NULL, *answer = NULL;
	struct api_call call;
	int r = ctl_options(c, options, ARRAY_LEN(options), 2, 3);

	if (r == EXIT_OK && (!is_method(str_c(c->args[0])) || c->args[1][0] != '/'))
		r = ctl_usage_error(c, "senctl api GET|POST|PUT|PATCH|DELETE /… [JSON|@FILE]");
	if (r == EXIT_OK && c->n_args == 3)
		r = read_body(c, c->args[2], &body);
	if (r == EXIT_OK)
		r = ctl_configure(c);
	if (r != EXIT_OK)
		return r;
	if (!str_is_null(if_match))
		if_match = arena_printf(c->arena, "\"%.*s\"", STR_ARG(if_match));
	if (!str_is_null(key))
		key = arena_printf(c->arena, "\"%.*s\"", STR_ARG(key));
	call = (struct api_call){ .method = c->args[0], .path = str_c(c->args[1]), .body = body, .if_match = if_match, .key = key };
	r = api_call(c, &call, &answer);
	if (r == EXIT_OK && answer)
		ctl_print_json(c, answer);
	return r;
}
