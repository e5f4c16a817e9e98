#include "tests/connectors/peer_life.h"

static void *go_alone(void *arg)
{
	struct one *one = arg;

	one->result = kit_go_in(one->arena, one->d, NULL);
	return NULL;
}

void crowd_begin(struct one *crowd, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		crowd[i].arena = arena_new((size_t)4 * 1024 * 1024);
		crowd[i].d = kit_official(arena_printf(kit.arena, "annth%zu", i).p);
		assert_int_equal(pthread_create(&crowd[i].thread, NULL, go_alone, &crowd[i]), 0);
	}
}

void crowd_go(struct one *crowd, size_t n)
{
	crowd_begin(crowd, n);
	for (size_t i = 0; i < n; i++)
		pthread_join(crowd[i].thread, NULL);
}

void crowd_ends(struct one *crowd, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		assert_true(crowd[i].result.outcome != OUTCOME_BLOCKED);
		kit_go_until_ok(crowd[i].d, crowd[i].result, 4);
		assert_there(crowd[i].d);
		arena_free(crowd[i].arena);
	}
	assert_int_equal(kit_stand->count(), n);
}

struct desired *changed(struct desired *d)
{
	d->full_name = STR("Nguyễn Thị Hồng Ân");
	d->mail = STR("an.moi@nghean.example");
	kit_roles(d, "ADMIN,TK");
	return d;
}

void whole_life(const char *login)
{
	struct desired *d = kit_official(login);
	struct result r = kit_go_until_ok(d, kit_go(d, NULL), 3);

	assert_there(d);
	changed(d);
	r = kit_go_until_ok(d, kit_go(d, &r), 3);
	assert_there(d);
	kit_off(d);
	kit_go_until_ok(d, kit_go(d, &r), 3);
	assert_off(d);
}
