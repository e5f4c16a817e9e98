/*
 * ranged.h: values of an attribute that Active Directory gives a range at a time ([MS-ADTS] §3.1.1.3.1.3.3): "member;range=0-999",
 * and "member;range=…-*" for the last of them.
 */
#pragma once

#include "common/net/ldap_client.h"

/* Each range as it comes; a result < 0 ends it. */
int ldap_ranged(struct op *op, struct ldap_pool *p, struct str dn, const char *attr, int (*each)(void *context, const struct ldap_attr *values), void *context) _must_check_;
/* "…;range=N-M" or "…;range=N-*" of that attribute; *ret_last: M, or -1 for the end.  Pure. */
bool ldap_range_read(struct str name, const char *attr, int64_t *ret_first, int64_t *ret_last);
