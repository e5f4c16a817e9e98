/* api_gates.c: /api/v1/platforms/{code}/gates and /api/v1/reference-documents. */

#include "common/base/random.h"
#include "server/governance/gates.h"
#include "server/handlers/api/catalogue.h"
#include "server/handlers/api/overlap.h"

const struct param_spec api_documents_params[N_DOCUMENTS_PARAMS] = {
	[P_DOCUMENTS_AFTER] = PARAM_AFTER,
	[P_DOCUMENTS_LIMIT] = PARAM_LIMIT,
	[P_DOCUMENTS_KIND] = { "kind", 20, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
	[P_DOCUMENTS_STATE] = { "state", 20, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
};

int h_api_platform_gates(struct request *rq)
{
	struct page_ask ask;
	struct json_page page;
	int r = api_page_ask(rq, P_PAGE_AFTER, P_PAGE_LIMIT, 2, &ask);

	if (r == 0)
		r = api_page_read(rq, gate_list(&rq->op, rq->path_args[0], &ask, &page));
	return r < 0 ? r : api_page(rq, "gates", &page, 2);
}

enum { KIND, DOCUMENT, ITEM, APPROVAL_NO, APPROVAL_ON, CHECKED_ON, VALID_TO, EVIDENCE, N };

/* ISO dates order as texts. */
static int check_submission(struct request *rq, const struct str *v)
{
	bool is_security = str_equal(v[KIND], STR("security"));
	int r = catalogue_one_of(rq, "kind", v[KIND], "architecture|strategy|security");

	if (r < 0)
		return r;
	if (!is_security && str_is_null(v[DOCUMENT]))
		return api_invalid(&rq->op, "document", "the gate refers to a reference document");
	if (!is_security && str_is_null(v[ITEM]))
		return api_invalid(&rq->op, "item", "which component of the architecture, or item of the plan");
	if (is_security && (str_is_null(v[APPROVAL_NO]) || str_is_null(v[APPROVAL_ON]) || str_is_null(v[CHECKED_ON])))
		return api_invalid(&rq->op, "approval_no", "approval with its date, and the date of the last check, are needed");
	if (!is_security && !(str_is_null(v[APPROVAL_NO]) && str_is_null(v[APPROVAL_ON]) && str_is_null(v[CHECKED_ON])))
		return api_invalid(&rq->op, "approval_no", "approval and check belong to the security level");
	return 0;
}

int h_api_platform_gate_submit(struct request *rq)
{
	static const struct api_field fields[N] = {
		[KIND] = { "kind", API_CODE, 20, true },
		[DOCUMENT] = { "document", API_CODE, 32, false },
		[ITEM] = { "item", API_TEXT, 300, false },
		[APPROVAL_NO] = { "approval_no", API_TEXT, 80, false },
		[APPROVAL_ON] = { "approval_on", API_DATE, 10, false },
		[CHECKED_ON] = { "checked_on", API_DATE, 10, false },
		[VALID_TO] = { "valid_to", API_DATE, 10, false },
		[EVIDENCE] = { "evidence", API_PROSE, 2000, false },
	};
	struct str v[N], id;
	int r = api_read(rq, fields, N, v);

	if (r == 0)
		r = check_submission(rq, v);
	if (r < 0)
		return r;
	const struct gate_submission submission = {
		.platform = rq->path_args[0],
		.kind = v[KIND],
		.document = v[DOCUMENT],
		.item = v[ITEM],
		.approval_no = v[APPROVAL_NO],
		.approval_on = v[APPROVAL_ON],
		.checked_on = v[CHECKED_ON],
		.valid_to = v[VALID_TO],
		.evidence = v[EVIDENCE],
	};
	r = gate_submit(&rq->op, rq->principal, &submission, &id);
	if (r < 0)
		return r;

	_json_ json_t *body = json_new_object();

	api_set(body, "id", id);
	api_set(body, "kind", v[KIND]);
	api_set(body, "state", STR("submitted"));
	return respond_json(rq, 201, body);
}

int h_api_platform_gate_decide(struct request *rq)
{
	enum { PASSED, NOTE, N_DECIDE };
	static const struct api_field fields[N_DECIDE] = {
		[PASSED] = { "passed", API_BOOL, 0, true },
		[NOTE] = { "note", API_PROSE, 2000, true },
	};
	struct str v[N_DECIDE];
	bool passed;
	int r = api_read(rq, fields, N_DECIDE, v);

	if (r < 0)
		return r;
	if (!uuid_is_valid(rq->path_args[1]))
		return op_fail(&rq->op, ERR_NOT_FOUND, "no such gate");
	passed = str_equal(v[PASSED], STR("true"));
	r = gate_decide(&rq->op, rq->principal, rq->path_args[0], rq->path_args[1], passed, v[NOTE]);
	if (r < 0)
		return catalogue_say(rq, r);

	_json_ json_t *body = json_new_object();

	api_set(body, "id", rq->path_args[1]);
	api_set(body, "state", passed ? STR("passed") : STR("refused"));
	return respond_json(rq, 200, body);
}

int h_api_documents(struct request *rq)
{
	struct document_filter filter = { .kind = rq_param(rq, P_DOCUMENTS_KIND) };
	struct str state = rq_param(rq, P_DOCUMENTS_STATE), after[2];
	uint64_t version;
	json_t *list;
	int r = api_limit(rq, P_DOCUMENTS_LIMIT, &filter.limit);

	if (r == 0)
		r = api_after(rq, P_DOCUMENTS_AFTER, after, 2);
	if (r == 0 && !str_is_null(after[1]) && !str_to_u64(after[1], INT32_MAX, &version))
		r = api_invalid(&rq->op, "after", "not a value of next");
	if (r == 0)
		r = catalogue_one_of(rq, "state", state, "in_force");
	if (r < 0)
		return r;
	filter.in_force = !str_is_null(state);
	filter.after_code = after[0];
	filter.after_version = after[1];
	r = document_list(&rq->op, &filter, &list);
	if (r < 0)
		return r;

	_json_ json_t *body = json_new_object();

	catalogue_page(rq, body, "documents", list, filter.limit, (const char *[2]){ "code", "version" });
	return respond_json(rq, 200, body);
}

int h_api_document_add(struct request *rq)
{
	enum { UNIT, CODE, D_KIND, NUMBER, TITLE, ISSUED_ON, URL, REPLACES, REPLACES_CODE, N_DOCUMENT };
	static const struct api_field fields[N_DOCUMENT] = {
		[UNIT] = { "unit", API_CODE, 35, true },
		[CODE] = { "code", API_CODE, 32, true },
		[D_KIND] = { "kind", API_CODE, 20, true },
		[NUMBER] = { "number", API_TEXT, 80, true },
		[TITLE] = { "title", API_TEXT, 300, true },
		[ISSUED_ON] = { "issued_on", API_DATE, 10, true },
		[URL] = { "url", API_TEXT, 500, false },
		[REPLACES] = { "replaces", API_INT, 0, false },
		[REPLACES_CODE] = { "replaces_code", API_CODE, 32, false },
	};
	struct str v[N_DOCUMENT];
	int64_t version = 0, expired = 0;
	int r = api_read(rq, fields, N_DOCUMENT, v);

	if (r == 0)
		r = catalogue_one_of(rq, "kind", v[D_KIND], "architecture|strategy|security");
	if (r == 0)
		r = catalogue_url(rq, "url", v[URL]);
	if (r == 0 && str_is_null(v[REPLACES]) && !str_is_null(v[REPLACES_CODE]))
		r = api_invalid(&rq->op, "replaces", "the version of that code which is in force");
	if (r < 0)
		return r;
	const struct reference_document document = {
		.unit = v[UNIT],
		.code = v[CODE],
		.kind = v[D_KIND],
		.number = v[NUMBER],
		.title = v[TITLE],
		.issued_on = v[ISSUED_ON],
		.url = v[URL],
		.replaces = v[REPLACES],
		.replaces_code = v[REPLACES_CODE],
	};
	r = document_add(&rq->op, rq->principal, &document, &version, &expired);
	if (r < 0)
		return r;

	_json_ json_t *body = json_new_object();

	api_set(body, "code", v[CODE]);
	json_set_int(body, "version", version);
	json_set_int(body, "gates_expired", expired);
	return respond_json(rq, 201, body);
}
