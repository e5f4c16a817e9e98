/*
 * Platforms with a program of their own: every operation is one signed POST that says how the account shall be, and its
 * answer how it is.
 *
 * Messages have a number each, without gaps (webhook/log.h); a platform that misses one says so in any answer, and gets
 * it again.  What is asked only (look_up) has none.
 */
#include "provisioning/connectors/registry.h"

#include "common/crypto/keyring.h"
#include "provisioning/webhook/http.h"
#include "provisioning/webhook/log.h"

#include <inttypes.h>
#include <stdlib.h>

#define ANSWER_MAX_BYTES ((size_t)256 * 1024)
/* With one operation. */
#define REPLAY_MAX 16
/* An operation and what else it may lead to. */
#define REPLAY_CALLS 2

static int webhook_open(struct op *op, const struct connector_config *config, void **ret_instance)
{
	struct http_client_config http = {
		.egress_allow = config->egress_allow,
		.ca_file = config->ca_file,
		.connect_timeout_ms = (int)config->timeout_ms,
		.total_timeout_ms = (int)config->timeout_ms,
		.max_answer_bytes = ANSWER_MAX_BYTES,
		.pool_size = (unsigned)config->concurrency,
	};
	struct http_client *client;
	struct webhook *w;

	if (!op->db)
		return op_fail(op, ERR_CONFIG, "messages to webhooks need the database for their numbers");
	if (http_client_new(op, &http, &client) < 0)
		return op->error.code;
	w = calloc(1, sizeof(*w));
	if (!w)
		abort();
	w->config = config;
	w->http = client;
	w->db = op->db;
	pthread_mutex_init(&w->lock, NULL);
	*ret_instance = w;
	return 0;
}

static void webhook_close(void *instance)
{
	struct webhook *w = instance;

	http_client_free(w->http);
	keyring_free(w->keys);
	pthread_mutex_destroy(&w->lock);
	free(w);
}

/* Account, generation and number: another attempt at the same message has the same; a repair of later drift has not. */
static struct str key_of(struct arena *a, const struct webhook_entry *e)
{
	return arena_printf(a, "\"%.*s:%" PRId64 ":%" PRId64 "\"", STR_ARG(e->account_id), e->gen, e->sequence);
}

/* What a newer message has overtaken is not repeated: only that its number is not missing. */
static struct str replay_body(struct arena *a, const struct webhook_entry *e)
{
	if (e->is_newest)
		return webhook_body(a, e->sequence, e->document);
	return webhook_body(a, e->sequence, arena_printf(a, "{\"operation\":\"superseded\",\"account_id\":\"%.*s\",\"generation\":%" PRId64 "}",
	                                                 STR_ARG(e->account_id), e->gen));
}

/* Nobody waits for these; how they end does not touch the operation. */
static void replay(struct call *c, int64_t from, int64_t to)
{
	const struct webhook *w = c->instance;
	const struct webhook_entry *entries;
	struct call of_replay = *c;
	size_t n = 0;

	if (webhook_log_read(c->op, c->want->platform_id, from, to, REPLAY_MAX, &entries, &n) < 0)
		return;
	for (size_t i = 0; i < n && call_has_time(c, REPLAY_CALLS * w->config->timeout_ms); i++) {
		_webhook_exchange_ struct webhook_exchange x = { .kind = WEBHOOK_CHANGE };

		x.key = key_of(c->op->arena, &entries[i]);
		x.body = replay_body(c->op->arena, &entries[i]);
		(void)webhook_exchange(&of_replay, &x);
		if (!webhook_is_decided(x.status) || webhook_log_decided(c->op, &entries[i], x.status) < 0)
			return;
	}
}

/* What the answer says of the account, and whether it misses messages before `before`. */
static enum verdict read_answer(struct call *c, const struct webhook_exchange *x, enum verdict unclear, struct observed *ret, int64_t *ret_replay_from)
{
	struct webhook_answer answer;
	const char *reason = NULL;

	if (!webhook_answer_read(c->op->arena, x->json, c->want, &answer, &reason))
		return call_fault(c, unclear, "answer", "%d: %s", x->status, reason);
	*ret_replay_from = answer.replay_from;
	if (answer.is_absent)
		return call_fault(c, VERDICT_ABSENT, "absent", "there is no such account");
	*ret = answer.seen;
	return VERDICT_DONE;
}

static enum verdict ask(struct call *c, struct observed *ret)
{
	_webhook_exchange_ struct webhook_exchange x = { .kind = WEBHOOK_READ, .body = webhook_question(c) };
	enum verdict verdict = webhook_exchange(c, &x);
	int64_t replay_from = 0;

	return verdict == VERDICT_DONE ? read_answer(c, &x, VERDICT_NOT_DONE, ret, &replay_from) : verdict;
}

static enum verdict tell(struct call *c, enum webhook_request kind, const char *operation, struct observed *ret)
{
	struct webhook *w = c->instance;
	struct webhook_entry entry = { .platform_id = c->want->platform_id, .account_id = c->want->account_id, .gen = c->gen };
	_webhook_exchange_ struct webhook_exchange x = { .kind = kind };
	int64_t replay_from = 0;
	enum verdict verdict;

	if (!call_has_time(c, w->config->timeout_ms))
		return call_fault(c, VERDICT_NOT_DONE, "lease", "no time left within the lease");
	c->op->db = w->db;
	entry.document = webhook_document(c, operation);
	if (webhook_log_add(c->op, &entry) < 0)
		return call_fault(c, VERDICT_NOT_DONE, "database", "%s %.*s", c->op->error.text, STR_ARG(c->op->error.detail));
	x.key = key_of(c->op->arena, &entry);
	x.body = webhook_body(c->op->arena, entry.sequence, entry.document);
	verdict = webhook_exchange(c, &x);
	if (verdict == VERDICT_DONE)
		verdict = read_answer(c, &x, kind == WEBHOOK_CREATE ? VERDICT_IN_DOUBT : VERDICT_NOT_DONE, ret, &replay_from);
	/* What was not understood, or is not known to be decided, goes again under its number. */
	if (x.status == 0 || !webhook_is_decided(x.status) || verdict == VERDICT_IN_DOUBT)
		return verdict;
	if (webhook_log_decided(c->op, &entry, x.status) == 0 && replay_from > 0 && replay_from < entry.sequence)
		replay(c, replay_from, entry.sequence);
	return verdict;
}

static enum verdict webhook_create(struct call *c, struct observed *ret)
{
	return tell(c, WEBHOOK_CREATE, "create", ret);
}

static enum verdict webhook_update(struct call *c, struct observed *ret)
{
	return tell(c, WEBHOOK_CHANGE, "update", ret);
}

static enum verdict webhook_disable(struct call *c, struct observed *ret)
{
	return tell(c, WEBHOOK_CHANGE, "disable", ret);
}

static enum verdict webhook_remove(struct call *c, struct observed *ret)
{
	return tell(c, WEBHOOK_CHANGE, "delete", ret);
}

const struct connector connector_webhook = {
	.kind = "webhook",
	.open = webhook_open,
	.close = webhook_close,
	.look_up = ask,
	.create = webhook_create,
	.update = webhook_update,
	.disable = webhook_disable,
	.read_back = ask,
	.remove = webhook_remove,
};
