#include "server/login/sign_in.h"

#include "common/model/shared_use_store.h"

static int failed(struct op *op, const char *why)
{
	return op_fail_detail(op, ERR_SIGN_IN_FAILED, "sign-in failed", "%s", why);
}

static bool may_sign_in(const struct sign_in_account *account)
{
	return !str_is_null(account->id) && str_equal(account->status, STR("active")) && account->has_access;
}

/* After the bind: settle the reservation. */
static int settle_failure(struct op *op, const struct sign_in_settings *settings, const struct sign_in_attempt *attempt,
                          struct str name_hash, const struct sign_in_account *account)
{
	struct throttle_failure failure = {
		.name_hash = name_hash,
		.account_id = account->id,
		.ip = attempt->ip,
		.action = "sign_in.failed",
	};
	int r = throttle_fail(op, &settings->throttle, &failure);

	if (r < 0)
		return r;
	return failed(op, str_is_null(account->id) ? "unknown name" : may_sign_in(account) ? "wrong password" : "account may not sign in");
}

/*
 * The decoy for whoever may not sign in: a disabled entry would answer faster than a bind takes.  A shared account
 * has no password of its own, and takes as long.
 */
static int check_password(struct op *op, const struct sign_in_settings *settings, const struct sign_in_attempt *attempt,
                          const struct sign_in_account *account, bool *ret_ok)
{
	int r;

	if (!account || !account->is_shared)
		return directory_check_password(op, &settings->directory, account ? account->login : STR_NULL, attempt->password, ret_ok);
	r = directory_check_password(op, &settings->directory, STR_NULL, attempt->password, ret_ok);
	return r < 0 ? r : shared_use_check(op, account->id, attempt->password, ret_ok);
}

int sign_in(struct op *op, const struct sign_in_settings *settings, const struct sign_in_attempt *attempt,
            struct session *ret_session, struct str *ret_cookie)
{
	struct str name_hash = throttle_name_hash(op, attempt->name);
	struct throttle_answer answer;
	const struct sign_in_account *account = &answer.account;
	bool ok;
	int r;

	if (str_is_empty(attempt->password))
		return failed(op, "empty password");
	r = throttle_reserve(op, &settings->throttle, name_hash, sign_in_login(op->arena, attempt->name), &answer);
	if (r < 0)
		return r;
	r = check_password(op, settings, attempt, answer.admitted && may_sign_in(account) ? account : NULL, &ok);
	if (r < 0)
		return answer.admitted ? throttle_release(op, name_hash, r) : r;
	if (!answer.admitted)
		return failed(op, "delayed or locked");
	if (!ok)
		return settle_failure(op, settings, attempt, name_hash, account);
	r = session_begin(op,
	                  &(struct session_start){ .account_id = account->id,
	                                           .is_shared = account->is_shared,
	                                           .ip = attempt->ip,
	                                           .throttle_name_hash = name_hash,
	                                           .audit_action = "sign_in.ok",
	                                           .limits = settings->limits },
	                  ret_session, ret_cookie);
	return r < 0 ? throttle_release(op, name_hash, r) : 0;
}
