#include "server/app.h"

#include "common/base/clock.h"
#include "common/base/workq.h"
#include "common/base/log.h"
#include "common/model/signing_keys.h"
#include "server/handlers/routes.h"
#include "server/oidc/metadata.h"

#define APP_BYTES (1u << 20)
#define TASK_BYTES (4u << 20)
#define REQUEST_BYTES (1u << 20)
#define STATEMENT_TIMEOUT_MS 2000
#define LOCK_TIMEOUT_MS 250
#define ACTIVATION_WAIT_MS 5000
#define STOP_GRACE_MS 10000
#define PROXIES_MAX 16
#define HTTP_CONNECT_TIMEOUT_MS 2000
#define HTTP_TIMEOUT_MS 3000
#define HTTP_ANSWER_MAX 65536
#define HTTP_POOL 8
#define FIRST_KEYS_LOOK_MS 10000
#define IMPORT_STATEMENT_MS 120000
#define IMPORT_CHAIN_ABOVE 2000
/* The first keys of a new installation: another node may be making them. */
#define FIRST_KEYS_TRIES 100
#define FIRST_KEYS_PAUSE_NS 100000000

static int failed(struct app *app, const struct op *op, const char *what, struct str *ret_message)
{
	*ret_message = arena_printf(app->arena, "%s: %s%s%.*s", what, op->error.text ? op->error.text : err_name(op->error.code),
	                            str_is_empty(op->error.detail) ? "" : ": ", STR_ARG(op->error.detail));
	return op->error.code;
}

static int open_db(struct app *app, struct str *ret_message)
{
	const struct server_config *c = &app->config;
	struct db_config db = {
		.conninfo = c->db_conninfo,
		.password = c->db_password,
		.program = "sen-server",
		.with_lanes = true,
		.pool_size = (unsigned)c->db_pool,
		.readers = (unsigned)c->db_readers,
		.statement_timeout_ms = STATEMENT_TIMEOUT_MS,
		.lock_timeout_ms = LOCK_TIMEOUT_MS,
		.audit_chain = (int)c->audit_chain,
	};

	return db_open(&db, &app->db, ret_message, app->arena);
}

/* Statements of an import may be long; its records stand in a chain of their own, which nobody else waits for. */
static int open_import_db(struct app *app, struct str *ret_message)
{
	const struct server_config *c = &app->config;
	const struct db_config db = {
		.conninfo = c->db_conninfo,
		.password = c->db_password,
		.program = "sen-server-import",
		.pool_size = 1,
		.statement_timeout_ms = IMPORT_STATEMENT_MS,
		.audit_chain = (int)c->audit_chain + IMPORT_CHAIN_ABOVE,
	};

	return db_open(&db, &app->import_db, ret_message, app->arena);
}

static int open_directory(struct app *app, struct op *op, struct str *ret_message)
{
	const struct server_config *c = &app->config;
	struct ldap_config ldap = {
		.uri = c->ldap_uri,
		.starttls = c->ldap_starttls,
		.ca_file = c->ldap_ca_file,
		.bind_dn = c->ldap_bind_dn,
		.password = c->ldap_password,
		.timeout_ms = (int)c->ldap_timeout_ms,
		.pool_size = (unsigned)c->ldap_pool,
	};
	int r = ldap_pool_new(op, &ldap, &app->ldap);

	return r < 0 ? failed(app, op, "directory", ret_message) : 0;
}

static int open_http(struct app *app, struct op *op, struct str *ret_message)
{
	const struct http_client_config http = {
		.egress_allow = app->config.egress_allow,
		.ca_file = app->config.http_ca_file,
		.connect_timeout_ms = HTTP_CONNECT_TIMEOUT_MS,
		.total_timeout_ms = HTTP_TIMEOUT_MS,
		.max_answer_bytes = HTTP_ANSWER_MAX,
		.pool_size = HTTP_POOL,
	};

	if (http_client_new(op, &http, &app->http) < 0)
		return failed(app, op, "[http]", ret_message);
	return 0;
}

