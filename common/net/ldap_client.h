/*
 * ldap_client.h: LDAP v3 on libldap, blocking, for worker threads.
 *
 * Rules: an empty password, one with NUL or above 128 bytes is refused before libldap (an empty one
 * would be an unauthenticated bind, RFC 4513 §5.1.2); filters and DNs only through the
 * builders of ldap_filter.h; no referrals; network and operation time-outs on every handle;
 * certificates demanded for ldaps and StartTLS.  ldapi:// and ldap:// to loopback need no TLS,
 * anything else does.
 * Errors: ERR_UNAVAILABLE (not reached, before sending), ERR_OUTCOME_UNKNOWN (lost after
 * sending a write), ERR_TARGET (the server refused; result code in the detail),
 * ERR_NOT_FOUND (noSuchObject), ERR_CONFLICT (entryAlreadyExists), ERR_OVERLOADED (no connection
 * free within the time-out), ERR_LIMIT, ERR_BAD_REQUEST (malformed before sending),
 * ERR_INVALID_VALUE (a password that is refused here).
 */
#pragma once

#include "common/base/op.h"

struct ldap_config {
	struct str uri;       /* ldap://, ldaps://, ldapi://; with TLS never "localhost": libldap puts the machine's name in its place */
	bool starttls;
	struct str ca_file;   /* empty: the system's */
	struct str bind_dn;   /* of the service account */
	struct str password;
	int timeout_ms;
	unsigned pool_size;   /* connections bound as the service account */
};

struct ldap_pool; /* thread-safe */

/*
 * The server's result code (RFC 4511 §4.1.9) behind the error of op, also for the bind of the
 * service account; 0 when the error did not come from a server's answer.
 */
int64_t ldap_result_code(const struct op *op) _pure_;

int ldap_pool_new(struct op *op, const struct ldap_config *config, struct ldap_pool **ret_pool) _must_check_;
void ldap_pool_free(struct ldap_pool *p);
bool ldap_pool_is_ready(struct ldap_pool *p, int timeout_ms);

struct ldap_attr {
	struct str name;
	const struct str *values;
	size_t n_values;
};
struct ldap_entry {
	struct str dn;
	const struct ldap_attr *attrs;
	size_t n_attrs;
};
/* Values of an attribute (name without case); n = 0 when absent. */
const struct ldap_attr *ldap_entry_attr(const struct ldap_entry *e, const char *name);
struct str ldap_entry_value(const struct ldap_entry *e, const char *name); /* the first, or STR_NULL */

enum ldap_scope { LDAP_BASE, LDAP_ONE, LDAP_SUB };

/* attrs: NULL-terminated, NULL = all user attributes; operational ones by name.  limit: more entries = ERR_LIMIT. */
int ldap_search(struct op *op, struct ldap_pool *p, struct str base, enum ldap_scope scope, struct str filter,
                const char *const *attrs, size_t limit, const struct ldap_entry **ret_entries, size_t *ret_n) _must_check_;
/* Paged results (RFC 2696): called per entry; each entry lives until the callback returns. */
int ldap_list(struct op *op, struct ldap_pool *p, struct str base, struct str filter, const char *const *attrs,
              int (*each)(void *context, struct op *op, const struct ldap_entry *entry), void *context) _must_check_;
/* The same a page at a time, on a connection of its own for as long as it is open; the same base, filter and attrs each time. */
struct ldap_pages;
struct ldap_pages_size {
	int page_entries;
	size_t entry_bytes; /* room for one entry: ERR_LIMIT when it is larger */
};
#define LDAP_PAGE_ENTRIES 500
#define LDAP_ENTRY_BYTES ((size_t)512 * 1024)
struct ldap_list_of {
	struct str base, filter;
	const char *const *attrs;
};
int ldap_pages_open(struct op *op, struct ldap_pool *p, const struct ldap_pages_size *size, struct ldap_pages **ret_pages) _must_check_;
/* After an error the list is over. */
int ldap_pages_next(struct op *op, struct ldap_pages *pages, const struct ldap_list_of *of, int (*each)(void *context, struct op *op, const struct ldap_entry *entry), void *context) _must_check_;
bool ldap_pages_is_last(const struct ldap_pages *pages); /* the server said so, after a page */
void ldap_pages_close(struct ldap_pages *pages);         /* accepts NULL */

enum ldap_change_kind { LDAP_CHANGE_ADD, LDAP_CHANGE_DELETE, LDAP_CHANGE_REPLACE };
struct ldap_change {
	enum ldap_change_kind kind;
	struct ldap_attr attr; /* REPLACE or DELETE without values removes the attribute */
};
int ldap_add(struct op *op, struct ldap_pool *p, struct str dn, const struct ldap_attr *attrs, size_t n_attrs) _must_check_;
int ldap_modify(struct op *op, struct ldap_pool *p, struct str dn, const struct ldap_change *changes, size_t n_changes) _must_check_;
int ldap_delete(struct op *op, struct ldap_pool *p, struct str dn) _must_check_;
/* RFC 3062, as the service account; the server hashes. */
int ldap_set_password(struct op *op, struct ldap_pool *p, struct str dn, struct str new_password) _must_check_;

/*
 * Is this the password of dn?  A bind on a connection of its own kind (never a service
 * connection).  Sets *ret_ok on a definite answer (success or invalidCredentials / locked);
 * every other outcome is an error and must not count as a failed attempt.
 */
int ldap_check_password(struct op *op, struct ldap_pool *p, struct str dn, struct str password, bool *ret_ok) _must_check_;
