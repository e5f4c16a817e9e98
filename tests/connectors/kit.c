#include "tests/connectors/kit.h"

#include "common/base/random.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct kit kit;

static struct arena *of_the_stand;
static struct connector_config first_config;
static int target_port;

static void open_instance(void)
{
	struct op op;

	op_init(&op, kit.arena, kit_stand->db ? kit_stand->db() : NULL, NULL);
	if (kit.connector->open(&op, &kit.config, &kit.instance) < 0)
		fail_msg("open: %.*s", STR_ARG(op.error.detail));
}

int kit_set_up(void **state)
{
	(void)state;
	kit = (struct kit){ .arena = arena_new(KIT_ARENA_BYTES), .config = first_config, .lease_ms = KIT_LEASE_MS,
		            .ops_allowed = OP_ALLOWED_CREATE | OP_ALLOWED_UPDATE | OP_ALLOWED_DISABLE | OP_ALLOWED_DELETE };
	kit.connector = connector_find(kit.config.kind);
	assert_non_null(kit.connector);
	kit.proxy = proxy_start_on(kit_stand->proxy_port ? kit_stand->proxy_port() : 0, target_port, NULL);
	kit_stand->set_port(kit.arena, &kit.config, proxy_port(kit.proxy));
	kit_stand->wipe();
	open_instance();
	return 0;
}

int kit_tear_down(void **state)
{
	(void)state;
	kit.connector->close(kit.instance);
	proxy_stop(kit.proxy);
	arena_free(kit.arena);
	return 0;
}

void kit_reopen(void)
{
	kit.connector->close(kit.instance);
	open_instance();
}

struct desired *kit_official(const char *login)
{
	struct desired *d = ARENA_NEW(kit.arena, struct desired);
	char id[UUID_TEXT_LEN + 1];

	random_uuid(id);
	*d = (struct desired){
		.platform_id = 9,
		.active = true,
		.account_id = arena_dup_c(kit.arena, id),
		.login = arena_dup_c(kit.arena, login),
		.status = STR("active"),
		.employee_code = arena_printf(kit.arena, "NV-%s", login),
		.ho = STR("Nguyễn"),
		.dem = STR("Thị Hồng"),
		.ten = STR("Ánh"),
		.full_name = STR("Nguyễn Thị Hồng Ánh"),
		.mail = arena_printf(kit.arena, "%s@nghean.example", login),
		.unit_code = STR("16681"),
		.unit_name = STR("Phường Trường Vinh"),
		.post = STR("Chuyên viên"),
		.document = STR("{}"),
	};
	/* No binding has it as its seen hash: every operation looks. */
	random_uuid(d->hash);
	kit_roles(d, "MC");
	return d;
}

void kit_roles(struct desired *d, const char *codes)
{
	struct desired_role *roles = ARENA_ARRAY(kit.arena, struct desired_role, 32);
	struct str rest = arena_dup_c(kit.arena, codes), code;

	d->n_roles = 0;
	while (rest.len > 0 && str_split(&rest, ',', &code))
		roles[d->n_roles++] = (struct desired_role){ .code = code, .name = code };
	d->roles = roles;
}

void kit_off(struct desired *d)
{
	d->active = false;
	d->n_roles = 0;
}

struct result kit_go_in(struct arena *a, const struct desired *d, const struct result *before)
{
	struct work work = {
		.account_id = d->account_id,
		.platform_id = d->platform_id,
		.gen = 1,
		.want_active = d->active,
		.is_deletion = kit.deletes && !d->active,
		.in_doubt = before && before->outcome == OUTCOME_IN_DOUBT,
		.ext_id = before ? before->ext_id : STR_NULL,
		.stable_id = before ? before->stable_id : STR_NULL,
		.seen_active = before && before->outcome == OUTCOME_OK,
		.chosen = kit.chosen,
	};
	struct call call = { .instance = kit.instance, .want = d, .deadline_ms = clock_mono_ms() + kit.lease_ms };
	struct result result;
	struct op op;

	op_init(&op, a, NULL, NULL);
	call.op = &op;
	operate(kit.connector, kit.ops_allowed, &call, &work, &result);
	if (result.outcome == OUTCOME_WAITING && kit_stand->settle) {
		/* Later, after a confirmation, and of a claim of its own. */
		kit_stand->settle(a, d);
		work.ext_id = result.ext_id;
		op_init(&op, a, NULL, NULL);
		operate(kit.connector, kit.ops_allowed, &call, &work, &result);
	}
	result.ext_id = str_is_null(result.ext_id) ? STR_NULL : arena_dup(a, result.ext_id);
	result.stable_id = arena_dup(a, result.stable_id);
	return result;
}

