/* catalogue_answers.c: what endpoints of the catalogue share. */

#include "common/base/buf.h"
#include "common/model/platform_store.h"
#include "server/handlers/api/catalogue.h"
#include "server/web/page.h"

#define UNVERIFIED_MARK "chưa xác minh"
#define WORDS_MAX_BYTES 2000

static struct str key_text(struct arena *a, const json_t *row, const char *name)
{
	const json_t *value = json_object_get(row, name);

	return json_is_integer(value) ? arena_printf(a, "%lld", (long long)json_integer_value(value)) : arena_dup(a, json_get_str(row, name));
}

void catalogue_page(struct request *rq, json_t *body, const char *name, json_t *array, size_t limit, const char *const keys[2])
{
	struct str values[2];
	size_t n_keys = keys[1] ? 2 : 1;
	bool has_more = json_array_size(array) > limit;

	if (has_more)
		json_array_remove(array, limit);
	for (size_t i = 0; i < n_keys && has_more; i++)
		values[i] = key_text(rq->op.arena, json_array_get(array, limit - 1), keys[i]);
	json_set_take(body, name, array);
	api_next(rq, body, has_more ? values : NULL, n_keys);
}

int catalogue_one_of(struct request *rq, const char *field, struct str value, const char *listed)
{
	struct str rest = str_c(listed), word;

	if (str_is_null(value))
		return 0;
	while (str_split(&rest, '|', &word))
		if (str_equal(word, value))
			return 0;
	return api_invalid(&rq->op, field, "a member has none of the values that it may have");
}

int catalogue_url(struct request *rq, const char *field, struct str value)
{
	if (str_is_null(value) || str_starts(value, STR("https://")) || str_starts(value, STR("http://")))
		return 0;
	return api_invalid(&rq->op, field, "an address begins with https:// or http://");
}

int catalogue_flag(struct request *rq, const char *field, struct str value, bool *ret)
{
	*ret = str_equal(value, STR("true"));
	if (str_is_null(value) || *ret || str_equal(value, STR("false")))
		return 0;
	return api_invalid(&rq->op, field, "true or false");
}

int catalogue_path_id(struct request *rq, size_t arg, int64_t *ret)
{
	uint64_t value;

	if (!str_to_u64(rq->path_args[arg], INT32_MAX, &value))
		return op_fail(&rq->op, ERR_NOT_FOUND, "no such thing");
	*ret = (int64_t)value;
	return 0;
}

int catalogue_say(struct request *rq, int r)
{
	struct error *error = &rq->op.error;
	struct buf words = buf_new(rq->op.arena, WORDS_MAX_BYTES);
	struct str names, rest, name;

	if (r != ERR_BLOCKED || error->n_args == 0)
		return r;
	names = rest = error->args[0].value;
	while (str_split(&rest, ',', &name)) {
		const char *key = arena_printf(rq->op.arena, "need.%.*s", STR_ARG(str_trim(name))).p;

		if (words.len > 0)
			buf_add_c(&words, "; ");
		buf_add(&words, page_text_exists(key) ? page_text(rq->op.arena, rq->lang, key, NULL, 0) : str_trim(name));
	}
	error->args[0].value = buf_str(&words);
	return op_fail_arg(&rq->op, "needs", names);
}

static void mark(json_t *object)
{
	if (!json_get_bool(object, "verified", false))
		api_set(object, "mark", STR(UNVERIFIED_MARK));
}

void catalogue_describe(struct request *rq, json_t *entry)
{
	const struct page_arg month = { "month", json_get_str(entry, "expected") };
	json_t *role;
	size_t i;

	api_set(entry, "state_word", platform_state_word(json_get_str(entry, "state")));
	mark(entry);
	if (!str_is_null(month.value))
		api_set(entry, "expected_shown",
		        page_text(rq->op.arena, rq->lang, json_get_bool(entry, "overdue", false) ? "platform.overdue" : "platform.expected", &month, 1));
	json_array_foreach(json_object_get(entry, "roles"), i, role)
		mark(role);
}
