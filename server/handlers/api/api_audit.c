/* api_audit.c: /api/v1/audit: records within the auditor's scope, oldest first, and the signed checkpoints. */

#include "server/governance/audit_list.h"
#include "server/handlers/api/api.h"
#include "server/handlers/api/audit.h"

#define JSON_DATA_DEPTH 16

const struct param_spec api_audit_params[N_AUDIT_PARAMS] = {
	[P_AUDIT_FROM] = { "from", 25, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
	[P_AUDIT_TO] = { "to", 25, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
	[P_AUDIT_LOGIN] = { "login", 32, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
	[P_AUDIT_ACTION] = { "action", 64, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
	[P_AUDIT_AFTER] = { "after", API_AFTER_MAX, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
	[P_AUDIT_LIMIT] = { "limit", 3, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
};
const struct param_spec api_checkpoints_params[N_CHECKPOINTS_PARAMS] = {
	[P_CHECKPOINTS_AFTER] = { "after", API_AFTER_MAX, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
	[P_CHECKPOINTS_LIMIT] = { "limit", 3, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
};

static int read_stamp(struct request *rq, size_t param, struct str *ret_stamp)
{
	const char *name = rq->route->params[param].name;

	*ret_stamp = rq_param(rq, param);
	if (str_is_null(*ret_stamp) || api_stamp_read(rq->op.arena, *ret_stamp, ret_stamp))
		return 0;
	return api_invalid(&rq->op, name, "a time is a date or RFC 3339 date-time");
}

/* "next" is not a secret: what it says is read as strictly as any input. */
static int read_after(struct request *rq, struct audit_filter *f)
{
	struct str keys[3];
	uint64_t number;
	int r = api_after(rq, P_AUDIT_AFTER, keys, ARRAY_LEN(keys));

	if (r < 0 || str_is_null(keys[0]))
		return r;
	if (!api_moment_is_valid(rq->op.arena, keys[0]) || !str_to_u64(keys[1], INT16_MAX, &number) || !str_to_u64(keys[2], INT64_MAX, &number))
		return api_invalid(&rq->op, "after", "not a value of next");
	f->after_at = keys[0];
	f->after_chain = keys[1];
	f->after_seq = keys[2];
	return 0;
}

static int64_t number_of(struct str text)
{
	uint64_t number = 0;

	return str_to_u64(text, INT64_MAX, &number) ? (int64_t)number : 0;
}

static json_t *entry_json(const struct audit_entry *e)
{
	json_t *json = json_new_object();
	json_t *data = json_read(e->data, JSON_DATA_DEPTH, NULL);

	api_set(json, "at", e->at);
	json_set_int(json, "chain", number_of(e->chain));
	json_set_int(json, "seq", number_of(e->seq));
	api_set(json, "actor", e->actor);
	api_set(json, "action", e->action);
	api_set(json, "account_id", e->account_id);
	api_set(json, "login", e->login);
	api_set(json, "object", e->object);
	api_set(json, "request_id", e->request_id);
	json_set_take(json, "data", data ? data : json_new_object());
	api_set(json, "hash", e->hash);
	return json;
}

int h_api_audit_list(struct request *rq)
{
	struct audit_filter f = {
		.viewer = rq->principal->account_id, .login = rq_param(rq, P_AUDIT_LOGIN), .action = rq_param(rq, P_AUDIT_ACTION),
	};
	const struct audit_entry *entries;
	size_t n;
	int r = api_limit(rq, P_AUDIT_LIMIT, &f.limit);

	if (r == 0)
		r = read_stamp(rq, P_AUDIT_FROM, &f.from);
	if (r == 0)
		r = read_stamp(rq, P_AUDIT_TO, &f.to);
	if (r == 0)
		r = read_after(rq, &f);
	if (r == 0)
		r = audit_list(&rq->op, &f, &entries, &n);
	if (r < 0)
		return r;

	_json_ json_t *body = json_new_object();
	json_t *list = json_new_array();
	size_t shown = n > f.limit ? f.limit : n;

	for (size_t i = 0; i < shown; i++)
		json_array_append_new(list, entry_json(&entries[i]));
	json_set_take(body, "records", list);
	if (n > f.limit)
		api_next(rq, body, (const struct str[]){ entries[shown - 1].at, entries[shown - 1].chain, entries[shown - 1].seq }, 3);
	else
		api_next(rq, body, NULL, 0);
	return respond_json(rq, 200, body);
}

int h_api_audit_checkpoints(struct request *rq)
{
	const struct audit_checkpoint_row *rows;
	struct str after;
	size_t limit, n;
	int r = api_limit(rq, P_CHECKPOINTS_LIMIT, &limit);

	if (r == 0)
		r = api_after_number(rq, P_CHECKPOINTS_AFTER, INT64_MAX, &after);
	if (r == 0)
		r = audit_checkpoint_list(&rq->op, rq->principal->account_id, after, limit, &rows, &n);
	if (r < 0)
		return r;

	_json_ json_t *body = json_new_object();
	json_t *list = json_new_array();
	size_t shown = n > limit ? limit : n;

	for (size_t i = 0; i < shown; i++) {
		json_t *item = json_new_object();
		json_t *jwk = json_read(rows[i].jwk, JSON_DATA_DEPTH, NULL);

		json_set_int(item, "n", number_of(rows[i].n));
		api_set(item, "at", rows[i].at);
		api_set(item, "jws", rows[i].jws);
		json_set_take(item, "jwk", jwk ? jwk : json_new_object());
		json_array_append_new(list, item);
	}
	json_set_take(body, "checkpoints", list);
	api_next(rq, body, n > limit ? &rows[shown - 1].n : NULL, 1);
	return respond_json(rq, 200, body);
}
