/* match.c, and what operate.c makes of it, against a platform that answers from a table. */
#include "provisioning/match.h"
#include "provisioning/operate.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#define LIT(text) { text, sizeof(text) - 1 }
#define RULES 3

/* What each rule hits: ids, comma-separated; "!" behind an id: it is linked. */
static struct {
	const char *hits[RULES];
	enum verdict look_up, create, adopt;
	enum verdict matching; /* of a rule that is asked */
	char calls[200];
} platform;

static const struct match_rule rules[RULES] = {
	{ .name = LIT("external_id"), .is_strong = true }, { .name = LIT("mail"), .is_strong = false }, { .name = LIT("login"), .is_strong = true },
};

static void note(const char *call)
{
	size_t at = strlen(platform.calls);

	snprintf(platform.calls + at, sizeof(platform.calls) - at, "%s%s", at > 0 ? " " : "", call);
}

static enum verdict answer(struct call *c, enum verdict verdict, const char *name, struct observed *ret)
{
	note(name);
	if (verdict != VERDICT_DONE)
		return call_fault(c, verdict, verdict == VERDICT_CONFLICT ? "conflict" : "x", "scripted");
	*ret = (struct observed){ .ext_id = str_is_null(c->ext_id) ? STR("new") : c->ext_id, .is_known = true, .active = c->want->active, .matches = true };
	return VERDICT_DONE;
}

static enum verdict look_up(struct call *c, struct observed *ret)
{
	return answer(c, platform.look_up, "look_up", ret);
}

static enum verdict create(struct call *c, struct observed *ret)
{
	return answer(c, platform.create, "create", ret);
}

static enum verdict update(struct call *c, struct observed *ret)
{
	return answer(c, VERDICT_DONE, "update", ret);
}

static enum verdict disable(struct call *c, struct observed *ret)
{
	return answer(c, VERDICT_DONE, "disable", ret);
}

static enum verdict adopt(struct call *c, struct observed *ret)
{
	note("adopt");
	if (platform.adopt != VERDICT_DONE)
		return call_fault(c, platform.adopt, "conflict", "scripted");
	*ret = (struct observed){ .ext_id = c->ext_id };
	return VERDICT_DONE;
}

static enum verdict match(struct call *c, size_t rule, struct candidates *all)
{
	struct str rest = str_c(platform.hits[rule]), id;

	note("match");
	if (platform.matching != VERDICT_DONE)
		return call_fault(c, platform.matching, "x", "scripted");
	while (!str_is_null(rest) && rest.len > 0 && str_split(&rest, ',', &id)) {
		bool is_linked = str_ends(id, STR("!"));

		id.len -= is_linked;
		match_add(all, (struct candidate){ .ext_id = id, .label = id, .rule = &rules[rule], .is_linked = is_linked });
	}
	return VERDICT_DONE;
}

static const struct connector table = {
	.kind = "scim", .look_up = look_up, .create = create, .update = update, .disable = disable, .read_back = update, .match = match, .adopt = adopt,
};

static const struct {
	const char *what;
	const char *hits[RULES];
	enum match_end end;
	const char *which;
	size_t n; /* candidates, of a dispute */
} judgements[] = {
	{ "nothing", { "", "", "" }, MATCH_NONE, NULL, 0 },
	{ "one by a strong rule: later ones are not asked", { "a", "b", "c" }, MATCH_ONE, "a", 0 },
	{ "several by a strong rule are never the first", { "a,b", "", "" }, MATCH_DISPUTED, NULL, 2 },
	{ "one that is somebody else's", { "a!", "", "" }, MATCH_DISPUTED, NULL, 1 },
	{ "one by a weak rule alone", { "", "a", "" }, MATCH_DISPUTED, NULL, 1 },
	{ "weak, then strong, the same", { "", "a", "a" }, MATCH_ONE, "a", 0 },
	{ "weak, then strong, another", { "", "a", "b" }, MATCH_DISPUTED, NULL, 2 },
	{ "several weak, then one of them strong", { "", "a,b", "b" }, MATCH_DISPUTED, NULL, 2 },
	{ "several weak", { "", "a,b,c", "" }, MATCH_DISPUTED, NULL, 3 },
	{ "one by the last rule", { "", "", "c" }, MATCH_ONE, "c", 0 },
	{ "more than can be kept", { "", "", "a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r" }, MATCH_DISPUTED, NULL, 16 },
};

