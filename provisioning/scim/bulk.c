/*
 * Several operations in one request (RFC 7644 §3.7).  While one is on its way, those of other threads gather and go
 * together; one alone goes as ever.  Each has its own status.  What is refused as a whole is split, and in the end each
 * goes by itself; what got lost as a whole is in doubt for each.
 */
#include "provisioning/scim/http.h"

#include "provisioning/http_fault.h"
#include "provisioning/scim/events.h"

#define BULK_REQUEST "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
#define BYTES_DEFAULT ((size_t)512 * 1024)
#define ENVELOPE_BYTES 256
#define ANSWER_ROOM_BYTES 4096 /* of each in the answer, which has a limit as well */
#define DETAIL_BYTES 256
#define BULK_LEAST 1
#define LANES 2 /* requests on their way at a time */

/* One thread's, on its stack; written by whoever sends it. */
struct part {
	struct combine_item item;
	struct scim_exchange *x;
	bool is_alone;          /* was not sent: by itself */
	bool was_sent;          /* by itself, already: x has the answer */
	enum verdict verdict;   /* VERDICT_DONE: there is an answer */
	json_t *outcome;        /* owned; NULL with an answer: status alone */
	int status;
	int64_t retry_after_s;
	const char *class;
	char detail[DETAIL_BYTES];
};

static struct part *part_of(struct combine_item *item)
{
	return (struct part *)((char *)item - offsetof(struct part, item));
}

static size_t max_ops(struct scim *s)
{
	struct scim_known k = scim_known(s);
	int64_t max = s->switches.of[SCIM_SW_BULK_OPS], learned = atomic_load(&s->bulk_ops);

	if (k.bulk_ops > 0 && k.bulk_ops < max)
		max = k.bulk_ops;
	if (learned > 0 && learned < max)
		max = learned;
	return max < COMBINE_MAX ? (size_t)max : COMBINE_MAX;
}

static size_t max_bytes(struct scim *s)
{
	struct scim_known k = scim_known(s);
	size_t max = k.bulk_bytes > 0 && (size_t)k.bulk_bytes < BYTES_DEFAULT ? (size_t)k.bulk_bytes : BYTES_DEFAULT;

	return max > ENVELOPE_BYTES ? max - ENVELOPE_BYTES : 1;
}

bool scim_bulk_takes(struct scim *s, const struct scim_exchange *x)
{
	return x->kind != SCIM_READ && str_starts(x->path, STR("/Users")) && str_is_null(x->url) && scim_can(s, SCIM_SW_BULK) && max_ops(s) > 1;
}

static json_t *operation_of(const struct part *p, size_t index)
{
	json_t *operation = json_new_object();
	char id[STR_I64_MAX];

	json_set_str(operation, "method", str_c(p->x->method));
	json_set_str(operation, "path", p->x->path);
	json_set_str(operation, "bulkId", str_of_i64((int64_t)index, id));
	json_set_str(operation, "version", p->x->if_match);
	if (p->x->body)
		json_set_take(operation, "data", json_deep_copy(p->x->body));
	return operation;
}

static json_t *request_of(struct combine_item *const *items, size_t n)
{
	json_t *request = json_new_object(), *operations = json_new_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(operations, operation_of(part_of(items[i]), i));
	json_set_take(request, "schemas", json_pack("[s]", BULK_REQUEST));
	json_set_take(request, "Operations", operations);
	return request;
}

static void set_fault(struct part *p, enum verdict verdict, const char *class, struct str detail)
{
	p->verdict = verdict;
	p->class = class;
	(void)snprintf(p->detail, sizeof(p->detail), "%.*s", (int)(detail.len < DETAIL_BYTES - 1 ? detail.len : DETAIL_BYTES - 1), detail.p ? detail.p : "");
}

/* No answer: what that means depends on what each asked for. */
static void none_came(struct call *c, enum verdict verdict, struct combine_item *const *items, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct part *p = part_of(items[i]);
		enum verdict own = verdict;

		if (c->op->error.code != 0)
			own = http_fault(c, p->x->kind == SCIM_CREATE ? HTTP_CREATES : HTTP_CHANGES);
		set_fault(p, own, c->fault.class, c->fault.detail);
		p->retry_after_s = c->fault.retry_after_s;
	}
}

static struct part *part_with(struct combine_item *const *items, size_t n, struct str bulk_id)
{
	uint64_t index;

	return str_to_u64(bulk_id, n - 1, &index) ? part_of(items[index]) : NULL;
}

/* By bulkId; a server may give it back for creations alone (RFC 7644 §3.7.3): then by the order, if that can be. */
static void take_outcomes(const json_t *operations, struct combine_item *const *items, size_t n)
{
	size_t i;
	json_t *operation;

	json_array_foreach((json_t *)(uintptr_t)operations, i, operation) {
		struct str id = json_get_str(operation, "bulkId"), method = json_get_str(operation, "method");
		struct part *p = str_is_empty(id) ? NULL : part_with(items, n, id);

		if (!p && str_is_empty(id) && json_array_size(operations) == n && str_equal_nocase(method, str_c(part_of(items[i])->x->method)))
			p = part_of(items[i]);
		if (p && !p->outcome)
			p->outcome = json_deep_copy(operation);
	}
	for (i = 0; i < n; i++) {
		struct part *p = part_of(items[i]);

		if (!p->outcome)
			set_fault(p, p->x->kind == SCIM_CREATE ? VERDICT_IN_DOUBT : VERDICT_NOT_DONE, "answer", STR("the answer of many says nothing of this one"));
	}
}

