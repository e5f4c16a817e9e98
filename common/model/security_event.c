#include "common/model/security_event.h"

#include "common/crypto/token_sign.h"
#include "common/model/subject.h"

#define PAYLOAD_DEPTH 6

struct str security_event_subject(struct op *op, const struct event_receiver *to, const struct outbox_item *item)
{
	return str_is_null(to->sector) ? item->account_id : subject_pairwise(op, to->sector, item->account_id);
}

static json_t *opaque(struct str id)
{
	json_t *json = json_new_object();

	json_set_str(json, "format", STR("opaque"));
	json_set_str(json, "id", id);
	return json;
}

static json_t *iss_sub(struct op *op, const struct event_receiver *to, const struct outbox_item *item)
{
	json_t *json = json_new_object();

	json_set_str(json, "format", STR("iss_sub"));
	json_set_str(json, "iss", to->issuer);
	json_set_str(json, "sub", security_event_subject(op, to, item));
	return json;
}

/* SSF 1.0 §8.1.4.1: the stream itself; §3.2: one session of a user, not every one. */
static json_t *subject_of(struct op *op, const struct event_receiver *to, const struct outbox_item *item, struct str event)
{
	json_t *json;

	if (str_equal(event, STR(SET_VERIFICATION)))
		return opaque(to->stream_id);
	if (str_is_null(item->session_id))
		return iss_sub(op, to, item);
	json = json_new_object();
	json_set_str(json, "format", STR("complex"));
	json_set_take(json, "user", iss_sub(op, to, item));
	json_set_take(json, "session", opaque(item->session_id));
	return json;
}

int security_event_make(struct op *op, const struct event_receiver *to, const struct outbox_item *item, struct str *ret_set)
{
	_json_ json_t *payload = json_read(item->payload, PAYLOAD_DEPTH, NULL), *claims = json_new_object();
	struct str event = json_get_str(payload, "event");
	json_t *data = json_object_get(payload, "data"), *events;

	if (str_is_empty(event) || !json_is_object(data))
		return op_fail(op, ERR_INTERNAL, "the event cannot be read");
	events = json_new_object();
	json_set_take(events, arena_cstr(op->arena, event), json_incref(data));
	json_set_str(claims, "iss", to->issuer);
	json_set_str(claims, "jti", item->id);
	json_set_int(claims, "iat", item->created_at_s);
	json_set_str(claims, "aud", to->client_id);
	json_set_str(claims, "txn", json_get_str(payload, "txn"));
	json_set_take(claims, "sub_id", subject_of(op, to, item, event));
	json_set_take(claims, "events", events);
	return token_sign(op, to->alg, "secevent+jwt", claims, ret_set);
}
