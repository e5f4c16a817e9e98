/*
 * A webhook platform: the receiver of docs/integrate/webhook.md, run as it stands there, one for each WEBHOOK_SIGNATURE.
 * WEBHOOK_ENV is what the names of the variables begin with that tell where it is: …_PORT, …_PROXY_PORT (its address is
 * signed), …_FOLDER with accounts.json, jwks.json and secret.  SEN_TEST_PG and SEN_TEST_MIGRATIONS: where messages get their
 * numbers.
 */
#include "tests/connectors/stand_webhook.h"

#include "common/model/signing_keys.h"
#include "tests/db/migrated.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define JSON_DEPTH_MAX 8
#define ROLES_MAX 32

static const struct key_policy policy = { JWS_ALG_BIT(JWS_ES256), 90 * 86400, SIGNING_KEY_PUBLISH_S, SIGNING_KEY_RETIRE_MIN_S };
static const struct key_source keys = { .master_secret = { "a master secret of 32 bytes and more", 36 } };

static const char *of_env(const char *name)
{
	if (!getenv(name))
		fail_msg("%s must tell where the receiver of the tests is", name);
	return getenv(name);
}

static int port_of(const char *name)
{
	uint64_t port = 0;

	assert_true(str_to_u64(str_c(of_env(name)), 65535, &port));
	return (int)port;
}

static const char *path_of(struct arena *a, const char *name)
{
	return arena_printf(a, "%s/%s", of_env(WEBHOOK_ENV "_FOLDER"), name).p;
}

static struct str read_file(struct arena *a, const char *name)
{
	const char *const argv[] = { "cat", path_of(a, name), NULL };

	return stand_command(a, argv, STR_NULL);
}

/* In place: the file stays the receiver's. */
static void write_file(struct arena *a, const char *name, const json_t *json)
{
	FILE *f = fopen(path_of(a, name), "w");
	struct str text = json_write(a, json, false);

	assert_non_null(f);
	assert_int_equal(fwrite(text.p, 1, text.len, f), text.len);
	assert_int_equal(fclose(f), 0);
}

json_t *webhook_file(struct arena *a)
{
	json_t *all = json_read(read_file(a, "accounts.json"), JSON_DEPTH_MAX, NULL);

	assert_non_null(all);
	return all;
}

void webhook_file_write(struct arena *a, const json_t *all)
{
	write_file(a, "accounts.json", all);
}

struct str webhook_status(struct arena *a, const char *const *arguments, size_t n)
{
	const char *argv[32] = { "curl", "--noproxy", "*", "-s", "-m", "5", "-o", "/dev/null", "-w", "%{http_code}" };

	assert_true(n < 20);
	for (size_t i = 0; i < n; i++)
		argv[10 + i] = arguments[i];
	argv[10 + n] = arena_printf(a, "http://127.0.0.1:%d/accounts", port_of(WEBHOOK_ENV "_PORT")).p;
	return stand_command(a, argv, STR_NULL);
}

/* Our signing key, and what the issuer would publish of it. */
static void make_keys(struct arena *a)
{
	_json_ json_t *jwks = NULL;
	struct keyring *ring, *loaded;
	struct op op;
	size_t n_steps;

	op_init(&op, a, migrated_db, NULL);
	assert_int_equal(keyring_open(&op, &keys, &ring), 0);
	op.keys = ring;
	assert_int_equal(signing_keys_maintain(&op, &policy, &n_steps, NULL), 0);
	assert_int_equal(keyring_open(&op, &keys, &loaded), 0);
	assert_int_equal(signing_keys_load(&op, loaded), 0);
	jwks = keyring_jwks(loaded);
	write_file(a, "jwks.json", jwks);
	keyring_free(loaded);
	keyring_free(ring);
}

/* A new database of ours counts from 1. */
static void begin_anew(struct arena *a)
{
	_json_ json_t *all = json_pack("{s:{}, s:{}, s:i, s:{}}", "accounts", "keys", "last", 0, "missing");

	webhook_file_write(a, all);
}

static int begin(struct arena *a, struct connector_config *config)
{
	migrated_open("kit_webhook", "INSERT INTO sen.platform (id, code, name, name_fold, kind, state, verified)"
	              " VALUES (9, 'P09', 'Cổng', 'cong', 'provincial', 'operating', true)", 8);
	make_keys(a);
	begin_anew(a);
	config->kind = STR("webhook");
	config->signature = STR(WEBHOOK_SIGNATURE);
	config->secret = STR("");
	if (str_equal(config->signature, STR("hmac-sha256")))
		config->secret = read_file(a, "secret");
	config->keys = &keys;
	config->ca_file = STR("");
	return port_of(WEBHOOK_ENV "_PORT");
}

static struct db *our_db(void)
{
	return migrated_db;
}

static int proxy_at(void)
{
	return port_of(WEBHOOK_ENV "_PROXY_PORT");
}

static void set_port(struct arena *a, struct connector_config *config, int port)
{
	config->url = arena_printf(a, "http://127.0.0.1:%d/accounts", port);
}

