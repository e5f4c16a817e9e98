#include "server/config.h"

#include "common/base/err.h"
#include "common/base/url.h"
#include "common/model/signing_keys.h"

#define KEY(section_, key_, type_, field_, fallback_, min_, max_, help_)                            \
	{ .section = section_, .key = key_, .type = type_, .offset = offsetof(struct server_config, field_), \
	  .fallback = fallback_, .min = min_, .max = max_, .help = help_ }

static const struct conf_key keys[] = {
	KEY("server", "issuer", CONF_STR, issuer, NULL, 0, 0, "public address, https://host[:port], without path; http only on a loopback address"),
	KEY("server", "listen", CONF_STR, listen, "127.0.0.1:8080", 0, 0, "loopback address:port or unix:/path; TLS ends at the proxy in front"),
	KEY("server", "admin_listen", CONF_STR, admin_listen, "127.0.0.1:8081", 0, 0, "health and metrics"),
	KEY("server", "trusted_proxies", CONF_STR, trusted_proxies, "", 0, 0, "addresses of proxies whose X-Forwarded-For is believed, comma-separated"),
	KEY("server", "mtls_base", CONF_STR, mtls_base, "", 0, 0,
	    "https address under which the proxy asks clients for a certificate (RFC 8705); empty: mutual TLS is not offered"),
	KEY("server", "mtls_listen", CONF_STR, mtls_listen, "", 0, 0,
	    "where that proxy alone may come: loopback address:port or unix:/path; its header with the certificate is believed"),
	KEY("server", "mtls_header", CONF_STR, mtls_header, "X-SSL-Client-Cert", 0, 0, "header with the certificate, PEM with percent-encoding"),
	KEY("server", "log_level", CONF_STR, log_level, "info", 0, 0, "error, warn, info or debug"),
	KEY("server", "io_threads", CONF_INT, io_threads, "1", 1, 64, "threads that speak HTTP"),
	KEY("server", "fast_threads", CONF_INT, fast_threads, "48", 1, 512, "threads that wait for the database, and as many fibers for tokens"),
	KEY("server", "slow_threads", CONF_INT, slow_threads, "8", 1, 128, "threads for password checks: the admission limit of a morning's sign-ins"),
	KEY("server", "queue_max", CONF_INT, queue_max, "2000", 1, 100000, "requests that may wait per pool; more are answered 503"),
	KEY("server", "connection_max", CONF_INT, connection_max, "4000", 1, 100000, "open connections"),
	KEY("server", "per_ip_connection_max", CONF_INT, per_ip_connection_max, "2000", 1, 100000, "open connections from one address; not for trusted proxies"),
	KEY("database", "conninfo", CONF_STR, db_conninfo, NULL, 0, 0, "libpq keywords, e.g. host=/run/postgresql dbname=sen user=sen_server"),
	KEY("database", "password_file", CONF_SECRET, db_password, "", 0, 0, "password of the database role; empty: none needed"),
	KEY("database", "pool", CONF_INT, db_pool, "4", 1, 64, "connections for transactions, beside the two lanes"),
	KEY("database", "readers", CONF_INT, db_readers, "4", 1, 64, "connections for lists, reports and searches"),
	KEY("database", "audit_chain", CONF_INT, audit_chain, "10", 1, 30000, "number of this node's audit chain; the next one is used too; distinct per node"),
	KEY("keys", "master_secret_file", CONF_SECRET, master_secret, NULL, 0, 0, "at least 32 random bytes as text; the same on every node"),
	KEY("keys", "algorithms", CONF_STR, algorithms, "ES256 PS256 RS256 EdDSA", 0, 0, "for which there are signing keys; ES256 is among them"),
	KEY("keys", "pkcs11_module", CONF_PATH, pkcs11.module, "", 0, 0, "library of a token (HSM) in which signing keys are made and stay; empty: sealed in the database"),
	KEY("keys", "pkcs11_token", CONF_STR, pkcs11.token, "sen", 0, 0, "label of the token"),
	KEY("keys", "pkcs11_pin_file", CONF_SECRET, pkcs11.pin, "", 0, 0, "its user PIN"),
	KEY("keys", "rotate_days", CONF_INT, rotate_days, "90", 0, 3650, "a signing key is replaced after this long; 0: by hand only"),
	KEY("directory", "uri", CONF_STR, ldap_uri, NULL, 0, 0, "ldaps://, ldapi:// or ldap:// on loopback"),
	KEY("directory", "starttls", CONF_BOOL, ldap_starttls, "no", 0, 0, "StartTLS on ldap://"),
	KEY("directory", "ca_file", CONF_STR, ldap_ca_file, "", 0, 0, "CA certificates; empty: the system's"),
	KEY("directory", "bind_dn", CONF_STR, ldap_bind_dn, NULL, 0, 0, "service account of the server"),
	KEY("directory", "password_file", CONF_SECRET, ldap_password, NULL, 0, 0, "its password"),
	KEY("directory", "people_base", CONF_STR, people_base, NULL, 0, 0, "where accounts live"),
	KEY("directory", "decoy_dn", CONF_STR, decoy_dn, NULL, 0, 0, "entry with a random password, bound for unknown names"),
	KEY("directory", "timeout_ms", CONF_INT, ldap_timeout_ms, "3000", 100, 60000, "per operation"),
	KEY("directory", "pool", CONF_INT, ldap_pool, "4", 1, 64, "service connections"),
	KEY("http", "egress_allow", CONF_STR, egress_allow, "", 0, 0,
	    "CIDRs that clients' addresses may be in besides public ones, comma-separated, e.g. 10.0.0.0/8"),
	KEY("http", "ca_file", CONF_PATH, http_ca_file, "", 0, 0, "empty: the system's"),
	KEY("sign_in", "lock_after", CONF_INT, lock_after, "5", 3, 100, "consecutive failures that lock a name"),
	KEY("sign_in", "lock_s", CONF_INT, lock_s, "43200", 1, 2592000, "how long; an administrator of the unit can unlock sooner"),
	KEY("sign_in", "idle_s", CONF_INT, idle_s, "900", 60, 86400, "a session ends after this long without activity"),
	KEY("sign_in", "absolute_s", CONF_INT, absolute_s, "43200", 300, 86400, "a session ends after this long"),
	KEY("oidc", "code_s", CONF_INT, code_s, "60", 5, 60, "life of an authorization code"),
	KEY("oidc", "id_token_s", CONF_INT, id_token_s, "300", 30, 3600, "life of an ID token"),
	KEY("oidc", "refresh_grace_s", CONF_INT, refresh_grace_s, "20", 0, 30, "a lost refresh answer can be asked for again this long"),
	KEY("oidc", "admin_max_age_s", CONF_INT, admin_max_age_s, "43200", 1, 86400, "whoever administers has signed in at most this long ago"),
	KEY("oidc", "ciba_pending_max", CONF_INT, ciba_pending_max, "3", 1, 1000, "back-channel requests of one client that may wait for one official"),
	KEY("oidc", "push_s", CONF_INT, push_s, "90", 10, 590, "a pushed authorization request may be visited this long"),
	KEY("oidc", "push_pending_max", CONF_INT, push_pending_max, "5000", 1, 1000000, "pushed requests of one client that may wait; five times as many of all"),
	KEY("oidc", "offline_idle_s", CONF_INT, offline_idle_s, "2592000", 3600, 31536000, "refresh tokens of offline_access end when not used this long"),
	KEY("oidc", "offline_absolute_s", CONF_INT, offline_absolute_s, "7776000", 3600, 7776000, "and in any case after this long"),
	KEY("oidc", "mail_domain", CONF_STR, mail_domain, "", 0, 0, "of official mailboxes USER@DOMAIN, for the scope email; empty: not offered"),
	KEY("oidc", "request_uri", CONF_BOOL, request_uri, "no", 0, 0, "request objects by reference, from the addresses that a client registered"),
	KEY("oidc", "registered_max", CONF_INT, registered_max, "1000", 0, 100000, "clients that may register themselves, in all; 0: none may"),
	KEY("oidc", "dpop_nonce", CONF_BOOL, dpop_nonce, "no", 0, 0, "DPoP proofs must carry a nonce of this server"),
	KEY("oidc", "admin_token_s", CONF_INT, admin_token_s, "60", 10, 300, "life of access tokens of persons who may grant"),
	KEY("import", "guard_vanished", CONF_INT, guard_vanished, "50", 0, 1000000, "a feed that would suspend more accounts than this waits for a second person"),
	KEY("import", "guard_percent", CONF_INT, guard_percent, "5", 0, 100, "or more than this share of those it should hold"),
	KEY("audit", "checkpoint_s", CONF_INT, checkpoint_s, "300", 1, 86400, "the heads of the audit chains are signed at least this often when they have grown"),
	KEY("audit", "checkpoint_records", CONF_INT, checkpoint_records, "1000", 1, 1000000, "and as soon as they have grown by this many records"),
	KEY("federation", "authority_hints", CONF_STR, federation.authority_hints, "", 0, 0,
	    "superiors in OpenID Federation, comma-separated; empty: the province is in no federation"),
	KEY("federation", "organization_name", CONF_STR, federation.organization_name, "", 0, 0, "as the federation reads it"),
	KEY("federation", "trust_anchors_file", CONF_PATH, federation.trust_anchors_file, "", 0, 0,
	    "JSON {entity identifier: JWK Set} of trust anchors; empty: nothing is resolved"),
};

