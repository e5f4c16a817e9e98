/* Entries that were in the directory before us. */
#include "provisioning/ldap/map.h"
#include "tests/connectors/mapped.h"
#include "tests/connectors/stand_directory.h"
#include "tests/connectors/stand_ldap.h"

#include <pthread.h>

#define RACERS 20
#define PASSWORD "Mat-khau-cu-2024"
#define BY_CODE "{\"matching\":[{\"by\":\"employee_code\",\"confidence\":\"strong\"},{\"by\":\"mail\",\"confidence\":\"weak\"}],\"match_before_create\":true}"

/* Somewhere in the tree, by a user name of its own, with a password. */
static struct str old_entry(const char *rdn, const char *class, const char *more)
{
	struct str dn = arena_printf(kit.arena, "%s,ou=away,ou=users,%.*s", rdn, STR_ARG(stand_directory_folder(kit.arena)));

	stand_ldap_modify(arena_printf(kit.arena, "dn: %.*s\nchangetype: add\nobjectClass: %s\n%s", STR_ARG(dn), class, more));
	return dn;
}

static struct str official_entry(const char *login, const char *code)
{
	return old_entry(arena_printf(kit.arena, "uid=%s", login).p, "inetOrgPerson",
	                 arena_printf(kit.arena, "cn: Tên Cũ\nsn: Tên\nemployeeNumber: %s\ntelephoneNumber: 0238 111 222\nuserPassword: " PASSWORD "\n", code).p);
}

static struct str value(struct str dn, const char *attr)
{
	return stand_ldap_attr(kit.arena, stand_ldap_search(kit.arena, dn, STR("(objectClass=*)"), attr), attr);
}

/* By signing in: nobody reads a password. */
static bool has_old_password(struct str dn)
{
	struct ldap_pool *pool;
	bool ok = false;
	struct op op;

	op_init(&op, kit.arena, NULL, NULL);
	assert_int_equal(ldap_map_open(&op, &kit.config, &pool), 0);
	assert_int_equal(ldap_check_password(&op, pool, dn, STR(PASSWORD), &ok), 0);
	ldap_pool_free(pool);
	return ok;
}

static void test_it_keeps_its_password_place_and_names(void **state)
{
	struct desired *d = kit_official("annth");
	struct str dn = official_entry("nguyenthianh", "NV-annth"), names;
	struct result r;

	(void)state;
	map_to(d, NULL, BY_CODE);
	r = kit_go(d, NULL);
	assert_outcome(r, OUTCOME_OK);
	assert_true(r.was_adopted);
	assert_string_equal(r.adopted_by, "employee_code");
	assert_str_equal(r.ext_id, dn.p);
	assert_int_equal(kit_stand->count(), 1);
	assert_true(has_old_password(dn));
	assert_str_equal(value(dn, "telephoneNumber"), "0238 111 222");
	assert_str_equal(value(dn, "senAccountId"), arena_cstr(kit.arena, d->account_id));
	assert_str_equal(value(dn, "displayName"), "Nguyễn Thị Hồng Ánh");
	names = stand_ldap_values(kit.arena, stand_ldap_search(kit.arena, dn, STR("(objectClass=*)"), "uid"), "uid");
	assert_str_equal(names, "annth,nguyenthianh");
	/* From now on as any other. */
	assert_outcome(kit_go(d, &r), OUTCOME_OK);
	kit_off(d);
	assert_outcome(kit_go(d, &r), OUTCOME_OK);
	assert_str_equal(value(dn, "pwdAccountLockedTime"), "000001010000Z");
	assert_false(has_old_password(dn));
	d->active = true;
	kit_roles(d, "MC");
	assert_outcome(kit_go(d, &r), OUTCOME_OK);
	assert_true(has_old_password(dn));
}

/* Somebody who may edit his own entry writes an official's code into it. */
static void test_of_an_active_account_a_person_decides(void **state)
{
	struct desired *d = kit_official("annth");
	struct result r, doubt = { .outcome = OUTCOME_IN_DOUBT };
	struct str dn = official_entry("kesautam", "NV-annth");

	(void)state;
	map_to(d, NULL, BY_CODE);
	d->status = STR("active");
	r = kit_go(d, NULL);
	assert_outcome(r, OUTCOME_BLOCKED);
	assert_string_equal(r.fault.class, "disputed");
	assert_int_equal(r.candidates->n, 1);
	assert_str_equal(value(dn, "senAccountId"), "");
	kit.chosen = arena_dup(kit.arena, r.candidates->items[0].ext_id);
	r = kit_go(d, &doubt);
	assert_outcome(r, OUTCOME_OK);
	assert_string_equal(r.adopted_by, "person");
	assert_int_equal(kit_stand->count(), 1);
}

