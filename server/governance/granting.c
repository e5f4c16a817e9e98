#include "server/governance/granting.h"

#include "common/model/account_store.h"
#include "common/model/platform_store.h"
#include "common/model/unit_store.h"
#include "server/governance/bulk_rows.h"
#include "server/governance/delegation.h"
#include "server/governance/governance_audit.h"

#define BULK_ARENA ((size_t)32 << 20)

/* A request and what it names, found. */
struct found {
	const struct granting_request *request;
	struct person person;
	struct account other; /* a shared, technical or service account that was named; id STR_NULL: the person's own */
	struct platform platform;
	struct role role;
	struct unit unit;
};

/* An administrator's grants are those of the first account: what is administered with is not worked with. */
static int find_person(struct op *op, struct found *f)
{
	struct account account;
	int r;

	if (str_is_null(f->request->login))
		return person_find(op, f->request->employee_code, &f->person);
	r = account_find(op, f->request->login, &account);
	if (r < 0)
		return r;
	if (!str_equal(account.kind, STR("operational")) && !str_equal(account.kind, STR("administrator")))
		f->other = account;
	return person_get(op, account.person_id, &f->person);
}

/* The closed platform before the role: one that is only proposed has no roles yet. */
static int find_all(struct op *op, struct found *f)
{
	const struct granting_request *request = f->request;
	int r = find_person(op, f);

	if (r < 0)
		return r;
	r = platform_find(op, request->platform, &f->platform);
	if (r < 0)
		return r;
	if (!f->platform.is_open)
		return platform_refuse_closed(op, &f->platform);
	r = role_find(op, f->platform.id, request->role, &f->role);
	if (r < 0)
		return r;
	if (str_is_null(request->unit))
		return unit_of_person(op, f->person.id, &f->unit);
	return unit_find(op, request->unit, &f->unit);
}

static int rank_of(struct str sensitivity)
{
	static const struct str names[] = { STR("low"), STR("normal"), STR("high") };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (str_equal(names[i], sensitivity))
			return (int)i;
	return RANK_PRIVILEGED;
}

/* A grant is for the work of a unit to which a post of the person belongs: access follows posts. */
static int check_post(struct op *op, const struct found *f)
{
	const struct post *posts;
	size_t n;
	int r = person_posts(op, f->person.id, &posts, &n);

	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++)
		if (str_starts(posts[i].unit_path, f->unit.path))
			return 0;
	(void)op_fail(op, ERR_INVALID_VALUE, "the person holds no post in that unit");
	return op_fail_arg(op, "field", STR("unit"));
}

static struct str role_label(struct op *op, struct str platform, struct str role, struct str unit)
{
	return arena_printf(op->arena, "%.*s:%.*s@%.*s", STR_ARG(platform), STR_ARG(role), STR_ARG(unit));
}

/* data is the caller's to free. */
static struct audit_record record_of(struct op *op, const struct principal *p, const struct granting_result *result)
{
	const struct grant *grant = &result->grant;
	json_t *data = json_new_object();

	json_set_str(data, "grant", grant->id);
	json_set_str(data, "basis", grant->basis);
	json_set_str(data, "valid_from", grant->valid_from);
	json_set_str(data, "valid_to", grant->valid_to);
	return (struct audit_record){
		.actor = arena_printf(op->arena, "account:%.*s", STR_ARG(p->account_id)),
		.action = "grant.add",
		.account_id = grant->account_id,
		.object = role_label(op, grant->platform_code, grant->role_code, grant->unit_code),
		.data = data,
	};
}

static int audit_grants(struct op *op, const struct principal *p, const struct granting_result *results, size_t n)
{
	struct audit_record *records = ARENA_ARRAY(op->arena, struct audit_record, 2 * n);
	size_t at = 0;
	int r;

	for (size_t i = 0; i < n; i++) {
		if (results[i].error.code < 0 || !results[i].added)
			continue;
		if (results[i].account_created)
			records[at++] = (struct audit_record){
				.actor = arena_printf(op->arena, "account:%.*s", STR_ARG(p->account_id)), .action = "account.add",
				.account_id = results[i].grant.account_id, .object = results[i].grant.login };
		records[at++] = record_of(op, p, &results[i]);
	}
	r = audit_add_many(op, records, at);
	for (size_t i = 0; i < at; i++)
		json_decref((json_t *)(uintptr_t)records[i].data);
	return r;
}

/* Under the person's lock: two that exclude each other do not both find the other absent. */
static int check_duties(struct op *op, const struct found *f)
{
	struct str blocking;
	int r = grant_lock_person(op, f->person.id);

	if (r == 0)
		r = grant_blocking_duties(op, f->person.id, f->role.id, f->unit.id, &blocking);
	if (r < 0 || str_is_null(blocking))
		return r;
	(void)op_fail(op, ERR_SEPARATION_OF_DUTIES, "separation of duties forbids it");
	return op_fail_arg(op, "rule", blocking);
}

/* Its policy may ask for a request, on which others decide. */
static int check_approval(struct op *op, const struct principal *p, const struct found *f)
{
	bool may;
	int r = grant_may_be_direct(op, p->account_id, f->person.id, f->role.id, f->unit.id, &may);

	if (r < 0 || may)
		return r;
	return op_fail(op, ERR_APPROVAL_NEEDED, "the role is given by request and approval only: file a request");
}

