#include "server/federation/resolve.h"

#include "common/base/buf.h"
#include "common/base/clock.h"
#include "common/base/url.h"
#include "server/federation/authority.h"
#include "server/federation/constraints.h"
#include "server/oidc/remote_document.h"

#define FETCH_BYTES ((size_t)512 << 10)
#define URL_MAX 2048
#define ACCEPT "application/entity-statement+jwt"

struct walk {
	struct op *op;
	const struct federation *f;
	const struct trust_anchor *anchor;
	struct resolved *to;
	int64_t end_ms;
	size_t n_fetched;
	struct error first; /* what the first way that led nowhere met */
};

static int bad(struct walk *w, const char *text)
{
	return op_fail(w->op, ERR_INVALID_TRUST_CHAIN, text);
}

static bool is_spent(const struct walk *w)
{
	return w->n_fetched >= RESOLVE_FETCHES_MAX || clock_mono_ms() >= w->end_ms;
}

/* One text for all that can go wrong at a stranger's address: outsiders learn nothing of our network. */
static int fetch(struct walk *w, struct str url, struct str *ret_compact)
{
	_cleanup_(arena_freep) struct arena *scratch = arena_new(FETCH_BYTES);
	struct op *op = w->op;
	struct arena *arena = op->arena;
	struct str text = STR_NULL, detail;
	int r;

	if (is_spent(w))
		return bad(w, "the trust chain needs too many statements, or takes too long");
	w->n_fetched++;
	op->arena = scratch;
	r = remote_document_get(op, federation_oidc(w->f)->documents, url, ACCEPT, &text);
	op->arena = arena;
	if (r >= 0 && text.len <= STATEMENT_MAX_LEN) {
		*ret_compact = arena_dup(arena, text);
		return 0;
	}
	detail = arena_dup(arena, r < 0 ? op->error.detail : STR("too large"));
	op->error.detail = detail;
	if (r == ERR_OVERLOADED)
		return r;
	op_forgive(op);
	return op_fail_detail(op, ERR_INVALID_TRUST_CHAIN, "a statement of the trust chain cannot be fetched", "%.*s: %.*s", STR_ARG(url),
	                      STR_ARG(detail));
}

/* What an entity says of itself, signed by itself; nothing more is known of it. */
static int get_configuration(struct walk *w, struct str id, struct statement *ret)
{
	struct statement s = { 0 };
	struct str compact;
	int r;

	if (str_equal(id, federation_id(w->f)))
		r = authority_configuration(w->op, w->f, &compact);
	else
		r = fetch(w, entity_configuration_url(w->op->arena, id), &compact);
	if (r >= 0)
		r = statement_read(w->op, compact, &s);
	if (r < 0)
		return r;
	if (statement_is_configuration(&s) && str_equal(s.sub, id) && statement_is_signed_by(w->op, &s, s.keys)) {
		*ret = s;
		return 0;
	}
	statement_clear(&s);
	return bad(w, "an entity configuration is not about its address, or not signed by its own keys");
}

/* §8.1.1 */
static int fetch_url(struct walk *w, const struct statement *superior, struct str sub, struct str *ret_url)
{
	const json_t *metadata = json_object_get(json_object_get(superior->claims, "metadata"), FEDERATION_ENTITY);
	struct str endpoint = json_get_str(metadata, "federation_fetch_endpoint");
	struct buf url = buf_new(w->op->arena, URL_MAX);

	if (!entity_endpoint_is_valid(endpoint))
		return bad(w, "a superior has no federation_fetch_endpoint");
	buf_add(&url, endpoint);
	buf_add_c(&url, str_index(endpoint, '?') < 0 ? "?sub=" : "&sub=");
	url_escape(&url, sub);
	*ret_url = buf_str(&url);
	return buf_ok(&url) ? 0 : bad(w, "the address of a statement is too long");
}

/* What a superior says of sub, signed by the superior. */
static int get_subordinate(struct walk *w, const struct statement *superior, struct str sub, struct statement *ret)
{
	struct str url, compact;
	struct statement s = { 0 };
	int r;

	if (str_equal(superior->sub, federation_id(w->f))) {
		r = authority_statement(w->op, w->f, sub, &compact);
	} else {
		r = fetch_url(w, superior, sub, &url);
		if (r >= 0)
			r = fetch(w, url, &compact);
	}
	if (r >= 0)
		r = statement_read(w->op, compact, &s);
	if (r < 0)
		return r;
	if (str_equal(s.iss, superior->sub) && str_equal(s.sub, sub) && statement_is_signed_by(w->op, &s, superior->keys)) {
		*ret = s;
		return 0;
	}
	statement_clear(&s);
	return bad(w, "a statement of a superior is not by it, not about its subordinate, or not signed by its keys");
}

