#include "server/scim/search.h"

#include "common/base/buf.h"
#include "server/scim/cursor.h"

#define NAMES_MAX_BYTES 8000
#define SEARCH_QUICK_MS 400

DB_QUERY(scim_search_q, DB_READ,
         "SELECT total, id, seq, key FROM sen.scim_search($1, $2::uuid, $3::jsonb, $4::text[], $5::jsonb, $6::boolean, $7::bigint, $8, $9::bigint, $10::bigint)");
DB_QUERY(scim_slot_q, DB_READ, "SELECT pg_try_advisory_xact_lock(hashtextextended('scim_search ' || $1, 0))");
DB_QUERY(scim_charge_q, DB_WRITE, "SELECT sen.feed_charge($1::uuid)");

static int number(struct op *op, struct str text, int64_t *ret, bool is_cursors)
{
	bool negative = str_starts(text, STR("-"));
	uint64_t value;

	if (str_is_null(text))
		return 0;
	if (!str_to_u64(negative ? str_skip(text, 1) : text, INT32_MAX, &value))
		return scim_fail(op, is_cursors ? SCIM_INVALID_COUNT : SCIM_INVALID_VALUE, "startIndex and count are integers");
	*ret = negative ? -(int64_t)value : (int64_t)value;
	return 0;
}

int scim_query_read(struct op *op, const struct scim_query_texts *texts, struct scim_query *ret)
{
	int r;

	*ret = (struct scim_query){ .filter = texts->filter, .sort_by = texts->sort_by, .start = 1, .count = -1,
		                     .by_cursor = !str_is_null(texts->cursor), .cursor = texts->cursor };
	if (!str_is_null(texts->sort_order) && !str_equal_nocase(texts->sort_order, STR("ascending")) &&
	    !str_equal_nocase(texts->sort_order, STR("descending")))
		return scim_fail(op, SCIM_INVALID_VALUE, "sortOrder is ascending or descending");
	ret->descending = str_equal_nocase(texts->sort_order, STR("descending"));
	if (ret->by_cursor && !str_is_null(texts->start_index))
		return scim_fail(op, SCIM_INVALID_VALUE, "startIndex and cursor exclude each other");
	r = number(op, texts->start_index, &ret->start, false);
	if (r == 0)
		r = number(op, texts->count, &ret->count, ret->by_cursor);
	if (r < 0)
		return r;
	/* RFC 7644 §3.4.2.4: below one is one, a negative count is none. */
	ret->start = ret->start < 1 ? 1 : ret->start;
	ret->count = str_is_null(texts->count) ? SCIM_PAGE_DEFAULT : ret->count < 0 ? 0 : ret->count > SCIM_PAGE_MAX ? SCIM_PAGE_MAX : ret->count;
	return ret->by_cursor && ret->count == 0 ? scim_fail(op, SCIM_INVALID_COUNT, "a page by cursor has one resource at least") : 0;
}

static const json_t *member(const json_t *object, const char *wanted)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)object, name, value)
		if (str_equal_nocase(str_c(name), str_c(wanted)) && !json_is_null(value))
			return value;
	return NULL;
}

static int text_of(struct op *op, const json_t *body, const char *name, struct str *ret)
{
	const json_t *value = member(body, name);

	*ret = STR_NULL;
	if (!value)
		return 0;
	if (json_is_integer(value))
		*ret = arena_printf(op->arena, "%lld", (long long)json_integer_value(value));
	else if (json_is_string(value))
		*ret = arena_dup(op->arena, str_n(json_string_value(value), json_string_length(value)));
	else
		return scim_fail(op, SCIM_INVALID_SYNTAX, "a member of the search request is not of its type");
	return 0;
}

/* ["a", "b"] as "a,b"; STR_NULL for none. */
static int names_of(struct op *op, const json_t *body, const char *name, struct str *ret)
{
	const json_t *list = member(body, name);
	struct buf names = buf_new(op->arena, NAMES_MAX_BYTES);

	*ret = STR_NULL;
	if (list && !json_is_array(list))
		return text_of(op, body, name, ret);
	for (size_t i = 0; i < json_array_size(list) && buf_ok(&names); i++) {
		const json_t *one = json_array_get(list, i);

		if (!json_is_string(one))
			return scim_fail(op, SCIM_INVALID_SYNTAX, "names of attributes are texts");
		buf_add_char(&names, ',');
		buf_add(&names, str_n(json_string_value(one), json_string_length(one)));
	}
	if (!buf_ok(&names))
		return scim_fail(op, SCIM_INVALID_VALUE, "the names of attributes are longer than 8000 bytes");
	if (json_array_size(list) > 0)
		*ret = buf_str(&names);
	return 0;
}

