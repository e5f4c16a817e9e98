#include "server/senctl/api_call.h"

#include "common/base/url.h"
#include "server/senctl/dry_run_out.h"
#include "server/senctl/token.h"

#define JSON_DEPTH 12
#define PATH_MAX_BYTES 2048

struct str api_path(struct ctl *c, const char *before, struct str segment, const char *after)
{
	struct buf b = buf_new(c->arena, PATH_MAX_BYTES);

	buf_add_c(&b, before);
	url_escape(&b, segment);
	buf_add_c(&b, after);
	return buf_str(&b);
}

/* An ETag as the API gives it, from the number in it. */
static struct str quoted(struct arena *a, struct str tag)
{
	return str_starts(tag, STR("\"")) ? tag : arena_printf(a, "\"%.*s\"", STR_ARG(tag));
}

static bool is_tried(const struct ctl *c, const struct api_call *call)
{
	return c->dry_run && !str_equal(str_c(call->method), STR("GET"));
}

static const char *tried(const struct ctl *c, const struct api_call *call)
{
	struct buf b = buf_new(c->arena, PATH_MAX_BYTES);

	if (!is_tried(c, call))
		return "";
	buf_add_c(&b, str_index(call->path, '?') < 0 ? "?dry_run=all" : "&dry_run=all");
	if (c->dry_after) {
		buf_add_c(&b, "&dry_run_after=");
		url_escape(&b, str_c(c->dry_after));
	}
	return arena_cstr(c->arena, buf_str(&b));
}

static int send_call(struct ctl *c, const struct api_call *call, struct str token, struct http_answer *ret_answer)
{
	struct http_header headers[6] = {
		{ STR("Authorization"), arena_printf(c->arena, "Bearer %.*s", STR_ARG(token)) },
		{ STR("Accept-Language"), c->english ? STR("en") : STR("vi") },
	};
	size_t n = 2;

	if (call->body)
		headers[n++] = (struct http_header){ STR("Content-Type"), STR("application/json") };
	if (call->accept)
		headers[n++] = (struct http_header){ STR("Accept"), str_c(call->accept) };
	if (!str_is_null(call->if_match))
		headers[n++] = (struct http_header){ STR("If-Match"), quoted(c->arena, call->if_match) };
	if (!str_is_null(call->key))
		headers[n++] = (struct http_header){ STR("Idempotency-Key"), call->key };

	const struct http_call http = {
		.method = call->method,
		.url = arena_printf(c->arena, "%.*s%.*s%s", STR_ARG(c->config.api), STR_ARG(call->path), tried(c, call)),
		.headers = headers,
		.n_headers = n,
		.body = json_write(c->arena, call->body, false),
	};

	return http_client_call(&c->op, c->http, &http, ret_answer) < 0 ? ctl_fail_op(c) : EXIT_OK;
}

/* "dự kiến: 12/2025": what the problem's arguments say beyond its sentence. */
static void add_args(const struct ctl *c, struct buf *b, const json_t *args)
{
	static const struct {
		const char *name, *vi;
	} words[] = {
		{ "platform", "nền tảng" }, { "state", "trạng thái" }, { "expected", "dự kiến" }, { "field", "trường" },
	};
	struct str detail = arena_dup(c->arena, buf_str(b)); /* b grows */
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)args, name, value) {
		const char *word = name;

		for (size_t i = 0; i < ARRAY_LEN(words) && !c->english; i++)
			if (str_equal(str_c(words[i].name), str_c(name)))
				word = words[i].vi;
		if (json_is_string(value) && !str_contains(detail, str_n(json_string_value(value), json_string_length(value))))
			buf_printf(b, "\n  %s: %s", word, json_string_value(value));
	}
}

static int print_problem(struct ctl *c, const struct http_answer *answer)
{
	_json_ json_t *problem = json_read(answer->body, JSON_DEPTH, NULL);
	struct str detail = json_get_str(problem, "detail");
	struct buf b = buf_new(c->arena, 8192);

	if (c->json && json_is_object(problem))
		ctl_print_json(c, problem);
	if (str_is_null(detail))
		return ctl_fail(c, "HTTP %d", answer->status);
	buf_add(&b, detail);
	add_args(c, &b, json_object_get(problem, "args"));
	if (str_equal(json_get_str(problem, "code"), STR("insufficient_user_authentication")))
		buf_add_c(&b, ": senctl login --fresh");
	return ctl_fail(c, "%s", b.p);
}

static int print_tried(struct ctl *c, const json_t *report)
{
	if (!json_is_true(json_object_get(report, "dry_run")) || !json_object_get(report, "sends_nothing"))
		return ctl_fail(c, "%s", ctl_say(c, "máy chủ không chạy thử: yêu cầu có thể đã được thực hiện", "the server did not try it: the request may have been carried out"));
	if (c->json)
		ctl_print_json(c, report);
	else
		dry_run_print(c, report);
	return EXIT_TRIED;
}

static int ask(struct ctl *c, const struct api_call *call, struct http_answer *ret_answer)
{
	struct str token = STR_NULL;
	int r = ctl_need_http(c);

	/* A token that is refused is renewed once: nothing was done with it. */
	for (int tries = 0; tries < 2 && r == EXIT_OK; tries++) {
		r = token_get(c, token, &token);
		if (r == EXIT_OK)
			r = send_call(c, call, token, ret_answer);
		if (r == EXIT_OK && ret_answer->status != 401)
			break;
	}
	if (r == EXIT_OK && (ret_answer->status < 200 || ret_answer->status > 299))
		return print_problem(c, ret_answer);
	return r;
}

