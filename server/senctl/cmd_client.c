/* senctl client add|list|remove */

#include "common/base/random.h"
#include "server/senctl/client_admin.h"
#include "server/senctl/ctl.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define CLIENT_FILE_MAX ((size_t)64 << 10)
#define SECRET_BYTES 32
#define SECRET_MIN_CHARS 32
#define SECRET_MAX_BYTES 256

/* A new secret goes into a file that only its owner reads; never over one that is there. */
static int make_secret(struct ctl *c, const char *path, struct str *ret_secret)
{
	struct str secret = random_token(c->arena, STR(""), SECRET_BYTES);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return ctl_fail(c, "%s: %s", path, strerrordesc_np(errno));
	if (write(fd, secret.p, secret.len) != (ssize_t)secret.len || fsync(fd) != 0) {
		close(fd);
		return ctl_fail(c, "%s: %s", path, strerrordesc_np(errno));
	}
	close(fd);
	fprintf(stderr, "senctl: %s: %s\n", path, ctl_say(c, "đã tạo mật khẩu mới của client", "made a new client secret"));
	*ret_secret = secret;
	return EXIT_OK;
}

static int get_secret(struct ctl *c, const char *path, struct str *ret_secret)
{
	struct stat st;
	int r;

	if (stat(path, &st) < 0 && errno == ENOENT)
		return make_secret(c, path, ret_secret);
	if (stat(path, &st) == 0 && (st.st_mode & 077) != 0)
		return ctl_fail(c, "%s: %s", path, ctl_say(c, "người khác đọc được tệp bí mật; chmod 600", "others may read this secret; chmod 600"));
	r = ctl_read_file(c, path, SECRET_MAX_BYTES, ret_secret);
	if (r != EXIT_OK)
		return r;
	if (str_ends(*ret_secret, STR("\n")))
		ret_secret->len--;
	if (ret_secret->len < SECRET_MIN_CHARS || !str_is_printable_ascii(*ret_secret))
		return ctl_fail(c, "%s: %s", path, ctl_say(c, "bí mật phải có ít nhất 32 ký tự ASCII", "a secret has at least 32 ASCII characters"));
	return EXIT_OK;
}

/* A relative secret_file stands beside the file that names it. */
static const char *path_beside(struct ctl *c, const char *file, struct str name)
{
	const char *slash = strrchr(file, '/');

	if (str_starts(name, STR("/")) || !slash)
		return arena_cstr(c->arena, name);
	return arena_printf(c->arena, "%.*s/%.*s", (int)(slash - file), file, STR_ARG(name)).p;
}

static int client_add(struct ctl *c, const char *path)
{
	struct client_file f = { 0 };
	struct str text, secret = STR_NULL;
	bool changed;
	int r = ctl_read_file(c, path, CLIENT_FILE_MAX, &text);

	if (r != EXIT_OK)
		return r;
	if (client_file_read(&c->op, text, &f) < 0)
		return ctl_fail(c, "%s: %s%s%.*s", path, c->op.error.text, str_is_empty(c->op.error.detail) ? "" : ": ", STR_ARG(c->op.error.detail));
	_json_ _unused_ json_t *metadata = f.metadata;
	if (!str_is_null(f.secret_file))
		r = get_secret(c, path_beside(c, path, f.secret_file), &secret);
	if (r != EXIT_OK)
		return r;
	if (client_admin_put(&c->op, &f, secret, ctl_operator(c), &changed) < 0)
		return ctl_fail_op(c);
	ctl_print(c, "%.*s: %s", STR_ARG(f.id), changed ? ctl_say(c, "đã ghi", "written") : ctl_say(c, "không đổi", "unchanged"));
	return EXIT_OK;
}

static json_t *line_json(const struct client_line *line)
{
	json_t *json = json_read(line->metadata, 16, NULL);

	if (!json)
		json = json_new_object();
	json_set_str(json, "client_id", line->id);
	json_set_str(json, "platform", line->platform);
	json_set_bool(json, "enabled", line->enabled);
	return json;
}

static int client_list(struct ctl *c)
{
	const struct client_line *lines;
	_json_ json_t *list = json_new_array();
	size_t n;

	if (client_admin_list(&c->op, &lines, &n) < 0)
		return ctl_fail_op(c);
	for (size_t i = 0; i < n; i++) {
		if (c->json)
			json_array_append_new(list, line_json(&lines[i]));
		else
			ctl_print(c, "%-24.*s %-8.*s %-20.*s %.*s%s", STR_ARG(lines[i].id), STR_ARG(lines[i].platform),
			          STR_ARG(lines[i].auth_method), STR_ARG(lines[i].name),
			          lines[i].enabled ? "" : ctl_say(c, " (tắt)", " (off)"));
	}
	if (c->json)
		ctl_print_json(c, list);
	return EXIT_OK;
}

static int client_remove(struct ctl *c, struct str id)
{
	if (client_admin_remove(&c->op, id, ctl_operator(c)) < 0)
		return ctl_fail_op(c);
	ctl_print(c, "%.*s: %s", STR_ARG(id), ctl_say(c, "đã xoá", "removed"));
	return EXIT_OK;
}

static int client_own(struct ctl *c)
{
	struct str what;
	int r = ctl_options(c, NULL, 0, 1, 2);

	if (r != EXIT_OK)
		return r;
	what = str_c(c->args[0]);
	if (!((str_equal(what, STR("add")) || str_equal(what, STR("remove"))) && c->n_args == 2) && !(str_equal(what, STR("list")) && c->n_args == 1))
		return ctl_usage_error(c, "senctl client %s", c->command->usage);
	r = ctl_configure(c);
	if (r == EXIT_OK)
		r = ctl_need_keys(c);
	if (r == EXIT_OK)
		r = ctl_need_db(c);
	if (r != EXIT_OK)
		return r;
	if (str_equal(what, STR("remove")))
		return client_remove(c, str_c(c->args[1]));
	return c->n_args == 2 ? client_add(c, c->args[1]) : client_list(c);
}

int cmd_client(struct ctl *c)
{
	struct str what = c->argc > 1 ? str_c(c->argv[1]) : STR_NULL;

	if (str_equal(what, STR("token")))
		return cmd_client_token(c);
	return str_equal(what, STR("issuer")) ? cmd_client_issuer(c) : client_own(c);
}
