/* stand_slapd.h: the tools with which stands look at the directory of the tests; SEN_TEST_LDAP_* as in tests/ldap/ldap_test.h. */
#pragma once

#include "tests/connectors/stand_command.h"

struct str stand_ldap_env(const char *name);
/* Fills in who signs in there; returns its port. */
int stand_ldap_server(struct arena *a, struct connector_config *config);
/* tool -x -H … -D … -y … with these arguments; stdin: LDIF. */
struct str stand_ldap_tool(struct arena *a, const char *tool, const char *const *arguments, size_t n, struct str ldif);
/* "name: value" or "name:: base64" (RFC 2849). */
struct str stand_ldap_value(struct arena *a, struct str line);
/* All values of an attribute, sorted, joined by commas. */
struct str stand_ldap_values(struct arena *a, struct str ldif, const char *name);
/* The first value of an attribute; empty: none. */
struct str stand_ldap_attr(struct arena *a, struct str ldif, const char *name);
