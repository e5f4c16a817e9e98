/*
 * A SCIM platform: npm scimmy as it is (deploy/platforms/p02-scim).  SEN_TEST_SCIM_PORT on 127.0.0.1,
 * SEN_TEST_SCIM_TOKEN_FILE; SEN_TEST_SCIM_DATA: the file in which it keeps its accounts, read as its own view.  Others
 * change accounts with curl, as another client.
 */
#include "common/base/json.h"
#include "tests/connectors/stand_command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define USERS_MAX 64
#define JSON_DEPTH_MAX 16

static const char *of_env(const char *name)
{
	if (!getenv(name))
		fail_msg("%s must tell where the SCIM platform of the tests is", name);
	return getenv(name);
}

static struct str file(struct arena *a, const char *path)
{
	const char *const argv[] = { "cat", path, NULL };

	return stand_command(a, argv, STR_NULL);
}

/* A request by somebody else; the test fails when it is refused. */
static void request(struct arena *a, const char *method, const struct str *paths, size_t n, struct str body)
{
	struct str token = str_trim(file(a, of_env("SEN_TEST_SCIM_TOKEN_FILE")));
	const char *argv[16 + USERS_MAX] = { "curl", "--noproxy", "*", "-fsS", "-m", "5", "-X", method, "-H",
		                             arena_printf(a, "Authorization: Bearer %.*s", STR_ARG(token)).p, "-H",
		                             "Content-Type: application/scim+json" };
	size_t n_args = 12;

	assert_true(n <= USERS_MAX);
	if (!str_is_null(body)) {
		argv[n_args++] = "-d";
		argv[n_args++] = body.p;
	}
	for (size_t i = 0; i < n; i++)
		argv[n_args++] = arena_printf(a, "http://127.0.0.1:%s/scim/v2%.*s", of_env("SEN_TEST_SCIM_PORT"), STR_ARG(paths[i])).p;
	(void)stand_command(a, argv, STR_NULL);
}

/* What the platform has on its disk: ids with their users. */
static json_t *users(struct arena *a)
{
	_json_ json_t *all = NULL;

	if (access(of_env("SEN_TEST_SCIM_DATA"), F_OK) != 0)
		return json_new_object();
	all = json_read(file(a, of_env("SEN_TEST_SCIM_DATA")), JSON_DEPTH_MAX, NULL);
	assert_non_null(all);
	return json_incref(json_object_get(all, "users"));
}

static void wipe(void)
{
	struct arena *a = arena_new(UNIT_ARENA_BYTES);
	json_t *all = users(a), *user;
	struct str paths[USERS_MAX];
	const char *id;
	size_t n = 0;

	json_object_foreach(all, id, user) {
		assert_true(n < USERS_MAX);
		paths[n++] = arena_printf(a, "/Users/%s", id);
	}
	if (n > 0)
		request(a, "DELETE", paths, n, STR_NULL);
	json_decref(all);
	arena_free(a);
}

static int begin(struct arena *a, struct connector_config *config)
{
	uint64_t port = 0;

	assert_true(str_to_u64(str_c(of_env("SEN_TEST_SCIM_PORT")), 65535, &port));
	config->kind = STR("scim");
	config->token = str_trim(file(a, of_env("SEN_TEST_SCIM_TOKEN_FILE")));
	while (str_ends(config->token, STR("\n")))
		config->token.len--;
	config->ca_file = STR("");
	return (int)port;
}

static void set_port(struct arena *a, struct connector_config *config, int port)
{
	config->url = arena_printf(a, "http://127.0.0.1:%d/scim/v2", port);
}

static struct str roles_of(struct arena *a, const json_t *user)
{
	const json_t *roles = json_object_get(user, "roles"), *role;
	size_t i, n = json_array_size(roles);
	const char *names[USERS_MAX];

	assert_true(n <= USERS_MAX);
	json_array_foreach(roles, i, role)
		names[i] = arena_cstr(a, json_get_str(role, "value"));
	return stand_joined(a, names, n);
}

/* Absent is empty. */
static struct str text(struct arena *a, const json_t *object, const char *name)
{
	struct str value = json_get_str(object, name);

