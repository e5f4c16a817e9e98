#include "provisioning/operate_impl.h"

#include "common/base/err.h"

/* Between a vanished account and its new creation: how often one operation may begin again. */
#define ROUNDS_MAX 3

bool run_ends(struct run *r, enum outcome outcome)
{
	r->result->outcome = outcome;
	return true;
}

/* What an operation that was not done means for the binding. */
bool run_ends_without(struct run *r, enum verdict verdict)
{
	bool is_lost = verdict == VERDICT_IN_DOUBT || r->in_doubt;

	r->result->fault = r->call->fault;
	if (verdict == VERDICT_HANDED_ON)
		return run_ends(r, OUTCOME_WAITING);
	if (verdict == VERDICT_REFUSED || verdict == VERDICT_CONFLICT)
		return run_ends(r, OUTCOME_BLOCKED);
	return run_ends(r, is_lost && str_is_null(r->call->ext_id) ? OUTCOME_IN_DOUBT : OUTCOME_RETRY);
}

bool run_ends_off(struct run *r, enum sight sight)
{
	r->result->sight = sight;
	return run_ends(r, OUTCOME_OK);
}

enum verdict run_step(struct run *r, const char *name,
                         enum verdict (*operation)(struct call *c, struct observed *ret))
{
	struct call *c = r->call;

	int64_t began_us = trace_begin(c);

	r->seen = (struct observed){ 0 };
	c->fault = (struct fault){ .retry_after_s = -1 };
	c->status = 0;
	op_forgive(c->op);

	enum verdict verdict = operation(c, &r->seen);

	run_note_step(r, operation == r->connector->read_back ? "read_back" : name, verdict, began_us);

	r->result->op = name;
	if (c->status != 0)
		r->result->status = c->status;
	r->result->verdict = verdict;
	if (verdict == VERDICT_DONE && !str_is_null(r->seen.ext_id))
		c->ext_id = r->seen.ext_id;
	if (verdict == VERDICT_DONE && !str_is_null(r->seen.stable_id))
		c->stable_id = r->seen.stable_id;
	if (verdict == VERDICT_DONE && !str_is_null(r->seen.etag))
		r->result->etag = r->seen.etag;
	return verdict;
}

bool run_may(struct run *r, unsigned op_bit, const char *name)
{
	if (r->ops_allowed & op_bit)
		return true;
	r->result->op = name;
	call_fault(r->call, VERDICT_REFUSED, "not_allowed", "%s is switched off, in the platform's rules or in the file", name);
	r->result->verdict = VERDICT_REFUSED;
	return false;
}

bool run_is_as_wanted(const struct run *r)
{
	const struct desired *want = r->call->want;
	bool is_right_way = r->seen.active == want->active || desired_leaves(want, "active");

	return r->seen.is_known && is_right_way && (!want->active || r->seen.matches);
}

/* After a write: is it so?  What the platform said itself counts, unless it must be read back. */
bool run_confirm(struct run *r, bool must_read)
{
	const char *name = r->result->op;
	bool want_active = r->call->want->active;

	if (must_read || !r->seen.is_known) {
		enum verdict verdict = run_step(r, name, r->connector->read_back);

		if (verdict == VERDICT_ABSENT && !want_active)
			return run_follow(r);
		if (verdict == VERDICT_ABSENT)
			call_fault(r->call, verdict, "vanished", "gone right after %s", name);
		if (verdict != VERDICT_DONE)
			return run_ends_without(r, verdict);
	}
	if (run_is_as_wanted(r))
		return run_ends_off(r, want_active ? SIGHT_NONE : SIGHT_INACTIVE);
	call_fault(r->call, VERDICT_NOT_DONE, "ignored", "the platform answered well but its state is another: %s",
	           r->seen.active == want_active ? "attributes or roles" : "active");
	r->result->verdict = VERDICT_NOT_DONE;
	return run_ends_without(r, VERDICT_NOT_DONE);
}

bool run_begins_again(struct run *r)
{
	if (++r->rounds < ROUNDS_MAX)
		return true;
	r->result->verdict = VERDICT_NOT_DONE;
	run_ends_without(r, VERDICT_NOT_DONE);
	return false;
}

