/* senctl client: relying parties, through the administration API; cmd_bootstrap.c enters the first ones. */

#include "server/senctl/client_file.h"
#include "server/senctl/verbs.h"

#define CLIENT_FILE_MAX ((size_t)64 << 10)

/* A relative secret_file stands beside the file that names it. */
static const char *path_beside(struct ctl *c, const char *file, struct str name)
{
	const char *slash = strrchr(file, '/');

	if (str_starts(name, STR("/")) || !slash)
		return arena_cstr(c->arena, name);
	return arena_printf(c->arena, "%.*s/%.*s", (int)(slash - file), file, STR_ARG(name)).p;
}

int ctl_client_file(struct ctl *c, const char *path, struct client_file *ret_file, struct str *ret_secret)
{
	struct str text;
	int r = ctl_read_file(c, path, CLIENT_FILE_MAX, &text);

	*ret_secret = STR_NULL;
	if (r != EXIT_OK)
		return r;
	if (client_file_read(&c->op, text, ret_file) < 0)
		return ctl_fail(c, "%s: %s%s%.*s", path, c->op.error.text, str_is_empty(c->op.error.detail) ? "" : ": ", STR_ARG(c->op.error.detail));
	return str_is_null(ret_file->secret_file) ? EXIT_OK : ctl_client_secret(c, path_beside(c, path, ret_file->secret_file), ret_secret);
}

/* Entered, or changed where it is there: the file says all of it. */
static int put(struct ctl *c, const struct client_file *f, struct str secret)
{
	_json_ json_t *body = json_new_object();
	_json_ json_t *there = NULL;
	_json_ json_t *answer = NULL;
	struct api_call call = { .method = "POST", .path = STR("/clients"), .body = body };
	int r = api_find_one(c, "/clients", "clients", "client_id", f->form.id, &there);

	if (r != EXIT_OK)
		return r;
	json_set_str(body, "platform", f->form.platform);
	json_set_str(body, "home_url", f->form.home_url);
	json_set_str(body, "client_secret", secret);
	json_set_take(body, "metadata", json_incref(f->form.metadata));
	if (there) {
		call = (struct api_call){ .method = "PUT", .path = api_path(c, "/clients/", f->form.id, ""), .body = body, .if_match = api_version_of(c, there) };
	} else {
		json_set_str(body, "client_id", f->form.id);
	}
	r = api_call(c, &call, &answer);
	if (r == EXIT_OK && !api_printed(c, answer))
		ctl_print(c, "%.*s: %s", STR_ARG(f->form.id), ctl_say(c, "đã ghi", "written"));
	return r;
}

static int add(struct ctl *c)
{
	struct client_file f = { .form = { .metadata = NULL } };
	struct str secret;
	int r = ctl_begin(c, NULL, 0, 2, 2);

	if (r == EXIT_OK)
		r = ctl_client_file(c, c->args[1], &f, &secret);
	if (r == EXIT_OK)
		r = put(c, &f, secret);
	json_decref(f.form.metadata);
	return r;
}

static int others(struct ctl *c)
{
#define ON(verb) "/clients/{}" verb, .seen = "/clients/{}"
	static const struct verb verbs[] = {
		{ .name = "list", .method = "GET", .path = "/clients", .options = { { .name = "platform" }, { .name = "after" }, { .name = "limit" } },
		  .list = "clients", .columns = { "client_id", "platform", "auth_method", "enabled", "two_secrets", "name" } },
		{ .name = "show", .method = "GET", .path = "/clients/{}" },
		{ .name = "remove", .method = "POST", .path = ON("/remove") },
		{ .name = "disable", .method = "POST", .path = ON("/disable") },
		{ .name = "enable", .method = "POST", .path = ON("/enable") },
	};

	return verbs_run(c, verbs, ARRAY_LEN(verbs));
}

int cmd_client(struct ctl *c)
{
	static const struct ctl_subcommand words[] = {
		{ "add", add }, { "secret", cmd_client_secret }, { "token", cmd_client_token }, { "issuer", cmd_client_issuer },
	};

	return ctl_subcommand(c, words, ARRAY_LEN(words), others);
}
