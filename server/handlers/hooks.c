/* hooks.c: what the HTTP floor asks of the program for each request. */

#include "server/handlers/api/dry_run.h"
#include "server/handlers/api/idempotency.h"
#include "server/handlers/pages.h"
#include "server/handlers/routes.h"
#include "server/oidc/dpop.h"
#include "common/base/url.h"

/* ui_locales of the request, else what the browser says, else Vietnamese. */
static struct str language_of(struct request *rq)
{
	struct str rest, name, value, lang;

	for (rest = str_is_null(rq->raw_query) ? STR("") : rq->raw_query; form_next(rq->op.arena, &rest, &name, &value) > 0;)
		if (str_equal(name, STR("ui_locales"))) {
			lang = page_lang_choose(value);
			if (!str_is_null(lang))
				return lang;
		}
	lang = page_lang_choose(rq_header(rq, "Accept-Language"));
	return str_is_null(lang) ? STR("vi") : lang;
}

static void begin(struct request *rq)
{
	rq->snapshot = snapshot_take(rq->app->snapshots);
	rq->op.db = rq->app->db;
	rq->op.keys = snapshot_keys(rq->snapshot);
	rq->lang = language_of(rq);
}

static void end(struct request *rq)
{
	dry_run_end(rq, &service_hooks);
	db_op_done(&rq->op);
	idempotency_end(rq);
}

/* The body may be the snapshot's JWKS, the client_id in the log line that of its client. */
static void release(struct request *rq)
{
	snapshot_release(rq->snapshot);
	rq->snapshot = NULL;
}

static struct str error_text(struct request *rq)
{
	const struct error *e = &rq->op.error;
	const char *key = arena_printf(rq->op.arena, "err.%s", err_name(e->code)).p;
	struct page_arg args[ERROR_ARGS_MAX];

	if (!page_text_exists(key))
		return STR_NULL;
	for (size_t i = 0; i < e->n_args; i++)
		args[i] = (struct page_arg){ e->args[i].name, e->args[i].value };
	return page_text(rq->op.arena, rq->lang, key, args, e->n_args);
}

static void error_page(struct request *rq, int status)
{
	_json_ json_t *model = json_new_object();

	json_set_str(model, "text", error_text(rq));
	json_set_str(model, "code", str_c(err_name(rq->op.error.code)));
	json_set_str(model, "trace", str_c(rq->op.id));
	(void)page_respond(rq, status, "error", model);
}

/* Of the administration API; other endpoints are found by the metadata of the provider. */
static struct str resource_metadata(struct request *rq)
{
	if (!str_starts(rq->path, STR(API_RESOURCE "/")))
		return STR_NULL;
	return arena_printf(rq->op.arena, "%.*s" RESOURCE_METADATA API_RESOURCE, STR_ARG(rq->app->oidc.issuer));
}

const struct http_hooks service_hooks = {
	.begin = begin,
	.end = end,
	.release = release,
	.error_page = error_page,
	.error_text = error_text,
	.dpop_algs = DPOP_ALGS,
	.resource_metadata = resource_metadata,
};
