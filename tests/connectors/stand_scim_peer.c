/*
 * A SCIM platform of another maker: a persona of scim_peer.mjs, PERSONA, with the profile that is meant for it.
 * SEN_TEST_SCIM_PEER_PORT on 127.0.0.1, SEN_TEST_SCIM_TOKEN_FILE.
 */
#include "tests/connectors/stand_scim_peer.h"

#include "tests/connectors/stand_command.h"
#include "tests/unit/json_text.h"

#include <stdlib.h>
#include <string.h>

#define JSON_DEPTH_MAX 24
#define ROLES_MAX 32
#define IS_AWS (PERSONA[0] == 'a')

static bool with_groups;

static const char *of_env(const char *name)
{
	if (!getenv(name))
		fail_msg("%s must tell where the SCIM platforms of the tests are", name);
	return getenv(name);
}

bool peer_is(const char *persona)
{
	return strcmp(PERSONA, persona) == 0;
}

json_t *peer_control(struct arena *a, const char *body)
{
	struct str url = arena_printf(a, "http://127.0.0.1:%s/control/" PERSONA, of_env("SEN_TEST_SCIM_PEER_PORT"));
	const char *const argv[] = { "curl", "--noproxy", "*", "-fsS", "-m", "5", "-d", body ? body : "{}", url.p, NULL };
	json_t *all = json_read(stand_command(a, argv, STR_NULL), JSON_DEPTH_MAX, NULL);

	assert_non_null(all);
	return all;
}

void peer_tell(const char *body)
{
	struct arena *a = arena_new(8 * UNIT_ARENA_BYTES);

	json_decref(peer_control(a, quoted(a, body).p));
	arena_free(a);
}

static bool is_call(const json_t *call, const char *method, const char *path)
{
	return (!method || str_equal(json_get_str(call, "method"), str_c(method))) && str_starts(json_get_str(call, "path"), str_c(path));
}

json_t *peer_requests(const char *method, const char *path)
{
	struct arena *a = arena_new(8 * UNIT_ARENA_BYTES);
	_json_ json_t *all = peer_control(a, NULL);
	json_t *call, *found = json_new_array();
	size_t i;

	json_array_foreach(json_object_get(all, "calls"), i, call)
		if (is_call(call, method, path))
			json_array_append(found, call);
	arena_free(a);
	return found;
}

size_t peer_calls(const char *method, const char *path)
{
	_json_ json_t *found = peer_requests(method, path);

	return json_array_size(found);
}

size_t peer_members(const char *role)
{
	struct arena *a = arena_new(UNIT_ARENA_BYTES);
	_json_ json_t *all = peer_control(a, NULL);
	json_t *group;
	size_t i, n = 0;

	json_array_foreach(json_object_get(all, "groups"), i, group)
		if (str_equal(json_get_str(group, "displayName"), arena_printf(a, "sen-%s", role)))
			n += json_array_size(json_object_get(group, "members"));
	arena_free(a);
	return n;
}

void peer_switches(const char *switches)
{
	kit.config.switches = arena_dup_c(kit.arena, switches);
	kit_reopen();
}

static void wipe(void)
{
	peer_tell("{'reset':true}");
}

static int begin(struct arena *a, struct connector_config *config)
{
	const char *const argv[] = { "cat", of_env("SEN_TEST_SCIM_TOKEN_FILE"), NULL };
	uint64_t port = 0;

	assert_true(str_to_u64(str_c(of_env("SEN_TEST_SCIM_PEER_PORT")), 65535, &port));
	config->kind = STR("scim");
	config->profile = peer_is("modern") || peer_is("plain") ? STR("generic") : STR(PERSONA);
	config->group_prefix = STR("sen-");
	config->token = str_trim(stand_command(a, argv, STR_NULL));
	while (str_ends(config->token, STR("\n")))
		config->token.len--;
	config->ca_file = STR("");
	with_groups = peer_is("aws") || peer_is("keycloak");
	return (int)port;
}

static void set_port(struct arena *a, struct connector_config *config, int port)
{
	config->url = arena_printf(a, "http://127.0.0.1:%d/" PERSONA "/scim/v2", port);
}

