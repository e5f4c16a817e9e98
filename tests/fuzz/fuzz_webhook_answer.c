/* webhook_answer_read: whatever a platform answers, only an answer about the account is one, and what it says is bounded. */
#include "provisioning/webhook/message.h"
#include "tests/fuzz/fuzz.h"

#define ID "8f14e45f-ea4a-4f6c-9f3b-2b3c5a0d7e11"

FUZZ_TARGET(a, input)
{
	static const struct desired_role role = { { "MC", 2 }, { "MC", 2 } };
	const struct desired want = { .active = true, .account_id = STR(ID), .login = STR("annth"), .roles = &role, .n_roles = 1 };
	_json_ json_t *json = json_read(input, 8, NULL);
	struct webhook_answer answer;
	const char *reason = NULL;
	bool is_good = webhook_answer_read(a, json, &want, &answer, &reason);

	CHECK(is_good == (reason == NULL));
	CHECK(answer.replay_from >= 0);
	if (!is_good || answer.is_absent)
		CHECK(!answer.seen.is_known && !answer.seen.matches);
	else
		CHECK(answer.seen.ext_id.len > 0 && str_equal(json_get_str(json, "account_id"), want.account_id));
	if (answer.seen.matches)
		CHECK(json_array_size(json_object_get(json, "roles")) == 1);
}