const struct conf_table server_conf_table = { .keys = keys, .n_keys = ARRAY_LEN(keys) };

/* OIDC Discovery §3: https, no query, no fragment; here also no path, so that there is one issuer per host. */
static int check_issuer(struct arena *a, const struct server_config *c, struct str *ret_message)
{
	struct url u;

	if (!url_parse(c->issuer, &u) || u.has_userinfo || u.has_fragment || !str_is_null(u.query) || !str_is_empty(u.path)) {
		*ret_message = arena_printf(a, "[server] issuer must be scheme://host[:port] without path, query or trailing slash");
		return ERR_CONFIG;
	}
	if (str_equal(u.scheme, STR("https")) || (str_equal(u.scheme, STR("http")) && url_host_is_loopback_ip(&u)))
		return 0;
	*ret_message = arena_printf(a, "[server] issuer must be https; http is accepted only for a loopback address such as http://127.0.0.1:8080");
	return ERR_CONFIG;
}

static bool is_loopback_listen(struct arena *a, struct str listen)
{
	struct url u;

	if (str_starts(listen, STR("unix:/")))
		return true;
	return url_parse(arena_printf(a, "http://%.*s", STR_ARG(listen)), &u) && !str_is_null(u.port) && url_host_is_loopback_ip(&u);
}

