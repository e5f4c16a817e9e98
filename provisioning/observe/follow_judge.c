/* What changes mean that a platform has told of (follow_impl.h). */
#include "provisioning/observe/follow_impl.h"

#include "common/base/clock.h"
#include "common/plan/facts_store.h"
#include "provisioning/observe/compare.h"

enum { BINDING_IDLE, BINDING_LEASED = 2, BINDING_GRACE = 7 };

/* An operation that takes longer is judged by the next listing. */
#define WAIT_MAX_MS 120000
/* Behind an operation of ours may still be told what there was before it; what it wrote is told then, and takes the place of that. */
#define OWN_NEWS_MS 700
/* Who deletes more than that at once may have made a mistake: the listing's guard looks at it, not we. */
#define GONE_MAX 20

struct batch {
	struct following *f;
	struct op *op;
	struct policy policy;
	const struct resolved *who; /* of each clue */
	const struct account_facts *facts;
	size_t n_facts;
	struct sight_row *rows;
	size_t n_rows;
	struct due_row *due;
	size_t n_due, n_gone;
	struct clue *waiting;
	size_t n_waiting;
};

/* Who is gone before it was judged who that was is who was told of last. */
static void replace(struct clue *there, const struct clue *clue)
{
	const struct listed was = there->listed;

	*there = *clue;
	if (clue->kind != CLUE_GONE || !str_is_null(clue->listed.account_id))
		return;
	there->listed.account_id = was.account_id;
	there->listed.stable_id = was.stable_id;
}

void following_add(struct following *f, const struct clue *clue)
{
	for (size_t i = 0; i < f->n_clues; i++) {
		bool is_same = clue->kind == CLUE_LOOK ? f->clues[i].kind == CLUE_LOOK && str_equal(f->clues[i].listed.ext_id, clue->listed.ext_id)
		                                       : f->clues[i].kind != CLUE_LOOK && str_equal(f->clues[i].listed.ext_id, clue->listed.ext_id);

		if (is_same) {
			replace(&f->clues[i], clue);
			return;
		}
	}
	assert(f->n_clues < CLUES_MAX);
	f->clues[f->n_clues++] = *clue;
}

static const char *situation_of(const struct resolved *who)
{
	if (str_is_null(who->owner))
		return "unmatched";
	if (who->is_collision)
		return "collision";
	return who->is_by_id && who->is_bound && who->is_exact ? "linked" : "unlinked";
}

static void look(struct batch *b, struct str account_id, struct str gone)
{
	b->due[b->n_due++] = (struct due_row){ account_id, gone };
	b->n_gone += !str_is_null(gone);
}

/* Access that is on though it should not be is ended whatever the rules say. */
static void judge_active(struct batch *b, const struct listed *l, const struct resolved *who, struct judgement *j)
{
	struct str rule = l->active ? STR("enforce") : policy_rule(&b->policy, "active");

	*j = (struct judgement){ .want_hash = who->want_hash, .names = STR("active") };
	j->is_enforced = str_equal(rule, STR("enforce"));
	if (!str_equal(rule, STR("ignore")))
		j->diff = arena_printf(b->op->arena, "{\"active\":{\"rule\":\"%.*s\",\"seen\":%s,\"want\":%s}}", STR_ARG(rule), l->active ? "true" : "false",
		                       l->active ? "false" : "true");
}

static void judge_linked(struct batch *b, const struct listed *l, const struct resolved *who, struct judgement *j)
{
	const struct account_facts *facts = compare_facts(b->facts, b->n_facts, who->owner);
	const struct comparison c = { b->op->arena, b->f->connector, b->f->instance };
	const struct suspect s = { l->ext_id, who->owner, who->want_hash, l->document };
	struct desired want;

	if (!facts)
		return;
	plan_platform(b->op->arena, facts, b->f->row.platform_id, b->f->follower->observer->mail_domain, &want);
	/* The facts have moved on; the planner has not been there yet, and makes it due. */
	if (!str_equal(str_c(want.hash), who->want_hash))
		return;
	if (want.active != l->active)
		judge_active(b, l, who, j);
	else
		compare_account(&c, &b->policy, &want, &s, j);
}

/* Also in its grace an account stays off. */
static bool is_settled(const struct resolved *who)
{
	return who->state == BINDING_IDLE || who->state == BINDING_GRACE;
}

static bool differs(const struct judgement *j)
{
	return j->is_enforced || !str_is_null(j->diff);
}

/* true: it has been dealt with. */
static bool judge_account(struct batch *b, const struct clue *clue, const struct resolved *who)
{
	struct sight_row *row = &b->rows[b->n_rows];

	if (who->is_decided)
		return true;
	*row = (struct sight_row){ .listed = &clue->listed, .situation = situation_of(who), .owner = who->owner };
	b->n_rows++;
	if (!is_settled(who) || !who->is_bound || !who->is_by_id)
		return true;
	if (!who->is_exact) {
		look(b, who->owner, STR_NULL); /* it carries our id under another identifier */
		return true;
	}
	judge_linked(b, &clue->listed, who, &row->judgement);
	if (!differs(&row->judgement) || !who->is_fresh || clock_mono_ms() - clue->since_ms >= OWN_NEWS_MS)
		return true;
	b->n_rows--;
	return false;
}

/* Whose it is: as was seen before, or as is told in this very batch. */
static const struct resolved *owner_of(const struct batch *b, const struct clue *clue, const struct resolved *who)
{
	for (size_t i = 0; !who->is_bound && i < b->f->n_clues; i++)
		if (b->f->clues[i].kind == CLUE_ACCOUNT && b->who[i].is_bound && str_equal(b->f->clues[i].listed.ext_id, clue->listed.ext_id))
			return &b->who[i];
	return who;
}

