/*
 * Bodies of the Shared Signals Framework's endpoints, of any JSON.  A stream that is accepted may be sent back
 * as it is shown, and is not changed by that; its push address is a plain one.
 */
#include "common/crypto/keyring.h"
#include "server/oidc/client_metadata.h"
#include "server/ssf/poll.h"
#include "tests/fuzz/fuzz.h"

#define ISSUER STR("https://sso.example")

static void check_stream(struct op *op, const json_t *json)
{
	struct ssf_stream s = { .id = STR("3f0e8a52-8f2c-4d43-9d6e-1a2b3c4d5e6f"), .client_id = STR("rx") }, again;
	_json_ json_t *shown = NULL, *shown_again = NULL;

	if (ssf_stream_read(op, ISSUER, json, SSF_CREATE, &s) < 0) {
		CHECK(op->error.code == ERR_INVALID_REQUEST && s.events_requested.p == NULL);
		return;
	}
	CHECK(s.is_push == !str_is_null(s.endpoint_url) && (s.is_push || str_is_null(s.authorization)));
	CHECK(!s.is_push || client_redirect_uri_is_plain(s.endpoint_url));
	shown = ssf_stream_json(op->arena, ISSUER, &s);
	CHECK(!json_object_get(json_object_get(shown, "delivery"), "authorization_header"));
	again = s;
	if (!s.is_push) {
		CHECK(ssf_stream_read(op, ISSUER, shown, SSF_UPDATE, &again) == 0);
		shown_again = ssf_stream_json(op->arena, ISSUER, &again);
		CHECK(json_equal(shown, shown_again));
	}
}

FUZZ_TARGET(a, input)
{
	_json_ json_t *json = json_read(input, 16, NULL);
	struct keyring *keys;
	struct ssf_poll poll;
	struct str sub;
	struct op op;

	if (!json)
		return;
	op_init(&op, a, NULL, NULL);
	CHECK(keyring_new(&op, STR("0123456789abcdef0123456789abcdef"), &keys) == 0);
	op.keys = keys;
	check_stream(&op, json);
	op_forgive(&op);
	if (ssf_poll_read(&op, json, &poll) == 0)
		CHECK(poll.max_events >= 0 && poll.max_events <= POLL_EVENTS_MAX && poll.n_receipts <= POLL_RECEIPTS_MAX);
	op_forgive(&op);
	if (ssf_subject_read(&op, ISSUER, json, &sub) == 0)
		CHECK(str_is_null(sub) || (sub.len > 0 && sub.len <= 255 && str_is_printable_ascii(sub)));
	keyring_free(keys);
}
