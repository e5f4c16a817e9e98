/* api_platform_lists.c: /api/v1/platform-lists: promulgated lists as versions. */

#include "server/governance/list_diff.h"
#include "server/governance/platform_lists.h"
#include "server/handlers/api/catalogue.h"

const struct param_spec api_diff_params[N_DIFF_PARAMS] = {
	[P_DIFF_AGAINST] = { "against", 10, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
};

int h_api_platform_lists(struct request *rq)
{
	struct str before;
	size_t limit;
	json_t *list;
	int r = api_limit(rq, P_PAGE_LIMIT, &limit);

	if (r == 0)
		r = api_after_number(rq, P_PAGE_AFTER, INT32_MAX, &before);
	if (r == 0)
		r = list_list(&rq->op, before, limit, &list);
	if (r < 0)
		return r;

	_json_ json_t *body = json_new_object();

	catalogue_page(rq, body, "lists", list, limit, (const char *[2]){ "id", NULL });
	return respond_json(rq, 200, body);
}

static int respond_list(struct request *rq, int status, int64_t id)
{
	_json_ json_t *list = NULL;
	int64_t version;
	int r = list_get(&rq->op, id, &list, &version);

	if (r < 0)
		return r;
	api_etag(rq, version);
	return respond_json(rq, status, list);
}

int h_api_platform_list_get(struct request *rq)
{
	int64_t id;
	int r = catalogue_path_id(rq, 0, &id);

	return r < 0 ? r : respond_list(rq, 200, id);
}

/* Codes as entries have them; the list of api_list() is shorter. */
static int read_platforms(struct request *rq, struct str_list *ret)
{
	const json_t *array = json_object_get(rq->json, "platforms");
	size_t n = json_array_size(array);
	struct str *codes;

	if (n == 0 || n > LIST_PLATFORMS_MAX)
		return api_invalid(&rq->op, "platforms", "a list has 1 to 500 platforms");
	codes = ARENA_ARRAY(rq->op.arena, struct str, n);
	for (size_t i = 0; i < n; i++) {
		const json_t *item = json_array_get(array, i);

		if (!json_is_string(item) || json_string_length(item) > 16)
			return api_invalid(&rq->op, "platforms", "codes of platforms");
		codes[i] = str_n(json_string_value(item), json_string_length(item));
	}
	*ret = (struct str_list){ codes, n };
	return 0;
}

enum { TITLE, ANNOUNCED_TOTAL, PLATFORMS, UNIT, N_DRAFT };
static const struct api_field draft_fields[N_DRAFT] = {
	[TITLE] = { "title", API_TEXT, 600, true },
	[ANNOUNCED_TOTAL] = { "announced_total", API_INT, 0, false },
	[PLATFORMS] = { "platforms", API_LIST, 0, true },
	[UNIT] = { "unit", API_CODE, 35, true },
};

static int read_draft(struct request *rq, bool is_new, struct list_draft *ret)
{
	struct str v[N_DRAFT];
	int r = api_read(rq, draft_fields, is_new ? N_DRAFT : N_DRAFT - 1, v);

	if (r < 0)
		return r;
	*ret = (struct list_draft){ .title = v[TITLE], .announced_total = v[ANNOUNCED_TOTAL], .unit = is_new ? v[UNIT] : STR_NULL };
	return read_platforms(rq, &ret->platforms);
}

int h_api_platform_list_add(struct request *rq)
{
	struct list_draft draft;
	int64_t id;
	int r = read_draft(rq, true, &draft);

	if (r == 0)
		r = list_add(&rq->op, rq->principal, &draft, &id);
	return r < 0 ? r : respond_list(rq, 201, id);
}

int h_api_platform_list_edit(struct request *rq)
{
	struct list_draft draft;
	int64_t id, version;
	int r = catalogue_path_id(rq, 0, &id);

	if (r == 0)
		r = api_if_match(rq, &version);
	if (r == 0)
		r = read_draft(rq, false, &draft);
	if (r == 0)
		r = list_edit(&rq->op, rq->principal, id, version, &draft);
	return r < 0 ? r : respond_list(rq, 200, id);
}

/* An address alone can lead to another file tomorrow. */
static int check_file(struct request *rq, struct str url, struct str sha256)
{
	if (str_is_null(url) != str_is_null(sha256))
		return api_invalid(&rq->op, "file_sha256", "the address of the signed file and its SHA-256 come together");
	if (str_is_null(sha256))
		return 0;
	for (size_t i = 0; i < sha256.len; i++)
		if (!((sha256.p[i] >= '0' && sha256.p[i] <= '9') || (sha256.p[i] >= 'a' && sha256.p[i] <= 'f')))
			return api_invalid(&rq->op, "file_sha256", "64 digits 0-9 a-f");
	return sha256.len == 64 ? 0 : api_invalid(&rq->op, "file_sha256", "64 digits 0-9 a-f");
}

int h_api_platform_list_sign(struct request *rq)
{
	enum { DECISION_NO, SIGNED_ON, SIGNER, EFFECTIVE_ON, FILE_URL, FILE_SHA256, N };
	static const struct api_field fields[N] = {
		[DECISION_NO] = { "decision_no", API_TEXT, 80, true },
		[SIGNED_ON] = { "signed_on", API_DATE, 10, true },
		[SIGNER] = { "signer", API_TEXT, 200, true },
		[EFFECTIVE_ON] = { "effective_on", API_DATE, 10, false },
		[FILE_URL] = { "file_url", API_TEXT, 500, false },
		[FILE_SHA256] = { "file_sha256", API_CODE, 64, false },
	};
	struct list_signature signature;
	struct str v[N];
	int64_t id, version;
	int r = catalogue_path_id(rq, 0, &id);

	if (r == 0)
		r = api_if_match(rq, &version);
	if (r == 0)
		r = api_read(rq, fields, N, v);
	if (r == 0)
		r = catalogue_url(rq, "file_url", v[FILE_URL]);
	if (r == 0)
		r = check_file(rq, v[FILE_URL], v[FILE_SHA256]);
	if (r < 0)
		return r;
	signature = (struct list_signature){
		.decision_no = v[DECISION_NO],
		.signed_on = v[SIGNED_ON],
		.signer = v[SIGNER],
		.effective_on = str_is_null(v[EFFECTIVE_ON]) ? v[SIGNED_ON] : v[EFFECTIVE_ON],
		.file_url = v[FILE_URL],
		.file_sha256 = v[FILE_SHA256],
	};
	r = list_sign(&rq->op, rq->principal, id, version, &signature);
	return r < 0 ? catalogue_say(rq, r) : respond_list(rq, 200, id);
}

/* Which list is the older: named in the query, else the one in force. */
static int against(struct request *rq, int64_t id, int64_t *ret)
{
	struct str named = rq_param(rq, P_DIFF_AGAINST);
	uint64_t value;

	if (str_is_null(named))
		return list_in_force_beside(&rq->op, id, ret);
	if (!str_to_u64(named, INT32_MAX, &value))
		return api_invalid(&rq->op, "against", "the id of a list");
	*ret = (int64_t)value;
	return 0;
}

int h_api_platform_list_diff(struct request *rq)
{
	_json_ json_t *before = NULL;
	_json_ json_t *after = NULL;
	int64_t id, older = -1, version;
	int r = catalogue_path_id(rq, 0, &id);

	if (r == 0)
		r = against(rq, id, &older);
	if (r == 0)
		r = list_get(&rq->op, id, &after, &version);
	if (r == 0 && older >= 0)
		r = list_get(&rq->op, older, &before, &version);
	if (r < 0)
		return r;

	_json_ json_t *body = list_diff(json_object_get(before, "entries"), json_object_get(after, "entries"));

	json_set_int(body, "list", id);
	if (older >= 0)
		json_set_int(body, "against", older);
	else
		api_set(body, "against", STR_NULL);
	return respond_json(rq, 200, body);
}
