#include "server/governance/governed.h"

#include "server/governance/governance_audit.h"

#define JSON_DEPTH 12

enum { CHECK_FAULT, CHECK_ARG, CHECK_VALUE, CHECK_ACCOUNT, CHECK_OBJECT };

/* The faults that checks name, with what developers of clients are told. */
static const struct {
	struct str name;
	enum err code;
	const char *text;
} faults[] = {
	{ STR("not_found"), ERR_NOT_FOUND, "no such thing" },
	{ STR("out_of_scope"), ERR_OUT_OF_SCOPE, "not within your scope" },
	{ STR("self_grant"), ERR_SELF_GRANT, "nobody acts for themself" },
	{ STR("four_eyes"), ERR_FOUR_EYES, "another person than before is needed" },
	{ STR("wrong_state"), ERR_WRONG_STATE, "not possible in this state" },
	{ STR("conflict"), ERR_CONFLICT, "there is one already" },
	{ STR("precondition_failed"), ERR_PRECONDITION_FAILED, "it was changed after it was seen" },
	{ STR("separation_of_duties"), ERR_SEPARATION_OF_DUTIES, "separation of duties forbids it" },
	{ STR("invalid_value"), ERR_INVALID_VALUE, "a member has a value that cannot be" },
	{ STR("platform_closed"), ERR_PLATFORM_CLOSED, "the platform's state admits no accounts" },
	{ STR("unknown_unit"), ERR_UNKNOWN_UNIT, "no such unit" },
	{ STR("unknown_person"), ERR_UNKNOWN_PERSON, "no such person" },
	{ STR("unknown_platform"), ERR_UNKNOWN_PLATFORM, "no such platform" },
	{ STR("unknown_role"), ERR_UNKNOWN_ROLE, "no such role" },
	{ STR("unknown_post"), ERR_UNKNOWN_POST, "no such post" },
	{ STR("unknown_account"), ERR_UNKNOWN_ACCOUNT, "no such account" },
	{ STR("account_state"), ERR_ACCOUNT_STATE, "not possible in the account's state" },
};

/* A state explains only that it is the wrong one, and that is said nowhere without it. */
static int add_argument(struct op *op, const struct db_rows *rows, int code)
{
	struct str name = db_str(rows, 0, CHECK_ARG);
	bool is_state = str_equal(name, STR("state"));

	if (code == ERR_WRONG_STATE && (!is_state || db_is_null(rows, 0, CHECK_VALUE)))
		return op_fail_detail(op, ERR_INTERNAL, "internal error", "a check named no state");
	if (str_is_null(name) || (is_state && code != ERR_WRONG_STATE))
		return code;
	return op_fail_arg(op, arena_cstr(op->arena, name), db_str(rows, 0, CHECK_VALUE));
}

static int refuse(struct op *op, const struct db_rows *rows)
{
	struct str fault = db_str(rows, 0, CHECK_FAULT);

	for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
		if (!str_equal(faults[i].name, fault))
			continue;
		(void)op_fail(op, faults[i].code, faults[i].text);
		return add_argument(op, rows, faults[i].code);
	}
	return op_fail_detail(op, ERR_INTERNAL, "internal error", "check named %.*s", STR_ARG(fault));
}

/* The JSON of the first cell, merged into *body (NULL: becomes it). */
static int take(struct op *op, const struct db_rows *rows, json_t **body)
{
	_json_ json_t *json = json_read(db_str(rows, 0, 0), JSON_DEPTH, NULL);

	if (!json_is_object(json))
		return op_fail_detail(op, ERR_INTERNAL, "internal error", "a statement answered no object");
	if (!*body)
		*body = json_incref(json);
	else
		json_object_update(*body, json);
	return 0;
}

static int make(struct op *op, const struct governed_kind *kind, const struct db_param *params, size_t n_params,
                struct db_rows *ret_check, json_t **ret_body)
{
	struct db_rows rows;
	int r = kind->takes_ms ? db_take_time(op, kind->takes_ms) : 0;

	if (r == 0 && kind->before)
		r = db_run(op, kind->before, &rows);
	if (r == 0 && kind->lock)
		r = db_run_params(op, kind->lock, params, 1, &rows);
	if (r < 0)
		return r;
	r = db_run_params(op, kind->check, params, n_params, ret_check);
	if (r < 0)
		return r;
	if (ret_check->n == 0)
		return op_fail(op, ERR_NOT_FOUND, "no such thing");
	if (!db_is_null(ret_check, 0, CHECK_FAULT))
		return refuse(op, ret_check);
	r = db_run_params(op, kind->write, params, n_params, &rows);
	if (r < 0)
		return r;
	if (rows.n == 0)
		return op_fail(op, ERR_CONFLICT, "somebody else was faster");
	r = take(op, &rows, ret_body);
	if (r < 0 || !kind->after)
		return r;
	r = db_run_params(op, kind->after, params, 1, &rows);
	return r < 0 ? r : take(op, &rows, ret_body);
}

int governed_row(struct op *op, const struct governed_kind *kind, const struct db_param *params, size_t n_params, struct governed_done *ret)
{
	_json_ json_t *body = NULL;
	struct db_rows check;
	int r = make(op, kind, params, n_params, &check, &body);

	if (r < 0)
		return r;
	*ret = (struct governed_done){
		.body = json_incref(body),
		.account_id = db_str(&check, 0, CHECK_ACCOUNT),
		.object = db_is_null(&check, 0, CHECK_OBJECT) ? STR("") : db_str(&check, 0, CHECK_OBJECT),
	};
	return 0;
}

static int make_with_record(struct op *op, const struct principal *p, const struct governed_kind *kind,
                            const struct db_param *params, size_t n_params, json_t **ret_body)
{
	struct governed_done done;
	int r = governed_row(op, kind, params, n_params, &done);

	if (r < 0)
		return r;
	*ret_body = done.body;
	return governance_audit(op, p, &(struct governance_act){ .action = kind->action, .account_id = done.account_id, .object = done.object }, json_incref(done.body));
}

int governed_write(struct op *op, const struct principal *p, const struct governed_kind *kind, const struct db_param *params,
                   size_t n_params, json_t **ret_body)
{
	_json_ json_t *body = NULL;
	int r = db_begin(op);

	if (r < 0)
		return r;
	r = make_with_record(op, p, kind, params, n_params, &body);
	if (r < 0) {
		db_rollback(op);
		return r;
	}
	r = db_commit(op);
	if (r == 0)
		*ret_body = json_incref(body);
	return r;
}

int governed_suppose(struct op *op, const struct governed_kind *kind, const struct db_param *params, size_t n_params,
                     const struct governed_list *list, json_t **ret_body, struct db_rows *ret_rows)
{
	_json_ json_t *body = NULL;
	struct db_rows check;
	int r = db_begin(op);

	if (r < 0)
		return r;
	r = make(op, kind, params, n_params, &check, &body);
	if (r == 0)
		r = db_run_params(op, list->query, list->params, list->n_params, ret_rows);
	db_rollback(op);
	if (r == 0)
		*ret_body = json_incref(body);
	return r;
}