	return str_is_null(value) ? STR("") : arena_dup(a, value);
}

static bool has_name(const json_t *user, const char *login)
{
	return str_equal_nocase(json_get_str(user, "userName"), str_c(login));
}

static struct stand_account look(struct arena *a, const char *login)
{
	struct stand_account seen = { .n = 0 };
	json_t *all = users(a), *user;
	const char *id;

	json_object_foreach(all, id, user) {
		const json_t *work = json_object_get(user, "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User");

		if (!has_name(user, login))
			continue;
		seen = (struct stand_account){
			.n = seen.n + 1,
			.active = json_is_true(json_object_get(user, "active")),
			.full_name = text(a, user, "displayName"),
			.unit_name = text(a, work, "department"),
			.post = text(a, user, "title"),
			.phone = text(a, json_array_get(json_object_get(user, "phoneNumbers"), 0), "value"),
			.account_id = text(a, user, "externalId"),
			.roles = roles_of(a, user),
		};
	}
	json_decref(all);
	return seen;
}

static struct str path_of(struct arena *a, const char *login)
{
	json_t *all = users(a), *user;
	struct str path = STR_NULL;
	const char *id;

	json_object_foreach(all, id, user)
		if (has_name(user, login))
			path = arena_printf(a, "/Users/%s", id);
	json_decref(all);
	assert_false(str_is_null(path));
	return path;
}

static void patch(struct arena *a, const char *login, const char *operation)
{
	struct str path = path_of(a, login);

	request(a, "PATCH", &path, 1,
	        arena_printf(a, "{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:PatchOp\"],\"Operations\":[%s]}", operation));
}

static void add_foreign(struct arena *a, const char *login)
{
	struct str path = STR("/Users");

	request(a, "POST", &path, 1,
	        arena_printf(a, "{\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:User\"],\"userName\":\"%s\",\"displayName\":"
	                     "\"Người Khác\",\"active\":true}", login));
}

static void act(enum stand_act what, const char *login)
{
	static const char *const operations[] = {
		[STAND_RENAME] = "{\"op\":\"replace\",\"path\":\"displayName\",\"value\":\"Ai đó khác\"}",
		[STAND_TAKE_ROLE] = "{\"op\":\"remove\",\"path\":\"roles\"}",
		[STAND_GIVE_ROLE] = "{\"op\":\"add\",\"path\":\"roles\",\"value\":[{\"value\":\"TK\"}]}",
		[STAND_ENABLE] = "{\"op\":\"replace\",\"path\":\"active\",\"value\":true}",
		[STAND_SET_PHONE] = "{\"op\":\"add\",\"path\":\"phoneNumbers\",\"value\":[{\"type\":\"work\",\"value\":\"0238 111 222\"}]}",
		[STAND_UNMARK] = "{\"op\":\"remove\",\"path\":\"externalId\"}",
		[STAND_MISMARK] = "{\"op\":\"replace\",\"path\":\"externalId\",\"value\":\"" STAND_OTHERS_ID "\"}",
	};
	struct arena *a = arena_new(UNIT_ARENA_BYTES);

	if (what == STAND_ADD_FOREIGN) {
		add_foreign(a, login);
	} else if (what == STAND_DELETE) {
		struct str path = path_of(a, login);

		request(a, "DELETE", &path, 1, STR_NULL);
	} else {
		patch(a, login, operations[what]);
	}
	arena_free(a);
}

static size_t count(void)
{
	struct arena *a = arena_new(UNIT_ARENA_BYTES);
	json_t *all = users(a);
	size_t n = json_object_size(all);

	json_decref(all);
	arena_free(a);
	return n;
}

static void spoil_password(struct arena *a, struct connector_config *config)
{
	(void)a;
	config->token = STR("spoilt");
}

static const struct stand stand = {
	.name_path = "displayName",
	.name = "SCIM", .keeps_phone = true, .knows_roles = false, /* a role is a word there */ .renames = true, .can_lose_id = true,
	.begin = begin, .set_port = set_port, .end = wipe, .wipe = wipe, .look = look, .act = act, .count = count,
	.spoil_password = spoil_password,
};
const struct stand *const kit_stand = &stand;
