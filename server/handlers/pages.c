#include "server/handlers/pages.h"

#include "common/base/random.h"

#define FLOW_SECRET_BYTES 32
#define COOKIE_MAX 200
#define LINK_FLOW_MAX 4096

int page_respond_by(struct request *rq, int status, const char *template_name, const json_t *model, const struct page_policy *policy)
{
	response_header(rq, "Content-Security-Policy", page_csp(rq->op.arena, policy));
	response_header(rq, "Content-Language", rq->lang);
	return respond_bytes(rq, status, "text/html; charset=utf-8", page_render(rq->op.arena, template_name, rq->lang, model));
}

int page_respond(struct request *rq, int status, const char *template_name, const json_t *model)
{
	return page_respond_by(rq, status, template_name, model, &(struct page_policy){ 0 });
}

static struct str if_https(struct str uri)
{
	return str_starts(uri, STR("https://")) ? uri : STR_NULL;
}

struct page_policy page_client(struct request *rq, json_t *model, const struct client *client, struct str redirect_uri)
{
	struct str logo = if_https(client->logo_uri);

	json_set_str(model, "client_name", client_title(client));
	json_set_str(model, "client_url", if_https(client->client_uri));
	json_set_str(model, "policy_url", if_https(client->policy_uri));
	json_set_str(model, "terms_url", if_https(client->tos_uri));
	json_set_str(model, "logo_url", logo);
	json_set_bool(model, "has_links", json_object_get(model, "client_url") || json_object_get(model, "policy_url") || json_object_get(model, "terms_url"));
	return (struct page_policy){ .forms = uri_origin(rq->op.arena, redirect_uri), .images = uri_origin(rq->op.arena, logo) };
}

struct str page_say(struct request *rq, const char *key)
{
	return page_text(rq->op.arena, rq->lang, key, NULL, 0);
}

static struct str other_language(struct request *rq)
{
	return str_equal(rq->lang, STR("vi")) ? STR("en") : STR("vi");
}

struct str page_in_other_language(struct request *rq, struct str path)
{
	return arena_printf(rq->op.arena, "%.*s%cui_locales=%.*s", STR_ARG(path), str_index(path, '?') < 0 ? '?' : '&',
	                    STR_ARG(other_language(rq)));
}

struct str flow_cookie(struct request *rq)
{
	struct str cookie = rq_cookie(rq, FLOW_COOKIE);

	if (!str_is_empty(cookie) && cookie.len <= COOKIE_MAX)
		return cookie;
	cookie = random_token(rq->op.arena, STR(""), FLOW_SECRET_BYTES);
	response_cookie(rq, FLOW_COOKIE, cookie, -1);
	return cookie;
}

static void set_session_cookie(struct request *rq, struct str cookie)
{
	response_cookie(rq, SESSION_COOKIE, cookie, -1);
	rq->session_cookie = cookie;
}

int session_of_request(struct request *rq)
{
	struct str cookie = rq_cookie(rq, SESSION_COOKIE);
	struct session *session = ARENA_NEW(rq->op.arena, struct session);
	int r;

	if (str_is_empty(cookie))
		return 0;
	r = session_find(&rq->op, cookie, session);
	if (r == ERR_NOT_FOUND) {
		op_forgive(&rq->op);
		return 0;
	}
	if (r < 0)
		return r;
	rq->session = session;
	rq->session_cookie = cookie;
	rq->log_account_id = session->account_id;
	return 0;
}

struct str page_flow_link(struct request *rq, const char *path, struct str sealed)
{
	/* A longer one would not pass as an address. */
	if (sealed.len > LINK_FLOW_MAX)
		return STR_NULL;
	return page_in_other_language(rq, arena_printf(rq->op.arena, "%s?flow=%.*s", path, STR_ARG(sealed)));
}

/* Where a flow without a pending request ends. */
static struct str flow_return_to(const struct flow *flow)
{
	return str_is_null(flow->return_to) ? STR("/") : flow->return_to;
}

int login_page(struct request *rq, int status, const struct flow *flow, struct str typed_name, struct str error)
{
	struct op *op = &rq->op;
	const struct client *client = flow->has_request ? snapshot_client(rq->snapshot, flow->request.client_id) : NULL;
	_json_ json_t *model = json_new_object();
	struct str sealed = flow_seal(op, flow_cookie(rq), flow);
	struct page_policy policy = { 0 };

	json_set_str(model, "flow", sealed);
	json_set_str(model, "username", typed_name);
	json_set_str(model, "error", error);
	json_set_str(model, "lang_url", flow->has_request ? page_flow_link(rq, "/login", sealed) : page_in_other_language(rq, flow_return_to(flow)));
	if (client)
		policy = page_client(rq, model, client, flow->request.redirect_uri);
	return page_respond_by(rq, status, "login", model, &policy);
}

int flow_continue(struct request *rq, const struct flow *flow, const struct session *session, struct str cookie)
{
	set_session_cookie(rq, cookie);
	rq->session = ARENA_NEW(rq->op.arena, struct session);
	*rq->session = *session;
	rq->log_account_id = session->account_id;
	if (!flow->has_request)
		return respond_redirect(rq, flow_return_to(flow));
	return authorization_continue(rq, &flow->request, STAGE_SIGNED_IN);
}
