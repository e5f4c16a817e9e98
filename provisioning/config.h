/*
 * config.h: what sen-provisioner reads from its configuration file, checked as a whole.
 *
 * Times in milliseconds or seconds as the names say.  The struct is const after the start;
 * its strings live in the arena given to config_read().
 */
#pragma once

#include "common/base/conf.h"
#include "common/crypto/keyring.h"
#include "common/crypto/pkcs11.h"
#include "provisioning/mail/settings.h"

#define PLANNER_THREADS_MAX 16

enum op_allowed { OP_ALLOWED_CREATE = 1, OP_ALLOWED_UPDATE = 2, OP_ALLOWED_DISABLE = 4, OP_ALLOWED_DELETE = 8 };

/* One platform's connector: a [connector.CODE] section. */
struct connector_config {
	struct str platform;   /* code of sen.platform: the section's name */
	unsigned line;         /* of the section in the file; 0: there is none */
	struct str kind;       /* a row of connectors/registry.c */
	int64_t timeout_ms;    /* of one call */
	int64_t concurrency;   /* calls at a time */
	int64_t rate_per_s;    /* operations; 0: no limit */
	struct str ops_text;   /* "create,update,disable,delete" */
	unsigned ops_allowed;  /* enum op_allowed, from ops_text */
	/* SCIM */
	struct str url;
	struct str token;
	struct str update;     /* "patch" or "put" */
	struct str profile, switches; /* scim/profile.h */
	struct str auth;       /* "bearer", "basic" (user, password), "oauth2" or "tls" */
	struct str token_url, client_id, scope; /* of oauth2; secret as well */
	struct str cert_file, key_file;         /* of ours, for mutual TLS */
	struct str group_prefix; /* of the names of groups that are ours */
	struct str events_url; /* where security events wait (RFC 8936) */
	/* LDAP */
	struct str uri;
	bool starttls;
	struct str bind_dn;
	struct str password;
	struct str people_base; /* where account entries stand */
	struct str groups_base; /* where role groups stand */
	struct str units_base;  /* of the directory: where units stand; empty: they are not kept there */
	struct str schema;      /* ldap/schema.h */
	struct str upn_domain;  /* of userPrincipalName in Active Directory, or empty */
	struct str id_attr;     /* attribute that carries our account id */
	struct str disable_attr, disable_value;
	struct str placeholder_member;
	struct str groups;      /* object class of role groups */
	struct str member_of;   /* attribute of entries that names their groups, where the server keeps it; or empty */
	int64_t gid_first;      /* of posixGroups that we make; 0: none are made */
	struct str ca_file;
	struct str follow_dn, follow_password; /* who follows changes (RFC 4533), reading only; empty: nobody */
	/* SQL */
	struct str driver;      /* "postgresql" or "mariadb" */
	struct str host, database, user;
	int64_t port;           /* 0: the driver's own */
	struct str statements;  /* sql/script.h */
	/* Webhook; url as well */
	struct str signature;   /* "es256" or "hmac-sha256" */
	struct str secret;      /* of hmac-sha256, of oauth2 */
	const struct key_source *keys; /* of es256 */
	/* From [http] */
	struct str egress_allow;
};

struct config {
	struct str db_conninfo, db_password;
	int64_t audit_chain;
	struct str dir_uri, dir_bind_dn, dir_password, dir_people_base, dir_ca_file;
	struct str dir_follow_dn, dir_follow_password;
	struct str dir_groups_base, dir_units_base, dir_placeholder_member, dir_member_of;
	bool dir_starttls;
	struct str mail_domain;
	struct str log_level;
	struct str egress_allow, http_ca_file;
	struct str admin_listen;
	int64_t planner_threads;
	int64_t lease_s;
	struct str issuer;
	struct key_source keys;   /* its token is filled in once that is open */
	struct pkcs11_config pkcs11;
	int64_t outbox_concurrency, outbox_timeout_ms;
	struct mail_settings mail;
	const struct connector_config *connectors;
	size_t n_connectors;
};

/* The directory's connector is always there: without a section of kind "directory", DIR is added. */
int config_read(struct arena *a, const char *path, struct config *ret_config, struct str *ret_message) _must_check_;
void config_sample(struct buf *b);
/* The values in force, secrets left out. */
int config_dump(struct arena *a, const char *path, struct buf *b, struct str *ret_message) _must_check_;
