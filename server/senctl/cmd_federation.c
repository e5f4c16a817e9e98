/* senctl federation: whom the province vouches for in OpenID Federation, through the administration API. */

#include "server/federation/subordinate.h"
#include "server/senctl/verbs.h"

#define FILE_DEPTH 10
#define PATH "/federation-subordinates"

/* What the file leaves out is what the API takes it for. */
static bool is_same(const json_t *there, const json_t *file)
{
	static const char *const members[] = { "jwks", "metadata_policy" };

	for (size_t i = 0; i < ARRAY_LEN(members); i++) {
		json_t *a = json_object_get(there, members[i]), *b = json_object_get(file, members[i]);

		if ((b || !json_is_null(a)) && !json_equal(a, b))
			return false;
	}
	return json_get_bool(there, "enabled", false) == json_get_bool(file, "enabled", true);
}

static int put(struct ctl *c, struct str entity_id, const json_t *body)
{
	_json_ json_t *there = NULL;
	_json_ json_t *answer = NULL;
	struct api_call call = { .method = "POST", .path = STR(PATH), .body = body };
	bool same;
	int r = api_find_one(c, PATH, "subordinates", "entity_id", entity_id, &there);

	same = there && is_same(there, body);
	if (there)
		call = (struct api_call){ .method = "PUT", .path = api_path(c, PATH "/", json_get_str(there, "id"), ""), .body = body, .if_match = api_version_of(c, there) };
	if (r == EXIT_OK && !same)
		r = api_call(c, &call, &answer);
	if (r == EXIT_OK && !api_printed(c, same ? there : answer))
		ctl_print(c, "%.*s: %s", STR_ARG(entity_id), same ? ctl_say(c, "không đổi", "unchanged") : ctl_say(c, "đã ghi", "written"));
	return r;
}

static int add(struct ctl *c)
{
	struct subordinate s;
	struct str text;
	_json_ json_t *body = NULL;
	int r = ctl_begin(c, NULL, 0, 2, 2);

	if (r == EXIT_OK)
		r = ctl_read_file(c, c->args[1], SUBORDINATE_FILE_MAX, &text);
	if (r != EXIT_OK)
		return r;
	if (subordinate_read(&c->op, text, &s) < 0)
		return ctl_fail(c, "%s: %s%s%.*s", c->args[1], c->op.error.text, str_is_empty(c->op.error.detail) ? "" : ": ", STR_ARG(c->op.error.detail));
	body = json_read(text, FILE_DEPTH, NULL);
	return put(c, s.entity_id, body);
}

static int remove_one(struct ctl *c)
{
	_json_ json_t *there = NULL;
	int r = ctl_begin(c, NULL, 0, 2, 2);

	if (r == EXIT_OK)
		r = api_find_one(c, PATH, "subordinates", "entity_id", str_c(c->args[1]), &there);
	return r == EXIT_OK ? api_remove_found(c, PATH "/", there, str_c(c->args[1])) : r;
}

static int list(struct ctl *c)
{
	static const struct verb verb = { .name = "list", .method = "GET", .path = PATH, .options = { { .name = "after" }, { .name = "limit" } },
		                          .list = "subordinates", .columns = { "entity_id", "enabled", "updated_at" } };

	return verbs_run(c, &verb, 1);
}

int cmd_federation(struct ctl *c)
{
	static const struct ctl_subcommand words[] = { { "add", add }, { "remove", remove_one } };

	return ctl_subcommand(c, words, ARRAY_LEN(words), list);
}
