#include "server/ssf/poll.h"

#include "common/base/random.h"
#include "common/model/exclusion_store.h"
#include "common/model/security_event.h"

#define ERROR_WORD_MAX 64

static int bad(struct op *op, const char *text)
{
	return op_fail(op, ERR_INVALID_REQUEST, text);
}

/* An identifier that is none of ours is passed over: §2.2 knows no error for it. */
static void add_receipt(struct outbox_receipt *receipts, size_t *n, struct outbox_receipt receipt)
{
	if (uuid_is_valid(receipt.id))
		receipts[(*n)++] = receipt;
}

static struct str error_word(struct op *op, const json_t *error)
{
	struct str word = json_get_str(error, "err");

	if (str_is_empty(word) || word.len > ERROR_WORD_MAX || !str_is_printable_ascii(word))
		return STR("setErrs");
	return arena_printf(op->arena, "setErrs %.*s", STR_ARG(word));
}

static int read_receipts(struct op *op, const json_t *json, struct ssf_poll *poll)
{
	const json_t *ack = json_object_get(json, "ack"), *errors = json_object_get(json, "setErrs");
	size_t n_max = json_array_size(ack) + json_object_size(errors), n = 0;
	struct outbox_receipt *receipts;
	const char *id;
	json_t *error;

	if ((ack && !json_is_array(ack)) || (errors && !json_is_object(errors)) || n_max > POLL_RECEIPTS_MAX)
		return bad(op, "ack must be an array, setErrs an object, of at most 500 identifiers together");
	receipts = ARENA_ARRAY(op->arena, struct outbox_receipt, n_max + 1);
	for (size_t i = 0; i < json_array_size(ack); i++) {
		const json_t *jti = json_array_get(ack, i);

		if (!json_is_string(jti))
			return bad(op, "ack must hold texts");
		add_receipt(receipts, &n, (struct outbox_receipt){ arena_dup_c(op->arena, json_string_value(jti)), OUTBOX_DELIVERED, STR_NULL });
	}
	json_object_foreach((json_t *)(uintptr_t)errors, id, error)
		add_receipt(receipts, &n, (struct outbox_receipt){ arena_dup_c(op->arena, id), OUTBOX_REFUSED, error_word(op, error) });
	poll->receipts = receipts;
	poll->n_receipts = n;
	return 0;
}

int ssf_poll_read(struct op *op, const json_t *json, struct ssf_poll *ret_poll)
{
	const json_t *max = json_object_get(json, "maxEvents"), *now = json_object_get(json, "returnImmediately");
	struct ssf_poll poll = { .max_events = POLL_EVENTS_MAX, .waits = !json_is_true(now) };
	int r;

	if ((max && (!json_is_integer(max) || json_integer_value(max) < 0)) || (now && !json_is_boolean(now)))
		return bad(op, "maxEvents must be a whole number, returnImmediately true or false");
	if (max && json_integer_value(max) < POLL_EVENTS_MAX)
		poll.max_events = json_integer_value(max);
	r = read_receipts(op, json, &poll);
	if (r == 0)
		*ret_poll = poll;
	return r;
}

int ssf_poll_settle(struct op *op, const struct ssf_stream *s, const struct ssf_poll *poll)
{
	return poll->n_receipts == 0 ? 0 : outbox_settle(op, OUTBOX_SSF, s->id, poll->receipts, poll->n_receipts);
}

/* Those of whom the receiver does not want to hear are ended instead of handed out. */
static int drop_excluded(struct op *op, const struct event_receiver *to, const struct outbox_item *items, size_t n, struct exclusion *all)
{
	struct outbox_receipt *receipts = ARENA_ARRAY(op->arena, struct outbox_receipt, n + 1);
	size_t n_receipts = 0;
	int r;

	for (size_t i = 0; i < n; i++)
		all[i] = (struct exclusion){ to->stream_id, security_event_subject(op, to, &items[i]), false };
	r = exclusions_find(op, all, n);
	for (size_t i = 0; r == 0 && i < n; i++)
		if (all[i].is_excluded)
			receipts[n_receipts++] = (struct outbox_receipt){ items[i].id, OUTBOX_VOID, STR("the receiver excluded this subject") };
	return r < 0 || n_receipts == 0 ? r : outbox_settle(op, OUTBOX_SSF, to->stream_id, receipts, n_receipts);
}

static int add_sets(struct op *op, const struct event_receiver *to, const struct ssf_poll *poll, json_t *sets, bool *ret_more)
{
	const struct outbox_item *items;
	struct exclusion *excluded;
	size_t n;
	int r = outbox_peek(op, OUTBOX_SSF, to->stream_id, poll->max_events + 1, &items, &n);

	if (r < 0)
		return r;
	*ret_more = n > (size_t)poll->max_events;
	n -= *ret_more;
	excluded = ARENA_ARRAY(op->arena, struct exclusion, n + 1);
	r = drop_excluded(op, to, items, n, excluded);
	for (size_t i = 0; r == 0 && i < n; i++) {
		struct str set;

		if (excluded[i].is_excluded)
			continue;
		r = security_event_make(op, to, &items[i], &set);
		if (r == 0)
			json_set_take(sets, arena_cstr(op->arena, items[i].id), json_from_str(set));
	}
	return r;
}

int ssf_poll_answer(struct op *op, struct str issuer, const struct client *client, const struct ssf_stream *s, const struct ssf_poll *poll,
                    json_t **ret_answer, size_t *ret_n)
{
	const struct event_receiver to = {
		.issuer = issuer,
		.stream_id = s->id,
		.client_id = client->id,
		.alg = client->id_token_alg,
		.sector = client->pairwise ? client->sector : STR_NULL,
	};
	_json_ json_t *answer = json_new_object();
	json_t *sets = json_new_object();
	bool more = false;
	int r = 0;

	json_set_take(answer, "sets", sets);
	if (poll->max_events > 0 && str_equal(s->status, STR("enabled")))
		r = add_sets(op, &to, poll, sets, &more);
	if (r < 0)
		return r;
	if (more)
		json_set_bool(answer, "moreAvailable", true);
	*ret_n = json_object_size(sets);
	*ret_answer = TAKE_PTR(answer);
	return 0;
}
