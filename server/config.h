/* config.h: sen-server's configuration file as an immutable struct. */
#pragma once

#include "common/base/conf.h"
#include "common/crypto/pkcs11.h"
#include "server/federation/federation.h"

struct server_config {
	/* [server] */
	struct str issuer, listen, admin_listen, trusted_proxies, log_level;
	struct str mtls_base, mtls_listen, mtls_header;
	int64_t io_threads, fast_threads, slow_threads, queue_max, connection_max, per_ip_connection_max;
	/* [database] */
	struct str db_conninfo, db_password;
	int64_t db_pool, db_readers, audit_chain;
	/* [keys] */
	struct str master_secret, algorithms;
	struct pkcs11_config pkcs11;
	int64_t rotate_days;
	unsigned algs; /* algorithms, read */
	/* [directory] */
	struct str ldap_uri, ldap_ca_file, ldap_bind_dn, ldap_password, people_base, decoy_dn;
	bool ldap_starttls;
	int64_t ldap_timeout_ms, ldap_pool;
	/* [http] */
	struct str egress_allow, http_ca_file;
	/* [sign_in] */
	int64_t lock_after, lock_s, idle_s, absolute_s;
	/* [oidc] */
	int64_t code_s, id_token_s, refresh_grace_s, admin_token_s, admin_max_age_s, ciba_pending_max, push_s, push_pending_max, offline_idle_s, offline_absolute_s;
	struct str mail_domain;
	bool dpop_nonce, request_uri;
	int64_t registered_max;
	/* [import] */
	int64_t guard_vanished, guard_percent;
	/* [audit] */
	int64_t checkpoint_s, checkpoint_records;
	/* [federation] */
	struct federation_config federation;
};

extern const struct conf_table server_conf_table;

/* Reads and checks; the message says file, line and what to do. */
int server_config_read(struct arena *a, const char *path, struct server_config *ret_config, struct str *ret_message) _must_check_;
/* The Host header value of an address that was checked: scheme://host[:port]. */
struct str server_config_host(struct arena *a, struct str base);
