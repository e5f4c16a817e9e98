/* What follows from a listing (run.h). */
#include "provisioning/observe/run.h"

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/plan/facts_store.h"
#include "provisioning/observe/compare.h"

#include <string.h>

static int judge_batch(struct run *r, struct op *op, const struct policy *p, struct str *after)
{
	const struct suspect *suspects;
	const struct account_facts *facts = NULL;
	const struct comparison c = { r->arena, r->connector, r->instance };
	struct judgement *judgements;
	struct str *accounts;
	size_t n, n_facts = 0, n_judged = 0;
	int err = judge_suspects(op, r->row, after, &suspects, &n);

	if (err < 0 || n == 0)
		return err;
	accounts = ARENA_ARRAY(r->arena, struct str, n);
	judgements = ARENA_ARRAY(r->arena, struct judgement, n);
	for (size_t i = 0; i < n; i++)
		accounts[i] = suspects[i].account_id;
	err = facts_read_on(op, r->row->platform_id, accounts, n, &facts, &n_facts);
	for (size_t i = 0; err == 0 && i < n; i++) {
		const struct account_facts *f = compare_facts(facts, n_facts, suspects[i].account_id);
		struct desired want;

		if (!f)
			continue;
		plan_platform(r->arena, f, r->row->platform_id, r->observer->mail_domain, &want);
		/* The facts have moved on; the planner has not been there yet. */
		if (str_equal(str_c(want.hash), suspects[i].want_hash))
			compare_account(&c, p, &want, &suspects[i], &judgements[n_judged++]);
	}
	return err < 0 ? err : judge_attributes(op, r->row, judgements, n_judged);
}

static int judge_all(struct run *r)
{
	char last[EXT_ID_MAX_BYTES];
	struct str after = STR_NULL;
	bool goes_on = true;
	int err = 0;

	while (err == 0 && goes_on && !run_is_stopping(r)) {
		struct policy policy = { 0 };
		struct op op;

		run_op(r, &op);
		err = attribute_policy_read(&op, r->row->platform_id, &policy.rules, &policy.n);
		if (err == 0)
			err = judge_batch(r, &op, &policy, &after);
		goes_on = !str_is_null(after);
		if (goes_on) {
			memcpy(last, after.p, after.len);
			after = str_n(last, after.len);
		}
		db_op_done(&op);
	}
	return err;
}

static void tell(struct run *r, const char *state, const char *fault)
{
	bool is_good = str_equal(str_c(state), STR("complete"));

	atomic_fetch_add(&r->observer->stats.runs[is_good ? 0 : 1], 1);
	log_event(is_good ? LOG_LEVEL_INFO : LOG_LEVEL_WARN, "observe", L_STR("platform", r->of->config->platform), L_INT("run", r->row->id),
	          L_C("state", state), L_C("fault", fault ? fault : ""), L_INT("listed", r->row->listing.listed));
}

/* Who is absent, as far as that may be concluded; and the end. */
static int conclude(struct run *r)
{
	bool is_released = str_equal(r->row->state, STR("concluding"));
	const char *state = "complete", *fault = r->row->listing.fault;
	struct listing_size size = { 0 };
	struct op op;
	int err = 0;

	run_op(r, &op);
	if (fault && !is_released) {
		state = "incomplete";
	} else {
		err = judge_size(&op, r->row, &size);
		if (err == 0 && !is_released && listing_is_short(&size)) {
			state = "held";
			fault = "short";
		}
		if (err == 0 && str_equal(str_c(state), STR("complete")))
			err = judge_absent(&op, r->row);
	}
	if (err == 0)
		err = judge_end(&op, r->row, state, fault);
	if (err == 0)
		tell(r, state, fault);
	db_op_done(&op);
	return err;
}