/* After a finding of a listing: who decides knows the account, and nothing that is wanted of it. */
static void test_by_a_finding(void **state)
{
	struct desired *d = kit_official("annth");
	const struct desired bare = { .account_id = d->account_id };
	struct str dn = official_entry("annth", "NV-annth");
	struct call call = { .instance = kit.instance, .want = &bare, .ext_id = dn, .deadline_ms = clock_mono_ms() + kit.lease_ms };
	struct result r = { .outcome = OUTCOME_IN_DOUBT };
	struct observed seen;
	struct op op;

	(void)state;
	op_init(&op, kit.arena, NULL, NULL);
	call.op = &op;
	assert_int_equal(kit.connector->adopt(&call, &seen), VERDICT_DONE);
	assert_str_equal(value(dn, "senAccountId"), arena_cstr(kit.arena, d->account_id));
	/* The worker finds it as one of ours. */
	assert_outcome(kit_go(d, &r), OUTCOME_OK);
	assert_str_equal(value(dn, "displayName"), "Nguyễn Thị Hồng Ánh");
	assert_true(has_old_password(dn));
	assert_int_equal(kit_stand->count(), 1);
}

static void test_two_of_one_user_name_are_none(void **state)
{
	struct desired *d = kit_official("annth");
	struct str dn = official_entry("nguyenthianh", "NV-annth"), other;
	struct result r;

	(void)state;
	other = official_entry("annth", "NV-khac");
	map_to(d, NULL, BY_CODE);
	r = kit_go(d, NULL);
	assert_outcome(r, OUTCOME_BLOCKED);
	assert_string_equal(r.fault.class, "conflict");
	assert_str_equal(value(dn, "senAccountId"), "");
	assert_str_equal(value(other, "senAccountId"), "");
	assert_int_equal(kit_stand->count(), 2);
}

static void test_what_is_no_person_is_refused(void **state)
{
	struct desired *d = kit_official("annth");
	struct result r;

	(void)state;
	(void)old_entry("uid=annth", "account", "host: NV-annth\n");
	map_to(d, NULL, "{\"matching\":[{\"by\":\"login\",\"confidence\":\"strong\"}],\"match_before_create\":true}");
	r = kit_go(d, NULL);
	assert_outcome(r, OUTCOME_BLOCKED);
	assert_string_equal(r.fault.class, "data");
	assert_int_equal(kit_stand->count(), 0);
}

struct racer {
	pthread_t thread;
	struct arena *arena;
	struct desired *want;
	struct str ext_id;
	pthread_barrier_t *all;
	enum verdict verdict;
};

static void *race(void *arg)
{
	struct racer *r = arg;
	struct call call = { .instance = kit.instance, .want = r->want, .ext_id = r->ext_id, .deadline_ms = clock_mono_ms() + kit.lease_ms };
	struct observed seen;
	struct op op;

	op_init(&op, r->arena, NULL, NULL);
	call.op = &op;
	pthread_barrier_wait(r->all);
	/* Too many at a time for our connections is no answer. */
	do
		r->verdict = kit.connector->adopt(&call, &seen);
	while (r->verdict == VERDICT_NOT_DONE && clock_mono_ms() < call.deadline_ms);
	return NULL;
}

static void test_one_of_many_gets_it(void **state)
{
	struct racer racers[RACERS];
	struct str dn = official_entry("nguyenthianh", "NV-annth"), owner;
	pthread_barrier_t all;
	size_t n_done = 0, winner = 0;

	(void)state;
	pthread_barrier_init(&all, NULL, RACERS);
	for (size_t i = 0; i < RACERS; i++) {
		racers[i] = (struct racer){ .arena = arena_new(UNIT_ARENA_BYTES), .want = kit_official(arena_printf(kit.arena, "annth%zu", i).p), .ext_id = dn, .all = &all };
		assert_int_equal(pthread_create(&racers[i].thread, NULL, race, &racers[i]), 0);
	}
	for (size_t i = 0; i < RACERS; i++) {
		pthread_join(racers[i].thread, NULL);
		arena_free(racers[i].arena);
		if (racers[i].verdict == VERDICT_DONE) {
			n_done++;
			winner = i;
		} else {
			assert_int_equal(racers[i].verdict, VERDICT_CONFLICT);
		}
	}
	pthread_barrier_destroy(&all);
	assert_int_equal(n_done, 1);
	owner = value(dn, "senAccountId");
	assert_str_equal(owner, arena_cstr(kit.arena, racers[winner].want->account_id));
	assert_str_equal(stand_ldap_values(kit.arena, stand_ldap_search(kit.arena, dn, STR("(objectClass=*)"), "uid"), "uid"),
	                 arena_printf(kit.arena, "%.*s,nguyenthianh", STR_ARG(racers[winner].want->login)).p);
}

static const struct CMUnitTest tests[] = {
	SCENARIO(test_it_keeps_its_password_place_and_names),
	SCENARIO(test_of_an_active_account_a_person_decides),
	SCENARIO(test_by_a_finding),
	SCENARIO(test_two_of_one_user_name_are_none),
	SCENARIO(test_what_is_no_person_is_refused),
	SCENARIO(test_one_of_many_gets_it),
};
const struct scenarios scenarios_adoption = { "adoption", tests, ARRAY_LEN(tests) };