static struct mapping mapping_of(bool first)
{
	return (struct mapping){ .kind = MAPPING_SCIM, .rules = rules, .n_rules = RULES, .match_before_create = first };
}

static const struct mapping_value matches[RULES] = {
	{ .type = MAPPING_STRING, .text = LIT("1") }, { .type = MAPPING_STRING, .text = LIT("2") }, { .type = MAPPING_STRING, .text = LIT("3") },
};

static void whose_an_account_is(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(judgements); i++) {
		struct mapping m = mapping_of(false);
		struct desired want = { .active = true, .mapping = &m, .matches = matches };
		struct candidates all = { .n = 0 };
		enum verdict verdict;
		size_t index = 99;
		struct op op;
		struct call c = { .op = &op, .want = &want };
		enum match_end end;

		op_init(&op, *state, NULL, NULL);
		memset(&platform, 0, sizeof(platform));
		memcpy(platform.hits, judgements[i].hits, sizeof(platform.hits));
		end = match_run(&table, &c, &all, &index, &verdict);
		if (end != judgements[i].end)
			fail_msg("%s: %d", judgements[i].what, end);
		if (end == MATCH_ONE)
			assert_str_equal(all.items[index].ext_id, judgements[i].which);
		if (end == MATCH_DISPUTED)
			assert_int_equal(all.n, judgements[i].n);
	}
}

static void nothing_is_looked_for_by_nothing(void **state)
{
	struct mapping m = mapping_of(false);
	const struct mapping_value none[RULES] = { { .type = MAPPING_NULL }, { .type = MAPPING_STRING, .text = LIT("") }, { .type = MAPPING_NULL } };
	struct desired want = { .active = true, .mapping = &m, .matches = none };
	struct candidates all = { .n = 0 };
	enum verdict verdict;
	size_t index;
	struct op op;
	struct call c = { .op = &op, .want = &want };

	op_init(&op, *state, NULL, NULL);
	memset(&platform, 0, sizeof(platform));
	platform.hits[0] = platform.hits[1] = platform.hits[2] = "a";
	assert_int_equal(match_run(&table, &c, &all, &index, &verdict), MATCH_NONE);
	assert_string_equal(platform.calls, "");
}

struct go {
	const char *what;
	bool off, first, in_doubt, no_update;
	const char *chosen;
	enum verdict look_up, create, adopt, matching;
	const char *hits[RULES];
	const char *calls;
	enum outcome outcome;
	bool adopted;
	size_t n_candidates;
	const char *class;
};

