#include "server/handlers/pages.h"

#include "common/base/random.h"
#include "server/web/page.h"

#define FLOW_SECRET_BYTES 32
#define COOKIE_MAX 200
#define LINK_FLOW_MAX 4096

static int respond(struct request *rq, int status, struct str csp, const char *template_name, const json_t *model)
{
	response_header(rq, "Content-Security-Policy", csp);
	response_header(rq, "Content-Language", rq->lang);
	return respond_bytes(rq, status, "text/html; charset=utf-8", page_render(rq->op.arena, template_name, rq->lang, model));
}

int page_respond(struct request *rq, int status, const char *template_name, const json_t *model, struct str form_action)
{
	return respond(rq, status, page_csp(rq->op.arena, form_action), template_name, model);
}

int page_respond_scripted(struct request *rq, const char *template_name, const json_t *model, struct str form_action)
{
	return respond(rq, 200, page_csp_scripted(rq->op.arena, form_action), template_name, model);
}

int page_respond_framed(struct request *rq, const char *template_name, const json_t *model, struct str frames)
{
	return respond(rq, 200, page_csp_framed(rq->op.arena, frames), template_name, model);
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

	json_set_str(model, "flow", sealed);
	json_set_str(model, "username", typed_name);
	json_set_str(model, "error", error);
	json_set_str(model, "lang_url", flow->has_request ? page_flow_link(rq, "/login", sealed) : page_in_other_language(rq, flow_return_to(flow)));
	if (client)
		json_set_str(model, "platform_name", client_title(client));
	return page_respond(rq, status, "login", model, client ? uri_origin(op->arena, flow->request.redirect_uri) : STR_NULL);
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