int scim_search_read(struct op *op, const json_t *body, struct scim_query *ret_query, struct scim_selection *ret_selection)
{
	struct scim_query_texts t = { .filter = STR_NULL };
	const struct {
		const char *name;
		struct str *text;
	} members[] = {
		{ "filter", &t.filter }, { "sortBy", &t.sort_by }, { "sortOrder", &t.sort_order }, { "startIndex", &t.start_index },
		{ "count", &t.count }, { "cursor", &t.cursor },
	};
	const json_t *schemas = member(body, "schemas");
	int r = 0;

	if (json_array_size(schemas) != 1 || !json_is_string(json_array_get(schemas, 0)) ||
	    !str_equal_nocase(str_c(json_string_value(json_array_get(schemas, 0))), STR(SCIM_URN_SEARCH)))
		return scim_fail(op, SCIM_INVALID_SYNTAX, "schemas has to name the search request");
	for (size_t i = 0; i < ARRAY_LEN(members) && r == 0; i++)
		r = text_of(op, body, members[i].name, members[i].text);
	if (r == 0)
		r = names_of(op, body, "attributes", &ret_selection->attributes);
	if (r == 0)
		r = names_of(op, body, "excludedAttributes", &ret_selection->excluded);
	if (r == 0)
		r = scim_selection_check(op, ret_selection);
	return r == 0 ? scim_query_read(op, &t, ret_query) : r;
}

/* One kind of resource in a list. */
struct part {
	const struct scim_service *service;
	struct scim_tree tree;
	struct str sort;
	int64_t total;
};

/* What is no column and no part of what a source keeps, or what the source is not the authority of (RFC 7644 §7.6: nor by searching). */
static bool is_searched(const struct scim_call *call, const struct scim_type *type, const struct scim_ref *ref)
{
	if (ref->sub && scim_is_listed("$ref|location|version", str_c(ref->sub->name)))
		return false;
	if (ref->sub && type == &scim_group && str_equal(str_c(ref->sub->name), STR("display")))
		return false;
	return !ref->schema || (call->feed->authority & SCIM_OF_PERSONAL) || !scim_is_listed("birthDate|sex", str_c(ref->attr->name));
}

static int check_searched(struct scim_call *call, const struct scim_type *type, const struct scim_filter *f)
{
	int r = f->left ? check_searched(call, type, f->left) : 0;

	if (r == 0 && f->right)
		r = check_searched(call, type, f->right);
	if (r == 0 && f->ref.attr && !is_searched(call, type, &f->ref))
		r = scim_fail(call->op, SCIM_INVALID_FILTER, "the attribute is not one to search by");
	return r;
}

static int prepare(struct scim_call *call, const struct scim_query *query, struct part *part)
{
	const struct scim_type *type = part->service->type;
	const struct scim_filter *filter = NULL;
	struct scim_ref sorted;
	int r = 0;

	if (!str_is_null(query->filter))
		r = scim_filter_read(call->op, type, query->filter, &filter);
	if (r == 0 && filter)
		r = check_searched(call, type, filter);
	if (r == 0 && !str_is_null(query->sort_by))
		r = scim_sort_of(call->op, type, query->sort_by, &part->sort);
	if (r == 0 && !str_is_null(part->sort) && scim_resolve(type, query->sort_by, &sorted) && !is_searched(call, type, &sorted))
		r = scim_fail(call->op, SCIM_INVALID_PATH, "the attribute is not one to sort by");
	if (r == 0)
		scim_tree_of(call->op->arena, filter, &part->tree);
	return r;
}

/* The first row says how many there are, those of the page follow it. */
static int search_part(struct scim_call *call, const struct scim_query *query, struct part *part, const struct scim_place *after, int64_t skip,
                       int64_t limit, struct db_rows *rows)
{
	struct str seq = after ? arena_printf(call->op->arena, "%lld", (long long)after->seq) : STR_NULL;
	int r = db_run(call->op, &scim_search_q, rows, P_C(part->service->type->name), P_STR(call->feed->id), P_STR(part->tree.json),
	               P_STR(db_array(call->op->arena, part->tree.values, part->tree.n_values)), P_STR(part->sort), P_BOOL(query->descending),
	               P_STR(seq), P_STR(after ? after->key : STR_NULL), P_I64(skip), P_I64(limit));

	if (r == 0)
		part->total = db_i64(rows, 0, 0);
	return r;
}

/* *n: of the first so many there is what they are; fewer than asked for where the page would be too long (RFC 7644 §3.4.2.4, RFC 9865 §2). */
static int add_rows(struct scim_call *call, const struct part *part, const struct db_rows *rows, size_t *n, json_t *resources)
{
	struct str *ids = ARENA_ARRAY(call->op->arena, struct str, *n + 1);

	for (size_t i = 0; i < *n; i++)
		ids[i] = db_str(rows, i + 1, 1);
	return *n == 0 ? 0 : part->service->load(call, ids, n, resources);
}

static json_t *list_body(json_t *resources, int64_t total)
{
	json_t *body = json_new_object(), *schemas = json_new_array();

	json_array_append_new(schemas, json_from_str(STR(SCIM_URN_LIST)));
	json_set_take(body, "schemas", schemas);
	json_set_int(body, "totalResults", total);
	json_set_int(body, "itemsPerPage", (int64_t)json_array_size(resources));
	json_set_take(body, "Resources", json_incref(resources));
	return body;
}