static const struct go goes[] = {
	{ "a taken name, and a strong hit", .look_up = VERDICT_CONFLICT, .create = VERDICT_CONFLICT, .hits = { "a", "", "" },
	  .calls = "create look_up match adopt update", .outcome = OUTCOME_OK, .adopted = true },
	{ "a taken name, and nobody known", .look_up = VERDICT_CONFLICT, .create = VERDICT_CONFLICT, .hits = { "", "", "" },
	  .calls = "create look_up match match match", .outcome = OUTCOME_BLOCKED, .class = "conflict" },
	{ "a taken name, and a dispute", .look_up = VERDICT_CONFLICT, .create = VERDICT_CONFLICT, .hits = { "", "a", "" },
	  .calls = "create look_up match match match", .outcome = OUTCOME_BLOCKED, .n_candidates = 1, .class = "disputed" },
	{ "before the first creation: nobody", .first = true, .look_up = VERDICT_ABSENT, .hits = { "", "", "" },
	  .calls = "look_up match match match create", .outcome = OUTCOME_OK },
	{ "before the first creation: one", .first = true, .look_up = VERDICT_ABSENT, .hits = { "", "", "c" },
	  .calls = "look_up match match match adopt update", .outcome = OUTCOME_OK, .adopted = true },
	{ "before the first creation: ours already", .first = true, .look_up = VERDICT_DONE, .hits = { "a", "", "" }, .calls = "look_up",
	  .outcome = OUTCOME_OK },
	{ "before the first creation: a dispute creates nothing", .first = true, .look_up = VERDICT_ABSENT, .hits = { "a,b", "", "" },
	  .calls = "look_up match", .outcome = OUTCOME_BLOCKED, .n_candidates = 2, .class = "disputed" },
	{ "in doubt, and the name is taken", .in_doubt = true, .look_up = VERDICT_CONFLICT, .hits = { "a", "", "" },
	  .calls = "look_up match adopt update", .outcome = OUTCOME_OK, .adopted = true },
	{ "a person has said it", .in_doubt = true, .chosen = "b", .look_up = VERDICT_CONFLICT, .hits = { "", "a,b", "" },
	  .calls = "look_up adopt update", .outcome = OUTCOME_OK, .adopted = true },
	{ "a person has said it, where nothing of ours is found", .in_doubt = true, .chosen = "b", .look_up = VERDICT_ABSENT, .hits = { "", "", "" },
	  .calls = "look_up adopt update", .outcome = OUTCOME_OK, .adopted = true },
	{ "taken by somebody meanwhile", .look_up = VERDICT_CONFLICT, .create = VERDICT_CONFLICT, .adopt = VERDICT_CONFLICT, .hits = { "a", "", "" },
	  .calls = "create look_up match adopt", .outcome = OUTCOME_BLOCKED, .class = "conflict" },
	{ "not answered: again", .look_up = VERDICT_CONFLICT, .create = VERDICT_CONFLICT, .matching = VERDICT_DOWN, .hits = { "", "", "" },
	  .calls = "create look_up match", .outcome = OUTCOME_RETRY, .class = "x" },
	{ "we may not update there", .no_update = true, .look_up = VERDICT_CONFLICT, .create = VERDICT_CONFLICT, .hits = { "a", "", "" },
	  .calls = "create look_up match", .outcome = OUTCOME_BLOCKED, .class = "not_allowed" },
	{ "off: somebody else's account is no matter", .off = true, .look_up = VERDICT_CONFLICT, .hits = { "a", "", "" }, .calls = "look_up",
	  .outcome = OUTCOME_OK },
};

static void what_is_done_with_it(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(goes); i++) {
		const struct go *g = &goes[i];
		struct mapping m = mapping_of(g->first);
		struct desired want = { .active = !g->off, .hash = "h", .mapping = &m, .matches = matches };
		struct work work = { .in_doubt = g->in_doubt, .chosen = str_c(g->chosen), .want_active = !g->off };
		struct result r;
		struct op op;
		struct call c = { .op = &op, .want = &want, .deadline_ms = INT64_MAX };

		op_init(&op, *state, NULL, NULL);
		memset(&platform, 0, sizeof(platform));
		memcpy(platform.hits, g->hits, sizeof(platform.hits));
		platform.look_up = g->look_up;
		platform.create = g->create;
		platform.adopt = g->adopt;
		platform.matching = g->matching;
		operate(&table, OP_ALLOWED_CREATE | OP_ALLOWED_DISABLE | (g->no_update ? 0 : OP_ALLOWED_UPDATE), &c, &work, &r);
		if (strcmp(platform.calls, g->calls) != 0 || r.outcome != g->outcome || r.was_adopted != g->adopted)
			fail_msg("%s: %s -> %s, adopted %d", g->what, platform.calls, outcome_name(r.outcome), r.was_adopted);
		assert_int_equal(r.candidates ? r.candidates->n : 0, g->n_candidates);
		if (g->class && strcmp(r.fault.class, g->class) != 0)
			fail_msg("%s: %s", g->what, r.fault.class);
		if (g->adopted)
			assert_string_equal(r.adopted_by, g->chosen ? "person" : g->hits[0][0] ? "external_id" : "login");
		/* Whoever is not ours is not known by his identifier either. */
		if (r.outcome == OUTCOME_BLOCKED)
			assert_str_null(r.ext_id);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(whose_an_account_is),
		UNIT_TEST(nothing_is_looked_for_by_nothing),
		UNIT_TEST(what_is_done_with_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
