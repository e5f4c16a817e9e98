#include "tests/ldap/ldap_test.h"

#include "common/base/random.h"
#include "common/base/url.h"

#include <stdlib.h>
#include <string.h>

struct ldap_test ldap_test;

static struct str env(const char *name)
{
	const char *value = getenv(name);

	if (!value || !*value)
		fail_msg("%s is not set", name);
	return str_c(value);
}

static struct str read_password(struct arena *a, const char *path)
{
	FILE *file = fopen(path, "r");
	char text[256] = "";
	size_t len;

	if (!file)
		fail_msg("%s cannot be read", path);
	len = fread(text, 1, sizeof(text), file);
	(void)fclose(file);
	while (len > 0 && text[len - 1] == '\n')
		len--;
	return arena_dup(a, str_n(text, len));
}

struct op ldap_test_op(struct arena *a)
{
	struct op op;

	op_init(&op, a, NULL, NULL);
	return op;
}

struct ldap_pool *ldap_test_pool(struct arena *a, int port, unsigned size)
{
	struct ldap_config config = ldap_test.config;
	struct ldap_pool *pool = NULL;
	struct op op = ldap_test_op(a);

	config.uri = arena_printf(a, "ldap://127.0.0.1:%d", port);
	config.pool_size = size;
	assert_int_equal(ldap_pool_new(&op, &config, &pool), 0);
	return pool;
}

static void add(struct arena *a, struct str dn, const struct ldap_attr *attrs, size_t n_attrs)
{
	struct op op = ldap_test_op(a);

	if (ldap_add(&op, ldap_test.pool, dn, attrs, n_attrs) < 0)
		fail_msg("%.*s: %.*s", STR_ARG(dn), STR_ARG(op.error.detail));
}

struct str ldap_test_person(struct arena *a, struct str uid)
{
	const struct ldap_attr attrs[] = {
		{ STR("objectClass"), &STR("inetOrgPerson"), 1 },
		{ STR("cn"), &STR("Nguyễn Văn An"), 1 },
		{ STR("sn"), &STR("Nguyễn"), 1 },
		{ STR("uid"), &uid, 1 },
	};
	struct op op = ldap_test_op(a);
	struct str dn = STR_NULL;

	assert_int_equal(ldap_dn_child(&op, "uid", uid, ldap_test.folder, &dn), 0);
	add(a, dn, attrs, ARRAY_LEN(attrs));
	return dn;
}

void ldap_test_remove(struct arena *a, struct str dn)
{
	struct op op = ldap_test_op(a);

	assert_int_equal(ldap_delete(&op, ldap_test.pool, dn), 0);
}

int ldap_test_begin(void **state)
{
	struct ldap_test *t = &ldap_test;
	const struct ldap_attr attrs[] = { { STR("objectClass"), &STR("organizationalUnit"), 1 } };
	struct str name;
	struct url url;
	struct op op;
	uint64_t port;

	(void)state;
	t->arena = arena_new(UNIT_ARENA_BYTES);
	t->config = (struct ldap_config){
		.uri = env("SEN_TEST_LDAP_URI"),
		.bind_dn = env("SEN_TEST_LDAP_BIND_DN"),
		.password = read_password(t->arena, env("SEN_TEST_LDAP_PASSWORD_FILE").p),
		.timeout_ms = LDAP_TEST_TIMEOUT_MS,
		.pool_size = 3,
	};
	/* The tests put a proxy before it. */
	if (!url_parse(t->config.uri, &url) || !url_host_is_loopback_ip(&url) || !str_to_u64(url.port, UINT16_MAX, &port))
		fail_msg("SEN_TEST_LDAP_URI is not ldap://127.0.0.1:PORT");
	t->port = (int)port;
	op = ldap_test_op(t->arena);
	assert_int_equal(ldap_pool_new(&op, &t->config, &t->pool), 0);
	name = random_token(t->arena, STR("test-"), 8);
	assert_int_equal(ldap_dn_child(&op, "ou", name, env("SEN_TEST_LDAP_BASE"), &t->folder), 0);
	add(t->arena, t->folder, attrs, ARRAY_LEN(attrs));
	return 0;
}

static int remove_one(void *context, struct op *op, const struct ldap_entry *entry)
{
	struct op own = ldap_test_op(op->arena);

	(void)context;
	if (!ldap_dn_equal(entry->dn, ldap_test.folder) && ldap_delete(&own, ldap_test.pool, entry->dn) < 0)
		return own.error.code;
	return 0;
}

int ldap_test_end(void **state)
{
	static const char *const no_attrs[] = { "1.1", NULL };
	_cleanup_(arena_freep) struct arena *a = arena_new((size_t)64 * 1024 * 1024);
	struct op op = ldap_test_op(a);

	(void)state;
	assert_int_equal(ldap_list(&op, ldap_test.pool, ldap_test.folder, STR("(objectClass=*)"), no_attrs, remove_one, NULL),
	                 0);
	ldap_test_remove(a, ldap_test.folder);
	ldap_pool_free(ldap_test.pool);
	ldap_test.arena = arena_free(ldap_test.arena);
	return 0;
}

struct ldap_pool *ldap_test_tls_pool(struct arena *a, int port, const char *ca_file)
{
	struct ldap_config config = ldap_test.config;
	struct ldap_pool *pool = NULL;
	struct op op = ldap_test_op(a);

	config.uri = arena_printf(a, "ldaps://127.0.0.1:%d", port);
	config.ca_file = str_c(ca_file);
	assert_int_equal(ldap_pool_new(&op, &config, &pool), 0);
	return pool;
}
