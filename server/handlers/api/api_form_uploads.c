/* api_form_uploads.c: /api/v1/platforms/{code}/form-lists: a platform's own list of accounts, compared with what was confirmed. */

#include "common/base/base64.h"
#include "server/handlers/api/forms.h"
#include "server/handlers/api/overlap.h"

static int respond_upload(struct request *rq, int status, struct str id)
{
	_json_ json_t *upload = NULL;
	int r = form_upload_get(&rq->op, rq->principal, rq->path_args[0], id, &upload);

	return r < 0 ? r : respond_json(rq, status, upload);
}

int h_api_form_upload_list(struct request *rq)
{
	struct page_ask ask;
	struct json_page page;
	int r = api_page_ask(rq, P_PAGE_AFTER, P_PAGE_LIMIT, 2, &ask);

	if (r == 0)
		r = api_page_read(rq, form_upload_list(&rq->op, rq->principal, rq->path_args[0], &ask, &page));
	return r < 0 ? r : api_page(rq, "lists", &page, 2);
}

int h_api_form_upload_get(struct request *rq)
{
	struct str id;
	int r = api_path_uuid(rq, 1, &id);

	return r < 0 ? r : respond_upload(rq, 200, id);
}

static int take_part(struct request *rq, int status, struct str id)
{
	enum { DATA, MORE, TAKEN_AT, N };
	static const struct api_field fields[N] = {
		[DATA] = { "data", API_CODE, FORM_DATA_MAX_CHARS, true },
		[MORE] = { "more", API_BOOL, 0, false },
		[TAKEN_AT] = { "taken_at", API_STAMP, 35, false },
	};
	struct form_upload upload = { .platform = rq->path_args[0], .id = id };
	struct form_list list;
	struct str v[N], csv, fault;
	int r = api_read(rq, fields, str_is_null(id) ? N : N - 1, v);

	if (r < 0)
		return r;
	if (!base64url_decode(rq->op.arena, v[DATA], &csv))
		return api_invalid(&rq->op, "data", "base64url without padding");
	if (!form_list_read(&rq->op, csv, rq->lang, &list, &fault)) {
		(void)op_fail_detail(&rq->op, ERR_INVALID_VALUE, "the list cannot be read", "%.*s", STR_ARG(fault));
		(void)op_fail_arg(&rq->op, "field", STR("data"));
		return op_fail_arg(&rq->op, "reason", fault);
	}
	upload.list = &list;
	upload.taken_at = str_is_null(id) ? v[TAKEN_AT] : STR_NULL;
	upload.is_last = !str_equal(v[MORE], STR("true"));
	r = form_upload_add(&rq->op, rq->principal, &upload, &id);
	return r < 0 ? r : respond_upload(rq, status, id);
}

int h_api_form_upload_add(struct request *rq)
{
	return take_part(rq, 201, STR_NULL);
}

int h_api_form_upload_more(struct request *rq)
{
	struct str id;
	int r = api_path_uuid(rq, 1, &id);

	return r < 0 ? r : take_part(rq, 200, id);
}

static int release(struct request *rq, bool is_good)
{
	struct str id;
	int r = api_read_nothing(rq);

	if (r == 0)
		r = api_path_uuid(rq, 1, &id);
	if (r == 0)
		r = form_upload_release(&rq->op, rq->principal, rq->path_args[0], id, is_good);
	return r < 0 ? r : respond_upload(rq, 200, id);
}

int h_api_form_upload_release(struct request *rq)
{
	return release(rq, true);
}

int h_api_form_upload_drop(struct request *rq)
{
	return release(rq, false);
}
