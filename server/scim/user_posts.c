/* user_posts.c: the posts on record become those that are stated, by the functions of personnel. */

#include "server/scim/user_personnel.h"

#include "server/governance/movement.h"
#include "server/governance/post_admin.h"

struct work {
	struct op *op;
	const struct scim_feed *feed;
	struct scim_user *now;
	const struct scim_stated *s;
	struct str reason;
};

static bool is_main(const struct scim_post *post)
{
	return str_equal(post->kind, STR("main"));
}

static bool same_text(struct str a, struct str b)
{
	return str_is_null(a) ? str_is_null(b) : !str_is_null(b) && str_equal(a, b);
}

static bool is_same_post(const struct scim_post *a, const struct scim_post *b)
{
	return str_equal(a->unit, b->unit) && str_equal(a->title, b->title) && str_equal(a->kind, b->kind);
}

/* With the same beginning first; a main post that began on another day than stated is the same one. */
static struct scim_post *match(struct work *w, const struct scim_post *stated)
{
	struct scim_post *found = NULL;

	for (size_t i = 0; i < w->now->n_posts; i++) {
		struct scim_post *post = &w->now->posts[i];

		if (post->used || !is_same_post(post, stated))
			continue;
		if (str_equal(post->valid_from, stated->valid_from))
			return post;
		found = found ? found : post;
	}
	return found;
}

static int correct(struct work *w, const struct scim_post *old, const struct scim_post *new)
{
	const struct post_change change = { old->id, old->version, w->reason };
	struct post_fields fields = { .unit = STR_NULL };
	struct post_record record;
	bool differs = false;
	const struct {
		struct str *field;
		struct str old, new;
	} parts[] = {
		{ &fields.valid_from, old->valid_from, is_main(old) ? old->valid_from : new->valid_from }, { &fields.valid_to, old->valid_to, new->valid_to },
		{ &fields.decision_no, old->decision_no, new->decision_no }, { &fields.rank, old->rank, new->rank },
		{ &fields.decision_on, old->decision_on, new->decision_on }, { &fields.signer, old->signer, new->signer },
	};

	/* What is not said stays. */
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (!str_is_null(parts[i].new) && !same_text(parts[i].old, parts[i].new)) {
			*parts[i].field = parts[i].new;
			differs = true;
		}
	return differs ? post_admin_correct(w->op, &w->feed->principal, w->now->employee_code, &change, &fields, &record) : 0;
}

static int end_post(struct work *w, const struct scim_post *post)
{
	const struct post_change change = { post->id, post->version, w->reason };
	/* A post is held for a day at least. */
	struct str on = str_equal(post->valid_from, w->now->today) ? w->now->tomorrow : w->now->today;
	bool gone;

	return post_admin_end(w->op, &w->feed->principal, w->now->employee_code, &change, on, &gone);
}

/* Nobody is moved on the day on which the post began: what was said of it is corrected. */
static int correct_main(struct work *w, const struct scim_post *old, const struct scim_post *to)
{
	const struct post_change change = { old->id, old->version, w->reason };
	const struct post_fields fields = {
		.unit = to->unit, .title = to->title, .rank = to->rank, .valid_to = to->valid_to, .decision_no = to->decision_no, .decision_on = to->decision_on,
		.signer = to->signer,
	};
	struct post_record record;

	return post_admin_correct(w->op, &w->feed->principal, w->now->employee_code, &change, &fields, &record);
}

static int transfer(struct work *w, const struct scim_post *to)
{
	struct movement_request request = {
		.kind = LC_TRANSFER, .employee_code = w->now->employee_code, .reason = w->reason, .decision_no = to->decision_no,
		.decision_on = to->decision_on, .signer = to->signer,
		.effective_on = str_compare(to->valid_from, w->now->today) < 0 ? w->now->today : to->valid_from,
		.post = { .unit = to->unit, .title = to->title, .kind = STR("main"), .rank = to->rank, .valid_to = to->valid_to, .decision_no = to->decision_no,
		          .decision_on = to->decision_on, .signer = to->signer },
	};
	struct movement_result result = { 0 };
	int r = scim_unit_within(w->op, w->feed, to->unit);

	for (size_t i = 0; i < w->now->n_posts && r == 0; i++)
		if (is_main(&w->now->posts[i]) && !w->now->posts[i].used && str_equal(w->now->posts[i].valid_from, request.effective_on))
			return correct_main(w, &w->now->posts[i], to);
	if (r == 0)
		r = movement_apply(w->op, &w->feed->principal, &request, &result);
	json_decref(result.consequences);
	return r;
}

