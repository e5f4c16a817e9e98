#include "server/handlers/api/idempotency.h"

#include "common/base/log.h"
#include "common/crypto/keyring.h"
#include "server/governance/idempotency_store.h"
#include "server/governance/principal.h"

#define RETRY_AFTER STR("1")
#define ANSWER_MAX_BYTES ((size_t)512 << 10)
#define ANSWER_DEPTH 4

struct idempotency {
	struct idempotency_claim claim;
};

/* Headers that belong to an answer. */
static const char *const kept_headers[] = { "ETag", "Location" };

static struct str hash_request(struct request *rq)
{
	const struct str parts[] = {
		str_c(rq->route->name), rq->path, str_is_null(rq->raw_query) ? STR("") : rq->raw_query,
		str_is_null(rq->body) ? STR("") : rq->body,
		/* A change is one against a state. */
		str_is_null(rq_header(rq, "If-Match")) ? STR("") : rq_header(rq, "If-Match"),
	};

	return keyring_mac(rq->op.arena, rq->op.keys, KEY_LOOKUP, "idempotency", parts, ARRAY_LEN(parts));
}

static const uint8_t *sealing_key(const struct request *rq)
{
	return keyring_key(rq->op.keys, KEY_AT_REST);
}

static struct str bound_to(struct request *rq, const struct idempotency_claim *claim)
{
	return arena_printf(rq->op.arena, "%.*s %.*s", STR_ARG(claim->account_id), STR_ARG(claim->key));
}

static struct str seal_answer(struct request *rq, const struct idempotency_claim *claim)
{
	const struct response *response = &rq->response;
	_json_ json_t *json = json_new_object();
	json_t *headers = json_new_object();

	json_set_int(json, "status", response->status);
	json_set_str(json, "type", response->content_type);
	json_set_str(json, "body", response->body);
	for (size_t i = 0; i < response->n_headers; i++)
		for (size_t k = 0; k < ARRAY_LEN(kept_headers); k++)
			if (str_equal(str_c(response->headers[i].name), str_c(kept_headers[k])))
				json_set_str(headers, kept_headers[k], response->headers[i].value);
	json_set_take(json, "headers", headers);
	return aead_seal(rq->op.arena, sealing_key(rq), "idempotency", bound_to(rq, claim), json_write(rq->op.arena, json, false));
}

static int replay(struct request *rq, const struct idempotency_claim *claim, struct str sealed)
{
	_json_ json_t *json = NULL;
	struct str plain, type, body;

	if (aead_open(rq->op.arena, sealing_key(rq), "idempotency", bound_to(rq, claim), sealed, &plain))
		json = json_read(plain, ANSWER_DEPTH, NULL);
	if (!json)
		return op_fail(&rq->op, ERR_ANSWER_NOT_KEPT, "the request was carried out before; its answer cannot be read any more");
	rq->response.status = (int)json_get_int(json, "status", 0);
	type = arena_dup(rq->op.arena, json_get_str(json, "type"));
	body = arena_dup(rq->op.arena, json_get_str(json, "body"));
	if (!str_is_null(body)) {
		rq->response.content_type = type;
		rq->response.body = body;
	}
	for (size_t k = 0; k < ARRAY_LEN(kept_headers); k++) {
		struct str value = json_get_str(json_object_get(json, "headers"), kept_headers[k]);

		if (!str_is_null(value))
			response_header(rq, kept_headers[k], value);
	}
	response_header(rq, "Idempotent-Replayed", STR("true"));
	return 1;
}

/* In every transaction of the request, before its commit. */
static int mark(struct op *op, void *context)
{
	const struct idempotency *i = context;

	return idempotency_mark(op, &i->claim);
}

static int answer_of(struct request *rq, struct idempotency *i, enum idempotency_state state, struct str sealed)
{
	struct op *op = &rq->op;

	switch (state) {
	case IDEMPOTENCY_CLAIMED:
		rq->idempotency = i;
		op->before_commit = mark;
		op->before_commit_context = i;
		return 0;
	case IDEMPOTENCY_ANSWERED:
		return replay(rq, &i->claim, sealed);
	case IDEMPOTENCY_LOST:
		return op_fail(op, ERR_ANSWER_NOT_KEPT, "the request was carried out before; its answer is not kept");
	case IDEMPOTENCY_OTHER:
		return op_fail(op, ERR_KEY_REUSED, "Idempotency-Key was used for another request");
	case IDEMPOTENCY_AT_WORK:
	default:
		(void)op_fail(op, ERR_KEY_IN_USE, "a request with this Idempotency-Key is being carried out");
		return op_fail_arg(op, "retry_after_s", RETRY_AFTER);
	}
}

int idempotency_begin(struct request *rq)
{
	struct idempotency *i = ARENA_NEW(rq->op.arena, struct idempotency);
	struct str header = rq_header(rq, "Idempotency-Key"), sealed;
	enum idempotency_state state;
	int r;

	if (!rq->route->creates || str_is_null(header))
		return 0;
	if (!idempotency_key_read(header, &i->claim.key))
		return op_fail(&rq->op, ERR_BAD_REQUEST, "Idempotency-Key must be a string of 1 to 128 visible characters");
	i->claim.account_id = rq->principal->account_id;
	i->claim.request_hash = hash_request(rq);
	r = idempotency_claim(&rq->op, &i->claim, &state, &sealed);
	return r < 0 ? r : answer_of(rq, i, state, sealed);
}

static int settle(struct request *rq, const struct idempotency_claim *claim)
{
	bool released = false;
	int r = 0;

	if (rq->response.status < 200 || rq->response.status > 299)
		r = idempotency_release(&rq->op, claim, &released);
	if (r < 0 || released)
		return r;
	if (rq->route->secret_answer || rq->response.body.len > ANSWER_MAX_BYTES)
		return idempotency_answer(&rq->op, claim, STR_NULL);
	return idempotency_answer(&rq->op, claim, seal_answer(rq, claim));
}

void idempotency_end(struct request *rq)
{
	struct op *op = &rq->op;
	const struct error answered = op->error;

	op->before_commit = NULL;
	/* Nobody knows whether it was done: the mark tells, once the claim has lapsed. */
	if (!rq->idempotency || answered.code == ERR_OUTCOME_UNKNOWN)
		return;
	op->error = (struct error){ .code = 0 };
	if (settle(rq, &rq->idempotency->claim) < 0)
		log_event(LOG_LEVEL_WARN, "idempotency", L_C("error", err_name(op->error.code)), L_STR("detail", op->error.detail));
	op->error = answered;
	rq->idempotency = NULL;
}
