#include "common/base/base64.h"
#include "server/handlers/api/api.h"

const struct param_spec api_page_params[N_PAGE_PARAMS] = { [P_PAGE_AFTER] = PARAM_AFTER, [P_PAGE_LIMIT] = PARAM_LIMIT };

/* ETag = entity-tag = DQUOTE *etagc DQUOTE (RFC 9110 §8.8.3); ours hold a number. */
int api_if_match(struct request *rq, int64_t *ret_version)
{
	struct str tag = rq_header(rq, "If-Match");
	uint64_t version;

	if (str_is_null(tag))
		return op_fail(&rq->op, ERR_PRECONDITION_REQUIRED, "If-Match with the ETag of what was seen is needed");
	if (tag.len < 3 || tag.p[0] != '"' || tag.p[tag.len - 1] != '"' ||
	    !str_to_u64(str_n(tag.p + 1, tag.len - 2), INT64_MAX, &version))
		return op_fail(&rq->op, ERR_BAD_REQUEST, "If-Match must be one ETag as this API gives it");
	*ret_version = (int64_t)version;
	return 0;
}

void api_etag(struct request *rq, int64_t version)
{
	response_header(rq, "ETag", arena_printf(rq->op.arena, "\"%lld\"", (long long)version));
}

int api_changed_meanwhile(struct op *op)
{
	return op_fail(op, ERR_PRECONDITION_FAILED, "it was changed after it was seen");
}

int api_limit(struct request *rq, size_t param, size_t *ret_limit)
{
	struct str text = rq_param(rq, param);
	uint64_t limit = API_LIMIT_DEFAULT;

	if (!str_is_null(text) && (!str_to_u64(text, API_LIMIT_MAX, &limit) || limit == 0))
		return api_invalid(&rq->op, "limit", "limit is a number from 1 to 200");
	*ret_limit = (size_t)limit;
	return 0;
}

/* base64url of a JSON array of strings: opaque to callers, and no secret. */
int api_after(struct request *rq, size_t param, struct str *ret_keys, size_t n)
{
	struct str text = rq_param(rq, param), bytes;
	_json_ json_t *keys = NULL;

	for (size_t i = 0; i < n; i++)
		ret_keys[i] = STR_NULL;
	if (str_is_null(text))
		return 0;
	if (base64url_decode(rq->op.arena, text, &bytes))
		keys = json_read(bytes, 2, NULL);
	if (!json_is_array(keys) || json_array_size(keys) != n)
		return api_invalid(&rq->op, "after", "not a value of next");
	for (size_t i = 0; i < n; i++) {
		const json_t *key = json_array_get(keys, i);

		if (!json_is_string(key))
			return api_invalid(&rq->op, "after", "not a value of next");
		ret_keys[i] = arena_dup(rq->op.arena, str_n(json_string_value(key), json_string_length(key)));
	}
	return 0;
}

int api_after_number(struct request *rq, size_t param, uint64_t max, struct str *ret_key)
{
	uint64_t number;
	int r = api_after(rq, param, ret_key, 1);

	if (r == 0 && !str_is_null(*ret_key) && !str_to_u64(*ret_key, max, &number))
		return api_invalid(&rq->op, "after", "not a value of next");
	return r;
}

bool api_moment_is_valid(struct arena *a, struct str s)
{
	struct str whole;

	if (s.len != 27 || s.p[19] != '.' || s.p[26] != 'Z' || !api_stamp_read(a, arena_printf(a, "%.19sZ", s.p), &whole))
		return false;
	for (size_t i = 20; i < 26; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return true;
}

void api_next(struct request *rq, json_t *body, const struct str *keys, size_t n)
{
	_json_ json_t *array = json_new_array();

	if (!keys) {
		api_set(body, "next", STR_NULL);
		return;
	}
	for (size_t i = 0; i < n; i++)
		json_array_append_new(array, json_from_str(keys[i]));
	api_set(body, "next", base64url_encode(rq->op.arena, json_write(rq->op.arena, array, false)));
}
