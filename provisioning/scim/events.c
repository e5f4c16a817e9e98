#include "provisioning/scim/events.h"

#include "common/base/clock.h"

#define EVENTS_MAX 100
#define TXN_MAX_BYTES 256
#define OF_NOBODY_S 300

static json_t *poll_request(json_t *acks)
{
	json_t *request = json_new_object();

	json_set_int(request, "maxEvents", EVENTS_MAX);
	json_set_bool(request, "returnImmediately", true);
	json_set_take(request, "ack", acks);
	return request;
}

/* Those that were heard meanwhile; a new reference. */
static json_t *heard_acks(struct scim *s)
{
	json_t *acks;

	pthread_mutex_lock(&s->lock);
	acks = json_deep_copy(s->acks);
	json_array_clear(s->acks);
	pthread_mutex_unlock(&s->lock);
	return acks;
}

/* true: somebody waits for it. */
static bool deliver(struct scim *s, const char *txn, const json_t *outcome)
{
	bool is_awaited;

	pthread_mutex_lock(&s->lock);
	is_awaited = json_object_get(s->answers, txn) != NULL;
	if (is_awaited)
		json_set_take(s->answers, txn, json_deep_copy(outcome));
	pthread_mutex_unlock(&s->lock);
	return is_awaited;
}

static void acknowledge(struct scim *s, const char *jti)
{
	pthread_mutex_lock(&s->lock);
	json_array_append_new(s->acks, json_from_str(str_c(jti)));
	pthread_mutex_unlock(&s->lock);
}

/* "/Users/2b2f880a" */
static struct str id_of_uri(struct arena *a, struct str uri)
{
	struct str prefix = STR("/Users/");

	return str_starts(uri, prefix) && uri.len > prefix.len && str_index(str_skip(uri, prefix.len), '/') < 0 ? arena_dup(a, str_skip(uri, prefix.len))
	                                                                                                        : STR_NULL;
}

static struct str or_null(struct arena *a, struct str s)
{
	return str_is_empty(s) ? STR_NULL : arena_dup(a, s);
}

/* Of somebody's account; a group tells of memberships, and what it names itself by is no account's. */
static struct notice notice_of(struct arena *a, const json_t *claims)
{
	const json_t *subject = json_object_get(claims, "sub_id");
	struct str id = json_get_str(subject, "id"), version = STR_NULL;
	const char *name;
	json_t *event;

	if (str_starts(json_get_str(subject, "uri"), STR("/Groups/")))
		return (struct notice){ STR_NULL, STR_NULL, STR_NULL };
	json_object_foreach(json_object_get(claims, "events"), name, event)
		version = json_get_str(event, "version");
	return (struct notice){
		.ext_id = str_is_empty(id) ? id_of_uri(a, json_get_str(subject, "uri")) : arena_dup(a, id),
		.account_id = or_null(a, json_get_str(subject, "externalId")),
		.etag = or_null(a, version),
	};
}

static bool is_of_users(const json_t *claims)
{
	const char *name;
	json_t *event;

	json_object_foreach(json_object_get(claims, "events"), name, event)
		if (str_starts(str_c(name), STR(SCIM_EVENT_PREFIX "prov:")) || str_starts(str_c(name), STR(SCIM_EVENT_PREFIX "feed:")))
			return true;
	return false;
}

/* notices: NULL when only outcomes are wanted; then the others stay where they are, for who writes them down. */
static void take_event(struct call *c, const char *jti, const json_t *set, struct notices *notices)
{
	struct scim *s = c->instance;
	_json_ json_t *claims = scim_event_claims(c->op->arena, str_n(json_string_value(set), json_string_length(set)));
	const json_t *outcome = json_object_get(json_object_get(claims, "events"), SCIM_EVENT_ASYNC);
	struct str txn = json_get_str(claims, "txn");

	if (outcome && !str_is_empty(txn) && txn.len <= TXN_MAX_BYTES && deliver(s, arena_cstr(c->op->arena, txn), outcome)) {
		acknowledge(s, jti);
		return;
	}
	if (!notices)
		return;
	/* Whoever asked may be another of our programs. */
	if (outcome && clock_now_s() - json_get_int(claims, "iat", 0) < OF_NOBODY_S)
		return;
	if (is_of_users(claims)) {
		struct notice n = notice_of(c->op->arena, claims);

		if (str_is_null(n.ext_id) && str_is_null(n.account_id))
			notices->is_about_all = true;
		else
			notices->items[notices->n++] = n;
	}
	notices->acks[notices->n_acks++] = arena_dup_c(c->op->arena, jti);
}

