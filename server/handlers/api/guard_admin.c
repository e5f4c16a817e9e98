/* guard_admin.c: who may use the administration API: RFC 6750 token with scope "admin" (to look: "admin.read"), then the database. */

#include "server/app.h"
#include "server/governance/principal_store.h"
#include "server/handlers/api/api.h"
#include "server/handlers/api/dry_run.h"
#include "server/handlers/api/idempotency.h"
#include "server/handlers/api/read_audit.h"
#include "server/handlers/handlers.h"
#include "server/oidc/access_token.h"

/* Early and coarse: whether any scope has it at all.  Where and on what is asked with the thing itself. */
static int check_needs(struct request *rq, const struct principal *p)
{
	unsigned held = 0;

	for (size_t i = 0; i < p->n_scopes; i++)
		held |= p->scopes[i].rights;
	if (rq->route->needs == 0 || (rq->route->needs & held) != 0)
		return 0;
	return op_fail(&rq->op, ERR_OUT_OF_SCOPE, "no scope of yours has the right that this needs");
}

/* RFC 9470 §3: the challenge says how old the sign-in may be; the client asks for a new one with max_age. */
static int check_step_up(struct request *rq, const struct access_claims *claims)
{
	struct op *op = &rq->op;
	int64_t max_age_s = rq->app->oidc.admin_max_age_s;

	if (op->now_s - claims->state.auth_time_s <= max_age_s)
		return 0;
	(void)op_fail(op, ERR_INSUFFICIENT_USER_AUTHENTICATION, "a more recent sign-in is needed");
	return op_fail_arg(op, "max_age", arena_printf(op->arena, "%lld", (long long)max_age_s));
}

/* Whoever may only look is not asked whether looking would change something: what is no GET (or HEAD) is refused. */
static int check_scope(struct request *rq, struct str scope)
{
	if (scope_has(scope, STR(SCOPE_ADMIN)))
		return 0;
	if (!scope_has(scope, STR(SCOPE_ADMIN_READ)))
		return op_fail(&rq->op, ERR_INSUFFICIENT_SCOPE, "the token lacks scope " SCOPE_ADMIN);
	return rq->method == HTTP_GET ? 0 : op_fail(&rq->op, ERR_INSUFFICIENT_SCOPE, "scope " SCOPE_ADMIN_READ " reads only: this needs scope " SCOPE_ADMIN);
}

static int know_official(struct request *rq)
{
	struct op *op = &rq->op;
	struct str token;
	struct access_claims claims;
	struct principal *p;
	int r = access_token_of(rq, STR_NULL, &token);

	if (r < 0)
		return r;
	if (str_is_null(token))
		return op_fail(op, ERR_INVALID_TOKEN, "a bearer token is needed");
	r = access_token_check(op, rq->app->oidc.issuer, token, &claims);
	if (r < 0)
		return r;
	if (!claims.has_account || !str_equal(claims.aud, rq->app->oidc.issuer))
		return op_fail_detail(op, ERR_INVALID_TOKEN, "the token is not valid", "not an access token for this endpoint");
	r = access_check_binding(rq, token, &claims);
	if (r < 0)
		return r;
	rq->log_account_id = claims.family.account_id;
	if (!snapshot_client(rq->snapshot, claims.client_id))
		return op_fail_detail(op, ERR_INVALID_TOKEN, "the token is not valid", "client is gone");
	rq->log_client_id = claims.client_id;
	r = check_scope(rq, claims.scope);
	if (r == 0)
		r = check_step_up(rq, &claims);
	if (r < 0)
		return r;
	p = ARENA_NEW(op->arena, struct principal);
	p->account_id = claims.family.account_id;
	p->person_id = claims.state.person_id;
	p->login = claims.state.login;
	r = principal_load_official(op, p);
	if (r == 0)
		rq->principal = p;
	/* Lists and reports: no sign-in, no token waits for them. */
	op->off_read_lane = true;
	return r;
}

/* What follows once it is known that the caller may: the record of a reading, a dry run, the key of a repetition. */
static int begin(struct request *rq)
{
	int r = read_audit(rq);

	if (r == 0)
		r = dry_run_begin(rq);
	/* Nothing is done, so nothing is done once. */
	if (r == 0 && !rq->op.dry)
		r = idempotency_begin(rq);
	return r < 0 ? r : 0;
}

int guard_official(struct request *rq)
{
	int r = know_official(rq);

	return r < 0 ? r : begin(rq);
}

int guard_admin(struct request *rq)
{
	int r = know_official(rq);

	if (r < 0)
		return r;
	if (rq->principal->n_scopes == 0)
		return op_fail(&rq->op, ERR_OUT_OF_SCOPE, "the account administers nothing");
	r = check_needs(rq, rq->principal);
	return r < 0 ? r : begin(rq);
}
