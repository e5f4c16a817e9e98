#include "server/senctl/token.h"

#include "common/base/clock.h"
#include "common/base/url.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define TOKEN_FILE_MAX ((size_t)64 << 10)
#define JSON_DEPTH 4
#define MARGIN_S 5

const char *token_path(struct ctl *c)
{
	const char *base = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");

	if (c->token_path)
		return c->token_path;
	if (base)
		return arena_printf(c->arena, "%s/sen/token.json", base).p;
	return arena_printf(c->arena, "%s/.config/sen/token.json", home ? home : "").p;
}

int token_discover(struct ctl *c, struct token_endpoints *ret_endpoints)
{
	struct str issuer = c->config.issuer;
	const struct http_call call = {
		.method = "GET",
		.url = arena_printf(c->arena, "%.*s/.well-known/openid-configuration", STR_ARG(issuer)),
	};
	struct http_answer answer;

	if (http_client_call(&c->op, c->http, &call, &answer) < 0)
		return ctl_fail_op(c);

	_json_ json_t *json = json_read(answer.body, JSON_DEPTH, NULL);
	struct str prefix = arena_printf(c->arena, "%.*s/", STR_ARG(issuer));
	struct token_endpoints e = {
		.authorization = arena_dup(c->arena, json_get_str(json, "authorization_endpoint")),
		.token = arena_dup(c->arena, json_get_str(json, "token_endpoint")),
	};

	if (answer.status != 200 || !str_equal(json_get_str(json, "issuer"), issuer) || !str_starts(e.authorization, prefix) ||
	    !str_starts(e.token, prefix))
		return ctl_fail(c, "%.*s: %s", STR_ARG(call.url),
		                ctl_say(c, "không phải cấu hình của máy chủ đăng nhập này", "is not the configuration of this issuer"));
	*ret_endpoints = e;
	return EXIT_OK;
}

int token_request(struct ctl *c, struct str token_endpoint, struct str form, struct token_set *ret_tokens)
{
	const struct http_header headers[] = {
		{ STR("Content-Type"), STR("application/x-www-form-urlencoded") },
		{ STR("Accept"), STR("application/json") },
	};
	const struct http_call call = {
		.method = "POST",
		.url = token_endpoint,
		.headers = headers,
		.n_headers = ARRAY_LEN(headers),
		.body = form,
	};
	struct http_answer answer;

	if (http_client_call(&c->op, c->http, &call, &answer) < 0)
		return ctl_fail_op(c);

	_json_ json_t *json = json_read(answer.body, JSON_DEPTH, NULL);
	struct str access = json_get_str(json, "access_token");

	if (answer.status != 200 || str_is_null(access))
		return ctl_fail(c, "%s (%d %.*s)", ctl_say(c, "máy chủ không cấp thẻ; hãy chạy senctl login", "no token was given; run senctl login"),
		                answer.status, STR_ARG(json_get_str(json, "error")));
	*ret_tokens = (struct token_set){
		.issuer = c->config.issuer,
		.token_endpoint = token_endpoint,
		.access_token = arena_dup(c->arena, access),
		.refresh_token = arena_dup(c->arena, json_get_str(json, "refresh_token")),
		.expires_at_s = clock_now_s() + json_get_int(json, "expires_in", 0),
	};
	return EXIT_OK;
}

static int fail_errno(const struct ctl *c, const char *path)
{
	return ctl_fail(c, "%s: %s", path, strerrordesc_np(errno));
}

/* Folders of the default place, for their owner only. */
static void make_folders(struct ctl *c, const char *path)
{
	char *copy = arena_alloc(c->arena, strlen(path) + 1);

	memcpy(copy, path, strlen(path));
	for (char *p = copy + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		(void)mkdir(copy, 0700);
		*p = '/';
	}
}