bool run_look_up(struct run *r, enum verdict *ret_verdict)
{
	*ret_verdict = run_step(r, "look_up", r->connector->look_up);
	if (*ret_verdict == VERDICT_DONE || *ret_verdict == VERDICT_ABSENT || *ret_verdict == VERDICT_CONFLICT) {
		r->in_doubt = false;
		return true;
	}
	/* A look-up changes nothing: its own time-out is no doubt of its own. */
	return false;
}

/* Found, and ours: from an operation whose answer never came. */
static bool adopt(struct run *r)
{
	r->result->was_created = str_is_null(r->work->seen_hash);
	if (run_is_as_wanted(r))
		return run_ends(r, OUTCOME_OK);
	return run_change(r);
}

static bool adopt_or_block(struct run *r)
{
	enum verdict verdict;

	if (!run_look_up(r, &verdict))
		return run_ends_without(r, verdict);
	if (verdict == VERDICT_DONE)
		return adopt(r);
	return run_match_or_block(r, verdict);
}

/* What access came to be; the rest of a new account stands in no log. */
static void note_created(struct call *c)
{
	call_change(c, "active", STR_NULL, STR("true"));
	for (size_t i = 0; i < c->want->n_roles; i++)
		call_change(c, "role", STR_NULL, c->want->roles[i].code);
}

static bool create(struct run *r)
{
	const struct desired *want = r->call->want;
	struct desired *whole = ARENA_NEW(r->call->op->arena, struct desired);
	enum verdict verdict;

	if (run_match_first(r))
		return true;
	if (!run_may(r, OP_ALLOWED_CREATE, "create"))
		return run_ends_without(r, VERDICT_REFUSED);
	/* Of a new account nothing can be left as it is. */
	*whole = *want;
	whole->n_left = 0;
	r->call->want = whole;
	/* Of whatever was there before. */
	r->call->stable_id = STR_NULL;
	verdict = run_step(r, "create", r->connector->create);
	r->call->want = want;
	if (verdict == VERDICT_DONE && r->call->n_changes == 0)
		note_created(r->call);
	/* It may be there without being complete. */
	r->result->was_created = verdict == VERDICT_DONE || !str_is_null(r->call->ext_id);
	switch (verdict) {
	case VERDICT_DONE:
		return run_confirm(r, false);
	case VERDICT_CONFLICT:
		return adopt_or_block(r);
	default:
		return run_ends_without(r, verdict);
	}
}

static bool find_then_write(struct run *r)
{
	enum verdict verdict;

	if (!run_begins_again(r))
		return true;
	if (!run_look_up(r, &verdict))
		return run_ends_without(r, verdict);
	switch (verdict) {
	case VERDICT_DONE:
		return adopt(r);
	case VERDICT_ABSENT:
		r->call->ext_id = STR_NULL;
		return create(r);
	case VERDICT_CONFLICT:
		return run_match_or_block(r, verdict);
	default:
		return run_ends_without(r, verdict);
	}
}

/* Names, roles, and being active again. */
bool run_change(struct run *r)
{
	enum verdict verdict;

	if (!run_may(r, OP_ALLOWED_UPDATE, "update"))
		return run_ends_without(r, VERDICT_REFUSED);
	verdict = run_step(r, "update", r->connector->update);
	if (verdict == VERDICT_DONE)
		return run_confirm(r, false);
	if (verdict != VERDICT_ABSENT)
		return run_ends_without(r, verdict);
	/* Somebody removed it there, or it has another identifier now.  The old one is a key to look for it by. */
	call_fault(r->call, verdict, "vanished", "the account is not there any more");
	return find_then_write(r);
}

/* Ours may be there under another name: then that one is found first. */
static bool is_to_be_looked_for(const struct run *r)
{
	const struct mapping *m = r->call->want->mapping;

	return run_can_match(r) && str_is_null(r->work->seen_hash) && m->match_before_create;
}