static void push(struct walk *w, struct statement s)
{
	assert(w->to->n < TRUST_CHAIN_MAX);
	w->to->chain[w->to->n++] = s;
}

static void pop(struct walk *w)
{
	statement_clear(&w->to->chain[--w->to->n]);
}

static bool is_on_way(const struct walk *w, struct str id)
{
	for (size_t i = 0; i < w->to->n; i++)
		if (str_equal(w->to->chain[i].sub, id))
			return true;
	return false;
}

static int climb(struct walk *w, const struct statement *from);

/* By one superior, whose statement about from goes onto the chain.  Leaves the chain as it was when it fails. */
static int climb_by(struct walk *w, const struct statement *from, struct str superior_id)
{
	struct statement superior = { 0 }, statement = { 0 };
	int r;

	if (w->to->n + 2 > TRUST_CHAIN_MAX)
		return bad(w, "the trust chain is too long");
	/* from itself is there as the subject of the last statement, or as the first. */
	if (is_on_way(w, superior_id) || str_equal(from->sub, superior_id))
		return bad(w, "the authority hints lead back to where they came from");
	r = get_configuration(w, superior_id, &superior);
	if (r < 0)
		return r;
	r = get_subordinate(w, &superior, from->sub, &statement);
	if (r < 0) {
		statement_clear(&superior);
		return r;
	}
	push(w, statement);
	if (!str_equal(superior_id, w->anchor->id)) {
		r = climb(w, &superior);
		statement_clear(&superior);
	} else {
		push(w, superior);
		r = trust_chain_judge(w->op, w->anchor, w->to->chain, w->to->n, &w->to->verdict);
		if (r < 0)
			pop(w);
	}
	if (r < 0)
		pop(w);
	return r;
}

/* One way failed: is there another?  What the first one met is what is told in the end. */
static bool may_go_on(struct walk *w, int code)
{
	if (code == ERR_OVERLOADED || code == ERR_INTERNAL || is_spent(w))
		return false;
	if (w->first.code == 0)
		w->first = w->op->error;
	op_forgive(w->op);
	return true;
}

static int climb(struct walk *w, const struct statement *from)
{
	const json_t *hints = json_object_get(from->claims, "authority_hints"), *hint;
	bool knows_anchor = json_array_has_text(hints, w->anchor->id);
	size_t i;
	int r;

	if (knows_anchor) {
		r = climb_by(w, from, w->anchor->id);
		if (r >= 0 || !may_go_on(w, r))
			return r;
	}
	json_array_foreach(hints, i, hint) {
		if (str_equal(json_text(hint), w->anchor->id))
			continue;
		r = climb_by(w, from, json_text(hint));
		if (r >= 0 || !may_go_on(w, r))
			return r;
	}
	if (w->first.code == 0)
		return bad(w, "no authority hint leads to the trust anchor");
	return op_fail_detail(w->op, (enum err)w->first.code, w->first.text, "%.*s", STR_ARG(w->first.detail));
}

int resolve_entity(struct op *op, const struct federation *f, const struct trust_anchor *anchor, struct str sub, struct resolved *ret)
{
	struct walk w = { .op = op, .f = f, .anchor = anchor, .to = ret, .end_ms = clock_mono_ms() + RESOLVE_MS };
	struct statement own = { 0 };
	int r;

	*ret = (struct resolved){ 0 };
	r = get_configuration(&w, sub, &own);
	if (r < 0)
		return r;
	push(&w, own);
	if (str_equal(sub, anchor->id))
		return trust_chain_judge(op, anchor, ret->chain, ret->n, &ret->verdict);
	return climb(&w, &own);
}

void resolved_clear(struct resolved *r)
{
	while (r->n > 0)
		statement_clear(&r->chain[--r->n]);
	json_decref(r->verdict.metadata);
	r->verdict = (struct trust_verdict){ 0 };
}