/* What it knows of numbers stays: they go on. */
static void wipe(void)
{
	struct arena *a = arena_new(UNIT_ARENA_BYTES);
	_json_ json_t *all = webhook_file(a);

	json_object_clear(json_object_get(all, "accounts"));
	json_object_clear(json_object_get(all, "missing"));
	webhook_file_write(a, all);
	arena_free(a);
}

static void end(void)
{
	wipe();
	(void)migrated_drop(NULL);
}

static json_t *account_of(const json_t *all, const char *login)
{
	json_t *account;
	const char *id;

	json_object_foreach(json_object_get(all, "accounts"), id, account)
		if (str_equal(json_get_str(account, "login"), str_c(login)))
			return account;
	return NULL;
}

static struct str text(struct arena *a, const json_t *object, const char *name)
{
	struct str value = json_get_str(object, name);

	return str_is_null(value) ? STR("") : arena_dup(a, value);
}

/* They are kept sorted. */
static struct str roles_of(struct arena *a, const json_t *account)
{
	struct str all = STR("");
	const json_t *role;
	size_t i;

	json_array_foreach(json_object_get(account, "roles"), i, role)
		all = arena_printf(a, "%.*s%s%s", STR_ARG(all), i > 0 ? "," : "", json_string_value(role));
	return all;
}

static struct stand_account look(struct arena *a, const char *login)
{
	_json_ json_t *all = webhook_file(a);
	struct stand_account seen = { .n = 0 };
	json_t *account;
	const char *id;

	json_object_foreach(json_object_get(all, "accounts"), id, account) {
		if (!str_equal(json_get_str(account, "login"), str_c(login)))
			continue;
		seen = (struct stand_account){
			.n = seen.n + 1,
			.active = json_is_true(json_object_get(account, "active")),
			.full_name = text(a, account, "full_name"),
			.unit_code = text(a, account, "unit_code"),
			.unit_name = text(a, account, "unit_name"),
			.post = text(a, account, "post"),
			.phone = text(a, account, "phone"),
			.account_id = text(a, account, "account_id"),
			.roles = roles_of(a, account),
		};
	}
	return seen;
}

static void add_foreign(json_t *all, const char *login)
{
	char id[UUID_TEXT_LEN + 1];

	random_uuid(id);
	json_set_take(json_object_get(all, "accounts"), id,
	              json_pack("{s:s, s:s, s:b, s:[]}", "login", login, "full_name", "Người Khác", "active", 1, "roles"));
}

static void remove_account(json_t *all, const char *login)
{
	json_t *account;
	const char *id;
	void *next;

	json_object_foreach_safe(json_object_get(all, "accounts"), next, id, account)
		if (str_equal(json_get_str(account, "login"), str_c(login)))
			json_object_del(json_object_get(all, "accounts"), id);
}

static void act(enum stand_act what, const char *login)
{
	struct arena *a = arena_new(UNIT_ARENA_BYTES);
	_json_ json_t *all = webhook_file(a);
	json_t *account = account_of(all, login);

	assert_true(account || what == STAND_ADD_FOREIGN);
	switch (what) {
	case STAND_ADD_FOREIGN:
		add_foreign(all, login);
		break;
	case STAND_RENAME:
		json_set_str(account, "full_name", STR("Ai đó khác"));
		break;
	case STAND_TAKE_ROLE:
		json_set_take(account, "roles", json_new_array());
		break;
	case STAND_GIVE_ROLE:
		json_array_append_new(json_object_get(account, "roles"), json_string("TK"));
		break;
	case STAND_ENABLE:
		json_set_bool(account, "active", true);
		break;
	case STAND_SET_PHONE:
		json_set_str(account, "phone", STR("0238 111 222"));
		break;
	case STAND_DELETE:
		remove_account(all, login);
		break;
	case STAND_UNMARK:
	case STAND_MISMARK:
	case STAND_RELABEL:
	case STAND_MOVE:
	default:
		fail_msg("the receiver keeps accounts by our id");
	}
	webhook_file_write(a, all);
	arena_free(a);
}

static size_t count(void)
{
	struct arena *a = arena_new(UNIT_ARENA_BYTES);
	_json_ json_t *all = webhook_file(a);
	size_t n = json_object_size(json_object_get(all, "accounts"));

	arena_free(a);
	return n;
}

/* A signature that does not hold. */
static void spoil_password(struct arena *a, struct connector_config *config)
{
	(void)a;
	config->signature = STR("hmac-sha256");
	config->secret = STR("spoilt, and of thirty-two bytes too");
}

static const struct stand stand = {
	.name = "webhook " WEBHOOK_SIGNATURE, .keeps_phone = true, .knows_roles = true, .renames = true,
	.own = { &scenarios_webhook },
	.begin = begin, .set_port = set_port, .db = our_db, .proxy_port = proxy_at, .end = end, .wipe = wipe, .look = look, .act = act,
	.count = count, .spoil_password = spoil_password,
};
const struct stand *const kit_stand = &stand;
