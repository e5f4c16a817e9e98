/* shared_account.c: shared accounts: approved by a second person, with members and who used it when. */

#include "server/governance/account_kind.h"
#include "server/governance/governance_audit.h"

#define MANAGES(right) "sen.scope_covers($2::uuid, '" right "', (SELECT u.path FROM sen.unit u WHERE u.id = sen.home_unit(a.person_id)), NULL)"

DB_QUERY(shared_list_q, DB_READ,
         "SELECT a.login, a.reason, p.employee_code, b.login, sen.iso(s.asked_at), c.login, sen.iso(s.approved_at), a.status,"
         " (SELECT string_agg(m.login, ' ' ORDER BY m.login) FROM sen.shared_member t JOIN sen.account m ON m.id = t.member_id"
         "  WHERE t.account_id = a.id AND t.removed_at IS NULL), ua.login, sen.iso(u.until_at)"
         " FROM sen.account a JOIN sen.shared_account s ON s.account_id = a.id JOIN sen.person p ON p.id = a.person_id"
         " JOIN sen.account b ON b.id = s.asked_by LEFT JOIN sen.account c ON c.id = s.approved_by"
         " LEFT JOIN sen.shared_use u ON u.account_id = a.id AND u.in_at IS NULL AND u.until_at > now() LEFT JOIN sen.account ua ON ua.id = u.member_id"
         " WHERE a.kind = 'shared' AND ($1::text IS NULL OR a.login > $1) AND sen.may_see_person($2::uuid, 'read', a.person_id)"
         " ORDER BY a.login LIMIT $3::bigint");
DB_QUERY(shared_approve_q, DB_WRITE,
         "UPDATE sen.shared_account s SET approved_by = $2::uuid, approved_at = now() FROM sen.account a, sen.account me"
         " WHERE s.account_id = $1::uuid AND a.id = s.account_id AND me.id = $2::uuid AND s.approved_at IS NULL"
         " AND me.person_id <> a.person_id AND me.person_id <> (SELECT x.person_id FROM sen.account x WHERE x.id = s.asked_by)"
         " AND " MANAGES("approve") " RETURNING 1");
DB_QUERY(shared_approve_why_q, DB_READ,
         "SELECT s.approved_at IS NOT NULL, " MANAGES("approve") " FROM sen.shared_account s JOIN sen.account a ON a.id = s.account_id WHERE a.id = $1::uuid");
DB_QUERY(shared_open_q, DB_WRITE, "UPDATE sen.account SET status = 'active', activated_at = now() WHERE id = $1::uuid AND status = 'pending'");
DB_QUERY(shared_member_add_q, DB_WRITE,
         "INSERT INTO sen.shared_member (account_id, member_id, added_by) SELECT a.id, m.id, $2::uuid FROM sen.account a, sen.account m"
         " WHERE a.id = $1::uuid AND a.kind = 'shared' AND m.login = $3 AND m.kind = 'operational' AND m.status IN ('pending', 'active')"
         " AND m.id <> $2::uuid AND " MANAGES("personnel")
         " ON CONFLICT (account_id, member_id) WHERE removed_at IS NULL DO NOTHING RETURNING 1");
DB_QUERY(shared_member_remove_q, DB_WRITE,
         "UPDATE sen.shared_member t SET removed_at = now() FROM sen.account a, sen.account m WHERE t.account_id = $1::uuid AND a.id = t.account_id"
         " AND m.id = t.member_id AND m.login = $3 AND t.removed_at IS NULL AND " MANAGES("personnel") " RETURNING m.id");
DB_QUERY(shared_member_may_q, DB_READ, "SELECT " MANAGES("personnel") " FROM sen.account a WHERE a.id = $1::uuid");
DB_QUERY(shared_see_q, DB_READ, "SELECT sen.may_see_person($2::uuid, 'read', a.person_id) FROM sen.account a WHERE a.id = $1::uuid AND a.kind = 'shared'");
DB_QUERY(shared_uses_q, DB_READ,
         "SELECT jsonb_build_object('id', u.id, 'member', m.login, 'member_name', p.full_name, 'purpose', u.purpose, 'out_at', sen.iso(u.out_at),"
         " 'until', sen.iso(u.until_at), 'in_at', sen.iso(u.in_at))::text, u.out_at::text, u.id::text FROM sen.shared_use u"
         " JOIN sen.account m ON m.id = u.member_id JOIN sen.person p ON p.id = m.person_id WHERE u.account_id = $1::uuid"
         " AND ($2::timestamptz IS NULL OR (u.out_at, u.id) < ($2::timestamptz, $3::uuid)) ORDER BY u.out_at DESC, u.id DESC LIMIT $4::bigint");

static int find(struct op *op, struct str login, struct account *ret)
{
	struct str kind = STR("shared");
	int r = account_find(op, login, ret);

	return r < 0 || str_equal(ret->kind, kind) ? r : op_fail(op, ERR_UNKNOWN_ACCOUNT, "no such shared account");
}