int run_judge(struct run *r)
{
	struct op op;
	int err = 0;

	if (!str_equal(r->row->state, STR("concluding"))) {
		run_op(r, &op);
		err = judge_accounts(&op, r->row);
		db_op_done(&op);
		if (err == 0)
			err = judge_all(r);
	}
	if (err == 0 && run_is_stopping(r)) {
		run_op(r, &op);
		err = observe_run_release(&op, r->row, 0, STR(""));
		db_op_done(&op);
		return err;
	}
	return err < 0 ? err : conclude(r);
}

static enum verdict read_one(struct run *r, const struct suspect *s, const struct desired *want, struct sample *ret)
{
	struct call call = { .instance = r->instance, .want = want, .ext_id = s->ext_id, .fault = { .retry_after_s = -1 } };
	int64_t asked_ms = clock_mono_ms();
	struct observed seen = { 0 };
	enum verdict verdict;
	struct op op;

	op_init(&op, r->arena, NULL, NULL);
	call.op = &op;
	call.deadline_ms = asked_ms + OBSERVE_LEASE_S * 1000;
	verdict = r->connector->read_back(&call, &seen);
	if (verdict == VERDICT_DONE && !seen.is_known)
		return VERDICT_NOT_DONE;
	*ret = (struct sample){ s->account_id, s->want_hash, verdict == VERDICT_DONE, seen.active, seen.matches, clock_mono_ms() - asked_ms };
	return verdict;
}

/* What is not enforced is not looked at: a sample tells of differences only whether there are any. */
static int left_read(struct run *r, struct op *op, struct desired *ret)
{
	const struct attribute_rule *rules;
	struct str *left;
	size_t n;
	int err = attribute_policy_read(op, r->row->platform_id, &rules, &n);

	if (err < 0)
		return err;
	left = ARENA_ARRAY(r->arena, struct str, n);
	for (size_t i = 0; i < n; i++)
		if (!str_equal(rules[i].rule, STR("enforce")))
			left[ret->n_left++] = rules[i].attribute;
	ret->left = left;
	return 0;
}

static int begin_sample(struct run *r, struct op *op, struct desired *policy, const struct suspect **ret, size_t *ret_n)
{
	int err = left_read(r, op, policy);

	return err < 0 ? err : sample_take(op, r->row, ret, ret_n);
}

int run_sample(struct run *r)
{
	struct desired policy = { .n_left = 0 };
	const struct suspect *suspects = NULL;
	const struct account_facts *facts = NULL;
	struct sample *samples;
	struct str *accounts;
	size_t n = 0, n_facts = 0, n_read = 0;
	struct op op;
	int err;

	run_op(r, &op);
	err = begin_sample(r, &op, &policy, &suspects, &n);
	accounts = ARENA_ARRAY(r->arena, struct str, n + 1);
	samples = ARENA_ARRAY(r->arena, struct sample, n + 1);
	for (size_t i = 0; err == 0 && i < n; i++)
		accounts[i] = suspects[i].account_id;
	if (err == 0 && n > 0)
		err = facts_read_on(&op, r->row->platform_id, accounts, n, &facts, &n_facts);
	for (size_t i = 0; err == 0 && i < n && !run_is_stopping(r); i++) {
		const struct account_facts *f = compare_facts(facts, n_facts, suspects[i].account_id);
		struct desired want;
		enum verdict verdict;

		if (!f)
			continue;
		plan_platform(r->arena, f, r->row->platform_id, r->observer->mail_domain, &want);
		if (!str_equal(str_c(want.hash), suspects[i].want_hash))
			continue;
		want.left = policy.left;
		want.n_left = policy.n_left;
		verdict = read_one(r, &suspects[i], &want, &samples[n_read]);
		if (verdict == VERDICT_DOWN || verdict == VERDICT_AUTH || verdict == VERDICT_LIMITED)
			break;
		n_read += verdict == VERDICT_DONE || verdict == VERDICT_ABSENT;
	}
	if (err == 0)
		err = sample_judge(&op, r->row, samples, n_read);
	db_op_done(&op);
	return err;
}
