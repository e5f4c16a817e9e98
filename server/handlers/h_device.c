/*
 * GET /device: where an official enters the code that a device shows, and is asked what it may do.
 * POST /device: the answer.  RFC 8628 §3.3, §5.4.
 *
 * Also with verification_uri_complete the page asks, and shows code, client and scopes: that a code came in an
 * address says nothing of who sent it.  Codes are looked for only after sign-in, by GET; what is posted must have
 * been shown to this session before, so that the form is no second way to guess.
 */
#include "server/handlers/pages.h"

#include "server/oidc/device.h"
#include "server/oidc/user_code.h"
#include "server/session/csrf.h"

enum { P_USER_CODE, P_LOCALES };
const struct param_spec device_page_params[] = {
	[P_USER_CODE] = { "user_code", 64, 0 },
	[P_LOCALES] = { "ui_locales", 256, PARAM_PRINTABLE | PARAM_WISH },
};
const size_t n_device_page_params = ARRAY_LEN(device_page_params);

enum { P_DECIDED_CODE, P_CSRF, P_DECISION };
const struct param_spec device_params[] = {
	[P_DECIDED_CODE] = { "user_code", 64, PARAM_REQUIRED | PARAM_BODY_ONLY },
	[P_CSRF] = { "csrf", 64, PARAM_SECRET | PARAM_BODY_ONLY },
	[P_DECISION] = { "decision", 8, PARAM_REQUIRED | PARAM_BODY_ONLY },
};
const size_t n_device_params = ARRAY_LEN(device_params);

static struct str address_of(struct request *rq, struct str code)
{
	return arena_printf(rq->op.arena, "/device?user_code=%.*s", STR_ARG(user_code_show(rq->op.arena, code)));
}

/* One token for each code. */
static const char *form_of(struct request *rq, struct str code)
{
	return arena_printf(rq->op.arena, "device %.*s", STR_ARG(code)).p;
}

static int enter_page(struct request *rq, int status, const char *error_key)
{
	_json_ json_t *model = json_new_object();

	json_set_str(model, "lang_url", page_in_other_language(rq, STR("/device")));
	if (error_key)
		json_set_str(model, "error", page_say(rq, error_key));
	return page_respond(rq, status, "device", model);
}

static int confirm_page(struct request *rq, struct str code, const struct client *client, const struct device_pending *pending)
{
	struct op *op = &rq->op;
	_json_ json_t *model = json_new_object();
	struct page_policy policy = page_client(rq, model, client, STR_NULL);

	json_set_str(model, "csrf", csrf_token(op, form_of(rq, code), rq->session_cookie));
	json_set_str(model, "user_code", user_code_show(op->arena, code));
	json_set_str(model, "name", rq->session->full_name);
	json_set_bool(model, "external", client->must_consent);
	json_set_take(model, "scopes", page_scopes(rq, pending->scope));
	json_set_take(model, "details", page_details(rq, pending->details));
	json_set_str(model, "lang_url", page_in_other_language(rq, address_of(rq, code)));
	return page_respond_by(rq, 200, "device_confirm", model, &policy);
}

/* What waits with this code, and its client.  ERR_NOT_FOUND, ERR_TOO_MANY_REQUESTS. */
static int find(struct request *rq, struct str code, struct device_pending *ret_pending, const struct client **ret_client)
{
	int r = device_find(&rq->op, rq->session->account_id, code, ret_pending);

	if (r < 0)
		return r;
	*ret_client = snapshot_client(rq->snapshot, ret_pending->client_id);
	if (!*ret_client)
		return op_fail(&rq->op, ERR_NOT_FOUND, "the client is gone");
	rq->log_client_id = (*ret_client)->id;
	return 0;
}

static int ask(struct request *rq, struct str code)
{
	struct device_pending pending;
	const struct client *client;
	bool may;
	int r = find(rq, code, &pending, &client);

	if (r >= 0)
		r = official_may_use(rq, client, &may);
	if (r < 0)
		return r;
	return may ? confirm_page(rq, code, client, &pending) : no_access_page(rq, client, STR_NULL);
}

/* ERR_NOT_FOUND is for people here: they may have mistyped. */
static int or_enter_again(struct request *rq, int r)
{
	if (r != ERR_NOT_FOUND)
		return r;
	rq->log_error = rq->op.error;
	op_forgive(&rq->op);
	return enter_page(rq, 404, "device.unknown");
}

int h_device_page(struct request *rq)
{
	struct op *op = &rq->op;
	struct flow flow = { .begun_s = op->now_s };
	struct str code;
	int r = session_of_request(rq);

	if (r < 0)
		return r;
	if (str_is_null(rq_param(rq, P_USER_CODE)))
		return enter_page(rq, 200, NULL);
	if (!user_code_read(op->arena, rq_param(rq, P_USER_CODE), &code))
		return enter_page(rq, 400, "device.malformed");
	if (!rq->session) {
		flow.return_to = address_of(rq, code);
		return login_page(rq, 200, &flow, STR_NULL, STR_NULL);
	}
	return or_enter_again(rq, ask(rq, code));
}

static int done_page(struct request *rq, bool allowed)
{
	_json_ json_t *model = json_new_object();

	json_set_str(model, "title", page_say(rq, allowed ? "device.allowed_title" : "device.denied_title"));
	json_set_str(model, "text", page_say(rq, allowed ? "device.allowed_text" : "device.denied_text"));
	json_set_str(model, "link_url", STR("/"));
	json_set_str(model, "link_text", page_say(rq, "error.home"));
	return page_respond(rq, 200, "message", model);
}

/* All is looked at again: between the page and the answer a role may have gone. */
static int decide(struct request *rq, struct str code, bool allowed)
{
	struct op *op = &rq->op;
	struct device_pending pending;
	const struct client *client;
	bool may = true;
	int r = find(rq, code, &pending, &client);

	if (r >= 0 && allowed)
		r = official_may_use(rq, client, &may);
	if (r >= 0 && allowed && may && client->must_consent)
		r = consent_give(op, rq->session->account_id, client->id, pending.scope);
	if (r >= 0)
		r = device_decide(op, rq->session, code, allowed && may);
	if (r < 0)
		return r;
	return may ? done_page(rq, allowed) : no_access_page(rq, client, STR_NULL);
}

int h_device(struct request *rq)
{
	struct op *op = &rq->op;
	struct str code;
	int r = session_of_request(rq);

	if (r < 0)
		return r;
	if (!user_code_read(op->arena, rq_param(rq, P_DECIDED_CODE), &code))
		return enter_page(rq, 400, "device.malformed");
	/* Signed out meanwhile: the page asks for the sign-in, then again. */
	if (!rq->session)
		return respond_redirect(rq, address_of(rq, code));
	r = csrf_check(op, form_of(rq, code), rq->session_cookie, rq_param(rq, P_CSRF));
	if (r >= 0)
		r = decide(rq, code, str_equal(rq_param(rq, P_DECISION), STR("allow")));
	return or_enter_again(rq, r);
}