struct result kit_go(const struct desired *d, const struct result *before)
{
	return kit_go_in(kit.arena, d, before);
}

struct result kit_go_until_ok(const struct desired *d, struct result before, int times)
{
	for (int i = 0; i < times && before.outcome != OUTCOME_OK; i++)
		before = kit_go(d, &before);
	assert_outcome(before, OUTCOME_OK);
	return before;
}

void kit_assert_outcome(struct result r, enum outcome outcome, const char *file, int line)
{
	if (r.outcome == outcome)
		return;
	print_error("%s, not %s: %s %s: %.*s\n", outcome_name(r.outcome), outcome_name(outcome), r.op,
	            r.fault.class ? r.fault.class : "", STR_ARG(r.fault.detail));
	_fail(file, line);
}

static void check(bool is_right, const char *what, struct str is, struct str wanted, const char *file, int line)
{
	if (is_right)
		return;
	print_error("%s is \"%.*s\", not \"%.*s\"\n", what, STR_ARG(is), STR_ARG(wanted));
	_fail(file, line);
}

static struct str joined_roles(const struct desired *d)
{
	struct str all = STR("");

	for (size_t i = 0; i < d->n_roles; i++)
		all = arena_printf(kit.arena, "%.*s%s%.*s", STR_ARG(all), i > 0 ? "," : "", STR_ARG(d->roles[i].code));
	return all;
}

static void check_text(const char *what, struct str is, struct str wanted, const char *file, int line)
{
	if (str_is_null(is))
		return; /* the platform does not keep it */
	check(str_equal(is, str_is_null(wanted) ? STR("") : wanted), what, is, wanted, file, line);
}

void kit_assert_there(const struct desired *d, const char *file, int line)
{
	struct stand_account seen = kit_stand->look(kit.arena, d->login.p);

	check(seen.n == 1, "the number of accounts", arena_printf(kit.arena, "%zu", seen.n), STR("1"), file, line);
	check(seen.active, "active", STR("false"), STR("true"), file, line);
	check_text("account id", seen.account_id, d->account_id, file, line);
	check_text("full name", seen.full_name, d->full_name, file, line);
	check_text("unit", seen.unit_code, d->unit_code, file, line);
	check_text("unit's name", seen.unit_name, d->unit_name, file, line);
	check_text("post", seen.post, d->post, file, line);
	check_text("roles", seen.roles, joined_roles(d), file, line);
}

void kit_assert_off(const struct desired *d, const char *file, int line)
{
	struct stand_account seen = kit_stand->look(kit.arena, d->login.p);

	check(seen.n == 1, "the number of accounts", arena_printf(kit.arena, "%zu", seen.n), STR("1"), file, line);
	check(!seen.active, "active", STR("true"), STR("false"), file, line);
	check_text("roles", seen.roles, STR(""), file, line);
}

static int begin(void **state)
{
	(void)state;
	of_the_stand = arena_new(KIT_ARENA_BYTES);
	first_config = (struct connector_config){ .platform = STR("P09"), .timeout_ms = KIT_TIMEOUT_MS, .concurrency = 8,
		                                  .egress_allow = STR("127.0.0.0/8"), .update = STR("patch") };
	target_port = kit_stand->begin(of_the_stand, &first_config);
	return 0;
}

static int end(void **state)
{
	(void)state;
	kit_stand->end();
	arena_free(of_the_stand);
	return 0;
}

static int run(const struct scenarios *s, CMFixtureFunction set_up, CMFixtureFunction tear_down)
{
	return _cmocka_run_group_tests(s->name, s->tests, s->n, set_up, tear_down);
}

int main(void)
{
	int failed = run(&scenarios_accounts, begin, NULL);

	/* Without a platform there is nothing to run them on. */
	if (target_port == 0)
		return EXIT_FAILURE;
	/* Officers keep accounts, and fill in what the form says. */
	if (!kit_stand->is_reached_by_paper && !kit_stand->is_directory) {
		failed += run(&scenarios_deletion, NULL, NULL);
		failed += run(&scenarios_mapping, NULL, NULL);
	}
	if (!kit_stand->is_reached_by_paper)
		failed += run(&scenarios_matching, NULL, NULL);
	failed += run(&scenarios_others, NULL, NULL);
	failed += run(&scenarios_lost, NULL, NULL);
	failed += run(&scenarios_lists, NULL, NULL);
	for (size_t i = 0; i < OWN_MAX && kit_stand->own[i]; i++)
		failed += run(kit_stand->own[i], NULL, NULL);
	return failed + run(&scenarios_faults, NULL, end);
}
