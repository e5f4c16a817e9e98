/* senctl client secret rotate|finish|cancel, and the files that hold secrets of clients */

#include "common/base/random.h"
#include "server/parties/client_form.h"
#include "server/senctl/api_call.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECRET_BYTES 32

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

int ctl_client_secret(struct ctl *c, const char *path, struct str *ret_secret)
{
	struct stat st;
	int r;

	if (stat(path, &st) < 0 && errno == ENOENT)
		return make_secret(c, path, ret_secret);
	if (stat(path, &st) == 0 && (st.st_mode & 077) != 0)
		return ctl_fail(c, "%s: %s", path, ctl_say(c, "người khác đọc được tệp bí mật; chmod 600", "others may read this secret; chmod 600"));
	r = ctl_read_file(c, path, CLIENT_SECRET_MAX + 1, ret_secret);
	if (r != EXIT_OK)
		return r;
	if (str_ends(*ret_secret, STR("\n")))
		ret_secret->len--;
	if (ret_secret->len < CLIENT_SECRET_MIN || !str_is_printable_ascii(*ret_secret))
		return ctl_fail(c, "%s: %s", path, ctl_say(c, "bí mật phải có ít nhất 32 ký tự ASCII", "a secret has at least 32 ASCII characters"));
	return EXIT_OK;
}

static int rotate(struct ctl *c, struct str id, const char *path)
{
	_json_ json_t *body = json_new_object();
	_json_ json_t *before = NULL;
	_json_ json_t *after = NULL;
	struct str secret;
	int r = ctl_client_secret(c, path, &secret);

	json_set_str(body, "client_secret", secret);
	if (r == EXIT_OK)
		r = api_get(c, api_path(c, "/clients/", id, ""), &before);
	if (r == EXIT_OK)
		r = api_post(c, api_path(c, "/clients/", id, "/secret/rotate"), body, &after);
	if (r != EXIT_OK || api_printed(c, after))
		return r;
	/* Said again: nothing new, so the version is the same. */
	if (json_get_int(after, "version", 0) == json_get_int(before, "version", -1))
		ctl_print(c, "%.*s: %s", STR_ARG(id), ctl_say(c, "không đổi", "unchanged"));
	else
		ctl_print(c, ctl_say(c, "%.*s: bí mật cũ và mới cùng dùng được; khi nền tảng đã dùng bí mật mới: senctl client secret finish %.*s",
		                     "%.*s: the old and the new secret are both good; when the platform uses the new one: senctl client secret finish %.*s"),
		          STR_ARG(id), STR_ARG(id));
	return EXIT_OK;
}

static int settle(struct ctl *c, struct str what, struct str id)
{
	bool finishes = str_equal(what, STR("finish"));
	_json_ json_t *body = json_new_object();
	_json_ json_t *answer = NULL;
	struct api_call call = { .method = "POST", .path = api_path(c, "/clients/", id, finishes ? "/secret/finish" : "/secret/cancel"), .body = body };
	int r = api_version(c, STR_NULL, api_path(c, "/clients/", id, ""), &call.if_match);

	if (r == EXIT_OK)
		r = api_call(c, &call, &answer);
	if (r == EXIT_OK && !api_printed(c, answer))
		ctl_print(c, "%.*s: %s", STR_ARG(id), finishes ? ctl_say(c, "chỉ còn bí mật mới; ghi nó vào secret_file của client", "the new secret alone; put it where the client's secret_file is") :
		                                                 ctl_say(c, "chỉ còn bí mật cũ", "the old secret alone"));
	return r;
}

int cmd_client_secret(struct ctl *c)
{
	struct str what;
	int r = ctl_options(c, NULL, 0, 3, 4);

	if (r != EXIT_OK)
		return r;
	what = str_c(c->args[1]);
	if (!(str_equal(what, STR("rotate")) && c->n_args == 4) && !((str_equal(what, STR("finish")) || str_equal(what, STR("cancel"))) && c->n_args == 3))
		return ctl_usage_error(c, "senctl client secret rotate ID FILE | finish ID | cancel ID");
	r = ctl_configure(c);
	if (r != EXIT_OK)
		return r;
	return c->n_args == 4 ? rotate(c, str_c(c->args[2]), c->args[3]) : settle(c, what, str_c(c->args[2]));
}
