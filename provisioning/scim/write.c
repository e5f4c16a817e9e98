#include "provisioning/scim/write.h"

#include "provisioning/scim/groups.h"

#define ROUNDS_MAX 3

/* The account as it was read, and what is to be written there. */
struct writing {
	struct scim_shape shape;
	struct desired want;   /* as far as this platform can hold it */
	const json_t *current; /* all that the platform showed */
	const json_t *seen;    /* of it, what is compared */
	const json_t *patch;
	struct str if_match;
};

enum verdict scim_read_user(struct call *c, struct scim_exchange *x)
{
	enum verdict verdict;

	*x = (struct scim_exchange){ .kind = SCIM_READ, .method = "GET", .path = scim_user_path(c->op->arena, c->ext_id) };
	verdict = scim_exchange(c, x);
	if (verdict == VERDICT_DONE && !json_is_object(x->json))
		return call_fault(c, VERDICT_NOT_DONE, "answer", "200 without a JSON object");
	/* A proxy or a doubled answer: what is said of somebody else, or of a list, proves nothing here (RFC 7643, 3.1: id is always there). */
	if (verdict == VERDICT_DONE && !str_equal(scim_user_id(c->op->arena, x->json), c->ext_id))
		return call_fault(c, VERDICT_NOT_DONE, "answer", "the answer is not about this account");
	return verdict;
}

struct str scim_version(struct call *c, const struct scim_exchange *now)
{
	struct str version = json_get_str(json_object_get(now->json, "meta"), "version");

	if (!scim_can(c->instance, SCIM_SW_ETAG))
		return STR_NULL;
	version = str_is_empty(now->answer.etag) ? version : now->answer.etag;
	return str_is_empty(version) ? STR_NULL : arena_dup(c->op->arena, version);
}

static bool patch_is_unknown(const struct scim_exchange *x)
{
	return x->status == 405 || x->status == 501;
}

/* Not the change, but the way it is written. */
static bool style_is_unknown(const struct scim_exchange *x)
{
	struct str type = json_get_str(x->json, "scimType");

	return x->status == 400 && (str_equal(type, STR("noTarget")) || str_equal(type, STR("invalidPath")) || str_equal(type, STR("invalidSyntax")));
}

static enum verdict put_user(struct call *c, const struct writing *w, struct scim_exchange *x)
{
	_json_ json_t *user = scim_user_over(w->current, &w->want);
	enum verdict verdict;

	scim_shape_user(c->op->arena, &w->shape, user, w->current);
	json_decref(x->json);
	*x = (struct scim_exchange){
		.kind = SCIM_CHANGE, .method = "PUT", .path = scim_user_path(c->op->arena, c->ext_id), .body = user, .if_match = w->if_match,
	};
	verdict = scim_exchange(c, x);
	x->body = NULL;
	return verdict;
}

static enum verdict patch_user(struct call *c, const struct writing *w, enum scim_style style, struct scim_exchange *x)
{
	_json_ json_t *patch = scim_shape_patch(&w->shape, style, w->patch, w->seen);
	enum verdict verdict;

	json_decref(x->json);
	*x = (struct scim_exchange){
		.kind = SCIM_CHANGE, .method = "PATCH", .path = scim_user_path(c->op->arena, c->ext_id), .body = patch, .if_match = w->if_match,
	};
	verdict = scim_exchange(c, x);
	x->body = NULL;
	return verdict;
}

/* The style that is set or was learned, then the others, then the whole. */
static enum verdict write_user(struct call *c, const struct writing *w, struct scim_exchange *x)
{
	static const enum scim_style others[] = { SCIM_STYLE_PATH, SCIM_STYLE_PATHLESS };
	struct scim *s = c->instance;
	enum scim_style first = w->shape.style == SCIM_STYLE_AUTO ? SCIM_STYLE_PATH : w->shape.style;
	enum verdict verdict;

