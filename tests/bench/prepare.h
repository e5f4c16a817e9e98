/*
 * prepare.h: what bench_prepare makes for the load: rows in bulk, and requests that fit them.
 *
 * Codes and tokens are made by the server's own functions with its own secret and key; only
 * the rows are written many at a time.
 */
#pragma once

#include "server/config.h"
#include "server/oidc/snapshot.h"

#include <stdio.h>

#define BENCH_CLIENT "p02"
#define BENCH_SCOPE "openid profile unit roles"
/* Rows per statement. */
#define BENCH_BATCH 1000

/* A bench official, signed in. */
struct official {
	struct str account_id, login, session_id, employee_code, full_name, ten, unit_code;
};

struct prepare {
	struct arena *arena; /* lives as long as the program */
	struct op op;        /* its arena: for one batch */
	struct server_config config;
	struct snapshot_holder *holder;
	struct snapshot *snapshot;
	const struct client *client;
	const struct official *officials;
	size_t n_officials;
};

/* prepare_rows.c */
/* Accounts with a role on the client's platform and a session, for n persons who have none. */
int rows_make_officials(struct op *op, const struct client *client, int64_t n) _must_check_;
int rows_read_officials(struct op *op, struct arena *a, const struct official **ret_officials, size_t *ret_n) _must_check_;

struct code_row {
	struct str account_id, hash, challenge;
};
int rows_add_codes(struct op *op, const struct client *client, const struct code_row *rows, size_t n) _must_check_;
struct family_row {
	struct str account_id, id;
};
int rows_add_families(struct op *op, const struct client *client, const struct family_row *rows, size_t n) _must_check_;

struct session_row {
	struct str account_id, hash;
};
/* A session each with this handle, begun now. */
int rows_add_sessions(struct op *op, const struct session_row *rows, size_t n) _must_check_;

/* prepare_write.c: a file of requests; header: one line more, with its CRLF, or STR_NULL. */
#define N_MAX 1000000
#define BODY_MAX 16384
FILE *requests_open(const char *path);
int requests_close(FILE *out, const char *path, int r);
void request_write(FILE *out, struct str request);
void request_write_get(struct prepare *p, FILE *out, struct str target, struct str header);
void request_write_form(struct prepare *p, FILE *out, const char *path, struct str header, struct str body);
/* client_secret_basic, from the file with the secret. */
struct str request_basic(struct prepare *p, const struct client *client, const char *secret_file);
/* The i-th, again from the first after the last. */
const struct official *prepare_official(const struct prepare *p, size_t i);

/* prepare_tokens.c, prepare_browser.c: each writes requests for bench_load; the arguments are those of the command line. */
int prepare_jwks(struct prepare *p, char **args);
int prepare_client_credentials(struct prepare *p, char **args);
int prepare_codes(struct prepare *p, char **args);
int prepare_refresh(struct prepare *p, char **args);
int prepare_introspect(struct prepare *p, char **args);
int prepare_userinfo(struct prepare *p, char **args);
int prepare_sign_in(struct prepare *p, char **args);
int prepare_authorize(struct prepare *p, char **args);
