/* ldap_search.h (private to common/net): a search on libldap, whole or in pages. */
#pragma once

#include "common/net/ldap_conn.h"

struct ldap_search_args {
	const char *base;
	int scope;
	const char *filter;
	char **attrs;
	int size_limit; /* 0: none */
	int time_limit_s;
	LDAPControl *page; /* NULL: no paging */
};

int ldap_make_search(struct op *op, int timeout_ms, struct str base, struct str filter, struct ldap_search_args *ret_args) _must_check_;
int ldap_send_search(LDAP *ld, const void *args, int *ret_msgid);
int ldap_copy_entry(struct op *op, struct arena *a, LDAP *ld, LDAPMessage *message, struct ldap_entry *ret) _must_check_;
