#include "tests/connectors/stand_slapd.h"

#include "common/base/base64.h"
#include "tests/connectors/stand_ldap.h"

#include <stdlib.h>
#include <string.h>

#ifndef STAND_LDAP_URI
#define STAND_LDAP_URI "SEN_TEST_LDAP_URI"
#endif
#define VALUES_MAX 32

struct str stand_ldap_env(const char *name)
{
	if (!getenv(name))
		fail_msg("%s must tell where the directory of the tests is", name);
	return str_c(getenv(name));
}

struct str stand_ldap_tool(struct arena *a, const char *tool, const char *const *arguments, size_t n, struct str ldif)
{
	const char *argv[24] = { tool, "-x", "-H", stand_ldap_env(STAND_LDAP_URI).p, "-D", stand_ldap_env("SEN_TEST_LDAP_BIND_DN").p, "-y",
	                         stand_ldap_env("SEN_TEST_LDAP_PASSWORD_FILE").p };

	assert_true(n < 12);
	for (size_t i = 0; i < n; i++)
		argv[8 + i] = arguments[i];
	return stand_command(a, argv, ldif);
}

struct str stand_ldap_search(struct arena *a, struct str base, struct str filter, const char *attr)
{
	const char *const arguments[] = { "-LLL", "-o", "ldif-wrap=no", "-b", arena_cstr(a, base), "-s", "sub", arena_cstr(a, filter), attr };

	return stand_ldap_tool(a, "ldapsearch", arguments, attr ? 9 : 8, STR_NULL);
}

void stand_ldap_modify(struct str ldif)
{
	struct arena *a = arena_new(UNIT_ARENA_BYTES);

	(void)stand_ldap_tool(a, "ldapmodify", NULL, 0, ldif);
	arena_free(a);
}

struct str stand_ldap_value(struct arena *a, struct str line)
{
	struct str value = str_trim(str_skip(line, (size_t)str_index(line, ':') + 1)), bytes;

	if (!str_starts(value, STR(":")))
		return value;
	assert_true(base64_decode(a, str_trim(str_skip(value, 1)), &bytes));
	return bytes;
}

struct str stand_ldap_attr(struct arena *a, struct str ldif, const char *name)
{
	struct str rest = ldif, line, begin = arena_printf(a, "%s:", name);

	while (str_split(&rest, '\n', &line))
		if (str_starts(line, begin))
			return stand_ldap_value(a, line);
	return STR("");
}

struct str stand_ldap_values(struct arena *a, struct str ldif, const char *name)
{
	struct str rest = ldif, line, begin = arena_printf(a, "%s:", name);
	const char *values[VALUES_MAX];
	size_t n = 0;

	while (str_split(&rest, '\n', &line)) {
		if (!str_starts(line, begin))
			continue;
		assert_true(n < VALUES_MAX);
		values[n++] = arena_cstr(a, stand_ldap_value(a, line));
	}
	return stand_joined(a, values, n);
}

size_t stand_ldap_count(struct str ldif, const char *name)
{
	struct str rest = ldif, line;
	size_t n = 0;

	while (str_split(&rest, '\n', &line))
		n += str_starts(line, str_c(name));
	return n;
}

int stand_ldap_server(struct arena *a, struct connector_config *config)
{
	struct str uri = stand_ldap_env(STAND_LDAP_URI), password;
	const char *const cat[] = { "cat", stand_ldap_env("SEN_TEST_LDAP_PASSWORD_FILE").p, NULL };
	uint64_t port = 0;

	assert_true(str_starts(uri, STR("ldap://127.0.0.1:")) && str_to_u64(str_skip(uri, strlen("ldap://127.0.0.1:")), 65535, &port));
	password = stand_command(a, cat, STR_NULL);
	config->bind_dn = config->placeholder_member = stand_ldap_env("SEN_TEST_LDAP_BIND_DN");
	config->password = str_ends(password, STR("\n")) ? str_n(password.p, password.len - 1) : password;
	return (int)port;
}
