#include "server/ssf/stream.h"

#include "common/crypto/keyring.h"
#include "common/model/exclusion_store.h"
#include "common/model/security_event.h"
#include "server/oidc/client_metadata.h"

#define EVENTS_MAX 50
#define EVENT_MAX_BYTES 256
#define DESCRIPTION_MAX_BYTES 256
#define AUTHORIZATION_MAX_BYTES 1024
#define SUB_MAX_BYTES 255

static const char *const supported[] = { SET_SESSION_REVOKED, SET_CREDENTIAL_CHANGE, SET_ACCOUNT_DISABLED, SET_ACCOUNT_ENABLED };

static int bad(struct op *op, const char *text)
{
	return op_fail(op, ERR_INVALID_REQUEST, text);
}

static struct str text_of(const json_t *value)
{
	return json_is_string(value) ? str_n(json_string_value(value), json_string_length(value)) : STR_NULL;
}

static bool is_absent(const json_t *value)
{
	return !value || json_is_null(value);
}

static int read_push(struct op *op, const json_t *delivery, struct ssf_stream *s)
{
	const json_t *authorization = json_object_get(delivery, "authorization_header");
	struct str url = text_of(json_object_get(delivery, "endpoint_url")), secret = text_of(authorization);

	if (str_is_null(url) || !client_redirect_uri_is_plain(url))
		return bad(op, "delivery.endpoint_url must be an https address, at most 512 bytes");
	if (!is_absent(authorization) && (str_is_empty(secret) || secret.len > AUTHORIZATION_MAX_BYTES || !str_is_printable_ascii(secret)))
		return bad(op, "delivery.authorization_header must be printable ASCII, at most 1024 bytes");
	s->is_push = true;
	s->endpoint_url = arena_dup(op->arena, url);
	s->authorization = str_is_null(secret) ? STR_NULL
	                                       : aead_seal(op->arena, keyring_key(op->keys, KEY_AT_REST), STREAM_SECRET_PURPOSE, s->id, secret);
	return 0;
}

/* §8.1.1: without a delivery the receiver polls; where, the transmitter says. */
static int read_delivery(struct op *op, const json_t *delivery, struct ssf_stream *s)
{
	struct str method = text_of(json_object_get(delivery, "method"));

	s->is_push = false;
	s->endpoint_url = s->authorization = STR_NULL;
	if (is_absent(delivery))
		return 0;
	if (!json_is_object(delivery))
		return bad(op, "delivery must be an object");
	if (str_equal(method, STR(SSF_PUSH)))
		return read_push(op, delivery, s);
	return str_equal(method, STR(SSF_POLL)) ? 0 : bad(op, "delivery.method must be " SSF_PUSH " or " SSF_POLL);
}

static int read_events(struct op *op, const json_t *array, struct ssf_stream *s)
{
	size_t n = json_array_size(array);
	struct str *events = ARENA_ARRAY(op->arena, struct str, n + 1);

	if (!is_absent(array) && (!json_is_array(array) || n > EVENTS_MAX))
		return bad(op, "events_requested must be an array of at most 50 event types");
	for (size_t i = 0; i < n; i++) {
		struct str event = text_of(json_array_get(array, i));

		if (str_is_empty(event) || event.len > EVENT_MAX_BYTES || !str_is_printable_ascii(event))
			return bad(op, "events_requested must hold URIs");
		events[i] = arena_dup(op->arena, event);
	}
	s->events_requested = (struct str_list){ events, n };
	return 0;
}

static int read_description(struct op *op, const json_t *value, struct ssf_stream *s)
{
	if (!is_absent(value) && (!json_is_string(value) || json_string_length(value) > DESCRIPTION_MAX_BYTES))
		return bad(op, "description must be a text of at most 256 bytes");
	s->description = arena_dup(op->arena, text_of(value));
	return 0;
}

/* What the transmitter supplies may be sent back, but not changed. */
static bool is_as_it_is(struct arena *a, struct str issuer, const json_t *json, const struct ssf_stream *s)
{
	static const char *const names[] = { "stream_id", "iss", "aud", "events_supported", "events_delivered", "min_verification_interval" };
	_json_ json_t *now = ssf_stream_json(a, issuer, s);

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const json_t *sent = json_object_get(json, names[i]);

		if (!is_absent(sent) && !json_equal(sent, json_object_get(now, names[i])))
			return false;
	}
	return true;
}

int ssf_stream_read(struct op *op, struct str issuer, const json_t *json, enum ssf_change change, struct ssf_stream *s)
{
	static const struct {
		const char *name;
		int (*read)(struct op *op, const json_t *value, struct ssf_stream *s);
	} members[] = { { "delivery", read_delivery }, { "events_requested", read_events }, { "description", read_description } };
	struct ssf_stream read = *s;

	if (!json_is_object(json))
		return bad(op, "the body must be a JSON object");
	if (change != SSF_CREATE && !is_as_it_is(op->arena, issuer, json, s))
		return bad(op, "a member that the transmitter supplies has another value");
	for (size_t i = 0; i < ARRAY_LEN(members); i++) {
		const json_t *value = json_object_get(json, members[i].name);
		int r = change == SSF_UPDATE && !value ? 0 : members[i].read(op, value, &read);

		if (r < 0)
			return r;
	}
	*s = read;
	return 0;
}