static int add(struct work *w, const struct scim_post *post)
{
	const struct post_fields fields = {
		.unit = post->unit, .title = post->title, .kind = post->kind, .rank = post->rank, .valid_from = post->valid_from, .valid_to = post->valid_to,
		.decision_no = post->decision_no, .decision_on = post->decision_on, .signer = post->signer,
	};
	struct post_record record;
	int r = scim_unit_within(w->op, w->feed, post->unit);

	return r < 0 ? r : post_admin_add(w->op, &w->feed->principal, w->now->employee_code, &fields, &record);
}

/* Whether a post is over already: history is not stated again. */
static bool is_over(const struct work *w, const struct scim_post *post)
{
	return !str_is_null(post->valid_to) && str_compare(post->valid_to, w->now->today) <= 0;
}

static int match_all(struct work *w, struct scim_post *stated)
{
	for (size_t i = 0; i < w->s->n_posts; i++) {
		struct scim_post *old = match(w, &stated[i]);
		int r;

		if (!old)
			continue;
		old->used = stated[i].used = true;
		r = correct(w, old, &stated[i]);
		if (r < 0)
			return r;
	}
	return 0;
}

static int end_rest(struct work *w, bool has_new_main)
{
	for (size_t i = 0; i < w->now->n_posts; i++) {
		const struct scim_post *post = &w->now->posts[i];
		int r = 0;

		if (post->used)
			continue;
		/* The transfer ends it. */
		if (!is_main(post))
			r = end_post(w, post);
		else if (!has_new_main)
			r = scim_fail(w->op, SCIM_INVALID_VALUE, "whoever works here has a main post; it ends by another one, or by a departure");
		if (r < 0)
			return r;
	}
	return 0;
}

static int add_rest(struct work *w, const struct scim_post *stated)
{
	for (size_t i = 0; i < w->s->n_posts; i++) {
		int r = 0;

		if (!stated[i].used && !is_over(w, &stated[i]))
			r = is_main(&stated[i]) ? transfer(w, &stated[i]) : add(w, &stated[i]);
		if (r < 0)
			return r;
	}
	return 0;
}

/* The day on which the last main post is over; STR_NULL: it is open. */
static struct str main_until(const struct scim_post *posts, size_t n)
{
	struct str until = STR("");

	for (size_t i = 0; i < n && !str_is_null(until); i++)
		if (is_main(&posts[i]) && (str_is_null(posts[i].valid_to) || str_compare(posts[i].valid_to, until) > 0))
			until = posts[i].valid_to;
	return until;
}

/* Whoever has a main post no longer does not work here: a departure by another name, and counted as one. */
static int guard_end(struct work *w)
{
	struct str before = main_until(w->now->posts, w->now->n_posts), after = main_until(w->s->posts, w->s->n_posts);

	if (str_is_null(after) || after.len == 0 || (!str_is_null(before) && str_compare(after, before) >= 0))
		return 0;
	return scim_guard_stop(w->op, w->feed, w->now->person_id, true);
}

int scim_user_set_posts(struct op *op, const struct scim_feed *feed, struct scim_user *now, const struct scim_stated *s)
{
	struct work w = { op, feed, now, s, arena_printf(op->arena, "Theo nguồn dữ liệu nhân sự: %.*s", STR_ARG(feed->name)) };
	bool has_new_main = false;
	int r = guard_end(&w);

	if (r == 0)
		r = match_all(&w, s->posts);
	for (size_t i = 0; i < s->n_posts; i++)
		has_new_main = has_new_main || (is_main(&s->posts[i]) && !s->posts[i].used && !is_over(&w, &s->posts[i]));
	if (r == 0)
		r = end_rest(&w, has_new_main);
	return r == 0 ? add_rest(&w, s->posts) : r;
}

/* Title or department of who states no posts: a transfer from today. */
int scim_user_set_plain_post(struct op *op, const struct scim_feed *feed, struct scim_user *now, const struct scim_stated *s)
{
	struct work w = { op, feed, now, s, arena_printf(op->arena, "Theo nguồn dữ liệu nhân sự: %.*s", STR_ARG(feed->name)) };
	struct scim_post plain;
	int r = scim_plain_post(op, feed, s, now->today, &plain);

	if (r < 0 || match(&w, &plain))
		return r;
	return transfer(&w, &plain);
}
