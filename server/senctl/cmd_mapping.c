/* cmd_mapping.c: mappings of platforms: draw, edit, test, count, activate, compare; accounts that are in dispute. */

#include "server/senctl/verbs.h"

#include <inttypes.h>

#define MAPPING "/platforms/{}/mapping"
#define STEPS_MAX 100000

static int begin(struct ctl *c, size_t min_args, size_t max_args)
{
	c->argc--;
	c->argv++;
	return ctl_begin(c, NULL, 0, min_args, max_args);
}

/* Step by step until it is done. */
static int count(struct ctl *c)
{
	_json_ json_t *answer = NULL, *body = json_new_object();
	int r = begin(c, 2, 2);
	struct str path;

	if (r != EXIT_OK)
		return r;
	path = verbs_path(c, MAPPING "/{}/count", c->args, c->n_args);
	for (int i = 0; i < STEPS_MAX && !json_get_bool(answer, "done", false); i++) {
		json_decref(answer);
		answer = NULL;
		r = api_post(c, path, body, &answer);
		if (r != EXIT_OK)
			return r;
	}
	if (c->json) {
		ctl_print_json(c, answer);
		return EXIT_OK;
	}
	ctl_print(c, ctl_say(c, "%" PRId64 " tài khoản đã xem: %" PRId64 " tài khoản thay đổi, %" PRId64 " giá trị; %" PRId64 " tài khoản được đối chiếu lại%s",
	                     "%" PRId64 " accounts looked at: %" PRId64 " accounts change, %" PRId64 " values; %" PRId64 " are compared again%s"),
	          json_get_int(answer, "counted", 0), json_get_int(answer, "accounts", 0), json_get_int(answer, "changes", 0),
	          json_get_int(answer, "due", 0),
	          json_get_bool(answer, "second_person", false) ? ctl_say(c, "; cần người thứ hai áp dụng", "; a second person has to activate") : "");
	return EXIT_OK;
}

static const json_t *row_of(const json_t *rows, struct str path)
{
	size_t i;
	const json_t *row;

	json_array_foreach((json_t *)rows, i, row)
		if (str_equal(json_get_str(row, "path"), path))
			return row;
	return NULL;
}

static void print_rows(struct ctl *c, char sign, const json_t *rows, const json_t *other)
{
	size_t i;
	const json_t *row;

	json_array_foreach((json_t *)rows, i, row) {
		if (json_equal(row, row_of(other, json_get_str(row, "path"))))
			continue;
		ctl_print(c, "%c %.*s", sign, STR_ARG(json_write(c->arena, row, false)));
	}
}

/* Against another version; without one against the active one, or against what connectors do alone. */
static int read_other(struct ctl *c, const json_t *mapping, json_t **ret_document)
{
	_json_ json_t *overview = NULL, *other = NULL;
	char number[STR_I64_MAX + 1] = "";
	char *args[] = { c->args[0], c->n_args > 2 ? c->args[2] : number };
	struct str kind = json_get_str(json_object_get(mapping, "document"), "kind");
	int r = EXIT_OK;

	if (c->n_args <= 2) {
		r = api_get(c, verbs_path(c, MAPPING, args, 1), &overview);
		if (r != EXIT_OK)
			return r;
		if (json_is_null(json_object_get(overview, "active"))) {
			*ret_document = json_incref(json_object_get(json_object_get(overview, "defaults"), arena_cstr(c->arena, kind)));
			return EXIT_OK;
		}
		snprintf(number, sizeof(number), "%" PRId64, json_get_int(overview, "active", 0));
	}
	r = api_get(c, verbs_path(c, MAPPING "/{}", args, 2), &other);
	*ret_document = json_incref(json_object_get(other, "document"));
	return r;
}

static int diff(struct ctl *c)
{
	_json_ json_t *mapping = NULL, *other = NULL;
	const json_t *now, *then;
	int r = begin(c, 2, 3);

	if (r == EXIT_OK)
		r = api_get(c, verbs_path(c, MAPPING "/{}", c->args, 2), &mapping);
	if (r == EXIT_OK)
		r = read_other(c, mapping, &other);
	if (r != EXIT_OK)
		return r;
	now = json_object_get(other, "attributes");
	then = json_object_get(json_object_get(mapping, "document"), "attributes");
	print_rows(c, '-', now, then);
	print_rows(c, '+', then, now);
	now = json_object_get(other, "matching");
	then = json_object_get(json_object_get(mapping, "document"), "matching");
	if (now && !json_equal(now, then))
		ctl_print(c, "- matching %.*s", STR_ARG(json_write(c->arena, now, false)));
	if (then && !json_equal(now, then))
		ctl_print(c, "+ matching %.*s", STR_ARG(json_write(c->arena, then, false)));
	return EXIT_OK;
}

static int adopt(struct ctl *c)
{
	_json_ json_t *answer = NULL, *body = json_new_object();
	int r = begin(c, 3, 3);

	if (r != EXIT_OK)
		return r;
	json_set_str(body, "ext_id", str_c(c->args[2]));
	r = api_post(c, verbs_path(c, "/platforms/{}/disputes/{}/adopt", c->args, 2), body, &answer);
	if (r == EXIT_OK)
		ctl_print(c, ctl_say(c, "đã chọn; nền tảng được hỏi lại", "chosen; the platform is asked again"));
	return r;
}

int cmd_mapping(struct ctl *c)
{
	static const struct verb verbs[] = {
		{ .name = "list", .method = "GET", .path = MAPPING, .options = { { .name = "after" }, { .name = "limit" } }, .list = "versions",
		  .columns = { "number", "state", "kind", "drawn_by", "activated_by", "activated_at", "note" } },
		{ .name = "show", .method = "GET", .path = MAPPING "/{}" },
		{ .name = "draw", .method = "POST", .path = MAPPING, .from_file = true },
		{ .name = "edit", .method = "PUT", .path = MAPPING "/{}", .seen = MAPPING "/{}", .from_file = true },
		{ .name = "test", .method = "POST", .path = MAPPING "/{}/test", .seen = MAPPING "/{}" },
		{ .name = "activate", .method = "POST", .path = MAPPING "/{}/activate", .seen = MAPPING "/{}" },
		{ .name = "disputes", .method = "GET", .path = "/platforms/{}/disputes", .options = { { .name = "after" } }, .list = "disputes",
		  .columns = { "login", "platform", "err", "candidates" } },
	};
	static const struct {
		const char *name;
		int (*run)(struct ctl *c);
	} own[] = { { "count", count }, { "diff", diff }, { "adopt", adopt } };
	struct str name = c->argc > 1 ? str_c(c->argv[1]) : STR_NULL;

	for (size_t i = 0; i < ARRAY_LEN(own); i++)
		if (str_equal(name, str_c(own[i].name)))
			return own[i].run(c);
	return verbs_run(c, verbs, ARRAY_LEN(verbs));
}
