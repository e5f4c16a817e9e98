#include "common/base/random.h"
#include "common/base/text.h"
#include "server/handlers/api/overlap.h"

#define TAGS_MAX 16
#define TAG_MAX_BYTES 64

int api_page(struct request *rq, const char *name, const struct json_page *page, size_t n_keys)
{
	_json_ json_t *body = json_new_object();

	json_set_take(body, name, page->items);
	api_next(rq, body, page->has_more ? page->next : NULL, n_keys);
	return respond_json(rq, 200, body);
}

int api_page_ask(struct request *rq, size_t after, size_t limit, size_t n_keys, struct page_ask *ret)
{
	int r = api_limit(rq, limit, &ret->limit);

	assert(n_keys <= JSON_ROWS_KEYS_MAX);
	return r < 0 ? r : api_after(rq, after, ret->after, n_keys);
}

int api_page_read(struct request *rq, int r)
{
	if (r != ERR_INVALID_VALUE)
		return r;
	op_forgive(&rq->op);
	return api_invalid(&rq->op, "after", "not a value of next");
}

int api_thing(struct request *rq, int status, json_t *body, int64_t version)
{
	_json_ json_t *owned = body;

	api_etag(rq, version);
	return respond_json(rq, status, owned);
}

int api_path_uuid(struct request *rq, size_t arg, struct str *ret)
{
	*ret = rq->path_args[arg];
	return uuid_is_valid(*ret) ? 0 : op_fail(&rq->op, ERR_NOT_FOUND, "no such thing");
}

int api_one_of(struct request *rq, const char *field, struct str value, const char *listed)
{
	struct str rest = str_c(listed), one;

	if (str_is_null(value))
		return 0;
	while (str_split(&rest, '|', &one))
		if (str_equal(one, value))
			return 0;
	return api_invalid(&rq->op, field, "not one of the values that are possible here");
}

int api_tags(struct request *rq, const char *name, struct str_list *ret)
{
	const json_t *array = json_object_get(rq->json, name);
	size_t n = json_array_size(array);
	struct str *tags;

	*ret = (struct str_list){ .n = 0 };
	if (!array)
		return 0;
	if (n > TAGS_MAX)
		return api_invalid(&rq->op, name, "at most 16 tags");
	tags = ARENA_ARRAY(rq->op.arena, struct str, n + 1);
	for (size_t i = 0; i < n; i++) {
		const json_t *item = json_array_get(array, i);
		struct str tag = json_is_string(item) ? str_n(json_string_value(item), json_string_length(item)) : STR_NULL;

		if (str_is_empty(tag) || tag.len > TAG_MAX_BYTES || !text_normalise(rq->op.arena, tag, &tags[i]) || str_is_empty(tags[i]))
			return api_invalid(&rq->op, name, "a tag is a short text");
	}
	*ret = (struct str_list){ tags, n };
	return 0;
}
