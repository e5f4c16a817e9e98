/*
 * operate.c against a platform that answers by a script: what comes after what, and what an
 * outcome means for the binding.
 */
#include "provisioning/operate.h"
#include "tests/unit/unit.h"

#include <string.h>

#define ON "on"   /* found or read back: active and as desired */
#define OLD "old" /* there, active, but different */
#define OFF "off" /* there, not active */

/* One expected call and its answer. */
struct answer {
	const char *op; /* look_up, create, update, disable, read_back, remove */
	enum verdict verdict;
	const char *seen; /* ON, OLD, OFF; NULL: the platform does not tell */
	const char *class;
};

static const struct answer *script;
static size_t n_left;

static enum verdict play(struct call *c, const char *op, struct observed *ret)
{
	const struct answer *answer = script;

	if (n_left == 0)
		fail_msg("unexpected %s", op);
	script++;
	n_left--;
	assert_string_equal(op, answer->op);
	if (answer->verdict != VERDICT_DONE)
		return call_fault(c, answer->verdict, answer->class ? answer->class : "x", "scripted");
	*ret = (struct observed){ .ext_id = STR("ext-1") };
	if (answer->seen) {
		ret->is_known = true;
		ret->active = strcmp(answer->seen, OFF) != 0;
		ret->matches = strcmp(answer->seen, OLD) != 0;
	}
	return VERDICT_DONE;
}

