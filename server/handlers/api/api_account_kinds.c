/* api_account_kinds.c: /api/v1/accounts: the list of accounts, and those that are not a person's first. */

#include "common/base/text.h"
#include "server/governance/account_kind.h"
#include "server/handlers/api/personnel.h"

const struct param_spec api_accounts_params[N_ACCOUNTS_PARAMS] = {
	[P_ACCOUNTS_KIND] = { "kind", 20, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
	[P_ACCOUNTS_STATUS] = { "status", 20, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
	[P_ACCOUNTS_PLATFORM] = { "platform", 16, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
	[P_ACCOUNTS_MANAGER] = { "manager", 32, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
	[P_ACCOUNTS_UNIT] = { "unit", 35, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
	[P_ACCOUNTS_UNUSED_SINCE] = { "unused_since", 10, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
	[P_ACCOUNTS_AFTER] = { "after", API_AFTER_MAX, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
	[P_ACCOUNTS_LIMIT] = { "limit", 3, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
};

static json_t *platforms_json(struct str codes)
{
	json_t *list = json_new_array();
	struct str code;

	while (!str_is_empty(codes) && str_split(&codes, ' ', &code))
		json_array_append_new(list, json_from_str(code));
	return list;
}

static json_t *entry_json(const struct account_entry *e)
{
	json_t *json = json_new_object();

	api_set(json, "login", e->login);
	api_set(json, "kind", e->kind);
	api_set(json, "status", e->status);
	api_set(json, "manager", e->employee_code);
	api_set(json, "manager_name", e->full_name);
	api_set(json, "unit", e->unit_code);
	api_set(json, "unit_name", e->unit_name);
	api_set(json, "reason", e->reason);
	api_set(json, "created_at", e->created_at);
	api_set(json, "activated_at", e->activated_at);
	api_set(json, "closed_at", e->closed_at);
	api_set(json, "used_on", e->used_on);
	json_set_take(json, "platforms", platforms_json(e->platforms));
	return json;
}

static int read_filter(struct request *rq, struct account_filter *f)
{
	int r = api_limit(rq, P_ACCOUNTS_LIMIT, &f->limit);

	if (r == 0)
		r = api_after(rq, P_ACCOUNTS_AFTER, &f->after, 1);
	f->kind = rq_param(rq, P_ACCOUNTS_KIND);
	f->status = rq_param(rq, P_ACCOUNTS_STATUS);
	f->platform = rq_param(rq, P_ACCOUNTS_PLATFORM);
	f->manager = rq_param(rq, P_ACCOUNTS_MANAGER);
	f->unit = rq_param(rq, P_ACCOUNTS_UNIT);
	f->unused_since = rq_param(rq, P_ACCOUNTS_UNUSED_SINCE);
	if (r == 0)
		r = personnel_check_word(&rq->op, "kind", f->kind, "operational|administrator|technical|service|shared");
	if (r == 0)
		r = personnel_check_word(&rq->op, "status", f->status, "pending|active|suspended|disabled|archived");
	if (r == 0 && !str_is_null(f->unused_since) && !text_is_iso_date(f->unused_since))
		r = api_invalid(&rq->op, "unused_since", "a date has the form 2026-11-24");
	return r;
}

int h_api_personnel_accounts(struct request *rq)
{
	const struct account_entry *entries;
	struct account_filter filter;
	size_t n;
	bool more;
	int r = read_filter(rq, &filter);

	if (r == 0)
		r = account_list(&rq->op, rq->principal, &filter, &entries, &n, &more);
	if (r < 0)
		return r;

	_json_ json_t *body = json_new_object();
	json_t *list = json_new_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, entry_json(&entries[i]));
	json_set_take(body, "accounts", list);
	api_next(rq, body, more ? &entries[n - 1].login : NULL, 1);
	return respond_json(rq, 200, body);
}

int h_api_personnel_account_add(struct request *rq)
{
	enum { KIND, EMPLOYEE_CODE, LOGIN, REASON, CLIENT, N };
	static const struct api_field fields[N] = {
		[KIND] = { "kind", API_CODE, 20, true },
		[EMPLOYEE_CODE] = { "employee_code", API_CODE, 32, true },
		[LOGIN] = { "login", API_CODE, 32, false },
		[REASON] = { "reason", API_TEXT, 300, true },
		[CLIENT] = { "client", API_CODE, 64, false },
	};
	struct op *op = &rq->op;
	struct str v[N], login;
	int r = api_read(rq, fields, N, v);

	if (r == 0)
		r = personnel_check_word(op, "kind", v[KIND], "administrator|technical|service|shared");
	if (r < 0)
		return r;
	if (str_is_null(v[LOGIN]) != str_equal(v[KIND], STR("administrator")))
		return api_invalid(op, "login", "named for all but administrators");
	if (!str_is_null(v[LOGIN]) && !text_is_user_name(v[LOGIN]))
		return api_invalid(op, "login", "a user name has 2 to 32 of a-z 0-9 . - and begins with a letter");
	if (!str_is_null(v[CLIENT]) && !str_equal(v[KIND], STR("technical")) && !str_equal(v[KIND], STR("service")))
		return api_invalid(op, "client", "only of technical and service accounts");
	r = account_kind_add(op, rq->principal, &(struct account_new){ v[KIND], v[EMPLOYEE_CODE], v[LOGIN], v[REASON], v[CLIENT] }, &login);
	if (r < 0)
		return r;

	_json_ json_t *body = json_new_object();

	api_set(body, "login", login);
	api_set(body, "kind", v[KIND]);
	return respond_json(rq, 201, body);
}

int h_api_personnel_account_hand_over(struct request *rq)
{
	enum { EMPLOYEE_CODE, REASON, N };
	static const struct api_field fields[N] = {
		[EMPLOYEE_CODE] = { "employee_code", API_CODE, 32, true },
		[REASON] = { "reason", API_TEXT, 300, true },
	};
	struct account_handing_over h = { .login = rq->path_args[0] };
	struct str v[N];
	int r = api_if_match(rq, &h.seen);

	if (r == 0)
		r = api_read(rq, fields, N, v);
	if (r < 0)
		return r;
	h.employee_code = v[EMPLOYEE_CODE];
	h.reason = v[REASON];
	r = account_kind_hand_over(&rq->op, rq->principal, &h);
	return r < 0 ? r : respond_empty(rq, 204);
}

int h_api_personnel_account_archive(struct request *rq)
{
	static const struct api_field fields[] = { { "reason", API_TEXT, 300, true } };
	struct str reason;
	bool changed;
	int r = api_read(rq, fields, ARRAY_LEN(fields), &reason);

	if (r == 0)
		r = account_kind_archive(&rq->op, rq->principal, rq->path_args[0], reason, &changed);
	if (r < 0)
		return r;

	_json_ json_t *body = json_new_object();

	json_set_bool(body, "changed", changed);
	return respond_json(rq, 200, body);
}
