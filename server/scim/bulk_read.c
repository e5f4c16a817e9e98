/* bulk_read.c: the operations of a Bulk, and references between them.  Pure. */

#include "server/scim/bulk.h"

#include <stdlib.h>

#define REFERENCE "bulkId:"
#define DEPTH_MAX 12

static const struct str methods[] = { STR("POST"), STR("PUT"), STR("PATCH"), STR("DELETE") };

static const json_t *member(const json_t *object, const char *wanted)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)object, name, value)
		if (str_equal_nocase(str_c(name), str_c(wanted)))
			return value;
	return NULL;
}

static struct str text(struct op *op, const json_t *object, const char *name)
{
	const json_t *value = member(object, name);

	return json_is_string(value) ? arena_dup(op->arena, str_n(json_string_value(value), json_string_length(value))) : STR_NULL;
}

/* "/Users/2819c223": the service and the id. */
static bool read_path(struct str path, struct scim_bulk_op *ret)
{
	const struct scim_service *const services[] = { &scim_users, &scim_groups };

	for (size_t i = 0; i < ARRAY_LEN(services); i++) {
		struct str endpoint = str_c(services[i]->type->endpoint), rest;

		if (!str_starts(path, endpoint))
			continue;
		rest = str_skip(path, endpoint.len);
		if (rest.len > 0 && (rest.p[0] != '/' || rest.len < 2 || str_index(str_skip(rest, 1), '/') >= 0))
			continue;
		ret->service = services[i];
		ret->id = rest.len > 1 ? str_skip(rest, 1) : STR_NULL;
		return true;
	}
	return false;
}

static void read_op(struct op *op, const json_t *json, struct scim_bulk_op *ret)
{
	struct str method = text(op, json, "method"), path = text(op, json, "path");
	bool known = false;

	*ret = (struct scim_bulk_op){ .bulk_id = text(op, json, "bulkId"), .version = text(op, json, "version"),
		                       .data = (json_t *)(uintptr_t)member(json, "data"), .name = STR_NULL };
	for (size_t i = 0; i < ARRAY_LEN(methods); i++)
		if (str_equal_nocase(method, methods[i])) {
			ret->method = (enum scim_bulk_method)i;
			ret->name = methods[i];
			known = true;
		}
	if (!known || str_is_null(path) || !read_path(path, ret))
		return;
	/* A POST is of a collection and has a bulkId (RFC 7644 §3.7); the others are of a resource; all but DELETE bring data. */
	if ((ret->method == SCIM_POST) != str_is_null(ret->id) || (ret->method == SCIM_POST && str_is_null(ret->bulk_id)) ||
	    (ret->method != SCIM_DELETE && !json_is_object(ret->data)))
		ret->service = NULL;
}

static bool names_bulk(const json_t *body)
{
	const json_t *schemas = member(body, "schemas");

	for (size_t i = 0; i < json_array_size(schemas); i++)
		if (json_is_string(json_array_get(schemas, i)) && str_equal_nocase(str_c(json_string_value(json_array_get(schemas, i))), STR(SCIM_URN_BULK_REQUEST)))
			return true;
	return false;
}

static int by_bulk_id(const void *a, const void *b)
{
	const struct scim_bulk_op *const *x = a, *const *y = b;

	return str_compare((*x)->bulk_id, (*y)->bulk_id);
}

static int sort_named(struct op *op, struct scim_bulk_list *list)
{
	list->named = ARENA_ARRAY(op->arena, const struct scim_bulk_op *, list->n);
	list->n_named = 0;
	for (size_t i = 0; i < list->n; i++)
		if (!str_is_null(list->ops[i].bulk_id))
			list->named[list->n_named++] = &list->ops[i];
	qsort(list->named, list->n_named, sizeof(struct scim_bulk_op *), by_bulk_id);
	for (size_t i = 1; i < list->n_named; i++)
		if (str_equal(list->named[i - 1]->bulk_id, list->named[i]->bulk_id))
			return scim_fail(op, SCIM_INVALID_SYNTAX, "a bulkId stands twice");
	return 0;
}

static const struct scim_bulk_op *find_named(const struct scim_bulk_list *list, struct str bulk_id)
{
	const struct scim_bulk_op wanted = { .bulk_id = bulk_id }, *key = &wanted;
	const struct scim_bulk_op **found = bsearch(&key, list->named, list->n_named, sizeof(struct scim_bulk_op *), by_bulk_id);

	return found ? *found : NULL;
}

int scim_bulk_read(struct op *op, const json_t *body, struct scim_bulk_list *ret)
{
	const json_t *list = member(body, "Operations"), *fail_on = member(body, "failOnErrors");
	size_t n = json_array_size(list);

	*ret = (struct scim_bulk_list){ .n = n, .fail_on = fail_on ? json_integer_value(fail_on) : INT64_MAX };
	if (!names_bulk(body) || !json_is_array(list) || n == 0 || (fail_on && (!json_is_integer(fail_on) || json_integer_value(fail_on) < 1)))
		return scim_fail(op, SCIM_INVALID_SYNTAX, "a BulkRequest with Operations is needed");
	if (n > SCIM_BULK_MAX_OPS)
		return op_fail(op, ERR_LIMIT, "more than maxOperations (500)");
	ret->ops = ARENA_ARRAY(op->arena, struct scim_bulk_op, n);
	for (size_t i = 0; i < n; i++)
		read_op(op, json_array_get(list, i), &ret->ops[i]);
	return sort_named(op, ret);
}

struct resolving {
	struct op *op;
	const struct scim_bulk_list *list;
	const struct scim_bulk_op *waits;
};

/* 0: no reference, or replaced; 1: not made yet. */
static int resolve_text(struct resolving *in, struct str value, struct str *ret)
{
	const struct scim_bulk_op *named;

	*ret = STR_NULL;
	if (!str_starts(value, STR(REFERENCE)))
		return 0;
	named = find_named(in->list, str_skip(value, sizeof(REFERENCE) - 1));
	if (!named)
		return scim_fail(in->op, SCIM_INVALID_VALUE, "a bulkId names no operation");
	*ret = named->made;
	if (!str_is_null(named->made))
		return 0;
	if (named->done)
		return scim_fail(in->op, SCIM_INVALID_VALUE, "what a bulkId names was not made");
	in->waits = named;
	return 1;
}

static int resolve(struct resolving *in, json_t *value, size_t depth)
{
	int waits = 0, r = depth > DEPTH_MAX ? scim_fail(in->op, SCIM_INVALID_SYNTAX, "too deep") : 0;
	const char *name;
	json_t *one;
	size_t i;

	if (json_is_string(value)) {
		struct str id;

		r = resolve_text(in, str_n(json_string_value(value), json_string_length(value)), &id);
		if (r == 0 && !str_is_null(id))
			(void)json_string_setn(value, id.p, id.len);
		return r;
	}
	json_array_foreach(value, i, one) {
		if (r < 0)
			break;
		r = resolve(in, one, depth + 1);
		waits = waits || r == 1;
	}
	json_object_foreach(value, name, one) {
		if (r < 0)
			break;
		r = resolve(in, one, depth + 1);
		waits = waits || r == 1;
	}
	return r < 0 ? r : waits;
}

int scim_bulk_resolve(struct op *op, json_t *data, const struct scim_bulk_list *list, const struct scim_bulk_op **ret_waits)
{
	struct resolving in = { op, list, NULL };
	int r = resolve(&in, data, 0);

	if (ret_waits)
		*ret_waits = in.waits;
	return r;
}
