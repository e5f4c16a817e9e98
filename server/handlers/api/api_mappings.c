/* api_mappings.c: /api/v1/platforms/{code}/mapping: draw, test, count, activate; /disputes: which account there is ours. */

#include "common/base/text.h"
#include "server/governance/mapping_admin.h"
#include "server/handlers/api/mapping.h"

/* Then the caller goes on with another call: no request holds a thread for long. */
#define COUNT_BUDGET_MS 1500
#define NOTE_MAX_BYTES 1000
#define NUMBER_MAX 1000000

int h_api_mapping_overview(struct request *rq)
{
	struct page_ask ask;
	struct json_page page;
	_json_ json_t *body = NULL;
	int r = api_limit(rq, P_PAGE_LIMIT, &ask.limit);

	if (r == 0)
		r = api_after_number(rq, P_PAGE_AFTER, INT32_MAX, ask.after);
	if (r == 0)
		r = mapping_overview(&rq->op, rq->path_args[0], &ask, &body, &page);
	if (r < 0)
		return r;
	json_set_take(body, "versions", page.items);
	api_next(rq, body, page.has_more ? page.next : NULL, 1);
	return respond_json(rq, 200, body);
}

static int read_number(struct request *rq, int64_t *ret)
{
	uint64_t number;

	if (!str_to_u64(rq->path_args[1], NUMBER_MAX, &number))
		return op_fail(&rq->op, ERR_NOT_FOUND, "no such mapping");
	*ret = (int64_t)number;
	return 0;
}

static int respond_one(struct request *rq, int status, int64_t number)
{
	json_t *body = NULL;
	int64_t version = 0;
	int r = mapping_get(&rq->op, rq->path_args[0], number, &body, &version);

	return r < 0 ? r : api_thing(rq, status, body, version);
}

int h_api_mapping_get(struct request *rq)
{
	int64_t number;
	int r = read_number(rq, &number);

	return r < 0 ? r : respond_one(rq, 200, number);
}

/* {"document", "samples"?, "note"?}: the first two are judged where they are understood. */
static int read_draft(struct request *rq, struct mapping_draft *ret)
{
	const char *name;
	json_t *value;

	*ret = (struct mapping_draft){ .document = json_object_get(rq->json, "document"), .samples = json_object_get(rq->json, "samples"),
		                       .note = json_get_str(rq->json, "note") };
	json_object_foreach((json_t *)rq->json, name, value)
		if (strcmp(name, "document") != 0 && strcmp(name, "samples") != 0 && strcmp(name, "note") != 0)
			return op_fail(&rq->op, ERR_BAD_REQUEST, "there is no such member here");
	if (!json_is_object(ret->document))
		return api_invalid(&rq->op, "document", "a mapping is an object");
	if (json_object_get(rq->json, "note") && str_is_null(ret->note))
		return api_invalid(&rq->op, "note", "a member must be a string");
	if (!str_is_null(ret->note) && (ret->note.len > NOTE_MAX_BYTES || !text_normalise(rq->op.arena, ret->note, &ret->note)))
		return api_invalid(&rq->op, "note", "too long, or with control characters");
	return 0;
}

int h_api_mapping_draw(struct request *rq)
{
	struct mapping_draft draft;
	int64_t number;
	int r = read_draft(rq, &draft);

	if (r == 0)
		r = mapping_draw(&rq->op, rq->principal, rq->path_args[0], &draft, &number);
	return r < 0 ? r : respond_one(rq, 201, number);
}

static int read_change(struct request *rq, int64_t *ret_number, int64_t *ret_version)
{
	int r = read_number(rq, ret_number);

	return r < 0 ? r : api_if_match(rq, ret_version);
}

int h_api_mapping_edit(struct request *rq)
{
	struct mapping_draft draft;
	int64_t number, version;
	int r = read_change(rq, &number, &version);

	if (r == 0)
		r = read_draft(rq, &draft);
	if (r == 0)
		r = mapping_edit(&rq->op, rq->principal, rq->path_args[0], number, version, &draft);
	return r < 0 ? r : respond_one(rq, 200, number);
}

int h_api_mapping_test(struct request *rq)
{
	json_t *json = NULL;
	int64_t number, version;
	int r = read_change(rq, &number, &version);

	if (r == 0)
		r = api_read_nothing(rq);
	if (r == 0)
		r = mapping_test(&rq->op, rq->principal, rq->path_args[0], number, version, &json);
	_json_ json_t *body = json;

	return r < 0 ? r : respond_json(rq, 200, body);
}

int h_api_mapping_count(struct request *rq)
{
	json_t *json = NULL;
	int64_t number;
	int r = read_number(rq, &number);

	if (r == 0)
		r = api_read_nothing(rq);
	if (r == 0)
		r = mapping_count(&rq->op, rq->principal, rq->path_args[0], number, COUNT_BUDGET_MS, &json);
	_json_ json_t *body = json;

	return r < 0 ? r : respond_json(rq, 200, body);
}

int h_api_mapping_activate(struct request *rq)
{
	int64_t number, version;
	int r = read_change(rq, &number, &version);

	if (r == 0)
		r = api_read_nothing(rq);
	if (r == 0)
		r = mapping_activate(&rq->op, rq->principal, rq->path_args[0], number, version);
	return r < 0 ? r : respond_one(rq, 200, number);
}

int h_api_mapping_disputes(struct request *rq)
{
	struct json_page page;
	struct str after[2];
	size_t limit;
	int r = api_limit(rq, P_PAGE_LIMIT, &limit);

	if (r == 0)
		r = api_after(rq, P_PAGE_AFTER, after, 1);
	if (r == 0)
		r = mapping_disputes(&rq->op, rq->principal, rq->path_args[0], after, limit, &page);
	return r < 0 ? r : api_page(rq, "disputes", &page, 1);
}

int h_api_mapping_adopt(struct request *rq)
{
	static const struct api_field fields[] = { { "ext_id", API_TEXT, 1024, true } };
	struct str v[1];
	int r = api_read(rq, fields, 1, v);

	if (r == 0)
		r = mapping_adopt(&rq->op, rq->principal, rq->path_args[0], rq->path_args[1], v[0]);
	if (r < 0)
		return r;

	_json_ json_t *body = json_new_object();

	api_set(body, "login", rq->path_args[1]);
	api_set(body, "ext_id", v[0]);
	return respond_json(rq, 200, body);
}
