/*
 * bench_prepare CONFIG COMMAND ARGUMENT...: makes what the load generator needs; see commands[].
 * CONFIG is sen-server's own, so that database, issuer, master secret and signing key are its.
 */
#include "tests/bench/prepare.h"

#include "common/crypto/password_hash.h"
#include "common/model/signing_keys.h"
#include "tests/bench/measure.h"

#include <err.h>
#include <string.h>

#define LIFE_BYTES ((size_t)256 * 1024 * 1024)
#define BATCH_BYTES ((size_t)64 * 1024 * 1024)
#define STATEMENT_TIMEOUT_MS 60000
#define OFFICIALS_MAX 100000

static _noreturn_ void fail(const struct op *op, const char *what)
{
	errx(1, "%s: %s: %s %.*s", what, err_name(op->error.code), op->error.text ? op->error.text : "", STR_ARG(op->error.detail));
}

static void open_all(struct prepare *p, const char *config_path)
{
	struct db_config db = { .program = "bench_prepare", .pool_size = 1, .statement_timeout_ms = STATEMENT_TIMEOUT_MS };
	const struct key_policy policy = {
		.algs = JWS_ALGS_ALL, .publish_s = SIGNING_KEY_PUBLISH_S, .retire_s = SIGNING_KEY_RETIRE_MIN_S,
	};
	struct str message = STR_NULL;
	struct keyring *sealing;
	size_t n_steps;

	p->arena = arena_new(LIFE_BYTES);
	if (server_config_read(p->arena, config_path, &p->config, &message) < 0)
		errx(1, "%.*s", STR_ARG(message));
	db.conninfo = p->config.db_conninfo;
	db.password = p->config.db_password;
	op_init(&p->op, arena_new(BATCH_BYTES), NULL, NULL);
	if (db_open(&db, &p->op.db, &message, p->arena) < 0)
		errx(1, "%.*s", STR_ARG(message));
	if (keyring_new(&p->op, p->config.master_secret, &sealing) < 0)
		fail(&p->op, "keys");
	p->op.keys = sealing;
	/* The server makes its keys when it first starts; here tokens are made before. */
	if (signing_keys_maintain(&p->op, &policy, &n_steps, NULL) < 0 ||
	    snapshot_holder_new(&p->op, &(struct key_source){ .master_secret = p->config.master_secret }, &p->holder) < 0)
		fail(&p->op, "clients and keys");
	keyring_free(sealing);
	p->snapshot = snapshot_take(p->holder);
	p->op.keys = snapshot_keys(p->snapshot);
	p->client = snapshot_client(p->snapshot, STR(BENCH_CLIENT));
	if (!p->client || p->client->redirect_uris.n == 0)
		errx(1, "there is no client " BENCH_CLIENT);
}

static void close_all(struct prepare *p)
{
	snapshot_release(p->snapshot);
	snapshot_holder_free(p->holder);
	db_close(p->op.db);
	arena_free(p->op.arena);
	arena_free(p->arena);
}

static void write_entry(const struct prepare *p, FILE *ldif, const struct official *o, struct str hash)
{
	fprintf(ldif, "dn: uid=%.*s,%.*s\nobjectClass: inetOrgPerson\nobjectClass: senOfficial\nuid: %.*s\n", STR_ARG(o->login),
	        STR_ARG(p->config.people_base), STR_ARG(o->login));
	fprintf(ldif, "cn: %.*s\nsn: %.*s\nemployeeNumber: %.*s\nsenAccountId: %.*s\n", STR_ARG(o->full_name), STR_ARG(o->ten),
	        STR_ARG(o->employee_code), STR_ARG(o->account_id));
	fprintf(ldif, "senUnitCode: %.*s\nsenStatus: active\nuserPassword: %.*s\n\n", STR_ARG(o->unit_code), STR_ARG(hash));
}

/* N N-IN-DIRECTORY PASSWORD-FILE LDIF DN-FILE: one hash serves all: what is measured is its check. */
static int prepare_officials(struct prepare *p, char **args)
{
	size_t n = argument_number("officials", args[0], OFFICIALS_MAX), n_entries = argument_number("entries", args[1], n);
	FILE *ldif, *dns;
	struct str hash;
	int r = rows_make_officials(&p->op, p->client, (int64_t)n);

	if (r >= 0)
		r = rows_read_officials(&p->op, p->arena, &p->officials, &p->n_officials);
	if (r >= 0)
		r = password_hash(&p->op, argument_file(args[2]), &hash);
	if (r < 0)
		return r;
	ldif = fopen(args[3], "we");
	dns = fopen(args[4], "we");
	if (!ldif || !dns)
		err(1, "%s, %s", args[3], args[4]);
	for (size_t i = 0; i < n_entries; i++) {
		write_entry(p, ldif, &p->officials[i], hash);
		fprintf(dns, "uid=%.*s,%.*s\n", STR_ARG(p->officials[i].login), STR_ARG(p->config.people_base));
	}
	if (fclose(ldif) != 0 || fclose(dns) != 0)
		err(1, "%s, %s", args[3], args[4]);
	return 0;
}

static const struct command {
	const char *name, *arguments;
	int n_arguments;
	bool with_officials;
	int (*run)(struct prepare *p, char **args);
} commands[] = {
	{ "officials", "N N-IN-DIRECTORY PASSWORD-FILE LDIF DN-FILE", 5, false, prepare_officials },
	{ "jwks", "OUT", 1, false, prepare_jwks },
	{ "client-credentials", "CLIENT-ID SECRET-FILE SCOPE OUT", 4, false, prepare_client_credentials },
	{ "codes", "N SECRET-FILE OUT", 3, true, prepare_codes },
	{ "refresh", "FAMILIES GENERATIONS SECRET-FILE SCOPE OUT", 5, true, prepare_refresh },
	{ "introspect", "N SECRET-FILE OUT", 3, true, prepare_introspect },
	{ "userinfo", "N OUT", 2, true, prepare_userinfo },
	{ "authorize", "N OUT", 2, true, prepare_authorize },
	{ "sign-in", "N PASSWORD-FILE OUT", 3, true, prepare_sign_in },
};

static _noreturn_ void usage(void)
{
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		fprintf(stderr, "bench_prepare CONFIG %s %s\n", commands[i].name, commands[i].arguments);
	exit(2);
}

int main(int argc, char **argv)
{
	static struct prepare p;
	const struct command *command = NULL;

	for (size_t i = 0; argc > 2 && i < ARRAY_LEN(commands); i++)
		if (strcmp(argv[2], commands[i].name) == 0)
			command = &commands[i];
	if (!command || argc != 3 + command->n_arguments)
		usage();
	open_all(&p, argv[1]);
	if (command->with_officials && rows_read_officials(&p.op, p.arena, &p.officials, &p.n_officials) < 0)
		fail(&p.op, "officials");
	if (command->with_officials && p.n_officials == 0)
		errx(1, "there are no officials yet");
	if (command->run(&p, argv + 3) < 0)
		fail(&p.op, command->name);
	close_all(&p);
	return 0;
}
