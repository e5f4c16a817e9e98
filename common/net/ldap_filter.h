/* ldap_filter.h: LDAP filters (RFC 4515) and DNs (RFC 4514) from typed parts; everything is escaped, bad UTF-8 and NUL refused. */
#pragma once

#include "common/base/op.h"

/* (attr=value) */
int ldap_filter_eq(struct op *op, const char *attr, struct str value, struct str *ret_filter) _must_check_;
/* (&(…)(…)) of filters made by these functions. */
struct str ldap_filter_and(struct arena *a, const struct str *filters, size_t n);
struct str ldap_filter_or(struct arena *a, const struct str *filters, size_t n);
struct str ldap_filter_present(struct arena *a, const char *attr);
/* attr=value,parent */
int ldap_dn_child(struct op *op, const char *attr, struct str value, struct str parent, struct str *ret_dn) _must_check_;
/* Same DN after normalisation by libldap (case of attribute types, spaces). */
bool ldap_dn_equal(struct str a, struct str b);
/* Is dn one RDN below parent?  *ret_value: of that RDN, unescaped. */
bool ldap_dn_is_child(struct arena *a, struct str dn, struct str parent, struct str *ret_value);