int api_text(struct ctl *c, const struct api_call *call, struct str *ret_text)
{
	struct http_answer answer;
	int r = ask(c, call, &answer);

	if (r == EXIT_OK)
		*ret_text = answer.body;
	return r;
}

int api_call(struct ctl *c, const struct api_call *call, json_t **ret_json)
{
	struct http_answer answer;
	int r = ask(c, call, &answer);

	if (r != EXIT_OK)
		return r;
	*ret_json = NULL;
	if (call->raw) {
		*call->raw = answer.body;
		return EXIT_OK;
	}
	*ret_json = json_read(answer.body, JSON_DEPTH, NULL);
	if (!*ret_json && !str_is_empty(answer.body))
		return ctl_fail(c, "%s", ctl_say(c, "máy chủ trả lời không phải JSON", "the server's answer is not JSON"));
	return is_tried(c, call) ? print_tried(c, *ret_json) : EXIT_OK;
}

int api_version(struct ctl *c, struct str given, struct str path, struct str *ret_version)
{
	_json_ json_t *answer = NULL;
	uint64_t n;
	int r;

	if (!str_is_null(given)) {
		*ret_version = given;
		return str_to_u64(given, INT64_MAX, &n) ? EXIT_OK : ctl_usage_error(c, "--version");
	}
	r = api_get(c, path, &answer);
	if (r == EXIT_OK)
		*ret_version = arena_printf(c->arena, "%lld", (long long)json_get_int(answer, "version", 0));
	return r;
}

int api_find_one(struct ctl *c, const char *list_path, const char *list, const char *member, struct str value, json_t **ret_item)
{
	struct buf path = buf_new(c->arena, PATH_MAX_BYTES);
	_json_ json_t *answer = NULL;
	bool first = true;
	int r;

	buf_add_c(&path, list_path);
	buf_add_char(&path, '?');
	form_append(&path, &first, str_c(member), value);
	r = api_get(c, buf_str(&path), &answer);
	if (r == EXIT_OK)
		*ret_item = json_incref(json_array_get(json_object_get(answer, list), 0));
	return r;
}

struct str api_version_of(struct ctl *c, const json_t *thing)
{
	return arena_printf(c->arena, "%lld", (long long)json_get_int(thing, "version", 0));
}

int api_remove_found(struct ctl *c, const char *before, const json_t *thing, struct str name)
{
	_json_ json_t *body = json_new_object();
	_json_ json_t *answer = NULL;
	struct api_call call = { .method = "POST", .path = api_path(c, before, json_get_str(thing, "id"), "/remove"), .body = body };
	int r;

	if (!thing)
		return ctl_fail(c, "%.*s: %s", STR_ARG(name), ctl_say(c, "không có", "there is none"));
	call.if_match = api_version_of(c, thing);
	r = api_call(c, &call, &answer);
	if (r == EXIT_OK && !api_printed(c, answer))
		ctl_print(c, "%.*s: %s", STR_ARG(name), ctl_say(c, "đã xoá", "removed"));
	return r;
}

int api_get(struct ctl *c, struct str path, json_t **ret_json)
{
	return api_call(c, &(struct api_call){ .method = "GET", .path = path }, ret_json);
}

int api_get_all(struct ctl *c, struct str path, const char *name, json_t **ret_json)
{
	_json_ json_t *all = json_new_array();
	struct str next = STR_NULL;
	int r;

	do {
		_json_ json_t *page = NULL;
		struct buf b = buf_new(c->arena, PATH_MAX_BYTES);
		bool first = !memchr(path.p, '?', path.len);

		buf_add(&b, path);
		if (first)
			buf_add_c(&b, "?");
		form_append(&b, &first, STR("limit"), STR("200"));
		if (!str_is_null(next))
			form_append(&b, &first, STR("after"), next);
		r = api_get(c, buf_str(&b), &page);
		if (r != EXIT_OK)
			return r;
		json_array_extend(all, json_object_get(page, name));
		next = arena_dup(c->arena, json_get_str(page, "next"));
	} while (!str_is_null(next));
	*ret_json = json_new_object();
	json_set_take(*ret_json, name, json_incref(all));
	return EXIT_OK;
}

int api_post(struct ctl *c, struct str path, const json_t *body, json_t **ret_json)
{
	return api_call(c, &(struct api_call){ .method = "POST", .path = path, .body = body }, ret_json);
}

bool api_printed(const struct ctl *c, const json_t *answer)
{
	if (c->json && answer)
		ctl_print_json(c, answer);
	return c->json;
}

struct str api_word(const json_t *object, const char *name)
{
	struct str value = json_get_str(object, name);

	return str_is_null(value) || str_is_empty(value) ? STR("-") : value;
}

void api_print_next(const struct ctl *c, const json_t *answer)
{
	struct str next = json_get_str(answer, "next");

	if (!str_is_null(next))
		ctl_print(c, "%s: --after %.*s", ctl_say(c, "còn nữa", "there are more"), STR_ARG(next));
}