	if (!scim_can(s, SCIM_SW_PATCH))
		return put_user(c, w, x);
	verdict = patch_user(c, w, first, x);
	for (size_t i = 0; i < ARRAY_LEN(others) && verdict == VERDICT_REFUSED && style_is_unknown(x); i++) {
		if (others[i] == first)
			continue;
		verdict = patch_user(c, w, others[i], x);
		if (verdict == VERDICT_DONE && s->switches.of[SCIM_SW_STYLE] == SCIM_STYLE_AUTO)
			atomic_store(&s->style, (int)others[i]);
	}
	if (verdict == VERDICT_REFUSED && patch_is_unknown(x))
		atomic_store(&s->only_put, true);
	return verdict == VERDICT_REFUSED && (patch_is_unknown(x) || style_is_unknown(x)) ? put_user(c, w, x) : verdict;
}

/* 202, and nobody says how it went: by reading. */
static enum verdict await_state(struct call *c, struct observed *ret)
{
	int64_t ms = 0;

	while (scim_pause(c, &ms)) {
		_exchange_ struct scim_exchange x = { 0 };
		enum verdict verdict = scim_read_user(c, &x);

		if (verdict != VERDICT_DONE)
			return verdict;
		scim_observe(c, x.json, arena_dup(c->op->arena, x.answer.etag), ret);
		if (ret->matches)
			return VERDICT_DONE;
	}
	*ret = (struct observed){ .is_known = false };
	return call_fault(c, VERDICT_IN_DOUBT, "pending", "answered 202, and the account is not as wanted yet");
}

/* *ret_raced: somebody else was faster, nothing was written. */
static enum verdict update_once(struct call *c, struct observed *ret, bool *ret_raced)
{
	struct scim *s = c->instance;
	_exchange_ struct scim_exchange now = { 0 };
	_exchange_ struct scim_exchange x = { .kind = SCIM_CHANGE };
	struct writing w = { .shape = { 0 } };
	_json_ json_t *seen = NULL, *patch = NULL;
	struct str owner;
	bool is_moved = false;
	enum verdict verdict = scim_read_user(c, &now);

	*ret_raced = false;
	if (verdict != VERDICT_DONE)
		return verdict;
	owner = json_get_str(now.json, "externalId");
	if (!str_is_empty(owner) && !str_equal(owner, c->want->account_id))
		return call_fault(c, VERDICT_CONFLICT, "conflict", "the platform's id now belongs to another account");
	w.shape = scim_shape(s);
	w.want = scim_shape_want(&w.shape, c->want);
	w.current = now.json;
	w.seen = seen = scim_shape_current(&w.shape, now.json, c->want);
	w.patch = patch = scim_patch(seen, &w.want);
	w.if_match = scim_version(c, &now);
	if (patch) {
		scim_note_changes(c, now.json, patch);
		verdict = write_user(c, &w, &x);
		*ret_raced = verdict == VERDICT_NOT_DONE && x.status == 412;
	}
	if (verdict == VERDICT_DONE && x.status == 202)
		verdict = await_state(c, ret);
	else if (verdict == VERDICT_DONE && !patch)
		scim_observe(c, now.json, arena_dup(c->op->arena, now.answer.etag), ret);
	else if (verdict == VERDICT_DONE && scim_user_hit(x.json, c->want) == SCIM_HIT_OURS)
		scim_observe(c, x.json, arena_dup(c->op->arena, x.answer.etag), ret);
	if (verdict == VERDICT_DONE && scim_has_groups(s))
		verdict = scim_groups_bring(c, now.json, false, &is_moved);
	/* Then it is read again, groups and all. */
	if (is_moved)
		*ret = (struct observed){ .is_known = false };
	return verdict;
}

enum verdict scim_update(struct call *c, struct observed *ret)
{
	enum verdict verdict = VERDICT_NOT_DONE;
	size_t n_changes = c->n_changes;
	bool is_raced = true;

	for (int round = 0; is_raced && round < ROUNDS_MAX; round++) {
		c->n_changes = n_changes;
		verdict = update_once(c, ret, &is_raced);
	}
	return verdict;
}