static enum verdict fetch(struct call *c, json_t *acks, struct notices *notices)
{
	struct scim *s = c->instance;
	_json_ json_t *request = poll_request(acks);
	_exchange_ struct scim_exchange x = { .kind = SCIM_READ, .method = "POST", .path = STR("(events)"), .url = s->config->events_url,
		                              .body = request, .is_plain = true, .is_json = true };
	enum verdict verdict = scim_exchange(c, &x);
	const char *jti;
	json_t *set;
	size_t n = 0;

	x.body = NULL;
	if (verdict != VERDICT_DONE)
		return verdict;
	if (!json_is_object(json_object_get(x.json, "sets")))
		return call_fault(c, VERDICT_NOT_DONE, "answer", "%d without a list of events", x.status);
	json_object_foreach(json_object_get(x.json, "sets"), jti, set)
		if (n++ < EVENTS_MAX)
			take_event(c, jti, set, notices);
	if (notices)
		notices->has_more = json_get_bool(x.json, "moreAvailable", false);
	return VERDICT_DONE;
}

/* Begins to wait, or takes what has come. */
static bool take_answer(struct call *c, struct str txn, struct scim_exchange *x)
{
	struct scim *s = c->instance;
	const char *name = arena_cstr(c->op->arena, txn);
	_json_ json_t *outcome = NULL;

	pthread_mutex_lock(&s->lock);
	outcome = json_incref(json_object_get(s->answers, name));
	if (!outcome)
		json_set_take(s->answers, name, json_null());
	else if (json_is_object(outcome))
		json_object_del(s->answers, name);
	pthread_mutex_unlock(&s->lock);
	if (!json_is_object(outcome))
		return false;
	scim_take_outcome(c, x, outcome);
	return true;
}

bool scim_events_await(struct call *c, struct str txn, struct scim_exchange *x)
{
	struct scim *s = c->instance;

	if (txn.len > TXN_MAX_BYTES || !str_is_printable_ascii(txn))
		return false;
	if (take_answer(c, txn, x))
		return true;
	/* One asks for all who wait. */
	if (pthread_mutex_trylock(&s->hearing) == 0) {
		(void)fetch(c, heard_acks(s), NULL);
		pthread_mutex_unlock(&s->hearing);
	}
	return take_answer(c, txn, x);
}

void scim_events_forget(struct scim *s, struct str txn)
{
	pthread_mutex_lock(&s->lock);
	json_object_deln(s->answers, txn.p, txn.len);
	pthread_mutex_unlock(&s->lock);
}

enum verdict scim_notices(struct call *c, struct notices *notices)
{
	struct scim *s = c->instance;
	json_t *acks;
	enum verdict verdict;

	if (str_is_empty(s->config->events_url))
		return call_fault(c, VERDICT_REFUSED, "not_able", "no events_url");
	acks = heard_acks(s);
	for (size_t i = 0; i < notices->n_acks; i++)
		json_array_append_new(acks, json_from_str(notices->acks[i]));
	*notices = (struct notices){ .items = ARENA_ARRAY(c->op->arena, struct notice, EVENTS_MAX), .acks = ARENA_ARRAY(c->op->arena, struct str, EVENTS_MAX) };
	pthread_mutex_lock(&s->hearing);
	verdict = fetch(c, acks, notices);
	pthread_mutex_unlock(&s->hearing);
	return verdict;
}
