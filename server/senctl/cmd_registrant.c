/* senctl client token | issuer: who may register clients, and who vouches for software that does. */

#include "server/senctl/ctl.h"
#include "server/senctl/registration_file.h"
#include "server/senctl/verbs.h"

#define ISSUER_FILE_MAX ((size_t)64 << 10)
#define FILE_DEPTH 16

/* The word that names the group is no verb. */
static int run(struct ctl *c, const struct verb *verbs, size_t n)
{
	c->argc--;
	c->argv++;
	return verbs_run(c, verbs, n);
}

static int token_add(struct ctl *c)
{
	struct registration_file f = { .policy = NULL };
	_json_ json_t *body = json_new_object();
	_json_ json_t *answer = NULL;
	int r = registration_file_options(c, 2, &f);

	json_set_str(body, "label", str_is_empty(f.label) ? STR_NULL : f.label);
	json_set_int(body, "uses", f.uses);
	json_set_int(body, "days", f.days);
	json_set_str(body, "platform", f.platform);
	json_set_take(body, "policy", f.policy ? f.policy : json_new_object());
	if (r == EXIT_OK)
		r = ctl_configure(c);
	if (r == EXIT_OK)
		r = api_post(c, STR("/client-tokens"), body, &answer);
	return r == EXIT_OK ? registration_token_print(c, json_get_str(answer, "id"), json_get_str(answer, "token")) : r;
}

int cmd_client_token(struct ctl *c)
{
	static const struct verb verbs[] = {
		{ .name = "list", .method = "GET", .path = "/client-tokens", .options = { { .name = "after" }, { .name = "limit" } }, .list = "client_tokens",
		  .columns = { "id", "uses_left", "expires_at", "clients", "live", "platform", "label" } },
		{ .name = "revoke", .method = "POST", .path = "/client-tokens/{}/revoke" },
	};

	if (c->argc > 2 && str_equal(str_c(c->argv[2]), STR("add")))
		return token_add(c);
	return run(c, verbs, ARRAY_LEN(verbs));
}

static int issuer_put(struct ctl *c, struct str iss, json_t *body)
{
	_json_ json_t *there = NULL;
	_json_ json_t *answer = NULL;
	struct api_call call = { .method = "POST", .path = STR("/client-issuers"), .body = body };
	bool is_same;
	int r = api_find_one(c, "/client-issuers", "client_issuers", "iss", iss, &there);

	is_same = there && json_equal(json_object_get(there, "jwks"), json_object_get(body, "jwks"));
	if (there) {
		json_object_del(body, "iss");
		call = (struct api_call){ .method = "PUT", .path = api_path(c, "/client-issuers/", json_get_str(there, "id"), ""), .body = body, .if_match = api_version_of(c, there) };
	}
	if (r == EXIT_OK && !is_same)
		r = api_call(c, &call, &answer);
	if (r == EXIT_OK && !api_printed(c, is_same ? there : answer))
		ctl_print(c, "%.*s: %s", STR_ARG(iss), is_same ? ctl_say(c, "không đổi", "unchanged") : ctl_say(c, "đã ghi", "written"));
	return r;
}

static int issuer_add(struct ctl *c)
{
	const char *reason = "";
	struct str text;
	_json_ json_t *body = NULL;
	int r = ctl_begin(c, NULL, 0, 3, 3);

	if (r == EXIT_OK)
		r = ctl_read_file(c, c->args[2], ISSUER_FILE_MAX, &text);
	if (r != EXIT_OK)
		return r;
	body = json_read(text, FILE_DEPTH, &reason);
	if (!json_is_object(body) || str_is_empty(json_get_str(body, "iss")))
		return ctl_fail(c, "%s: {\"iss\": …, \"jwks\": {…}} %s", c->args[2], reason);
	return issuer_put(c, arena_dup(c->arena, json_get_str(body, "iss")), body);
}

static int issuer_remove(struct ctl *c)
{
	_json_ json_t *there = NULL;
	int r = ctl_begin(c, NULL, 0, 3, 3);

	if (r == EXIT_OK)
		r = api_find_one(c, "/client-issuers", "client_issuers", "iss", str_c(c->args[2]), &there);
	return r == EXIT_OK ? api_remove_found(c, "/client-issuers/", there, str_c(c->args[2])) : r;
}

int cmd_client_issuer(struct ctl *c)
{
	static const struct verb verbs[] = {
		{ .name = "list", .method = "GET", .path = "/client-issuers", .options = { { .name = "after" }, { .name = "limit" } }, .list = "client_issuers",
		  .columns = { "iss", "added_at" } },
	};

	if (c->argc > 2 && str_equal(str_c(c->argv[2]), STR("add")))
		return issuer_add(c);
	if (c->argc > 2 && str_equal(str_c(c->argv[2]), STR("remove")))
		return issuer_remove(c);
	return run(c, verbs, ARRAY_LEN(verbs));
}