/* A role's policy may want an end, or set one. */
static int check_end(struct op *op, const struct found *f, struct str *ret_valid_to)
{
	struct grant_end end;
	int r = grant_end_by_policy(op, f->role.id, f->request->valid_from, f->request->valid_to, &end);

	if (r < 0)
		return r;
	if (!end.is_fit) {
		(void)op_fail(op, ERR_INVALID_VALUE, "the role's policy wants an end, or an earlier one");
		return op_fail_arg(op, "field", STR("valid_to"));
	}
	/* A person's own hangs on a post as well; that of others who answer for it must not be forgotten. */
	if (!str_is_null(f->other.id) && str_is_null(end.valid_to)) {
		(void)op_fail(op, ERR_INVALID_VALUE, "a grant to a shared, technical or service account needs an end");
		return op_fail_arg(op, "field", STR("valid_to"));
	}
	*ret_valid_to = end.valid_to;
	return 0;
}

static int add_in_transaction(struct op *op, const struct principal *p, const struct found *f, struct granting_result *ret)
{
	struct account account;
	struct str valid_to;
	int r = check_duties(op, f);

	if (r == 0)
		r = check_end(op, f, &valid_to);
	if (r == 0 && str_is_null(f->other.id))
		r = account_ensure(op, &f->person, &account, &ret->account_created);
	else
		account = f->other;
	if (r < 0)
		return r;
	if (str_equal(account.status, STR("disabled")) || str_equal(account.status, STR("archived")))
		return op_fail(op, ERR_ACCOUNT_STATE, "the account is disabled");
	const struct grant_new new = {
		.account_id = account.id,
		.role_id = f->role.id,
		.unit_id = f->unit.id,
		.basis = f->request->basis,
		.valid_from = f->request->valid_from,
		.valid_to = valid_to,
		.granted_by = p->account_id,
	};
	return grant_add(op, &new, &ret->grant, &ret->added);
}

static int check(struct op *op, const struct principal *p, struct found *f)
{
	struct delegation_object object;
	int r = find_all(op, f);

	if (r < 0)
		return r;
	object = (struct delegation_object){ .person_id = f->person.id, .unit_path = f->unit.path, .platform_id = f->platform.id,
	                                     .role_id = f->role.id, .rank = rank_of(f->role.sensitivity) };
	r = governance_refuse(op, delegation_check(p, RIGHT_GRANT, &object));
	if (r == 0)
		r = check_post(op, f);
	return r < 0 ? r : check_approval(op, p, f);
}

int granting_add(struct op *op, const struct principal *p, const struct granting_request *request, struct grant *ret_grant,
                 bool *ret_added)
{
	struct granting_result result = { .added = false };
	struct found f = { .request = request };
	int r = check(op, p, &f);

	if (r == 0)
		r = db_begin(op);
	if (r < 0)
		return r;
	r = add_in_transaction(op, p, &f, &result);
	if (r == 0)
		r = audit_grants(op, p, &result, 1);
	r = audit_commit(op, r, NULL);
	*ret_grant = result.grant;
	*ret_added = result.added;
	return r;
}

static int add_row(struct op *op, const struct principal *p, const struct granting_request *request, struct granting_result *ret)
{
	struct found f = { .request = request };
	int r = db_savepoint(op);

	if (r == 0)
		r = check(op, p, &f);
	if (r == 0)
		r = add_in_transaction(op, p, &f, ret);
	if (r >= 0 || bulk_rows_is_fatal(r))
		return r;
	ret->error = op->error;
	op_forgive(op);
	return db_restore(op);
}

int granting_rows(struct op *op, const struct principal *p, const struct granting_request *requests, size_t n,
                  struct granting_result *ret_results, size_t *ret_n_refused)
{
	*ret_n_refused = 0;
	for (size_t i = 0; i < n; i++) {
		int r;

		ret_results[i] = (struct granting_result){ .added = false };
		r = add_row(op, p, &requests[i], &ret_results[i]);
		if (r < 0)
			return r;
		*ret_n_refused += ret_results[i].error.code < 0;
	}
	return audit_grants(op, p, ret_results, n);
}

/* All of a grant is text. */
static void keep_grant(struct arena *a, struct grant *g)
{
	struct str *texts = (struct str *)(void *)g;

	static_assert(sizeof(*g) % sizeof(struct str) == 0, "a grant is made of texts");
	for (size_t i = 0; i < sizeof(*g) / sizeof(*texts); i++)
		texts[i] = arena_dup(a, texts[i]);
}

static int bulk_in_transaction(struct op *op, const struct principal *p, const struct granting_bulk *bulk, struct granting_result *ret_results,
                               bool *ret_committed)
{
	size_t n_refused;
	int r = db_begin(op);

	if (r < 0)
		return r;
	r = granting_rows(op, p, bulk->requests, bulk->n, ret_results, &n_refused);
	*ret_committed = r == 0 && !(bulk->all_or_nothing && n_refused > 0);
	if (!*ret_committed) {
		db_rollback(op);
		return r;
	}
	return db_commit(op);
}

/* In memory of its own: what is looked up for hundreds of rows is more than a request may use. */
int granting_bulk(struct op *op, const struct principal *p, const struct granting_bulk *bulk, struct granting_result *ret_results,
                  bool *ret_committed)
{
	_cleanup_(arena_freep) struct arena *scratch = arena_new(BULK_ARENA);
	struct arena *kept = op->arena;
	int r;

	op->arena = scratch;
	r = bulk_in_transaction(op, p, bulk, ret_results, ret_committed);
	op->arena = kept;
	bulk_rows_keep_error(kept, &op->error);
	for (size_t i = 0; r == 0 && i < bulk->n; i++) {
		keep_grant(kept, &ret_results[i].grant);
		bulk_rows_keep_error(kept, &ret_results[i].error);
	}
	return r;
}
