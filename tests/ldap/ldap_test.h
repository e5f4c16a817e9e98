/*
 * ldap_test.h: the directory of the tests, a slapd with inetOrgPerson and the ppolicy overlay.
 *
 *   SEN_TEST_LDAP_URI            ldap:// to loopback
 *   SEN_TEST_LDAP_BIND_DN        may write below the base, and read the entries and set their passwords
 *   SEN_TEST_LDAP_PASSWORD_FILE  its password
 *   SEN_TEST_LDAP_CA             of its certificate, for 127.0.0.1 alone
 *   SEN_TEST_LDAP_OTHER_NAME     an address at which it listens too
 *   SEN_TEST_LDAP_BASE           an entry that exists; the tests work in a folder below it that they remove
 *   SEN_TEST_LDAP_PLATFORM_BASE  another, below which names are not ours alone: those who play a platform work there
 */
#pragma once

#include "common/net/ldap_client.h"
#include "common/net/ldap_filter.h"
#include "tests/unit/unit.h"

#define LDAP_TEST_TIMEOUT_MS 1500

struct ldap_test {
	struct arena *arena; /* of the group */
	struct ldap_config config;
	int port;
	struct ldap_pool *pool;
	struct str folder; /* DN */
};

/* The one of the process; filled by ldap_test_begin(). */
extern struct ldap_test ldap_test;

/* cmocka group fixtures. */
int ldap_test_begin(void **state);
int ldap_test_end(void **state);

struct op ldap_test_op(struct arena *a);
/* A pool to 127.0.0.1:port, for a proxy before the directory. */
struct ldap_pool *ldap_test_pool(struct arena *a, int port, unsigned size);
/* The same by ldaps; ca_file "": no authority but the system's. */
struct ldap_pool *ldap_test_tls_pool(struct arena *a, int port, const char *ca_file);
/* Adds a person to the folder; returns the DN. */
struct str ldap_test_person(struct arena *a, struct str uid);
void ldap_test_remove(struct arena *a, struct str dn);
