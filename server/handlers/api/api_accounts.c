/* api_accounts.c: /api/v1/accounts: state, activation codes, unlocking, disabling. */

#include "common/model/scope_store.h"
#include "server/governance/account_admin.h"
#include "server/handlers/api/api.h"

static json_t *posts_json(const struct post *posts, size_t n)
{
	json_t *list = json_new_array();

	for (size_t i = 0; i < n; i++) {
		json_t *item = json_new_object();

		api_set(item, "unit", posts[i].unit_code);
		api_set(item, "unit_name", posts[i].unit_name);
		api_set(item, "title", posts[i].title);
		api_set(item, "kind", posts[i].kind);
		api_set(item, "valid_from", posts[i].valid_from);
		api_set(item, "valid_to", posts[i].valid_to);
		json_array_append_new(list, item);
	}
	return list;
}

/* On platforms without any interface: the line it waits for, and by whose word it is as it is. */
static void set_form(json_t *item, const struct account_binding *b)
{
	json_t *waits, *confirmed;

	if (b->form > 0) {
		waits = json_new_object();
		json_set_int(waits, "form", b->form);
		json_set_int(waits, "line", b->form_line);
		json_set_take(item, "waits_for", waits);
	}
	if (!str_is_null(b->confirmed_by)) {
		confirmed = json_new_object();
		api_set(confirmed, "how", b->confirmed_how);
		api_set(confirmed, "by", b->confirmed_by);
		api_set(confirmed, "at", b->confirmed_at);
		json_set_take(item, "confirmed", confirmed);
	}
}

static json_t *bindings_json(const struct account_binding *bindings, size_t n)
{
	json_t *list = json_new_array();

	for (size_t i = 0; i < n; i++) {
		json_t *item = json_new_object();

		api_set(item, "platform", bindings[i].platform_code);
		api_set(item, "platform_name", bindings[i].platform_name);
		json_set_bool(item, "want_active", bindings[i].want_active);
		api_set(item, "seen", bindings[i].seen);
		api_set(item, "state", bindings[i].state);
		api_set(item, "error", bindings[i].error);
		api_set(item, "seen_at", bindings[i].seen_at);
		set_form(item, &bindings[i]);
		json_array_append_new(list, item);
	}
	return list;
}

static json_t *texts_json(const struct str *texts, size_t n)
{
	json_t *list = json_new_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_from_str(texts[i]));
	return list;
}

static json_t *scopes_json(const struct scope *scopes, size_t n)
{
	json_t *list = json_new_array();

	for (size_t i = 0; i < n; i++) {
		json_t *item = json_new_object();
		api_set(item, "id", scopes[i].id);
		api_set(item, "unit", scopes[i].unit_code);
		api_set(item, "unit_name", scopes[i].unit_name);
		api_set(item, "platform", scopes[i].platform_code);
		json_set_take(item, "rights", texts_json(scopes[i].rights, scopes[i].n_rights));
		if (scopes[i].n_roles > 0)
			json_set_take(item, "roles", texts_json(scopes[i].roles, scopes[i].n_roles));
		api_set(item, "max_sensitivity", scopes[i].max_sensitivity);
		api_set(item, "valid_to", scopes[i].valid_to);
		json_array_append_new(list, item);
	}
	return list;
}

/* The account in the path, if it is anything to the principal: beyond the scope is as unknown. */
static int find_visible(struct request *rq, struct account *ret_account)
{
	struct op *op = &rq->op;
	bool visible;
	int r = account_find(op, rq->path_args[0], ret_account);

	if (r < 0)
		return r;
	r = account_is_visible(op, rq->principal->account_id, ret_account->person_id, &visible);
	if (r < 0)
		return r;
	return visible ? 0 : op_fail(op, ERR_UNKNOWN_ACCOUNT, "no such account");
}