static struct str roles_of(struct arena *a, const json_t *user)
{
	const json_t *roles = json_object_get(user, "roles");
	const char *names[ROLES_MAX];
	size_t n = json_array_size(roles);

	assert_true(n <= ROLES_MAX);
	for (size_t i = 0; i < n; i++)
		names[i] = arena_cstr(a, json_get_str(json_array_get(roles, i), "value"));
	return stand_joined(a, names, n);
}

static bool is_member(const json_t *group, struct str id)
{
	const json_t *members = json_object_get(group, "members");

	for (size_t i = 0; i < json_array_size(members); i++)
		if (str_equal(json_get_str(json_array_get(members, i), "value"), id))
			return true;
	return false;
}

static struct str groups_of(struct arena *a, const json_t *all, struct str id)
{
	const char *names[ROLES_MAX];
	size_t i, n = 0;
	json_t *group;

	json_array_foreach(json_object_get(all, "groups"), i, group) {
		struct str name = json_get_str(group, "displayName");

		if (!str_starts(name, STR("sen-")) || !is_member(group, id))
			continue;
		assert_true(n < ROLES_MAX);
		names[n++] = arena_cstr(a, str_skip(name, 4));
	}
	return stand_joined(a, names, n);
}

/* Absent is empty. */
static struct str text(struct arena *a, const json_t *object, const char *name)
{
	struct str value = json_get_str(object, name);

	return str_is_null(value) ? STR("") : arena_dup(a, value);
}

static struct stand_account look(struct arena *a, const char *login)
{
	_json_ json_t *all = peer_control(a, NULL);
	struct stand_account seen = { .n = 0 };
	json_t *user;
	size_t i;

	json_array_foreach(json_object_get(all, "users"), i, user) {
		const json_t *work = json_object_get(user, "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User");

		if (!str_equal_nocase(json_get_str(user, "userName"), str_c(login)))
			continue;
		seen = (struct stand_account){
			.n = seen.n + 1,
			.active = json_is_true(json_object_get(user, "active")),
			.full_name = text(a, user, "displayName"),
			.unit_name = text(a, work, "department"),
			.post = text(a, user, "title"),
			.phone = text(a, json_array_get(json_object_get(user, "phoneNumbers"), 0), "value"),
			.account_id = text(a, user, "externalId"),
			.roles = with_groups ? groups_of(a, all, json_get_str(user, "id")) : roles_of(a, user),
		};
	}
	return seen;
}

static void act(enum stand_act what, const char *login)
{
	static const char *const names[] = {
		[STAND_ADD_FOREIGN] = "foreign", [STAND_RENAME] = "rename", [STAND_TAKE_ROLE] = "take",  [STAND_GIVE_ROLE] = "give",
		[STAND_ENABLE] = "enable",       [STAND_SET_PHONE] = "phone", [STAND_DELETE] = "delete",
		[STAND_UNMARK] = "unmark",      [STAND_MISMARK] = "mismark",
	};
	struct arena *a = arena_new(UNIT_ARENA_BYTES);

	peer_tell(arena_printf(a, "{'act':'%s','login':'%s','role':'TK'}", names[what], login).p);
	arena_free(a);
}

static size_t count(void)
{
	struct arena *a = arena_new(UNIT_ARENA_BYTES);
	_json_ json_t *all = peer_control(a, NULL);
	size_t n = json_array_size(json_object_get(all, "users"));

	arena_free(a);
	return n;
}

static void spoil_password(struct arena *a, struct connector_config *config)
{
	(void)a;
	config->token = STR("spoilt");
}

static const struct stand stand = {
	.name = "SCIM " PERSONA, .name_path = "displayName", .keeps_phone = true, .knows_roles = false, .renames = true, .can_lose_id = true, .needs_name = IS_AWS, .hides_roles = IS_AWS,
	.own = { SCENARIOS },
	.begin = begin, .set_port = set_port, .end = wipe, .wipe = wipe, .look = look, .act = act, .count = count,
	.spoil_password = spoil_password,
};
const struct stand *const kit_stand = &stand;