/* true: it has been dealt with. */
static bool judge_clue(struct batch *b, const struct clue *clue, const struct resolved *who)
{
	if (who->is_bound && who->state == BINDING_LEASED && clock_mono_ms() - clue->since_ms < WAIT_MAX_MS)
		return false;
	switch (clue->kind) {
	case CLUE_ACCOUNT:
		return judge_account(b, clue, who);
	case CLUE_GONE:
		if (who->is_bound && who->is_exact)
			look(b, who->owner, clue->listed.ext_id);
		break;
	case CLUE_LOOK:
		who = owner_of(b, clue, who);
		if (who->is_bound && who->is_exact)
			look(b, who->owner, STR_NULL);
		break;
	}
	return true;
}

static int add_clue(struct batch *b, struct str account_id, struct str ext_id)
{
	const struct clue clue = { CLUE_LOOK, { .account_id = account_id, .ext_id = ext_id }, clock_mono_ms() };

	if (b->f->n_clues == CLUES_MAX) {
		/* So many at once: a listing tells it better. */
		b->f->mark.is_unsure = true;
		return 0;
	}
	following_add(b->f, &clue);
	return 0;
}

/* Who came into a group, or is out of it, without us. */
static int judge_group(struct batch *b, const struct told_group *group)
{
	struct following *f = b->f;
	struct call call = { .op = b->op, .instance = f->instance, .fault = { .retry_after_s = -1 } };
	struct group_members m = { .group = *group };
	bool is_whole = false;

	if (follow_group(b->op, f->row.platform_id, &m, &is_whole) < 0)
		return b->op->error.code;
	if (!is_whole || f->connector->members(&call, f->session, &m) != VERDICT_DONE) {
		op_forgive(b->op);
		f->mark.is_unsure = true;
		return 0;
	}
	for (size_t i = 0; i < m.n; i++)
		if (!m.expected[i].is_there)
			add_clue(b, m.expected[i].account_id, m.expected[i].ext_id);
	for (size_t i = 0; i < m.n_others; i++)
		add_clue(b, STR_NULL, m.others[i]);
	return 0;
}

/* A rule that only tells of groups leaves them to the listing, which tells. */
static int judge_groups(struct batch *b)
{
	int err = 0;

	for (size_t i = 0; err == 0 && i < b->f->n_groups; i++) {
		const struct told_group *group = &b->f->groups[i];

		/* What stands on the entry of a unit is none of an account's. */
		if (group->is_unit)
			err = follow_unit(b->op, b->f->row.platform_id, group->name);
		if (err == 0 && str_equal(policy_rule(&b->policy, group->is_unit ? "units" : "roles"), STR("enforce")))
			err = judge_group(b, group);
	}
	b->f->n_groups = 0;
	return err;
}

static int read_facts(struct batch *b)
{
	struct str *accounts = ARENA_ARRAY(b->op->arena, struct str, b->f->n_clues + 1);
	size_t n = 0;

	for (size_t i = 0; i < b->f->n_clues; i++)
		if (b->f->clues[i].kind == CLUE_ACCOUNT && b->who[i].is_by_id && b->who[i].is_exact && is_settled(&b->who[i]))
			accounts[n++] = b->who[i].owner;
	return n > 0 ? facts_read(b->op, accounts, n, &b->facts, &b->n_facts) : 0;
}

static int write_all(struct batch *b)
{
	size_t n_first = 0, n_second = 0;
	int err = 0;

	if (b->n_gone > GONE_MAX) {
		size_t n = 0;

		for (size_t i = 0; i < b->n_due; i++)
			if (str_is_null(b->due[i].ext_id))
				b->due[n++] = b->due[i];
		b->n_due = n;
		b->f->mark.is_unsure = true;
	}
	if (b->n_rows > 0)
		err = follow_write(b->op, &b->f->row, b->rows, b->n_rows, &n_first);
	if (err == 0 && b->n_due > 0)
		err = follow_due(b->op, &b->f->row, b->due, b->n_due, &n_second);
	atomic_fetch_add(&b->f->follower->stats.repaired, n_first + n_second);
	if (n_first + n_second > 0 && b->f->follower->of->worker)
		worker_nudge(b->f->follower->of->worker, true);
	return err;
}

int following_judge(struct following *f, struct op *op)
{
	struct batch b = { .f = f, .op = op };
	struct resolved *who;
	int err = attribute_policy_read(op, f->row.platform_id, &b.policy.rules, &b.policy.n);

	if (err == 0)
		err = judge_groups(&b);
	if (err < 0 || f->n_clues == 0)
		return err;
	b.who = who = ARENA_ARRAY(op->arena, struct resolved, f->n_clues);
	b.rows = ARENA_ARRAY(op->arena, struct sight_row, f->n_clues);
	b.due = ARENA_ARRAY(op->arena, struct due_row, f->n_clues);
	b.waiting = ARENA_ARRAY(op->arena, struct clue, f->n_clues);
	err = follow_resolve(op, f->row.platform_id, f->clues, f->n_clues, who);
	if (err == 0)
		err = read_facts(&b);
	for (size_t i = 0; err == 0 && i < f->n_clues; i++)
		if (!judge_clue(&b, &f->clues[i], &who[i]))
			b.waiting[b.n_waiting++] = f->clues[i];
	if (err == 0)
		err = write_all(&b);
	if (err < 0)
		return err;
	f->n_clues = b.n_waiting;
	for (size_t i = 0; i < b.n_waiting; i++)
		f->clues[i] = b.waiting[i];
	return 0;
}
