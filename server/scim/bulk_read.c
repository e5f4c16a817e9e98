/* bulk_read.c: the operations of a Bulk, and references between them.  Pure. */

#include "server/scim/bulk.h"

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

int scim_bulk_read(struct op *op, const json_t *body, struct scim_bulk_op **ret_ops, size_t *ret_n, int64_t *ret_fail_on)
{
	const json_t *list = member(body, "Operations"), *fail_on = member(body, "failOnErrors");
	size_t n = json_array_size(list);
	struct scim_bulk_op *ops;

	if (!names_bulk(body) || !json_is_array(list) || n == 0 || (fail_on && (!json_is_integer(fail_on) || json_integer_value(fail_on) < 1)))
		return scim_fail(op, SCIM_INVALID_SYNTAX, "a BulkRequest with Operations is needed");
	if (n > SCIM_BULK_MAX_OPS)
		return op_fail(op, ERR_LIMIT, "more than maxOperations (500)");
	ops = ARENA_ARRAY(op->arena, struct scim_bulk_op, n);
	for (size_t i = 0; i < n; i++)
		read_op(op, json_array_get(list, i), &ops[i]);
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < i; k++)
			if (!str_is_null(ops[i].bulk_id) && str_equal(ops[i].bulk_id, ops[k].bulk_id))
				return scim_fail(op, SCIM_INVALID_SYNTAX, "a bulkId stands twice");
	*ret_ops = ops;
	*ret_n = n;
	*ret_fail_on = fail_on ? json_integer_value(fail_on) : INT64_MAX;
	return 0;
}

/* 0: no reference, or replaced; 1: not made yet. */
static int resolve_text(struct op *op, struct str value, const struct scim_bulk_op *ops, size_t n, struct str *ret)
{
	struct str id;

	*ret = STR_NULL;
	if (!str_starts(value, STR(REFERENCE)))
		return 0;
	id = str_skip(value, sizeof(REFERENCE) - 1);
	for (size_t i = 0; i < n; i++)
		if (!str_is_null(ops[i].bulk_id) && str_equal(ops[i].bulk_id, id)) {
			*ret = ops[i].made;
			if (!str_is_null(ops[i].made))
				return 0;
			return ops[i].done ? scim_fail(op, SCIM_INVALID_VALUE, "what a bulkId names was not made") : 1;
		}
	return scim_fail(op, SCIM_INVALID_VALUE, "a bulkId names no operation");
}

static int resolve(struct op *op, json_t *value, const struct scim_bulk_op *ops, size_t n, size_t depth)
{
	int waits = 0, r = depth > DEPTH_MAX ? scim_fail(op, SCIM_INVALID_SYNTAX, "too deep") : 0;
	const char *name;
	json_t *one;
	size_t i;

	if (json_is_string(value)) {
		struct str id;

		r = resolve_text(op, str_n(json_string_value(value), json_string_length(value)), ops, n, &id);
		if (r == 0 && !str_is_null(id))
			(void)json_string_setn(value, id.p, id.len);
		return r;
	}
	json_array_foreach(value, i, one) {
		if (r < 0)
			break;
		r = resolve(op, one, ops, n, depth + 1);
		waits = waits || r == 1;
	}
	json_object_foreach(value, name, one) {
		if (r < 0)
			break;
		r = resolve(op, one, ops, n, depth + 1);
		waits = waits || r == 1;
	}
	return r < 0 ? r : waits;
}

int scim_bulk_resolve(struct op *op, json_t *data, const struct scim_bulk_op *ops, size_t n)
{
	return resolve(op, data, ops, n, 0);
}