#define SCRIPTED(name)                                                                  \
	static enum verdict play_##name(struct call *c, struct observed *ret)           \
	{                                                                               \
		return play(c, #name, ret);                                             \
	}
SCRIPTED(look_up)
SCRIPTED(create)
SCRIPTED(update)
SCRIPTED(disable)
SCRIPTED(read_back)
SCRIPTED(remove)

static const struct connector scripted = {
	.kind = "scripted",
	.look_up = play_look_up,
	.create = play_create,
	.update = play_update,
	.disable = play_disable,
	.read_back = play_read_back,
	.remove = play_remove,
};
static const struct connector keeping = { .kind = "keeping" };

struct scenario {
	const char *name;
	bool active, in_doubt, has_ext_id, is_seen;
	bool is_deletion, is_kept; /* is_kept: the connector deletes nothing */
	unsigned ops_allowed; /* 0: all */
	struct answer answers[8];
	enum outcome outcome;
	bool keeps_ext_id, created, disabled, deleted;
	const char *class;
	enum sight sight;
};

static const struct scenario scenarios[] = {
	{ "a new account is created at once", true, .answers = { { "create", VERDICT_DONE, ON } },
	  .outcome = OUTCOME_OK, .keeps_ext_id = true, .created = true },
	{ "a silent create is read back", true,
	  .answers = { { "create", VERDICT_DONE, NULL }, { "read_back", VERDICT_DONE, ON } },
	  .outcome = OUTCOME_OK, .keeps_ext_id = true, .created = true },
	{ "a create that shows something else is not believed", true,
	  .answers = { { "create", VERDICT_DONE, OLD } },
	  .outcome = OUTCOME_RETRY, .keeps_ext_id = true, .created = true, .class = "ignored" },
	{ "a create that timed out is in doubt", true, .answers = { { "create", VERDICT_IN_DOUBT } },
	  .outcome = OUTCOME_IN_DOUBT },
	{ "in doubt: found, nothing more to do", true, .in_doubt = true,
	  .answers = { { "look_up", VERDICT_DONE, ON } }, .outcome = OUTCOME_OK, .keeps_ext_id = true, .created = true },
	{ "in doubt: found with an older state", true, .in_doubt = true,
	  .answers = { { "look_up", VERDICT_DONE, OLD }, { "update", VERDICT_DONE, ON } },
	  .outcome = OUTCOME_OK, .keeps_ext_id = true, .created = true },
	{ "in doubt: absent, so created", true, .in_doubt = true,
	  .answers = { { "look_up", VERDICT_ABSENT }, { "create", VERDICT_DONE, ON } },
	  .outcome = OUTCOME_OK, .keeps_ext_id = true, .created = true },
	{ "in doubt: absent, and the create is refused for now", true, .in_doubt = true,
	  .answers = { { "look_up", VERDICT_ABSENT }, { "create", VERDICT_NOT_DONE } }, .outcome = OUTCOME_RETRY },
	{ "a create that was handed on to a person waits", true, .answers = { { "create", VERDICT_HANDED_ON } }, .outcome = OUTCOME_WAITING },
	{ "a disable that was handed on to a person waits, and is not done", false, .has_ext_id = true, .answers = { { "disable", VERDICT_HANDED_ON } },
	  .outcome = OUTCOME_WAITING, .keeps_ext_id = true },
	{ "in doubt: what is handed on is no doubt, and nothing was created", true, .in_doubt = true,
	  .answers = { { "look_up", VERDICT_DONE, OLD }, { "update", VERDICT_HANDED_ON } }, .outcome = OUTCOME_WAITING, .keeps_ext_id = true },
	{ "in doubt: the look-up does not get through, so it stays", true, .in_doubt = true,
	  .answers = { { "look_up", VERDICT_DOWN } }, .outcome = OUTCOME_IN_DOUBT },
	{ "in doubt: too fast", true, .in_doubt = true, .answers = { { "look_up", VERDICT_LIMITED } },
	  .outcome = OUTCOME_IN_DOUBT },
	{ "in doubt: two of ours", true, .in_doubt = true,
	  .answers = { { "look_up", VERDICT_REFUSED, .class = "disputed" } }, .outcome = OUTCOME_BLOCKED, .class = "disputed" },
	{ "a conflict that is ours is adopted", true,
	  .answers = { { "create", VERDICT_CONFLICT }, { "look_up", VERDICT_DONE, OLD }, { "update", VERDICT_DONE, ON } },
	  .outcome = OUTCOME_OK, .keeps_ext_id = true, .created = true },
	{ "a conflict that is not ours blocks", true,
	  .answers = { { "create", VERDICT_CONFLICT }, { "look_up", VERDICT_CONFLICT, .class = "conflict" } },
	  .outcome = OUTCOME_BLOCKED, .class = "conflict" },
	{ "a conflict with nobody to be found blocks", true,
	  .answers = { { "create", VERDICT_CONFLICT }, { "look_up", VERDICT_ABSENT } },
	  .outcome = OUTCOME_BLOCKED, .class = "conflict" },
	{ "data that are refused block", true, .answers = { { "create", VERDICT_REFUSED, .class = "data" } },
	  .outcome = OUTCOME_BLOCKED, .class = "data" },
	{ "not reached: again", true, .answers = { { "create", VERDICT_DOWN } }, .outcome = OUTCOME_RETRY },
	{ "an update", true, .has_ext_id = true, .answers = { { "update", VERDICT_DONE, ON } },
	  .outcome = OUTCOME_OK, .keeps_ext_id = true },
	{ "an update in doubt is just repeated", true, .in_doubt = true, .has_ext_id = true,
	  .answers = { { "update", VERDICT_DONE, ON } }, .outcome = OUTCOME_OK, .keeps_ext_id = true },
	{ "an update that timed out may be repeated", true, .has_ext_id = true,
	  .answers = { { "update", VERDICT_IN_DOUBT } }, .outcome = OUTCOME_RETRY, .keeps_ext_id = true },
	{ "gone there: found under another identifier", true, .has_ext_id = true,
	  .answers = { { "update", VERDICT_ABSENT }, { "look_up", VERDICT_DONE, ON } },
	  .outcome = OUTCOME_OK, .keeps_ext_id = true, .created = true },
	{ "gone there: created again, and that is lost", true, .has_ext_id = true,
	  .answers = { { "update", VERDICT_ABSENT }, { "look_up", VERDICT_ABSENT }, { "create", VERDICT_IN_DOUBT } },
	  .outcome = OUTCOME_IN_DOUBT },
	{ "a disable is read back", false, .has_ext_id = true,
	  .answers = { { "disable", VERDICT_DONE, ON }, { "read_back", VERDICT_DONE, OFF } },
	  .outcome = OUTCOME_OK, .keeps_ext_id = true, .disabled = true, .sight = SIGHT_INACTIVE },
	{ "a disable that did nothing is not believed", false, .has_ext_id = true,
	  .answers = { { "disable", VERDICT_DONE, OFF }, { "read_back", VERDICT_DONE, OLD } },
	  .outcome = OUTCOME_RETRY, .keeps_ext_id = true, .class = "ignored" },
	{ "a disable whose read-back is lost is repeated", false, .has_ext_id = true,
	  .answers = { { "disable", VERDICT_DONE, OFF }, { "read_back", VERDICT_DOWN } },
	  .outcome = OUTCOME_RETRY, .keeps_ext_id = true },
	{ "gone is as good as disabled, when no other key finds it", false, .has_ext_id = true,
	  .answers = { { "disable", VERDICT_ABSENT }, { "look_up", VERDICT_ABSENT } },
	  .outcome = OUTCOME_OK, .keeps_ext_id = true, .sight = SIGHT_ABSENT },
	{ "gone between the disable and its read-back", false, .has_ext_id = true,
	  .answers = { { "disable", VERDICT_DONE }, { "read_back", VERDICT_ABSENT }, { "look_up", VERDICT_ABSENT } },
	  .outcome = OUTCOME_OK, .keeps_ext_id = true, .disabled = true, .sight = SIGHT_ABSENT },
	{ "to be off, and under another identifier: disabled there", false, .has_ext_id = true,
	  .answers = { { "disable", VERDICT_ABSENT }, { "look_up", VERDICT_DONE, ON }, { "disable", VERDICT_DONE }, { "read_back", VERDICT_DONE, OFF } },
	  .outcome = OUTCOME_OK, .keeps_ext_id = true, .disabled = true, .sight = SIGHT_INACTIVE },
	{ "to be off, and an account without our id is in its place: a person", false, .has_ext_id = true,
	  .answers = { { "disable", VERDICT_ABSENT }, { "look_up", VERDICT_CONFLICT, .class = "conflict" } },
	  .outcome = OUTCOME_BLOCKED, .keeps_ext_id = true, .class = "disputed" },
	{ "disabled, and then only one without our id is there: a person", false, .has_ext_id = true,
	  .answers = { { "disable", VERDICT_DONE }, { "read_back", VERDICT_ABSENT }, { "look_up", VERDICT_CONFLICT, .class = "conflict" } },
	  .outcome = OUTCOME_BLOCKED, .keeps_ext_id = true, .class = "disputed" },
	{ "to be off, and the look-up does not get through: again", false, .has_ext_id = true,
	  .answers = { { "disable", VERDICT_ABSENT }, { "look_up", VERDICT_DOWN } }, .outcome = OUTCOME_RETRY, .keeps_ext_id = true },
	{ "to be off, and it is never where it was", false, .has_ext_id = true,
	  .answers = { { "disable", VERDICT_ABSENT }, { "look_up", VERDICT_DONE, ON }, { "disable", VERDICT_ABSENT }, { "look_up", VERDICT_DONE, ON },
	               { "disable", VERDICT_ABSENT } },
	  .outcome = OUTCOME_RETRY, .keeps_ext_id = true },
	{ "wanted off, never known, and several carry our id: a person", false,
	  .answers = { { "look_up", VERDICT_CONFLICT, .class = "disputed" } }, .outcome = OUTCOME_BLOCKED, .class = "disputed" },
	{ "to be deleted, and an account without our id is in its place: a person", false, .has_ext_id = true, .is_seen = true, .is_deletion = true,
	  .answers = { { "remove", VERDICT_ABSENT }, { "look_up", VERDICT_CONFLICT, .class = "conflict" } },
	  .outcome = OUTCOME_BLOCKED, .keeps_ext_id = true, .class = "disputed" },
	{ "to be deleted, and under another identifier: deleted there", false, .has_ext_id = true, .is_seen = true, .is_deletion = true,
	  .answers = { { "remove", VERDICT_ABSENT }, { "look_up", VERDICT_DONE, OFF }, { "remove", VERDICT_DONE }, { "read_back", VERDICT_ABSENT } },
	  .outcome = OUTCOME_OK, .deleted = true, .sight = SIGHT_ABSENT },
	{ "an account without our id is in its place: its identifier stays known", true, .has_ext_id = true,
	  .answers = { { "update", VERDICT_ABSENT }, { "look_up", VERDICT_CONFLICT, .class = "conflict" } },
	  .outcome = OUTCOME_BLOCKED, .keeps_ext_id = true, .class = "conflict" },
	{ "wanted off, never seen: looked for", false, .answers = { { "look_up", VERDICT_ABSENT } },
	  .outcome = OUTCOME_OK, .sight = SIGHT_ABSENT },
	{ "wanted off, found so", false, .answers = { { "look_up", VERDICT_DONE, OFF } },
	  .outcome = OUTCOME_OK, .keeps_ext_id = true, .created = true, .sight = SIGHT_INACTIVE },
	{ "wanted off after a lost create: found and disabled", false, .in_doubt = true,
	  .answers = { { "look_up", VERDICT_DONE, ON }, { "disable", VERDICT_DONE }, { "read_back", VERDICT_DONE, OFF } },
	  .outcome = OUTCOME_OK, .keeps_ext_id = true, .created = true, .disabled = true, .sight = SIGHT_INACTIVE },
	{ "wanted off, the name is somebody else's: not touched", false, .answers = { { "look_up", VERDICT_CONFLICT } },
	  .outcome = OUTCOME_OK, .sight = SIGHT_ABSENT },
	{ "creating is not allowed there", true, .ops_allowed = OP_ALLOWED_UPDATE | OP_ALLOWED_DISABLE,
	  .outcome = OUTCOME_BLOCKED, .class = "not_allowed" },
	{ "disabling is not allowed there", false, .has_ext_id = true, .ops_allowed = OP_ALLOWED_UPDATE,
	  .outcome = OUTCOME_BLOCKED, .keeps_ext_id = true, .class = "not_allowed" },
	{ "nothing to do, nothing done", true, .has_ext_id = true, .is_seen = true, .outcome = OUTCOME_OK,
	  .keeps_ext_id = true },
	{ "seen as desired, but in doubt", true, .has_ext_id = true, .is_seen = true, .in_doubt = true,
	  .answers = { { "update", VERDICT_DONE, ON } }, .outcome = OUTCOME_OK, .keeps_ext_id = true },
	{ "a deletion is read back", false, .has_ext_id = true, .is_seen = true, .is_deletion = true,
	  .answers = { { "remove", VERDICT_DONE }, { "read_back", VERDICT_ABSENT } }, .outcome = OUTCOME_OK, .deleted = true, .sight = SIGHT_ABSENT },
	{ "a deletion that did nothing is not believed", false, .has_ext_id = true, .is_seen = true, .is_deletion = true,
	  .answers = { { "remove", VERDICT_DONE }, { "read_back", VERDICT_DONE, OFF } },
	  .outcome = OUTCOME_RETRY, .keeps_ext_id = true, .class = "ignored" },
	{ "a deletion whose read-back is lost is repeated", false, .has_ext_id = true, .is_seen = true, .is_deletion = true,
	  .answers = { { "remove", VERDICT_DONE }, { "read_back", VERDICT_DOWN } }, .outcome = OUTCOME_RETRY, .keeps_ext_id = true },
	{ "a deletion without an answer is repeated", false, .has_ext_id = true, .is_seen = true, .is_deletion = true,
	  .answers = { { "remove", VERDICT_IN_DOUBT } }, .outcome = OUTCOME_RETRY, .keeps_ext_id = true },
	{ "gone is as good as deleted", false, .has_ext_id = true, .is_seen = true, .is_deletion = true,
	  .answers = { { "remove", VERDICT_ABSENT }, { "look_up", VERDICT_ABSENT } }, .outcome = OUTCOME_OK, .deleted = true, .sight = SIGHT_ABSENT },
	{ "to be deleted, without an identifier: looked for", false, .is_seen = true, .is_deletion = true,
	  .answers = { { "look_up", VERDICT_DONE, OFF }, { "remove", VERDICT_DONE }, { "read_back", VERDICT_ABSENT } },
	  .outcome = OUTCOME_OK, .deleted = true, .sight = SIGHT_ABSENT },
	{ "to be deleted, the name is somebody else's: not touched", false, .is_seen = true, .is_deletion = true,
	  .answers = { { "look_up", VERDICT_CONFLICT } }, .outcome = OUTCOME_OK, .deleted = true, .sight = SIGHT_ABSENT },
	{ "wanted again meanwhile: nothing is deleted", true, .has_ext_id = true, .is_deletion = true,
	  .answers = { { "update", VERDICT_DONE, ON } }, .outcome = OUTCOME_OK, .keeps_ext_id = true },
	{ "deleting is not allowed there", false, .has_ext_id = true, .is_deletion = true, .ops_allowed = 7,
	  .outcome = OUTCOME_BLOCKED, .keeps_ext_id = true, .class = "not_allowed" },
	{ "accounts of this kind are kept", false, .has_ext_id = true, .is_deletion = true, .is_kept = true,
	  .outcome = OUTCOME_BLOCKED, .keeps_ext_id = true, .class = "not_able" },
	{ "rights are missing", true, .has_ext_id = true, .answers = { { "update", VERDICT_AUTH, .class = "auth" } },
	  .outcome = OUTCOME_RETRY, .keeps_ext_id = true, .class = "auth" },
};

static bool is_as_wanted(const struct scenario *s, const struct result *r)
{
	return r->outcome == s->outcome && r->was_created == s->created && r->was_disabled == s->disabled && r->was_deleted == s->deleted &&
	       (r->outcome != OUTCOME_OK || r->sight == s->sight) && str_is_null(r->ext_id) != s->keeps_ext_id &&
	       (!s->class || (r->fault.class && strcmp(r->fault.class, s->class) == 0));
}

static void run_scenario(struct arena *a, const struct scenario *s)
{
	struct desired want = { .active = s->active, .hash = "11111111-1111-4111-8111-111111111111" };
	struct work work = {
		.in_doubt = s->in_doubt,
		.ext_id = s->has_ext_id ? STR("ext-0") : STR_NULL,
		.seen_hash = s->is_seen ? str_c(want.hash) : STR_NULL,
		.seen_active = s->is_seen && s->active,
		.is_deletion = s->is_deletion,
	};
	struct result result;
	struct op op;
	struct call call = { .op = &op, .want = &want, .deadline_ms = INT64_MAX };

	op_init(&op, a, NULL, NULL);
	script = s->answers;
	for (n_left = 0; n_left < ARRAY_LEN(s->answers) && s->answers[n_left].op;)
		n_left++;
	operate(s->is_kept ? &keeping : &scripted, s->ops_allowed ? s->ops_allowed : 15, &call, &work, &result);
	if (n_left > 0 || !is_as_wanted(s, &result))
		fail_msg("%s: %zu calls left, outcome %s, created %d, disabled %d, ext_id %d, class %s", s->name, n_left,
		         outcome_name(result.outcome), result.was_created, result.was_disabled,
		         !str_is_null(result.ext_id), result.fault.class ? result.fault.class : "none");
}

/* Asked for by somebody: what is settled is looked at, and brought there where it is not so. */
static void a_traced_call_looks_at_what_is_settled(void **state)
{
	static const struct {
		bool active;
		struct answer answers[4];
		const char *op;
		enum sight sight;
		size_t n_steps; /* with the claim */
	} cases[] = {
		{ .active = true, .answers = { { "read_back", VERDICT_DONE, ON } }, .op = "look_up", .sight = SIGHT_NONE, .n_steps = 2 },
		{ .active = true, .answers = { { "read_back", VERDICT_DONE, OLD }, { "update", VERDICT_DONE, ON } }, .op = "update", .sight = SIGHT_NONE, .n_steps = 3 },
		{ .active = true, .answers = { { "read_back", VERDICT_DONE, OFF }, { "update", VERDICT_DONE, ON } }, .op = "update", .sight = SIGHT_NONE, .n_steps = 3 },
		{ .active = false, .answers = { { "read_back", VERDICT_DONE, OFF } }, .op = "look_up", .sight = SIGHT_INACTIVE, .n_steps = 2 },
		{ .active = false, .answers = { { "read_back", VERDICT_ABSENT }, { "look_up", VERDICT_ABSENT } }, .op = "look_up", .sight = SIGHT_ABSENT, .n_steps = 3 },
		{ .active = false, .answers = { { "read_back", VERDICT_DONE, OLD }, { "disable", VERDICT_DONE }, { "read_back", VERDICT_DONE, OFF } }, .op = "disable", .sight = SIGHT_INACTIVE, .n_steps = 4 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct desired want = { .active = cases[i].active, .hash = "11111111-1111-4111-8111-111111111111" };
		struct work work = { .ext_id = STR("ext-0"), .seen_hash = str_c(want.hash), .seen_active = cases[i].active };
		struct trace trace = { .arena = *state };
		struct result result;
		struct op op;
		struct call call = { .op = &op, .want = &want, .deadline_ms = INT64_MAX, .trace = &trace };

		op_init(&op, *state, NULL, NULL);
		script = cases[i].answers;
		for (n_left = 0; n_left < ARRAY_LEN(cases[i].answers) && cases[i].answers[n_left].op;)
			n_left++;
		operate(&scripted, 7, &call, &work, &result);
		assert_int_equal(n_left, 0);
		assert_int_equal(result.outcome, OUTCOME_OK);
		assert_string_equal(result.op, cases[i].op);
		assert_int_equal(result.sight, cases[i].sight);
		assert_int_equal(trace.n, cases[i].n_steps);
	}
}

static void a_trace_shows_no_secret(void **state)
{
	const char *reason = NULL;
	_json_ json_t *json = json_read(STR("{\"userName\":\"annv\",\"password\":\"p1\",\"urn:x\":{\"clientSecret\":[\"p2\"],\"accessToken\":\"p3\"},"
	                                    "\"roles\":[{\"value\":\"MC\",\"UserPwd\":\"p4\"}]}"), 8, &reason);
	_json_ json_t *clean = trace_clean(json);
	struct str text = json_write(*state, clean, true);

	for (const char *secret = "p1\0p2\0p3\0p4\0"; *secret; secret += 3)
		assert_false(str_contains(text, arena_printf(*state, "\"%s\"", secret)));
	assert_true(str_contains(text, STR("annv")) && str_contains(text, STR("MC")));
}

static void every_way_ends_where_it_must(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(scenarios); i++)
		run_scenario(*state, &scenarios[i]);
}

/* The rule that must hold for all scripts: between a doubtful create and the next there is a look-up. */
static void nothing_vanishes_in_a_circle(void **state)
{
	static const struct scenario s = {
		"an account that vanishes again and again", true, .has_ext_id = true,
		.answers = { { "update", VERDICT_ABSENT }, { "look_up", VERDICT_DONE, OLD }, { "update", VERDICT_ABSENT },
		             { "look_up", VERDICT_DONE, OLD }, { "update", VERDICT_ABSENT } },
		.outcome = OUTCOME_RETRY, .created = true, .keeps_ext_id = true,
	};

	run_scenario(*state, &s);
}

/* The policy says that being off is only told of. */
static void off_stays_off_where_that_is_not_enforced(void **state)
{
	static const struct answer answers[] = { { "update", VERDICT_DONE, OFF, NULL } };
	const struct str left = STR("active");
	struct desired want = { .active = true, .hash = "11111111-1111-4111-8111-111111111111", .left = &left, .n_left = 1 };
	struct work work = { .ext_id = STR("ext-0"), .seen_active = true };
	struct result result;
	struct op op;
	struct call call = { .op = &op, .want = &want, .deadline_ms = INT64_MAX };

	for (int round = 0; round < 2; round++) {
		op_init(&op, *state, NULL, NULL);
		script = answers;
		n_left = 1;
		operate(&scripted, 15, &call, &work, &result);
		assert_int_equal(result.outcome, round == 0 ? OUTCOME_OK : OUTCOME_RETRY);
		want.n_left = 0;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(a_traced_call_looks_at_what_is_settled),
		UNIT_TEST(a_trace_shows_no_secret),
		UNIT_TEST(every_way_ends_where_it_must),
		UNIT_TEST(nothing_vanishes_in_a_circle),
		UNIT_TEST(off_stays_off_where_that_is_not_enforced),
	};

	return cmocka_run_group_tests_name("provisioning/operate", tests, NULL, NULL);
}