int shared_list(struct op *op, const struct principal *p, struct str after, size_t limit, const struct shared_entry **ret_entries,
                size_t *ret_n, bool *ret_more)
{
	struct shared_entry *entries;
	struct db_rows rows;
	int r = db_run(op, &shared_list_q, &rows, P_STR(after), P_STR(p->account_id), P_I64((int64_t)limit + 1));

	if (r < 0)
		return r;
	*ret_more = rows.n > limit;
	*ret_n = *ret_more ? limit : rows.n;
	entries = ARENA_ARRAY(op->arena, struct shared_entry, *ret_n);
	for (size_t i = 0; i < *ret_n; i++)
		entries[i] = (struct shared_entry){
			db_str(&rows, i, 0), db_str(&rows, i, 1), db_str(&rows, i, 2), db_str(&rows, i, 3), db_str(&rows, i, 4), db_str(&rows, i, 5),
			db_str(&rows, i, 6), db_str(&rows, i, 7), db_str(&rows, i, 8), db_str(&rows, i, 9), db_str(&rows, i, 10),
		};
	*ret_entries = entries;
	return 0;
}

static int not_approved(struct op *op, const struct principal *p, struct str id)
{
	struct db_rows rows;
	int r = db_run(op, &shared_approve_why_q, &rows, P_STR(id), P_STR(p->account_id));

	if (r < 0)
		return r;
	if (rows.n == 0 || !db_bool(&rows, 0, 1))
		return op_fail(op, ERR_OUT_OF_SCOPE, "the account is not within your scope");
	if (!db_bool(&rows, 0, 0))
		return op_fail(op, ERR_FOUR_EYES, "not by who asked for it, nor by its manager");
	(void)op_fail(op, ERR_WRONG_STATE, "it is approved already");
	(void)op_fail_arg(op, "state", STR("approved"));
	return op_fail_arg(op, "wanted", STR("asked"));
}

int shared_approve(struct op *op, const struct principal *p, struct str login)
{
	struct account account;
	struct db_rows rows = { 0 };
	int r = find(op, login, &account);

	if (r == 0)
		r = db_begin(op);
	if (r < 0)
		return r;
	const struct governance_act act = { .action = "shared.approve", .account_id = account.id, .object = account.login };
	r = db_run(op, &shared_approve_q, &rows, P_STR(account.id), P_STR(p->account_id));
	if (r == 0 && rows.n == 0)
		r = not_approved(op, p, account.id);
	if (r == 0)
		r = db_run(op, &shared_open_q, &rows, P_STR(account.id));
	return governance_commit(op, p, r, &act, NULL);
}

static int change_member(struct op *op, const struct principal *p, const struct account *account, struct str member_login, bool remove,
                         bool *ret_changed)
{
	struct db_rows rows;
	bool changed;
	int r = db_run(op, remove ? &shared_member_remove_q : &shared_member_add_q, &rows, P_STR(account->id), P_STR(p->account_id),
	               P_STR(member_login));

	if (r < 0)
		return r;
	*ret_changed = rows.n > 0;
	if (!*ret_changed) {
		r = db_run(op, &shared_member_may_q, &rows, P_STR(account->id), P_STR(p->account_id));
		return r < 0 || db_bool(&rows, 0, 0) ? r : governance_refuse(op, ERR_OUT_OF_SCOPE);
	}
	return remove ? shared_use_cut(op, account->id, db_str(&rows, 0, 0), &changed) : 0;
}

int shared_member(struct op *op, const struct principal *p, struct str login, struct str member_login, bool remove, bool *ret_changed)
{
	struct account account, member;
	json_t *data;
	int r = find(op, login, &account);

	if (r == 0)
		r = account_find(op, member_login, &member);
	if (r == 0 && str_equal(member.person_id, p->person_id))
		r = governance_refuse(op, ERR_SELF_GRANT);
	if (r == 0)
		r = db_begin(op);
	if (r < 0)
		return r;
	const struct governance_act act = { .action = remove ? "shared.member_remove" : "shared.member_add", .account_id = account.id,
		                            .object = account.login };
	r = change_member(op, p, &account, member.login, remove, ret_changed);
	if (r == 0 && !*ret_changed) {
		db_rollback(op);
		return 0;
	}
	data = json_new_object();
	json_set_str(data, "member", member.login);
	return governance_commit(op, p, r, &act, data);
}

int shared_uses(struct op *op, const struct principal *p, struct str login, const struct page_ask *ask, struct json_page *ret)
{
	struct account account;
	struct db_rows rows;
	int r = find(op, login, &account);

	if (r == 0)
		r = db_run(op, &shared_see_q, &rows, P_STR(account.id), P_STR(p->account_id));
	if (r < 0)
		return r;
	if (rows.n == 0 || !db_bool(&rows, 0, 0))
		return op_fail(op, ERR_UNKNOWN_ACCOUNT, "no such account");
	r = db_run(op, &shared_uses_q, &rows, P_STR(account.id), P_STR(ask->after[0]), P_STR(ask->after[1]), P_I64((int64_t)ask->limit + 1));
	if (r == 0)
		*ret = json_page_of(op, &rows, ask->limit, 2);
	return r;
}
