#include "server/login/activation.h"

#include "common/model/activation_store.h"

DB_QUERY(activation_claim, DB_WRITE,
	"UPDATE sen.activation v SET claimed_until = now() + interval '30 s' FROM sen.account a"
	" WHERE v.account_id = $1::uuid AND v.code_hash = $2::bytea AND v.used_at IS NULL AND v.expires_at > now()"
	" AND (v.claimed_until IS NULL OR v.claimed_until < now()) AND a.id = v.account_id AND a.status IN ('pending', 'active')"
	" RETURNING 1");
DB_QUERY(activation_give_back, DB_WRITE,
	"UPDATE sen.activation SET claimed_until = NULL WHERE account_id = $1::uuid AND used_at IS NULL");
/* Whose name a password must not be made of. */
DB_QUERY(activation_person_select, DB_READ,
	"SELECT p.full_name, (SELECT u.name FROM sen.post po JOIN sen.unit u ON u.id = po.unit_id WHERE po.person_id = p.id AND po.kind = 'main'"
	"  AND po.valid @> (now() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date LIMIT 1)"
	" FROM sen.account a JOIN sen.person p ON p.id = a.person_id WHERE a.id = $1::uuid");
/* A password set anew ends what the old one began: the epoch rises. */
DB_QUERY(activation_complete, DB_WRITE,
	"WITH v AS ("
	"  UPDATE sen.activation SET used_at = now() WHERE account_id = $1::uuid AND code_hash = $2::bytea AND used_at IS NULL"
	"  RETURNING account_id"
	")"
	"UPDATE sen.account a SET status = 'active', epoch = a.epoch + 1, activated_at = coalesce(a.activated_at, now())"
	" FROM v WHERE a.id = v.account_id AND a.status IN ('pending', 'active') RETURNING 1");

static int failed(struct op *op, const char *why)
{
	return op_fail_detail(op, ERR_ACTIVATION_FAILED, "activation failed", "%s", why);
}

static int policy_fail(struct op *op, const char *flaw)
{
	(void)op_fail(op, ERR_PASSWORD_POLICY, "the password does not meet the rules");
	return op_fail_arg(op, "flaw", str_c(flaw));
}

static int claim(struct op *op, const struct sign_in_settings *settings, const struct activation_attempt *attempt,
                 struct str name_hash, struct sign_in_account *account, struct str *ret_code_hash)
{
	struct throttle_answer answer;
	struct str code, hash;
	struct db_rows rows = { 0 };
	int r = throttle_reserve(op, &settings->throttle, name_hash, sign_in_login(op->arena, attempt->name), &answer);

	if (r < 0)
		return r;
	*account = answer.account;
	/* What cannot be a code has a hash too, that of nothing: it is counted like a wrong one. */
	if (!activation_code_read(op->arena, attempt->code, &code))
		code = STR("");
	hash = activation_hash(op, code);
	if (!answer.admitted)
		return failed(op, "delayed or locked");
	r = db_run(op, &activation_claim, &rows, P_STR(account->id), P_BYTES(hash));
	if (r < 0)
		return throttle_release(op, name_hash, r);
	if (rows.affected != 1 || !account->has_access) {
		r = throttle_fail(op, &settings->throttle,
		                  &(struct throttle_failure){ name_hash, account->id, attempt->ip, "account.activate_failed" });
		return r < 0 ? r : failed(op, str_is_null(account->id) ? "unknown name" : "code wrong, used, expired or account closed");
	}
	*ret_code_hash = hash;
	return 0;
}

static int set_password(struct op *op, const struct sign_in_settings *settings, const struct activation_attempt *attempt,
                        const struct sign_in_account *account)
{
	struct password_context context = { .login = account->login };
	enum password_flaw flaw;
	struct db_rows rows;
	int r = db_run(op, &activation_person_select, &rows, P_STR(account->id));

	if (r < 0)
		return r;
	if (rows.n > 0) {
		context.full_name = db_str(&rows, 0, 0);
		context.unit_name = db_str(&rows, 0, 1);
	}
	if (!str_equal_secret(attempt->password, attempt->password_again))
		return policy_fail(op, "mismatch");
	flaw = password_check(op, attempt->password, &context);
	if (flaw != PASSWORD_OK)
		return policy_fail(op, password_flaw_name(flaw));
	return directory_set_password(op, &settings->directory, account->login, attempt->password, (int)settings->activation_wait_ms);
}

/* Gives code and reservation back; the first error stands. */
static int give_back(struct op *op, struct str account_id, struct str name_hash, int code)
{
	struct error first = op->error;
	struct db_rows rows;

	op_forgive(op);
	(void)!db_run(op, &activation_give_back, &rows, P_STR(account_id));
	op->error = first;
	return throttle_release(op, name_hash, code);
}

int activate(struct op *op, const struct sign_in_settings *settings, const struct activation_attempt *attempt,
             struct session *ret_session, struct str *ret_cookie)
{
	struct str name_hash = throttle_name_hash(op, attempt->name);
	struct sign_in_account account;
	struct str code_hash;
	struct db_rows rows;
	int r = claim(op, settings, attempt, name_hash, &account, &code_hash);

	if (r < 0)
		return r;
	r = set_password(op, settings, attempt, &account);
	if (r < 0)
		return give_back(op, account.id, name_hash, r);
	r = db_run(op, &activation_complete, &rows, P_STR(account.id), P_BYTES(code_hash));
	if (r >= 0 && rows.n != 1)
		r = failed(op, "the account was closed meanwhile");
	if (r < 0)
		return give_back(op, account.id, name_hash, r);
	return session_begin(op,
	                     &(struct session_start){ .account_id = account.id,
	                                              .is_shared = account.is_shared,
	                                              .ip = attempt->ip,
	                                              .throttle_name_hash = name_hash,
	                                              .audit_action = "account.activate",
	                                              .limits = settings->limits },
	                     ret_session, ret_cookie);
}