static json_t *person_json(const struct person *person, const struct post *posts, size_t n_posts)
{
	json_t *json = json_new_object();

	api_set(json, "employee_code", person->employee_code);
	api_set(json, "full_name", person->full_name);
	api_set(json, "kind", person->kind);
	json_set_take(json, "posts", posts_json(posts, n_posts));
	return json;
}

int h_api_account_get(struct request *rq)
{
	struct op *op = &rq->op;
	const struct account_binding *bindings;
	const struct scope *scopes;
	const struct post *posts;
	size_t n_bindings, n_scopes, n_posts;
	struct account account;
	struct person person;
	int r = find_visible(rq, &account);

	if (r < 0)
		return r;
	r = person_get(op, account.person_id, &person);
	if (r < 0)
		return r;
	r = person_posts(op, account.person_id, &posts, &n_posts);
	if (r < 0)
		return r;
	r = account_bindings(op, account.id, rq->principal->account_id, &bindings, &n_bindings);
	if (r < 0)
		return r;
	r = scope_list(op, account.id, rq->principal->account_id, &scopes, &n_scopes);
	if (r < 0)
		return r;

	_json_ json_t *body = json_new_object();

	api_set(body, "id", account.id);
	json_set_int(body, "version", account.epoch);
	api_set(body, "login", account.login);
	api_set(body, "status", account.status);
	api_set(body, "created_at", account.created_at);
	api_set(body, "activated_at", account.activated_at);
	json_set_take(body, "person", person_json(&person, posts, n_posts));
	json_set_take(body, "bindings", bindings_json(bindings, n_bindings));
	json_set_take(body, "scopes", scopes_json(scopes, n_scopes));
	api_etag(rq, account.epoch);
	return respond_json(rq, 200, body);
}

int h_api_account_activation(struct request *rq)
{
	struct activation_code code;
	int r = api_read_nothing(rq);

	if (r < 0)
		return r;
	r = account_admin_activation(&rq->op, rq->principal, rq->path_args[0], &code);
	if (r < 0)
		return r;

	_json_ json_t *body = json_new_object();

	api_set(body, "login", rq->path_args[0]);
	api_set(body, "code", code.code);
	api_set(body, "expires_at", code.expires_at);
	return respond_json(rq, 201, body);
}

int h_api_account_unlock(struct request *rq)
{
	int r = api_read_nothing(rq);

	if (r < 0)
		return r;
	r = account_admin_unlock(&rq->op, rq->principal, rq->path_args[0]);
	return r < 0 ? r : respond_empty(rq, 204);
}

static int read_reason(struct request *rq, struct str *ret_reason)
{
	static const struct api_field fields[] = { { "reason", API_TEXT, 300, true } };

	return api_read(rq, fields, ARRAY_LEN(fields), ret_reason);
}

static int respond_state(struct request *rq, bool changed)
{
	struct account account;
	int r = account_find(&rq->op, rq->path_args[0], &account);

	if (r < 0)
		return r;

	_json_ json_t *body = json_new_object();

	api_set(body, "login", account.login);
	api_set(body, "status", account.status);
	json_set_bool(body, "changed", changed);
	return respond_json(rq, 200, body);
}

int h_api_account_disable(struct request *rq)
{
	struct str reason;
	bool changed;
	int r = read_reason(rq, &reason);

	if (r < 0)
		return r;
	r = account_admin_disable(&rq->op, rq->principal, rq->path_args[0], reason, &changed);
	return r < 0 ? r : respond_state(rq, changed);
}

int h_api_account_enable(struct request *rq)
{
	struct account_enabling enabling = { .login = rq->path_args[0] };
	bool changed;
	int r = api_if_match(rq, &enabling.seen);

	if (r == 0)
		r = read_reason(rq, &enabling.reason);
	if (r < 0)
		return r;
	r = account_admin_enable(&rq->op, rq->principal, &enabling, &changed);
	return r < 0 ? r : respond_state(rq, changed);
}