/* Written beside and renamed: whoever reads sees the old file or the new one. */
int token_save(struct ctl *c, const struct token_set *tokens)
{
	const char *path = token_path(c);
	const char *beside = arena_printf(c->arena, "%s.new-%ld", path, (long)getpid()).p;
	_json_ json_t *json = json_new_object();
	struct str text;
	int fd;

	json_set_str(json, "issuer", tokens->issuer);
	json_set_str(json, "token_endpoint", tokens->token_endpoint);
	json_set_str(json, "access_token", tokens->access_token);
	json_set_str(json, "refresh_token", tokens->refresh_token);
	json_set_int(json, "expires_at", tokens->expires_at_s);
	text = json_write(c->arena, json, false);
	make_folders(c, path);
	(void)unlink(beside);
	fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail_errno(c, beside);
	if (write(fd, text.p, text.len) != (ssize_t)text.len || fsync(fd) != 0 || rename(beside, path) != 0) {
		int r = fail_errno(c, path);

		close(fd);
		(void)unlink(beside);
		return r;
	}
	close(fd);
	return EXIT_OK;
}

int token_forget(struct ctl *c)
{
	const char *path = token_path(c);

	return unlink(path) == 0 || errno == ENOENT ? EXIT_OK : fail_errno(c, path);
}

static int token_load(struct ctl *c, struct token_set *ret_tokens)
{
	const char *path = token_path(c);
	struct stat st;
	struct str text;
	int r;

	if (stat(path, &st) < 0)
		return ctl_fail(c, "%s", ctl_say(c, "chưa đăng nhập; hãy chạy senctl login", "not signed in; run senctl login"));
	if ((st.st_mode & 077) != 0)
		return ctl_fail(c, "%s: %s", path, ctl_say(c, "người khác đọc được tệp này; chmod 600", "others may read this file; chmod 600"));
	r = ctl_read_file(c, path, TOKEN_FILE_MAX, &text);
	if (r != EXIT_OK)
		return r;

	_json_ json_t *json = json_read(text, JSON_DEPTH, NULL);

	*ret_tokens = (struct token_set){
		.issuer = arena_dup(c->arena, json_get_str(json, "issuer")),
		.token_endpoint = arena_dup(c->arena, json_get_str(json, "token_endpoint")),
		.access_token = arena_dup(c->arena, json_get_str(json, "access_token")),
		.refresh_token = arena_dup(c->arena, json_get_str(json, "refresh_token")),
		.expires_at_s = json_get_int(json, "expires_at", 0),
	};
	/* Tokens of another server are not shown to this one. */
	if (!str_equal(ret_tokens->issuer, c->config.issuer) || str_is_null(ret_tokens->access_token))
		return ctl_fail(c, "%s: %s", path,
		                ctl_say(c, "không phải thẻ của máy chủ này; hãy chạy senctl login", "not tokens of this issuer; run senctl login"));
	return EXIT_OK;
}

static int refresh(struct ctl *c, const struct token_set *old, struct token_set *ret_tokens)
{
	struct buf form = buf_new(c->arena, TOKEN_FILE_MAX);
	bool first = true;
	int r;

	if (str_is_null(old->refresh_token))
		return ctl_fail(c, "%s", ctl_say(c, "phiên đã hết; hãy chạy senctl login", "the sign-in has ended; run senctl login"));
	form_append(&form, &first, STR("grant_type"), STR("refresh_token"));
	form_append(&form, &first, STR("client_id"), STR("senctl"));
	form_append(&form, &first, STR("refresh_token"), old->refresh_token);
	r = token_request(c, old->token_endpoint, buf_str(&form), ret_tokens);
	if (r != EXIT_OK)
		return r;
	if (str_is_null(ret_tokens->refresh_token))
		ret_tokens->refresh_token = old->refresh_token;
	return token_save(c, ret_tokens);
}

int token_get(struct ctl *c, struct str stale, struct str *ret_access_token)
{
	const char *lock_path = arena_printf(c->arena, "%s.lock", token_path(c)).p;
	struct token_set tokens;
	int r = token_load(c, &tokens), fd;

	if (r != EXIT_OK)
		return r;
	fd = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || flock(fd, LOCK_EX) != 0) {
		r = fail_errno(c, lock_path);
		if (fd >= 0)
			close(fd);
		return r;
	}
	/* Another process may have renewed it while this one waited. */
	r = token_load(c, &tokens);
	if (r == EXIT_OK && (tokens.expires_at_s - MARGIN_S <= clock_now_s() || str_equal(tokens.access_token, stale)))
		r = refresh(c, &tokens, &tokens);
	close(fd);
	if (r == EXIT_OK)
		*ret_access_token = tokens.access_token;
	return r;
}
