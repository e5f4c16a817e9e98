/* api_shared.c: /api/v1/shared-accounts: approval, members, and by members: check-out and check-in. */

#include "server/governance/account_kind.h"
#include "server/handlers/api/overlap.h"
#include "server/handlers/api/personnel.h"

static json_t *shared_json(const struct shared_entry *e)
{
	json_t *json = json_new_object(), *members = json_new_array();
	struct str rest = e->members, member;

	while (!str_is_empty(rest) && str_split(&rest, ' ', &member))
		json_array_append_new(members, json_from_str(member));
	api_set(json, "login", e->login);
	api_set(json, "status", e->status);
	api_set(json, "reason", e->reason);
	api_set(json, "manager", e->manager);
	api_set(json, "asked_by", e->asked_by);
	api_set(json, "asked_at", e->asked_at);
	api_set(json, "approved_by", e->approved_by);
	api_set(json, "approved_at", e->approved_at);
	json_set_take(json, "members", members);
	api_set(json, "checked_out_by", e->user);
	api_set(json, "checked_out_until", e->until_at);
	return json;
}

int h_api_personnel_shared(struct request *rq)
{
	const struct shared_entry *entries;
	struct str after;
	size_t n, limit;
	bool more;
	int r = api_limit(rq, P_PAGE_LIMIT, &limit);

	if (r == 0)
		r = api_after(rq, P_PAGE_AFTER, &after, 1);
	if (r == 0)
		r = shared_list(&rq->op, rq->principal, after, limit, &entries, &n, &more);
	if (r < 0)
		return r;

	_json_ json_t *body = json_new_object();
	json_t *list = json_new_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, shared_json(&entries[i]));
	json_set_take(body, "shared_accounts", list);
	api_next(rq, body, more ? &entries[n - 1].login : NULL, 1);
	return respond_json(rq, 200, body);
}

int h_api_personnel_shared_approve(struct request *rq)
{
	int r = api_read_nothing(rq);

	if (r == 0)
		r = shared_approve(&rq->op, rq->principal, rq->path_args[0]);
	return r < 0 ? r : respond_empty(rq, 204);
}

static int change_member(struct request *rq, bool remove)
{
	static const struct api_field fields[] = { { "login", API_CODE, 32, true } };
	struct str login;
	bool changed;
	int r = api_read(rq, fields, ARRAY_LEN(fields), &login);

	if (r == 0)
		r = shared_member(&rq->op, rq->principal, rq->path_args[0], login, remove, &changed);
	if (r < 0)
		return r;

	_json_ json_t *body = json_new_object();

	json_set_bool(body, "changed", changed);
	return respond_json(rq, 200, body);
}

int h_api_personnel_shared_member_add(struct request *rq)
{
	return change_member(rq, false);
}

int h_api_personnel_shared_member_remove(struct request *rq)
{
	return change_member(rq, true);
}

static json_t *use_json(const struct shared_use *u)
{
	json_t *json = json_new_object();

	api_set(json, "id", u->id);
	api_set(json, "member", u->member_login);
	api_set(json, "member_name", u->member_name);
	api_set(json, "purpose", u->purpose);
	api_set(json, "out_at", u->out_at);
	api_set(json, "until", u->until_at);
	api_set(json, "in_at", u->in_at);
	return json;
}

int h_api_personnel_shared_uses(struct request *rq)
{
	struct page_ask ask;
	struct json_page page;
	int r = api_page_ask(rq, P_PAGE_AFTER, P_PAGE_LIMIT, 2, &ask);

	if (r == 0)
		r = api_page_read(rq, shared_uses(&rq->op, rq->principal, rq->path_args[0], &ask, &page));
	return r < 0 ? r : api_page(rq, "uses", &page, 2);
}

int h_api_personnel_shared_check_out(struct request *rq)
{
	enum { PURPOSE, MINUTES, N };
	static const struct api_field fields[N] = {
		[PURPOSE] = { "purpose", API_TEXT, 300, true },
		[MINUTES] = { "minutes", API_INT, 0, true },
	};
	struct shared_checkout out = { .login = rq->path_args[0], .member_id = rq->principal->account_id };
	struct shared_use use;
	struct str v[N], code;
	uint64_t minutes;
	int r = api_read(rq, fields, N, v);

	if (r < 0)
		return r;
	if (!str_to_u64(v[MINUTES], 1440, &minutes) || minutes == 0)
		return api_invalid(&rq->op, "minutes", "from 1 to 1440");
	out.purpose = v[PURPOSE];
	out.minutes = (int64_t)minutes;
	r = shared_use_begin(&rq->op, &out, &use, &code);
	if (r < 0)
		return r;

	_json_ json_t *body = use_json(&use);

	api_set(body, "login", out.login);
	api_set(body, "code", code);
	return respond_json(rq, 201, body);
}

int h_api_personnel_shared_check_in(struct request *rq)
{
	bool changed;
	int r = api_read_nothing(rq);

	if (r == 0)
		r = shared_use_end(&rq->op, rq->path_args[0], rq->principal->account_id, &changed);
	if (r < 0)
		return r;

	_json_ json_t *body = json_new_object();

	json_set_bool(body, "changed", changed);
	return respond_json(rq, 200, body);
}