/* By the facts there is no state that the mapping admits.  Other facts make another desired state, and that is due. */
static void cannot_be_sent(struct run *r, struct str why)
{
	call_fault(r->call, VERDICT_REFUSED, "mapping", "%.*s", STR_ARG(why));
	r->result->verdict = VERDICT_REFUSED;
	r->result->fault = r->call->fault;
	run_ends(r, OUTCOME_BLOCKED);
}

/* STR_NULL: nothing. */
static struct str hindrance(const struct connector *connector, const struct desired *want)
{
	if (want->active && want->mapping && !str_equal(mapping_kind_name(want->mapping->kind), str_c(connector->kind)))
		return STR("the mapping is for another kind of platform");
	return want->fault;
}

/* Nothing is to be done, but somebody wants to know: is it really so?  What is not is brought there. */
static bool verify(struct run *r)
{
	bool want_active = r->call->want->active;
	enum verdict verdict;

	if (str_is_null(r->call->ext_id))
		return want_active ? find_then_write(r) : run_take_down(r);
	verdict = run_step(r, "look_up", r->connector->read_back);
	if (verdict == VERDICT_ABSENT && !want_active)
		return run_follow(r);
	if (verdict == VERDICT_DONE && run_is_as_wanted(r))
		return run_ends_off(r, want_active ? SIGHT_NONE : SIGHT_INACTIVE);
	if (verdict != VERDICT_DONE && verdict != VERDICT_ABSENT)
		return run_ends_without(r, verdict);
	return want_active ? run_change(r) : run_take_down(r);
}

static bool is_settled(const struct work *w, const struct desired *want)
{
	return !w->in_doubt && !w->is_deletion && str_equal(w->seen_hash, str_c(want->hash)) && w->seen_active == want->active;
}

static void begin_run(struct run *r)
{
	const struct desired *want = r->call->want;
	struct str hindered = hindrance(r->connector, want);

	if (is_settled(r->work, want)) {
		if (r->call->trace)
			verify(r);
	} else if (r->work->is_deletion && !want->active) {
		run_take_away(r);
	} else if (!want->active) {
		run_take_down(r);
	} else if (!str_is_null(hindered)) {
		cannot_be_sent(r, hindered);
	} else if (!str_is_null(r->call->ext_id)) {
		run_change(r);
	} else if (r->in_doubt || is_to_be_looked_for(r)) {
		find_then_write(r);
	} else {
		create(r);
	}
}

void operate(const struct connector *connector, unsigned ops_allowed, struct call *call, const struct work *work,
             struct result *ret)
{
	struct run r = {
		.connector = connector,
		.ops_allowed = ops_allowed,
		.call = call,
		.work = work,
		.result = ret,
		.in_doubt = work->in_doubt,
	};

	*ret = (struct result){ .outcome = OUTCOME_OK, .verdict = VERDICT_DONE, .op = "none", .proof = connector->proof ? connector->proof : "read_back" };
	call->ext_id = work->ext_id;
	call->stable_id = work->stable_id;
	call->gen = work->gen;
	run_note_claim(call, work, is_settled(work, call->want));
	begin_run(&r);
	if (ret->outcome != OUTCOME_OK)
		ret->was_disabled = false;
	if (ret->outcome == OUTCOME_WAITING)
		ret->was_created = false;
	ret->was_enabled = ret->outcome == OUTCOME_OK && call->want->active && !work->seen_active && !ret->was_created && !ret->was_adopted;
	ret->ext_id = call->ext_id;
	ret->stable_id = call->stable_id;
	ret->pause_s = call->pause_s;
	ret->changes = call->changes;
	ret->n_changes = call->n_changes;
}

const char *outcome_name(enum outcome outcome)
{
	static const char *const names[] = {
		[OUTCOME_OK] = "ok",           [OUTCOME_RETRY] = "retry",       [OUTCOME_IN_DOUBT] = "in_doubt",
		[OUTCOME_BLOCKED] = "blocked", [OUTCOME_WAITING] = "waiting",   [OUTCOME_RELEASED] = "released",
	};

	return names[outcome];
}
