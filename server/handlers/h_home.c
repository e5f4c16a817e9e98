/* GET /: who is signed in, and the platforms open to him.  OIDC Core §4. */

#include "server/handlers/pages.h"
#include "server/oidc/official.h"
#include "server/session/csrf.h"

const struct param_spec home_params[] = { { "ui_locales", 256, PARAM_PRINTABLE | PARAM_WISH } };
const size_t n_home_params = ARRAY_LEN(home_params);

/* Straight into a sign-in where the platform knows how to begin one, else to its own start page. */
static struct str link_to(const struct request *rq, const struct official_platform *platform)
{
	const struct client *starter = snapshot_starter(rq->snapshot, platform->code);

	return starter ? client_start_link(rq->op.arena, starter, rq->app->oidc.issuer) : platform->home_url;
}

static json_t *platform_list(const struct request *rq, const struct official_platform *platforms, size_t n)
{
	json_t *list = json_new_array();

	for (size_t i = 0; i < n; i++) {
		json_t *p = json_new_object();

		json_set_str(p, "name", platforms[i].name);
		json_set_str(p, "url", link_to(rq, &platforms[i]));
		json_set_bool(p, "unverified", !platforms[i].verified);
		json_array_append_new(list, p);
	}
	return list;
}

int h_home(struct request *rq)
{
	struct op *op = &rq->op;
	const struct official_platform *platforms;
	_json_ json_t *model = NULL;
	struct str unit_name;
	json_t *requests;
	size_t n;
	int r = session_of_request(rq);

	if (r < 0)
		return r;
	if (!rq->session)
		return login_page(rq, 200, &(struct flow){ .begun_s = op->now_s }, STR_NULL, STR_NULL);
	r = official_platforms(op, rq->session->account_id, &platforms, &n);
	if (r >= 0)
		r = official_unit(op, rq->session->account_id, &unit_name);
	if (r >= 0)
		r = page_requests(rq, &requests);
	if (r < 0)
		return r;
	model = json_new_object();
	if (json_array_size(requests) > 0)
		json_set_str(model, "n_requests", arena_printf(op->arena, "%zu", json_array_size(requests)));
	json_set_take(model, "requests", requests);
	json_set_str(model, "name", rq->session->full_name);
	json_set_str(model, "username", rq->session->login);
	json_set_str(model, "unit_name", unit_name);
	json_set_take(model, "platforms", platform_list(rq, platforms, n));
	json_set_str(model, "lang_url", page_in_other_language(rq, STR("/")));
	json_set_str(model, "csrf", csrf_token(op, "logout", rq->session_cookie));
	return page_respond(rq, 200, "home", model);
}