static json_t *texts(const char *const *names, size_t n, const struct str_list *only)
{
	json_t *array = json_new_array();

	for (size_t i = 0; i < n; i++)
		if (!only || str_list_has(*only, str_c(names[i])))
			json_array_append_new(array, json_from_str(str_c(names[i])));
	return array;
}

static json_t *delivery_json(struct arena *a, struct str issuer, const struct ssf_stream *s)
{
	json_t *json = json_new_object();

	json_set_str(json, "method", s->is_push ? STR(SSF_PUSH) : STR(SSF_POLL));
	json_set_str(json, "endpoint_url", s->is_push ? s->endpoint_url : arena_printf(a, "%.*s/ssf/poll/%.*s", STR_ARG(issuer), STR_ARG(s->id)));
	return json;
}

json_t *ssf_stream_json(struct arena *a, struct str issuer, const struct ssf_stream *s)
{
	json_t *json = json_new_object(), *requested = json_new_array();

	for (size_t i = 0; i < s->events_requested.n; i++)
		json_array_append_new(requested, json_from_str(s->events_requested.p[i]));
	json_set_str(json, "stream_id", s->id);
	json_set_str(json, "iss", issuer);
	json_set_str(json, "aud", s->client_id);
	json_set_take(json, "events_supported", texts(supported, ARRAY_LEN(supported), NULL));
	json_set_take(json, "events_requested", requested);
	json_set_take(json, "events_delivered", texts(supported, ARRAY_LEN(supported), &s->events_requested));
	json_set_take(json, "delivery", delivery_json(a, issuer, s));
	json_set_int(json, "min_verification_interval", SSF_VERIFY_EVERY_S);
	json_set_str(json, "description", s->description);
	return json;
}

json_t *ssf_status_json(const struct ssf_stream *s)
{
	json_t *json = json_new_object();

	json_set_str(json, "stream_id", s->id);
	json_set_str(json, "status", s->status);
	json_set_str(json, "reason", s->status_reason);
	return json;
}

int ssf_subject_read(struct op *op, struct str issuer, const json_t *subject, struct str *ret_sub)
{
	struct str format = json_get_str(subject, "format"), sub = json_get_str(subject, "sub");

	if (str_is_empty(format))
		return bad(op, "subject must be a subject identifier with a format");
	*ret_sub = STR_NULL;
	if (!str_equal(format, STR("iss_sub")))
		return 0;
	if (str_is_empty(sub) || sub.len > SUB_MAX_BYTES || !str_is_printable_ascii(sub) || str_is_null(json_get_str(subject, "iss")))
		return bad(op, "a subject of format iss_sub has iss and sub");
	if (str_equal(json_get_str(subject, "iss"), issuer))
		*ret_sub = arena_dup(op->arena, sub);
	return 0;
}

json_t *ssf_metadata_json(struct arena *a, struct str issuer)
{
	static const struct {
		const char *name, *path;
	} endpoints[] = {
		{ "jwks_uri", "/jwks" },
		{ "configuration_endpoint", "/ssf/streams" },
		{ "status_endpoint", "/ssf/status" },
		{ "add_subject_endpoint", "/ssf/subjects/add" },
		{ "remove_subject_endpoint", "/ssf/subjects/remove" },
		{ "verification_endpoint", "/ssf/verify" },
	};
	static const char *const methods[] = { SSF_PUSH, SSF_POLL };
	json_t *json = json_new_object(), *schemes = json_new_array(), *oauth = json_new_object();

	json_set_str(json, "spec_version", STR("1_0"));
	json_set_str(json, "issuer", issuer);
	for (size_t i = 0; i < ARRAY_LEN(endpoints); i++)
		json_set_str(json, endpoints[i].name, arena_printf(a, "%.*s%s", STR_ARG(issuer), endpoints[i].path));
	json_set_take(json, "delivery_methods_supported", texts(methods, ARRAY_LEN(methods), NULL));
	json_set_str(oauth, "spec_urn", STR("urn:ietf:rfc:6749"));
	json_array_append_new(schemes, oauth);
	json_set_take(json, "authorization_schemes", schemes);
	json_set_str(json, "default_subjects", STR("ALL"));
	return json;
}

json_t *ssf_resource_json(struct arena *a, struct str issuer)
{
	static const char *const scopes[] = { SSF_SCOPE_MANAGE, SSF_SCOPE_READ }, *const ways[] = { "header" };
	const char *const servers[] = { arena_cstr(a, issuer) };
	json_t *json = json_new_object();

	json_set_str(json, "resource", issuer);
	json_set_take(json, "authorization_servers", texts(servers, 1, NULL));
	json_set_take(json, "scopes_supported", texts(scopes, ARRAY_LEN(scopes), NULL));
	json_set_take(json, "bearer_methods_supported", texts(ways, ARRAY_LEN(ways), NULL));
	return json;
}
