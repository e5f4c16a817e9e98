#include "server/scim/bulk.h"

#include "server/scim/patch.h"

#define SCRATCH_BYTES ((size_t)16 << 20)

struct bulk {
	struct scim_call *call;
	struct arena *arena, *scratch; /* of the request; of one operation */
	struct scim_bulk_list list;
	json_t **answers;         /* one per operation, or NULL */
	json_t **late;            /* members that a POST had to leave out, or NULL */
	json_t *(*error_json)(const struct error *error);
	int64_t n_failed;
};

static json_t *begin_answer(const struct scim_bulk_op *o, struct str status)
{
	json_t *json = json_new_object();

	json_set_str(json, "method", o->name);
	json_set_str(json, "bulkId", o->bulk_id);
	json_set_str(json, "status", status);
	return json;
}

static void answer_error(struct bulk *b, size_t i)
{
	struct op *op = b->call->op;
	json_t *error = b->error_json(&op->error), *json = begin_answer(&b->list.ops[i], json_get_str(error, "status"));

	if (b->list.ops[i].service && !str_is_null(b->list.ops[i].id))
		json_set_str(json, "location", scim_location(b->call, b->list.ops[i].service->type, b->list.ops[i].id));
	json_set_take(json, "response", error);
	json_decref(b->answers[i]);
	b->answers[i] = json;
	b->list.ops[i].done = true;
	b->n_failed++;
	op_forgive(op);
}

static void answer(struct bulk *b, size_t i, struct scim_answer *made)
{
	struct scim_bulk_op *o = &b->list.ops[i];
	char text[STR_I64_MAX];
	json_t *json = begin_answer(o, str_of_i64(made->status, text));
	struct str location = str_is_null(made->location) && o->method != SCIM_POST ? scim_location(b->call, o->service->type, o->id) : made->location;

	json_set_str(json, "location", location);
	json_set_str(json, "version", made->etag);
	if (made->body && o->method == SCIM_POST)
		o->made = arena_dup(b->arena, json_get_str(made->body, "id"));
	json_decref(made->body);
	b->answers[i] = json;
	o->done = true;
}

static int perform(struct bulk *b, struct scim_bulk_op *o, struct scim_answer *ret)
{
	struct scim_call call = *b->call;

	call.if_match = o->version;
	call.selection = (struct scim_selection){ .type = NULL };
	switch (o->method) {
	case SCIM_POST:
		return o->service->create(&call, o->data, ret);
	case SCIM_PUT:
		return o->service->replace(&call, o->id, o->data, ret);
	case SCIM_PATCH:
		return o->service->patch(&call, o->id, o->data, ret);
	case SCIM_DELETE:
	default:
		return o->service->remove(&call, o->id, ret);
	}
}

/* 1: it waits for what is not made yet. */
static int resolve(struct bulk *b, struct scim_bulk_op *o)
{
	_json_ json_t *path = str_is_null(o->id) ? NULL : json_from_str(o->id);
	int r = path ? scim_bulk_resolve(b->call->op, path, &b->list, &o->waits) : 0;

	if (r != 0)
		return r;
	if (path)
		o->id = arena_dup(b->call->op->arena, str_n(json_string_value(path), json_string_length(path)));
	return o->data ? scim_bulk_resolve(b->call->op, o->data, &b->list, &o->waits) : 0;
}

static void run_one(struct bulk *b, size_t i)
{
	struct scim_answer made = { .status = 0 };
	struct scim_bulk_op *o = &b->list.ops[i];
	struct op *op = b->call->op;

	op->arena = b->scratch;
	if (perform(b, o, &made) < 0) {
		json_decref(made.body);
		answer_error(b, i);
	} else {
		answer(b, i, &made);
	}
	db_op_done(op);
	op->arena = b->arena;
	arena_reset(b->scratch);
}

