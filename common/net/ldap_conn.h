/*
 * ldap_conn.h (private to common/net): one connection to the directory, and the pool of them.
 *
 * Codes are libldap's: >= 0 is what the server answered, < 0 is what happened to us instead
 * (LDAP_SERVER_DOWN, LDAP_TIMEOUT, …).  After a code < 0 a connection is only fit for
 * closing: an answer that comes late would be read as the answer to the next request.
 */
#pragma once

#include "common/net/ldap_client.h"

#include <ldap.h>
#include <pthread.h>

#define LDAP_SECRET_MAX_LEN 128

enum ldap_role {
	LDAP_ROLE_SERVICE, /* bound as the service account */
	LDAP_ROLE_CHECK,   /* only for the binds of ldap_check_password() */
	LDAP_ROLE_COUNT,
};

/* A connection taken from the pool. */
struct ldap_conn {
	LDAP *ld;
	struct ldap_pool *pool;
	enum ldap_role role;
	bool is_reused; /* it may have died while it was idle */
};

struct ldap_idle {
	LDAP *ld;
	int64_t since_ms;
};

struct ldap_pool {
	char *uri, *ca_file, *bind_dn; /* uri: for ldaps, with ldap in its place; ca_file NULL: the system's */
	struct berval password;
	bool is_ldaps, starttls;
	int timeout_ms;
	size_t size; /* connections of each role, idle and in use */

	pthread_mutex_t lock;
	struct {
		pthread_cond_t freed; /* one waiter is woken for each place or connection that is there again */
		struct ldap_idle *idle; /* the last one is the latest used */
		size_t n_idle, n_open;
	} roles[LDAP_ROLE_COUNT];
};

struct ldap_reply {
	int code;
	struct str diagnostic; /* the server's words, for the log */
	LDAPMessage *message;   /* the whole chain, or NULL */
	LDAPControl **controls; /* or NULL */
	struct ldap_conn conn;  /* from ldap_run(): libldap needs it to read the message */
};

/* A handle with all options set, not connected.  ERR_CONFIG: e.g. the CA file is not good. */
int ldap_conn_handle(struct op *op, const struct ldap_pool *p, int timeout_ms, LDAP **ret_ld) _must_check_;
/* Connects, and binds as the service account when role says so.  ERR_UNAVAILABLE. */
int ldap_conn_open(struct op *op, const struct ldap_pool *p, enum ldap_role role, int timeout_ms,
                   LDAP **ret_ld) _must_check_;
/* One message, so one entry, may be as large as this. */
bool ldap_conn_allow(LDAP *ld, size_t bytes);
void ldap_conn_close(LDAP *ld);
/* Waits for the answer to msgid; frees nothing of an earlier reply. */
void ldap_conn_await(struct op *op, LDAP *ld, int msgid, int timeout_ms, struct ldap_reply *ret_reply);
/* Simple bind; the caller has refused empty names and passwords. */
int ldap_conn_send_bind(LDAP *ld, const char *dn, struct berval password, int *ret_msgid);
/* Frees the message and gives the connection back. */
void ldap_reply_done(struct ldap_reply *reply);

/* ERR_OVERLOADED: all are in use for the whole time-out. */
int ldap_pool_take(struct op *op, struct ldap_pool *p, enum ldap_role role, int timeout_ms,
                   struct ldap_conn *ret_conn) _must_check_;
void ldap_pool_give(struct ldap_conn *conn);
/* with_idle, after a loss: also all idle ones of its role, which have most likely died too. */
void ldap_pool_drop(struct ldap_conn *conn, bool with_idle);

/* One request: how to send it, and whether it changes anything at the server. */
struct ldap_request {
	int (*send)(LDAP *ld, const void *args, int *ret_msgid);
	const void *args;
	bool is_write;
	enum ldap_role role;
};
/*
 * Sends it and waits; with one more try on a fresh connection when a kept one turned out to be
 * dead and the server cannot have acted.  0: reply->code is the server's, and ldap_reply_done()
 * is due.
 */
int ldap_run(struct op *op, struct ldap_pool *p, const struct ldap_request *request,
             struct ldap_reply *ret_reply) _must_check_;
/* The error for what the server answered; 0 for LDAP_SUCCESS. */
int ldap_reply_error(struct op *op, const struct ldap_reply *reply) _must_check_;
/* Keeps the server's code with the error, for ldap_result_code(); returns the error's code. */
int ldap_note_code(struct op *op, int code);
/* The error for a code < 0. */
int ldap_local_error(struct op *op, int code, bool is_outcome_unknown);

/* NUL-terminated; ERR_BAD_REQUEST when empty, not UTF-8 or with NUL. */
int ldap_text(struct op *op, struct str s, const char **ret) _must_check_;
/* attributedescription (RFC 4512 §2.5): letters, digits, '-', '.', ';', beginning with a letter or digit. */
bool ldap_is_attr_name(struct str name) _pure_;