static int64_t max_of(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* A retired key verifies as long as a session may last: an expired ID token is a good hint at logout (RP-Initiated Logout §4). */
static struct key_policy key_policy_of(const struct server_config *c)
{
	return (struct key_policy){
		.algs = c->algs,
		.rotate_s = c->rotate_days * 86400,
		.publish_s = SIGNING_KEY_PUBLISH_S,
		.retire_s = max_of(max_of(c->id_token_s, c->absolute_s), SIGNING_KEY_RETIRE_MIN_S),
	};
}

/* Waits while another node is making them. */
static int first_keys(struct app *app, struct op *op)
{
	bool is_busy = true;
	size_t n;
	int r = 0;

	for (int i = 0; r == 0 && is_busy && i < FIRST_KEYS_TRIES; i++) {
		if (i > 0)
			nanosleep(&(struct timespec){ .tv_nsec = FIRST_KEYS_PAUSE_NS }, NULL);
		r = signing_keys_maintain(op, &app->key_policy, &n, &is_busy);
	}
	return r;
}

static int open_keys(struct app *app, struct op *op)
{
	struct key_source source = { .master_secret = app->config.master_secret };
	struct keyring *sealing;
	int r = pkcs11_open(op, &app->config.pkcs11, &app->token);

	source.token = app->token;
	if (r == 0)
		r = keyring_open(op, &source, &sealing);
	if (r < 0)
		return r;
	op->keys = sealing;
	r = first_keys(app, op);
	op->keys = NULL;
	keyring_free(sealing);
	return r < 0 ? r : snapshot_holder_new(op, &source, &app->snapshots);
}

static void fill_settings(struct app *app)
{
	const struct server_config *c = &app->config;
	struct remote_documents *documents = remote_documents_new(app->http);

	app->keys_due_ms = clock_mono_ms() + FIRST_KEYS_LOOK_MS;
	app->oidc = (struct oidc_settings){
		.issuer = c->issuer,
		.token_endpoint = arena_printf(app->arena, "%.*s/token", STR_ARG(c->issuer)),
		.mtls_issuer = c->mtls_base,
		.documents = documents,
		.remote_keys = remote_keys_new(documents),
		.request_uri = c->request_uri,
		.code_s = c->code_s,
		.id_token_s = c->id_token_s,
		.refresh_grace_s = c->refresh_grace_s,
		.admin_token_s = c->admin_token_s,
		.admin_max_age_s = c->admin_max_age_s,
		.ciba_pending_max = c->ciba_pending_max,
		.push_s = c->push_s,
		.push_pending_max = c->push_pending_max,
		.offline_idle_s = c->offline_idle_s,
		.offline_absolute_s = c->offline_absolute_s,
		.mail_domain = c->mail_domain,
		.dpop_nonce = c->dpop_nonce,
		.registered_max = c->registered_max,
	};
	app->import_guard = (struct import_guard){ c->guard_vanished, c->guard_percent };
	app->sign_in = (struct sign_in_settings){
		.directory = { app->ldap, c->people_base, c->decoy_dn },
		.throttle = { c->lock_after, c->lock_s },
		.limits = { c->idle_s, c->absolute_s },
		.activation_wait_ms = ACTIVATION_WAIT_MS,
	};
}

int app_open(struct app *app, const char *config_path, struct str *ret_message)
{
	_cleanup_(arena_freep) struct arena *scratch = arena_new(TASK_BYTES);
	_json_ json_t *metadata = NULL;
	struct op op;
	int r;

	app->arena = arena_new(APP_BYTES);
	r = server_config_read(app->arena, config_path, &app->config, ret_message);
	if (r < 0)
		return r;
	r = open_db(app, ret_message);
	if (r == 0)
		r = open_import_db(app, ret_message);
	if (r < 0)
		return r;
	op_init(&op, scratch, app->db, NULL);
	r = open_directory(app, &op, ret_message);
	if (r < 0)
		return r;
	r = open_http(app, &op, ret_message);
	if (r < 0)
		return r;
	app->key_policy = key_policy_of(&app->config);
	r = open_keys(app, &op);
	db_op_done(&op);
	if (r < 0)
		return failed(app, &op, "clients and keys", ret_message);
	fill_settings(app);
	r = federation_new(&op, &app->config.federation, &app->oidc, &app->federation);
	if (r < 0)
		return failed(app, &op, "federation", ret_message);
	metadata = metadata_json(scratch, &app->oidc);
	app->metadata = json_write(app->arena, metadata, false);
	return 0;
}

/* "10.0.0.1, 10.0.0.2" */
static size_t split_list(struct arena *a, struct str list, struct str **ret_parts)
{
	struct str *parts = ARENA_ARRAY(a, struct str, PROXIES_MAX);
	struct str part;
	size_t n = 0;

	while (n < PROXIES_MAX && str_split(&list, ',', &part)) {
		part = str_trim(part);
		if (!str_is_empty(part))
			parts[n++] = part;
	}
	*ret_parts = parts;
	return n;
}

/* The same endpoints on a listener of its own, whose proxy asks for certificates. */
static int serve_mtls(struct app *app, struct http_config http, struct str *ret_message)
{
	struct str *hosts = ARENA_NEW(app->arena, struct str);

	hosts[0] = server_config_host(app->arena, app->config.mtls_base);
	http.listen = app->config.mtls_listen;
	http.hosts = hosts;
	http.certificate_header = arena_cstr(app->arena, app->config.mtls_header);
	http.io_threads = 1;
	return http_server_start(&http, &app->mtls, ret_message, app->arena);
}

int app_serve(struct app *app, struct str *ret_message)
{
	const struct server_config *c = &app->config;
	struct str *hosts = ARENA_NEW(app->arena, struct str);
	struct str *proxies;
	struct http_config http = {
		.listen = c->listen,
		.hosts = hosts,
		.n_hosts = 1,
		.https = str_starts(c->issuer, STR("https:")),
		.io_threads = (unsigned)c->io_threads,
		.fast_threads = (unsigned)c->fast_threads,
		.slow_threads = (unsigned)c->slow_threads,
		.queue_max = (size_t)c->queue_max,
		.connection_max = (unsigned)c->connection_max,
		.per_ip_connection_max = (unsigned)c->per_ip_connection_max,
		.idle_timeout_s = 60,
		.deadline_s = 15,
		.arena_budget = REQUEST_BYTES,
		.app = app,
		.hooks = service_hooks,
	};
	struct http_config admin = http;
	int r;

	hosts[0] = server_config_host(app->arena, c->issuer);
	http.n_trusted_proxies = split_list(app->arena, c->trusted_proxies, &proxies);
	http.trusted_proxies = proxies;
	http.routes = service_routes(app->arena, &http.n_routes);
	r = http_server_start(&http, &app->service, ret_message, app->arena);
	if (r < 0)
		return r;
	app->imports = workq_new("import", 1, 1, app_work_imports, app);
	if (!str_is_empty(c->mtls_listen))
		r = serve_mtls(app, http, ret_message);
	if (r < 0)
		return r;
	admin.listen = c->admin_listen;
	hosts = ARENA_NEW(app->arena, struct str);
	hosts[0] = c->admin_listen;
	admin.hosts = hosts;
	admin.io_threads = admin.fast_threads = admin.slow_threads = 1;
	admin.queue_max = 16;
	admin.connection_max = admin.per_ip_connection_max = 64;
	admin.https = false;
	admin.arena_budget = METRICS_MAX + REQUEST_BYTES;
	admin.routes = admin_routes;
	admin.n_routes = n_admin_routes;
	return http_server_start(&admin, &app->admin, ret_message, app->arena);
}

void app_close(struct app *app)
{
	app->draining = true;
	http_server_stop(app->service, STOP_GRACE_MS);
	workq_close(app->imports);
	http_server_stop(app->mtls, STOP_GRACE_MS);
	http_server_stop(app->admin, STOP_GRACE_MS);
	snapshot_holder_free(app->snapshots);
	federation_free(app->federation);
	pkcs11_close(app->token);
	remote_keys_free(app->oidc.remote_keys);
	remote_documents_free(app->oidc.documents);
	http_client_free(app->http);
	ldap_pool_free(app->ldap);
	db_close(app->import_db);
	db_close(app->db);
	app->arena = arena_free(app->arena);
}
