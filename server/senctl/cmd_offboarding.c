/* cmd_offboarding.c: senctl person offboarding CODE: is all access gone, and the certificate about it. */

#include "server/senctl/api_call.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

static struct str path_of(struct ctl *c, struct str certificate)
{
	struct str path = api_path(c, "/persons/", str_c(c->args[0]), "/offboarding");

	return str_is_null(certificate) ? path : arena_printf(c->arena, "%.*s%.*s", STR_ARG(path), STR_ARG(api_path(c, "?certificate=", certificate, "")));
}

static struct str or_dash(struct str value)
{
	return str_is_null(value) ? STR("-") : value;
}

static void print_alive(const struct ctl *c, const json_t *alive)
{
	const json_t *ext_id;
	size_t i;

	json_array_foreach(alive, i, ext_id)
		ctl_print(c, "  %s %s", ctl_say(c, "còn hoạt động:", "alive:"), json_string_value(ext_id));
}

static void print_platforms(const struct ctl *c, const json_t *platforms)
{
	const json_t *row;
	size_t i;

	json_array_foreach(platforms, i, row) {
		struct str reason = json_get_str(row, "reason");

		if (!str_is_null(reason)) {
			ctl_print(c, "%.*s %.*s: %s (%.*s%s%.*s)", STR_ARG(json_get_str(row, "platform")), STR_ARG(json_get_str(row, "login")),
			          ctl_say(c, "CHƯA có chứng cứ", "NOT proved"), STR_ARG(reason), str_is_null(json_get_str(row, "fault")) ? "" : ", ",
			          STR_ARG(str_is_null(json_get_str(row, "fault")) ? STR("") : json_get_str(row, "fault")));
			print_alive(c, json_object_get(row, "alive"));
			continue;
		}
		ctl_print(c, "%.*s %.*s: %.*s, %.*s, %s %.*s, %s %.*s (%.*s)", STR_ARG(json_get_str(row, "platform")), STR_ARG(json_get_str(row, "login")),
		          STR_ARG(json_get_str(row, "proof")), STR_ARG(or_dash(json_get_str(row, "read"))), ctl_say(c, "hết quyền từ", "gone since"),
		          STR_ARG(or_dash(json_get_str(row, "gone_at"))), ctl_say(c, "kiểm tra lần cuối", "last verified"),
		          STR_ARG(or_dash(json_get_str(row, "verified_at"))), STR_ARG(or_dash(json_get_str(row, "operation"))));
	}
}

static void print_state(const struct ctl *c, const json_t *state)
{
	static const struct { const char *member, *vi, *en; } others[] = {
		{ "sessions", "phiên đăng nhập còn mở", "sessions still open" },
		{ "tokens", "mã truy cập còn dùng được", "tokens still good" },
		{ "administration", "quyền quản trị còn hiệu lực", "scopes of administration still in force" },
		{ "shared", "tài khoản dùng chung đang mượn", "shared accounts still checked out" },
	};
	const json_t *item;
	size_t i;

	print_platforms(c, json_object_get(state, "platforms"));
	for (i = 0; i < ARRAY_LEN(others); i++) {
		int64_t n = json_get_int(json_object_get(state, others[i].member), "open", 0);

		if (n > 0)
			ctl_print(c, "%s: %" PRId64, ctl_say(c, others[i].vi, others[i].en), n);
	}
	if (json_is_true(json_object_get(state, "complete")))
		ctl_print(c, ctl_say(c, "Không còn quyền truy cập nào (từ %.*s)", "No access is left (since %.*s)"),
		          STR_ARG(or_dash(json_get_str(state, "access_gone_at"))));
	else
		ctl_print(c, "%s", ctl_say(c, "CHƯA hoàn tất", "NOT complete"));
	json_array_foreach(json_object_get(state, "certificates"), i, item)
		ctl_print(c, "%s %.*s  %.*s  %s", ctl_say(c, "giấy xác nhận", "certificate"), STR_ARG(json_get_str(item, "number")),
		          STR_ARG(json_get_str(item, "issued_at")), json_is_true(json_object_get(item, "complete")) ? ctl_say(c, "hoàn tất", "complete")
		                                                                                        : ctl_say(c, "chưa hoàn tất", "incomplete"));
}

static int write_file(const struct ctl *c, struct str name, struct str text)
{
	FILE *f = fopen(arena_cstr(c->arena, name), "we");
	bool is_written = f && fwrite(text.p, 1, text.len, f) == text.len;

	if (f && fclose(f) != 0)
		is_written = false;
	return is_written ? EXIT_OK : ctl_fail(c, "%.*s: %s", STR_ARG(name), strerrordesc_np(errno));
}

static int save(struct ctl *c, struct str file, const char *accept, struct str certificate)
{
	struct str text;
	int r;

	if (str_is_null(file))
		return EXIT_OK;
	r = api_text(c, &(struct api_call){ .method = "GET", .path = path_of(c, certificate), .accept = accept }, &text);
	return r == EXIT_OK ? write_file(c, file, text) : r;
}

static int certify(struct ctl *c, struct str *ret_number)
{
	_json_ json_t *body = json_new_object();
	_json_ json_t *answer = NULL;
	int r = api_post(c, path_of(c, STR_NULL), body, &answer);

	if (r != EXIT_OK)
		return r;
	*ret_number = arena_dup(c->arena, json_get_str(answer, "number"));
	if (c->json)
		ctl_print_json(c, answer);
	else
		ctl_print(c, "%s %.*s: %s", ctl_say(c, "Đã lập giấy xác nhận số", "Issued certificate"), STR_ARG(*ret_number),
		          json_is_true(json_object_get(answer, "complete")) ? ctl_say(c, "hoàn tất", "complete") : ctl_say(c, "CHƯA hoàn tất", "NOT complete"));
	return EXIT_OK;
}

static int show(struct ctl *c)
{
	_json_ json_t *state = NULL;
	int r = api_get(c, path_of(c, STR_NULL), &state);

	if (r == EXIT_OK && c->json)
		ctl_print_json(c, state);
	else if (r == EXIT_OK)
		print_state(c, state);
	return r;
}

int cmd_person_offboarding(struct ctl *c)
{
	struct str certificate = STR_NULL, jws = STR_NULL, html = STR_NULL;
	bool wants_certificate = false;
	const struct ctl_option options[] = {
		{ "certify", NULL, &wants_certificate, false }, { "certificate", &certificate, NULL, false }, { "jws", &jws, NULL, false },
		{ "html", &html, NULL, false },
	};
	int r;

	/* The verb stands in the place of the command's name. */
	c->argc--;
	c->argv++;
	r = ctl_options(c, options, ARRAY_LEN(options), 1, 1);
	if (r == EXIT_OK)
		r = ctl_configure(c);
	if (r == EXIT_OK)
		r = wants_certificate ? certify(c, &certificate) : str_is_null(jws) && str_is_null(html) ? show(c) : EXIT_OK;
	if (r == EXIT_OK)
		r = save(c, jws, "application/jose", certificate);
	return r == EXIT_OK ? save(c, html, "text/html", certificate) : r;
}