/* All that can be done; true: something was. */
static bool run_round(struct bulk *b)
{
	bool progress = false;

	for (size_t i = 0; i < b->list.n && b->n_failed < b->list.fail_on; i++) {
		struct scim_bulk_op *o = &b->list.ops[i];
		int r;

		/* Not looked through again before that is done: a chain of five hundred would be read a hundred thousand times. */
		if (o->done || (o->waits && !o->waits->done))
			continue;
		if (!o->service)
			r = scim_fail(b->call->op, SCIM_INVALID_SYNTAX, "the operation has no method, path, bulkId or data as it should");
		else
			r = resolve(b, o);
		if (r == 1)
			continue;
		progress = true;
		if (r < 0)
			answer_error(b, i);
		else
			run_one(b, i);
	}
	return progress;
}

/* Members that are not there yet are kept for later; what stays of the circle can be made. */
static bool break_circle(struct bulk *b)
{
	for (size_t i = 0; i < b->list.n; i++) {
		struct scim_bulk_op *o = &b->list.ops[i];
		json_t *members;

		if (o->done || o->method != SCIM_POST || o->service != &scim_groups || b->late[i])
			continue;
		members = json_object_get(o->data, "members");
		if (!members)
			continue;
		b->late[i] = json_incref(members);
		json_object_del(o->data, "members");
		o->waits = NULL;
		return true;
	}
	return false;
}

static void add_late(struct bulk *b, size_t i)
{
	struct scim_call call = *b->call;
	_json_ json_t *body = json_pack("{s:[s], s:[{s:s, s:s, s:O}]}", "schemas", SCIM_URN_PATCH, "Operations", "op", "add", "path", "members", "value",
	                                b->late[i]);
	struct scim_answer made = { .status = 0 };
	struct scim_bulk_op *o = &b->list.ops[i];
	int r;

	if (str_is_null(o->made))
		return;
	r = scim_bulk_resolve(call.op, body, &b->list, NULL);
	if (r == 1)
		r = scim_fail(call.op, SCIM_INVALID_VALUE, "what a bulkId names was not made");
	call.if_match = STR_NULL;
	call.selection = (struct scim_selection){ .type = NULL };
	if (r == 0)
		r = o->service->patch(&call, o->made, body, &made);
	json_decref(made.body);
	if (r < 0)
		answer_error(b, i);
}

static void finish_rest(struct bulk *b)
{
	for (size_t i = 0; i < b->list.n && b->n_failed < b->list.fail_on; i++)
		if (b->late[i] && b->list.ops[i].done)
			add_late(b, i);
	for (size_t i = 0; i < b->list.n && b->n_failed < b->list.fail_on; i++)
		if (!b->list.ops[i].done) {
			(void)scim_fail(b->call->op, SCIM_INVALID_VALUE, "operations name each other in a circle");
			answer_error(b, i);
		}
}

int scim_bulk_run(struct scim_call *call, const json_t *body, json_t *(*error_json)(const struct error *error), json_t **ret_body)
{
	_cleanup_(arena_freep) struct arena *scratch = arena_new(SCRATCH_BYTES);
	struct bulk b = { .call = call, .error_json = error_json, .arena = call->op->arena, .scratch = scratch };
	json_t *operations, *schemas;
	int r = scim_bulk_read(call->op, body, &b.list);

	if (r < 0)
		return r;
	b.answers = ARENA_ARRAY(call->op->arena, json_t *, b.list.n);
	b.late = ARENA_ARRAY(call->op->arena, json_t *, b.list.n);
	while (run_round(&b) || (b.n_failed < b.list.fail_on && break_circle(&b)))
		;
	finish_rest(&b);
	operations = json_new_array();
	schemas = json_new_array();
	for (size_t i = 0; i < b.list.n; i++) {
		if (b.answers[i])
			json_array_append_new(operations, b.answers[i]);
		json_decref(b.late[i]);
	}
	json_array_append_new(schemas, json_from_str(STR(SCIM_URN_BULK_RESPONSE)));
	*ret_body = json_new_object();
	json_set_take(*ret_body, "schemas", schemas);
	json_set_take(*ret_body, "Operations", operations);
	return 0;
}