static int list_by_cursor(struct scim_call *call, const struct scim_query *query, struct part *part, json_t **ret_body)
{
	_json_ json_t *resources = json_new_array();
	struct scim_place place = { 0 };
	struct db_rows rows;
	bool is_first = query->cursor.len == 0;
	size_t n, n_found;
	int r = is_first ? 0 : scim_cursor_open(call, part->service->type, query, &place);

	if (r == 0)
		r = prepare(call, query, part);
	/* One more, to see whether there are more. */
	if (r == 0)
		r = search_part(call, query, part, is_first ? NULL : &place, 0, query->count + 1, &rows);
	if (r < 0)
		return r;
	n_found = rows.n - 1;
	n = n_found > (size_t)query->count ? (size_t)query->count : n_found;
	r = add_rows(call, part, &rows, &n, resources);
	if (r < 0)
		return r;
	*ret_body = list_body(resources, part->total);
	if (n < n_found) {
		place = (struct scim_place){ .seq = db_i64(&rows, n, 2), .key = db_str(&rows, n, 3) };
		json_set_str(*ret_body, "nextCursor", scim_cursor_seal(call, part->service->type, query, &place));
	}
	return 0;
}

static int add_pages(struct scim_call *call, const struct scim_query *query, struct part *parts, size_t n, json_t *resources)
{
	int64_t skip = query->start - 1, left = query->count;

	for (size_t i = 0; i < n; i++) {
		struct db_rows rows;
		size_t n_added;
		int r = search_part(call, query, &parts[i], NULL, skip, left, &rows);

		if (r < 0)
			return r;
		n_added = rows.n - 1;
		r = add_rows(call, &parts[i], &rows, &n_added, resources);
		if (r < 0)
			return r;
		left = n_added < rows.n - 1 ? 0 : left - (int64_t)n_added;
		skip = skip > parts[i].total ? skip - parts[i].total : 0;
	}
	return 0;
}

/* A filter that one kind does not know finds nothing there; one that none knows is an error. */
static int prepare_all(struct scim_call *call, const struct scim_query *query, struct part *parts, size_t *n)
{
	struct error first = { 0 };
	size_t n_good = 0;

	for (size_t i = 0; i < *n; i++) {
		int r = prepare(call, query, &parts[i]);

		if (r == ERR_BAD_REQUEST) {
			first = call->op->error;
			op_forgive(call->op);
		} else if (r < 0) {
			return r;
		} else {
			parts[n_good++] = parts[i];
		}
	}
	if (n_good == 0)
		call->op->error = first;
	*n = n_good;
	return n_good == 0 ? first.code : 0;
}

struct search {
	const struct scim_service *const *services;
	size_t n;
	const struct scim_query *query;
};

static int list(struct scim_call *call, const struct search *s, json_t **ret_body)
{
	struct part *parts = ARENA_ARRAY(call->op->arena, struct part, s->n);
	_json_ json_t *resources = json_new_array();
	int64_t total = 0;
	size_t n = s->n;
	int r;

	for (size_t i = 0; i < n; i++)
		parts[i].service = s->services[i];
	if (s->query->by_cursor && n == 1)
		return list_by_cursor(call, s->query, parts, ret_body);
	if (s->query->by_cursor)
		return scim_fail(call->op, SCIM_INVALID_CURSOR, "cursors are for one kind of resource");
	r = prepare_all(call, s->query, parts, &n);
	if (r == 0)
		r = add_pages(call, s->query, parts, n, resources);
	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++)
		total += parts[i].total;
	*ret_body = list_body(resources, total);
	json_set_int(*ret_body, "startIndex", s->query->start);
	return 0;
}

/* One that is long at a time for each source: connections for transactions are few. */
static int take_slot(struct scim_call *call)
{
	struct db_rows rows;
	int r = db_run(call->op, &scim_slot_q, &rows, P_STR(call->feed->id));

	if (r < 0 || db_bool(&rows, 0, 0))
		return r;
	(void)op_fail(call->op, ERR_TOO_MANY_REQUESTS, "another search of this source is at work, and this one takes long too");
	return op_fail_arg(call->op, "retry_after_s", STR("5"));
}

static int charge(struct scim_call *call)
{
	struct db_rows rows;

	op_forgive(call->op);
	return db_run(call->op, &scim_charge_q, &rows, P_STR(call->feed->id));
}

/*
 * On a connection of its own: a search that takes long holds up nobody else's statements.  Most take milliseconds; what is not done
 * after SEARCH_QUICK_MS begins again, with a slot, and is charged for.
 */
int scim_list(struct scim_call *call, const struct scim_service *const *services, size_t n, const struct scim_query *query, json_t **ret_body)
{
	const struct search s = { services, n, query };
	int r = db_begin(call->op);

	if (r == 0)
		r = db_take_time(call->op, SEARCH_QUICK_MS);
	if (r == 0)
		r = list(call, &s, ret_body);
	db_rollback(call->op);
	if (r != ERR_UNAVAILABLE)
		return r;
	r = charge(call);
	if (r == 0)
		r = db_begin(call->op);
	if (r < 0)
		return r;
	r = take_slot(call);
	if (r == 0)
		r = list(call, &s, ret_body);
	db_rollback(call->op);
	return r;
}
