/*
 * app.h: what the program is made of: built at start, const while it serves.
 */
#pragma once

#include "common/model/key_schedule.h"
#include "server/config.h"
#include "server/governance/import_run_store.h"
#include "server/http/server.h"
#include "server/federation/federation.h"
#include "server/login/sign_in.h"
#include "common/net/http_client.h"
#include "server/oidc/oidc.h"
#include "server/oidc/remote_keys.h"
#include "server/oidc/snapshot.h"

#include <stdatomic.h>

struct app {
	struct arena *arena; /* lives as long as the program */
	struct server_config config;
	struct db *db;
	struct pkcs11_token *token; /* of signing keys, or NULL */
	struct ldap_pool *ldap;
	struct http_client *http;       /* to addresses that clients registered */
	struct snapshot_holder *snapshots;
	struct key_policy key_policy;
	int64_t keys_due_ms;            /* of the monotonic clock: when signing keys are looked at next */
	struct db *import_db;           /* patient: for imports alone */
	struct workq *imports;          /* one at a time, apart from requests */
	atomic_bool importing;
	struct workq *replacements;     /* automatic plans of replacement */
	atomic_bool replacing;
	_Atomic int64_t replacement_due_ms;
	int64_t import_due_ms;          /* when it is looked whether there is one */
	int64_t solutions_due_ms;       /* when local software is compared again; of the imports' thread */
	int64_t audit_due_ms;           /* when a checkpoint of the audit may be */
	int64_t sweep_due_ms;           /* when old Idempotency-Keys are */
	struct oidc_settings oidc;
	struct federation *federation;  /* NULL: the province is in none */
	struct sign_in_settings sign_in;
	struct str metadata;            /* the discovery document, made once */
	struct http_server *service;    /* the public endpoints */
	struct http_server *mtls;       /* the same for clients with certificates; NULL: not offered */
	struct http_server *admin;      /* health and metrics, on a port of their own */
	_Atomic bool draining;          /* stopping: not ready any more */
};

/* Connects to everything; ret_message says what failed and what to do. */
int app_open(struct app *app, const char *config_path, struct str *ret_message) _must_check_;
/* Starts both HTTP servers. */
int app_serve(struct app *app, struct str *ret_message) _must_check_;
/* Finishes what was accepted, then closes everything. */
void app_close(struct app *app);
/* Housekeeping: called by main about ten times a second. */
void app_tick(struct app *app);
/* The threads of imports and of replacements. */
void app_work_imports(void *context, void *item);
void app_work_replacements(void *context, void *item);