static void each_alone(struct combine_item *const *items, size_t n)
{
	for (size_t i = 0; i < n; i++)
		part_of(items[i])->is_alone = true;
}

/* Of the whole: those who may not, came too fast, or met a fault of the server. */
static bool is_of_each(int status)
{
	return status == 401 || status == 403 || status == 408 || status == 429 || (status >= 500 && status != 501);
}

static void send_parts(struct call *c, struct combine_item *const *items, size_t n);

static void refused_whole(struct call *c, const struct scim_exchange *x, struct combine_item *const *items, size_t n)
{
	struct scim *s = c->instance;

	if (is_of_each(x->status)) {
		for (size_t i = 0; i < n; i++) {
			part_of(items[i])->status = x->status;
			part_of(items[i])->retry_after_s = x->answer.retry_after_s;
		}
		return;
	}
	/* Certainly nothing of it was done: fewer at a time, or none together if there is no such thing. */
	if (x->status == 404 || x->status == 405 || x->status == 501)
		atomic_store(&s->bulk_ops, BULK_LEAST);
	else if (scim_learn_half(&s->bulk_ops, (int64_t)n, BULK_LEAST) && n > 3 && call_has_time(c, 2 * s->config->timeout_ms)) {
		send_parts(c, items, n / 2);
		send_parts(c, items + n / 2, n - n / 2);
		return;
	}
	each_alone(items, n);
}

static void send_parts(struct call *c, struct combine_item *const *items, size_t n)
{
	_json_ json_t *request = request_of(items, n);
	_exchange_ struct scim_exchange x = { .kind = SCIM_CHANGE, .method = "POST", .path = STR("/Bulk"), .body = request, .is_plain = true };
	const json_t *operations;
	enum verdict verdict = scim_send(c, &x);

	x.body = NULL;
	if (verdict != VERDICT_DONE) {
		/* Perhaps it was more than it does in that time. */
		if (verdict == VERDICT_IN_DOUBT)
			(void)scim_learn_half(&((struct scim *)c->instance)->bulk_ops, (int64_t)n, BULK_LEAST);
		none_came(c, verdict, items, n);
		return;
	}
	if (x.status < 200 || x.status >= 300) {
		refused_whole(c, &x, items, n);
		return;
	}
	operations = json_object_get(x.json, "Operations");
	take_outcomes(json_is_array(operations) ? operations : NULL, items, n);
}

/* One alone goes as ever, and counts as being on its way, so that others gather behind it. */
static void send_together(void *context, const struct combine_item *mine, struct combine_item *const *items, size_t n)
{
	struct part *p = part_of(items[0]);

	if (n > 1) {
		send_parts(context, items, n);
	} else if (items[0] == mine) {
		p->was_sent = true;
		p->verdict = scim_send(context, p->x);
	} else {
		p->is_alone = true;
	}
}

/* What whoever sent it has written, as if it had been sent by itself. */
static enum verdict take_part(struct call *c, struct scim_exchange *x, const struct part *p)
{
	if (p->verdict != VERDICT_DONE) {
		call_fault(c, p->verdict, p->class ? p->class : "answer", "%s", p->detail);
		c->fault.retry_after_s = p->retry_after_s;
		return p->verdict;
	}
	x->answer = (struct http_answer){ .status = p->status, .retry_after_s = p->retry_after_s, .rate_left = -1, .rate_reset_s = -1 };
	x->status = p->status;
	if (p->outcome)
		scim_take_outcome(c, x, p->outcome);
	if (x->status == 0)
		return call_fault(c, x->kind == SCIM_CREATE ? VERDICT_IN_DOUBT : VERDICT_NOT_DONE, "answer", "an outcome without a status");
	return VERDICT_DONE;
}

enum verdict scim_bulk(struct call *c, struct scim_exchange *x, bool *ret_alone)
{
	struct scim *s = c->instance;
	struct part p = { .x = x, .verdict = VERDICT_DONE, .retry_after_s = -1, .item = { .bytes = ANSWER_ROOM_BYTES } };
	struct combine_how how = {
		.max = max_ops(s),
		.max_bytes = max_bytes(s),
		.lanes = LANES,
		.deadline_ms = c->deadline_ms - 2 * s->config->timeout_ms,
		.send = send_together,
		.context = c,
	};
	int64_t began_us = trace_begin(c);
	enum verdict verdict;
	size_t body_bytes = json_write(c->op->arena, x->body, false).len + x->path.len + 100;

	if (body_bytes > p.item.bytes)
		p.item.bytes = body_bytes;
	*ret_alone = false;
	if (!combine_run(&s->bulk, &p.item, &how))
		return call_fault(c, VERDICT_NOT_DONE, "lease", "no time left within the lease");
	*ret_alone = p.is_alone;
	if (p.was_sent)
		return p.verdict;
	verdict = p.is_alone ? VERDICT_DONE : take_part(c, x, &p);
	if (!p.is_alone)
		trace_http(c, began_us, x->method, x->path, x->body, x->status, x->json);
	json_decref(p.outcome);
	return verdict;
}
