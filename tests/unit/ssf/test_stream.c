#include "common/model/exclusion_store.h"
#include "common/model/security_event.h"
#include "common/model/subject.h"
#include "server/ssf/poll.h"
#include "tests/unit/oidc/keys.h"

#define ISSUER STR("https://sso.example")
#define ID "3f0e8a52-8f2c-4d43-9d6e-1a2b3c4d5e6f"
#define ACCOUNT "6a0e8a52-8f2c-4d43-9d6e-1a2b3c4d5e6f"

static int read_config(struct op *op, const char *text, enum ssf_change change, struct ssf_stream *s)
{
	_json_ json_t *json = json_read(str_c(text), 8, NULL);

	assert_non_null(json);
	op_forgive(op);
	return ssf_stream_read(op, ISSUER, json, change, s);
}

/* SSF 1.0 §8.1.1.3 and §8.1.1.4: what is absent stays, or goes. */
static void test_update_and_replace(void **state)
{
	struct op *op = op_with_keys(*state, SECRET_A);
	struct ssf_stream s = { .id = STR(ID), .client_id = STR("rx") }, t;
	struct str secret;

	assert_int_equal(read_config(op, "{\"delivery\":{\"method\":\"urn:ietf:rfc:8935\",\"endpoint_url\":\"https://rx.example/e\","
	                                 "\"authorization_header\":\"Bearer x\"},\"events_requested\":[\"" SET_ACCOUNT_DISABLED "\"],\"description\":\"d\"}",
	                             SSF_CREATE, &s), 0);
	assert_true(s.is_push);
	assert_true(aead_open(*state, keyring_key(op->keys, KEY_AT_REST), STREAM_SECRET_PURPOSE, STR(ID), s.authorization, &secret));
	assert_str_equal(secret, "Bearer x");
	/* Of another stream it is nothing. */
	assert_false(aead_open(*state, keyring_key(op->keys, KEY_AT_REST), STREAM_SECRET_PURPOSE, STR(ACCOUNT), s.authorization, &secret));
	t = s;
	assert_int_equal(read_config(op, "{\"stream_id\":\"" ID "\",\"description\":null}", SSF_UPDATE, &t), 0);
	assert_str_null(t.description);
	assert_true(t.is_push);
	assert_int_equal(t.events_requested.n, 1);
	assert_int_equal(read_config(op, "{\"stream_id\":\"" ID "\"}", SSF_REPLACE, &t), 0);
	assert_false(t.is_push);
	assert_str_null(t.endpoint_url);
	assert_str_null(t.authorization);
	assert_int_equal(t.events_requested.n, 0);
	/* A fault leaves all of it as it was. */
	t = s;
	assert_int_equal(read_config(op, "{\"delivery\":null,\"events_requested\":5}", SSF_UPDATE, &t), ERR_INVALID_REQUEST);
	assert_true(t.is_push);
	assert_int_equal(read_config(op, "{\"aud\":\"other\"}", SSF_UPDATE, &t), ERR_INVALID_REQUEST);
	op_keys_done(op);
}

static json_t *claims_of(struct op *op, const struct event_receiver *to, const struct outbox_item *item)
{
	struct str set, payload;

	assert_int_equal(security_event_make(op, to, item, &set), 0);
	assert_true(jws_verify(op, set, "secevent+jwt", keyring_find, (void *)(uintptr_t)op->keys, &payload));
	return json_read(payload, 8, NULL);
}

/* SSF 1.0 §4.1, RFC 8417 §2.2, RFC 9493. */
static void test_security_event(void **state)
{
	struct op *op = op_with_keys(*state, SECRET_A);
	struct event_receiver to = { .issuer = ISSUER, .stream_id = STR(ID), .client_id = STR("rx") };
	struct outbox_item item = {
		.id = STR("11111111-8f2c-4d43-9d6e-1a2b3c4d5e6f"),
		.account_id = STR(ACCOUNT),
		.created_at_s = 1795000000,
		.payload = STR("{\"event\":\"" SET_ACCOUNT_DISABLED "\",\"data\":{},\"txn\":\"8\"}"),
	};
	_json_ json_t *claims = claims_of(op, &to, &item), *in_session, *pairwise, *verification;
	const json_t *sub_id = json_object_get(claims, "sub_id");
	struct str set;

	assert_str_equal(json_get_str(claims, "iss"), "https://sso.example");
	assert_str_equal(json_get_str(claims, "aud"), "rx");
	assert_true(str_equal(json_get_str(claims, "jti"), item.id));
	assert_int_equal(json_get_int(claims, "iat", 0), 1795000000);
	assert_str_equal(json_get_str(claims, "txn"), "8");
	assert_str_equal(json_get_str(sub_id, "format"), "iss_sub");
	assert_str_equal(json_get_str(sub_id, "sub"), ACCOUNT);
	assert_int_equal(json_object_size(json_object_get(claims, "events")), 1);
	assert_int_equal(json_object_size(claims), 7);

	item.session_id = STR(ID);
	in_session = claims_of(op, &to, &item);
	sub_id = json_object_get(in_session, "sub_id");
	assert_str_equal(json_get_str(sub_id, "format"), "complex");
	assert_str_equal(json_get_str(json_object_get(sub_id, "session"), "id"), ID);
	assert_str_equal(json_get_str(json_object_get(sub_id, "user"), "sub"), ACCOUNT);

	to.sector = STR("rx.example");
	pairwise = claims_of(op, &to, &item);
	assert_true(str_equal(json_get_str(json_object_get(json_object_get(pairwise, "sub_id"), "user"), "sub"),
	                      subject_pairwise(op, STR("rx.example"), STR(ACCOUNT))));

	item.payload = STR("{\"event\":\"" SET_VERIFICATION "\",\"data\":{\"state\":\"x\"}}");
	verification = claims_of(op, &to, &item);
	sub_id = json_object_get(verification, "sub_id");
	assert_str_equal(json_get_str(sub_id, "format"), "opaque");
	assert_str_equal(json_get_str(sub_id, "id"), ID);
	assert_int_equal(json_object_size(sub_id), 2);
	item.payload = STR("{}");
	assert_int_equal(security_event_make(op, &to, &item, &set), ERR_INTERNAL);
	op_keys_done(op);
}

/* RFC 8936 §2.2 */
static void test_poll(void **state)
{
	struct op *op = op_with_keys(*state, SECRET_A);
	_json_ json_t *json = json_read(STR("{\"ack\":[\"" ID "\",\"x\"],\"setErrs\":{\"" ACCOUNT "\":{\"err\":\"a\\nb\"}},\"maxEvents\":1000}"), 8, NULL);
	_json_ json_t *none = json_new_object();
	struct ssf_poll poll;

	assert_int_equal(ssf_poll_read(op, json, &poll), 0);
	assert_int_equal(poll.max_events, POLL_EVENTS_MAX);
	assert_true(poll.waits);
	assert_int_equal(poll.n_receipts, 2);
	assert_int_equal(poll.receipts[0].outcome, OUTBOX_DELIVERED);
	assert_int_equal(poll.receipts[1].outcome, OUTBOX_REFUSED);
	/* Foreign words that are not plain do not reach our records. */
	assert_str_equal(poll.receipts[1].detail, "setErrs");
	assert_int_equal(ssf_poll_read(op, none, &poll), 0);
	assert_int_equal(poll.n_receipts, 0);
	op_keys_done(op);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(test_update_and_replace),
		UNIT_TEST(test_security_event),
		UNIT_TEST(test_poll),
	};

	return cmocka_run_group_tests_name("ssf", tests, NULL, NULL);
}