static int check_listen(struct arena *a, const char *key, struct str listen, struct str *ret_message)
{
	if (is_loopback_listen(a, listen))
		return 0;
	*ret_message = arena_printf(a, "[server] %s must be a loopback address with a port, or unix:/path: plain HTTP never leaves the machine", key);
	return ERR_CONFIG;
}

static int check_mtls(struct arena *a, const struct server_config *c, struct str *ret_message)
{
	struct url u;

	if (str_is_empty(c->mtls_base) && str_is_empty(c->mtls_listen))
		return 0;
	if (str_is_empty(c->mtls_base) || str_is_empty(c->mtls_listen) || !url_parse(c->mtls_base, &u) || !str_equal(u.scheme, STR("https")) ||
	    u.has_userinfo || u.has_fragment || !str_is_null(u.query) || !str_is_empty(u.path)) {
		*ret_message = arena_printf(a, "[server] mtls_base must be https://host[:port], and comes together with mtls_listen");
		return ERR_CONFIG;
	}
	return check_listen(a, "mtls_listen", c->mtls_listen, ret_message);
}

static int check_algorithms(struct arena *a, struct server_config *c, struct str *ret_message)
{
	c->algs = signing_algs_read(c->algorithms);
	if (c->algs != 0)
		return 0;
	*ret_message = arena_printf(a, "[keys] algorithms must be some of ES256 PS256 RS256 EdDSA, each once, and ES256 among them");
	return ERR_CONFIG;
}

int server_config_read(struct arena *a, const char *path, struct server_config *ret_config, struct str *ret_message)
{
	struct server_config c = { 0 };
	struct conf_section *sections;
	size_t n_sections;
	int r = conf_read(a, &server_conf_table, path, &c, &sections, &n_sections, ret_message);

	if (r >= 0)
		r = check_issuer(a, &c, ret_message);
	if (r >= 0)
		r = check_algorithms(a, &c, ret_message);
	if (r >= 0)
		r = check_listen(a, "listen", c.listen, ret_message);
	if (r >= 0)
		r = check_listen(a, "admin_listen", c.admin_listen, ret_message);
	if (r >= 0)
		r = check_mtls(a, &c, ret_message);
	if (r >= 0)
		*ret_config = c;
	return r;
}

struct str server_config_host(struct arena *a, struct str base)
{
	struct str rest = base, scheme;

	/* Checked at start: scheme://host[:port]. */
	(void)!str_split(&rest, ':', &scheme);
	return arena_dup(a, str_skip(rest, 2));
}
