/*
 * Requests that go on behind a 202 (RFC 9967 §2.5.1): waited for by asking at the Location, or by a notice.
 *
 * The Location is either where the completion event will be, or the resource itself.  An event is a SET, signed or not, or
 * its payload alone, the answer of one operation as Bulk has it: it comes from the platform over the same connection as
 * any answer, and is believed as much.
 */
#include "provisioning/scim/http.h"

#include "common/base/base64.h"
#include "common/base/clock.h"
#include "common/base/url.h"
#include "provisioning/scim/events.h"

#include <time.h>

#define JSON_DEPTH_MAX 16
#define FIRST_PAUSE_MS 50
#define PAUSE_MAX_MS 2000

bool scim_pause(struct call *c, int64_t *ms)
{
	const struct scim *s = c->instance;

	*ms = *ms == 0 ? FIRST_PAUSE_MS : *ms * 2 < PAUSE_MAX_MS ? *ms * 2 : PAUSE_MAX_MS;
	/* The look-up or read behind it needs some, too. */
	if (!call_has_time(c, *ms + 2 * s->config->timeout_ms))
		return false;
	nanosleep(&(struct timespec){ .tv_sec = *ms / 1000, .tv_nsec = *ms % 1000 * 1000000 }, NULL);
	return true;
}

static struct str origin_of(struct str base)
{
	struct url u;

	return url_parse(base, &u) ? str_n(base.p, base.len - u.path.len) : STR_NULL;
}

/* Where to ask; STR_NULL: nowhere that our credentials may go. */
static struct str address_of(struct arena *a, const struct scim *s, struct str location)
{
	struct str origin = origin_of(s->base), path = str_skip(s->base, origin.len);

	if (str_is_empty(location) || str_is_null(origin) || !str_is_printable_ascii(location))
		return STR_NULL;
	if (location.p[0] != '/')
		return str_starts(location, origin) && str_starts(str_skip(location, origin.len), STR("/")) ? location : STR_NULL;
	if (str_starts(location, STR("//")))
		return STR_NULL;
	if (str_starts(location, path) && (location.len == path.len || location.p[path.len] == '/'))
		return arena_printf(a, "%.*s%.*s", STR_ARG(origin), STR_ARG(location));
	return arena_printf(a, "%.*s%.*s", STR_ARG(s->base), STR_ARG(location));
}

json_t *scim_event_claims(struct arena *a, struct str body)
{
	struct str rest = body, part = STR_NULL, payload = STR_NULL;
	json_t *json = json_read(body, JSON_DEPTH_MAX, NULL);

	if (json)
		return json;
	/* header.payload.signature */
	if (!str_split(&rest, '.', &part) || !str_split(&rest, '.', &part) || str_is_null(rest) || !base64url_decode(a, part, &payload))
		return NULL;
	return json_read(payload, JSON_DEPTH_MAX, NULL);
}

/* The answer of one operation: of an event of this transaction, or as it is; NULL: something else. */
static json_t *outcome_in(const json_t *json, struct str txn)
{
	json_t *event = json_object_get(json_object_get(json, "events"), SCIM_EVENT_ASYNC);

	if (event)
		return str_equal(json_get_str(json, "txn"), txn) || str_is_null(txn) ? event : NULL;
	if (json_object_get(json, "status") && (json_object_get(json, "method") || json_object_get(json, "response")))
		return (json_t *)(uintptr_t)json;
	return NULL;
}

void scim_take_outcome(struct call *c, struct scim_exchange *x, const json_t *outcome)
{
	struct arena *a = c->op->arena;
	const json_t *status = json_object_get(outcome, "status");
	struct str code = json_is_object(status) ? json_get_str(status, "code") : json_get_str(outcome, "status");
	struct str version = json_get_str(outcome, "version"), location = json_get_str(outcome, "location");
	uint64_t number = 0;

	if (json_is_integer(status))
		number = (uint64_t)json_integer_value(status);
	else if (!str_to_u64(code, 599, &number))
		number = 0;
	x->answer = (struct http_answer){ .retry_after_s = -1, .rate_left = -1, .rate_reset_s = -1 };
	x->answer.etag = str_is_null(version) ? STR_NULL : arena_dup(a, version);
	x->answer.location = str_is_null(location) ? STR_NULL : arena_dup(a, location);
	json_decref(x->json);
	x->json = json_deep_copy(json_object_get(outcome, "response"));
	x->status = number >= 200 && number <= 599 ? (int)number : 0;
	c->status = x->status;
}

/* Is it the resource that was written, and not what became of the writing? */
static bool is_the_resource(const struct scim_exchange *x, struct str address)
{
	return x->kind != SCIM_CREATE && str_ends(address, x->path);
}

/* true: it is over, and x tells how. */
static bool ask_once(struct call *c, struct scim_exchange *x, struct str address, struct str txn, enum verdict *ret_verdict)
{
	_exchange_ struct scim_exchange poll = { .kind = SCIM_READ, .method = "GET", .path = STR("(Location)"), .url = address, .is_plain = true };
	_json_ json_t *claims = NULL;
	json_t *outcome;

	*ret_verdict = scim_send(c, &poll);
	if (*ret_verdict != VERDICT_DONE || poll.status != 200)
		return false;
	claims = scim_event_claims(c->op->arena, poll.answer.body);
	outcome = outcome_in(claims, txn);
	if (outcome) {
		scim_take_outcome(c, x, outcome);
		return true;
	}
	/* The new resource, where it should be. */
	if (x->kind != SCIM_CREATE || !json_object_get(claims, "id"))
		return false;
	x->status = 201;
	json_decref(x->json);
	x->json = json_incref(claims);
	return true;
}

enum verdict scim_async_wait(struct call *c, struct scim_exchange *x)
{
	struct scim *s = c->instance;
	struct arena *a = c->op->arena;
	struct str txn = x->answer.txn, address = address_of(a, s, x->answer.location);
	bool asks = !str_is_null(address) && !is_the_resource(x, address), hears = !str_is_empty(s->config->events_url) && !str_is_empty(txn);
	enum verdict verdict;
	int64_t ms = 0;

	/* Nobody says when it is done: whoever asked reads or looks up. */
	if (!asks && !hears)
		return VERDICT_DONE;
	while (scim_pause(c, &ms)) {
		if (hears && scim_events_await(c, txn, x))
			return VERDICT_DONE;
		if (!asks || !ask_once(c, x, address, txn, &verdict))
			continue;
		if (hears)
			scim_events_forget(s, txn);
		return x->status == 0 ? call_fault(c, VERDICT_IN_DOUBT, "answer", "an outcome without a status") : VERDICT_DONE;
	}
	op_forgive(c->op);
	if (hears)
		scim_events_forget(s, txn);
	return call_fault(c, VERDICT_IN_DOUBT, "pending", "%s was answered 202; no word of transaction %.*s yet", x->method,
	                  (int)(txn.len < 100 ? txn.len : 100), txn.p ? txn.p : "");
}
