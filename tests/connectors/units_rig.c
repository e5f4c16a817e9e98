#include "tests/connectors/units_rig.h"

struct units_rig units_rig;

struct op units_op(struct arena *a)
{
	struct op op;

	op_init(&op, a, units_rig.db, NULL);
	return op;
}

int units_setup(void **state)
{
	ldap_test_begin(state);
	migrated_create(UNITS_DB);
	side("INSERT INTO sen.platform (id, code, name, name_fold, kind, state, verified) SELECT 0, 'DIR', 'Thư mục', 'thu muc', 'central', 'operating', true"
	     " WHERE NOT EXISTS (SELECT FROM sen.platform WHERE id = 0)");
	units_rig.db = dbtest_open((struct db_config){ .pool_size = 6, .statement_timeout_ms = 20000 });
	units_rig.config = (struct connector_config){ .platform = STR("DIR"), .kind = STR("directory"), .units_base = ldap_test.folder,
		                            .placeholder_member = ldap_test.config.bind_dn };
	return 0;
}

int units_teardown(void **state)
{
	db_close(units_rig.db);
	ldap_test_end(state);
	return dbtest_drop();
}

static int remove_entry(void *context, struct op *op, const struct ldap_entry *entry)
{
	struct op own = ldap_test_op(op->arena);

	(void)context;
	return ldap_delete(&own, ldap_test.pool, entry->dn);
}

/* A province, a commune in it, one that is over and one that is to come. */
static const char units_sql[] =
	"DELETE FROM sen.unit_sync; DELETE FROM sen.hold_author; DELETE FROM sen.hold; DELETE FROM sen.provisioning_policy; DELETE FROM sen.unit;"
	"INSERT INTO sen.unit (code, name, name_fold, kind, valid_from, verified) VALUES ('40', 'Nghệ An', 'nghe an', 'province', '2025-07-01', true);"
	"INSERT INTO sen.unit (code, name, name_fold, kind, parent_id, valid_from, valid_to, verified) SELECT x.code, x.name, x.code, 'commune', u.id, x.f, x.t, true"
	" FROM sen.unit u, (VALUES ('17230', 'Xã Yên Trung', DATE '2025-07-01', NULL::date), ('00001', 'Xã Cũ', '2020-01-01', '2025-07-01'),"
	" ('00002', 'Xã Mới', '2999-01-01', NULL)) x (code, name, f, t) WHERE u.code = '40'";

int units_begin(void **state)
{
	static const char *const no_attrs[] = { "1.1", NULL };
	struct arena *a = arena_new((size_t)64 * 1024 * 1024);
	struct op op = units_op(a);

	units_rig.opened = (struct units_hold){ 0 };
	assert_int_equal(ldap_list(&op, ldap_test.pool, ldap_test.folder, STR("(objectClass=groupOfNames)"), no_attrs, remove_entry, NULL), 0);
	side(units_sql);
	assert_int_equal(units_prepare(&op, 0), 0);
	db_op_done(&op);
	*state = a;
	return 0;
}

int units_end_test(void **state)
{
	arena_free(*state);
	return 0;
}

/* A turn of its own: what is due. */
struct units_done units_turn_now(struct arena *a)
{
	const struct units_keeping k = { units_rig.db, ldap_test.pool, &units_rig.config, &units_rig.is_stopping };
	struct units_done done = { 0 };
	struct units_hold opened;
	struct units_lease lease;
	struct op op = units_op(a);
	bool is_ours = false;

	assert_int_equal(units_claim(&op, 0, &lease, &is_ours), 0);
	assert_true(is_ours);
	assert_int_equal(units_turn(&k, a, &lease, &done, &opened), 0);
	if (opened.id > 0)
		units_rig.opened = opened;
	assert_int_equal(units_end(&op, &lease, &done), 0);
	db_op_done(&op);
	return done;
}

bool units_are_due(struct arena *a)
{
	struct units_lease lease;
	struct units_done none = { .fault = "test" };
	struct op op = units_op(a);
	bool is_ours = false;

	assert_int_equal(units_claim(&op, 0, &lease, &is_ours), 0);
	if (is_ours) {
		assert_int_equal(units_end(&op, &lease, &none), 0);
		side("UPDATE sen.unit_sync SET retry_at = NULL, tries = 0");
	}
	db_op_done(&op);
	return is_ours;
}

struct str units_dn(struct arena *a, const char *code)
{
	return arena_printf(a, "cn=%s,%.*s", code, STR_ARG(ldap_test.folder));
}

const struct ldap_entry *units_entry(struct arena *a, const char *code)
{
	static const char *const attrs[] = { "*", "entryUUID", NULL };
	const struct ldap_entry *entries;
	struct op op = units_op(a);
	size_t n = 0;

	if (ldap_search(&op, ldap_test.pool, units_dn(a, code), LDAP_BASE, STR("(objectClass=*)"), attrs, 1, &entries, &n) < 0)
		return NULL;
	return n == 1 ? &entries[0] : NULL;
}

void assert_unit(struct arena *a, const char *code, const char *attr, const char *value)
{
	const struct ldap_entry *entry = units_entry(a, code);

	assert_non_null(entry);
	if (!value)
		assert_int_equal(ldap_entry_attr(entry, attr)->n_values, 0);
	else
		assert_str_equal(ldap_entry_value(entry, attr), value);
}

/* As somebody else would. */
void units_replace(struct arena *a, const char *code, const char *attr, const char *value)
{
	const struct str text = str_c(value);
	const struct ldap_change change = { LDAP_CHANGE_REPLACE, { str_c(attr), &text, 1 } };
	struct op op = units_op(a);

	assert_int_equal(ldap_modify(&op, ldap_test.pool, units_dn(a, code), &change, 1), 0);
}
