#include "server/scim/group_role.h"

#include "server/governance/granting.h"

DB_QUERY(scim_role_codes_q, DB_READ, "SELECT employee_code FROM sen.person WHERE id = ANY ($1::uuid[])");
DB_QUERY(scim_role_grants_q, DB_READ,
         "SELECT a.login, g.id FROM sen.account a JOIN sen.access_grant g ON g.account_id = a.id JOIN sen.role r ON r.id = g.role_id"
         " JOIN sen.platform pl ON pl.id = r.platform_id WHERE a.person_id = ANY ($1::uuid[]) AND g.revoked_at IS NULL AND g.granted_by = $2::uuid"
         " AND pl.code = $3 AND r.code = $4 AND NOT EXISTS (SELECT FROM sen.feed_member m JOIN sen.feed_group o ON o.feed_id = m.feed_id AND o.id = m.group_id"
         "  WHERE m.feed_id = $5::uuid AND m.person_id = a.person_id AND o.role_id = r.id AND o.id <> $6::uuid AND o.gone_at IS NULL)");

static int check_number(struct op *op, size_t n)
{
	return n <= SCIM_ROLE_CHANGES_MAX ? 0 : scim_fail(op, SCIM_TOO_MANY, "at most 100 members of a group with a role in one request");
}

int scim_role_give(struct op *op, const struct scim_feed *feed, const struct scim_group_row *group, const struct str *persons, size_t n)
{
	struct granting_request request = {
		.platform = group->platform, .role = group->role,
		.basis = arena_printf(op->arena, "Nhóm %.*s của nguồn dữ liệu nhân sự %.*s", STR_ARG(group->display_name), STR_ARG(feed->name)),
	};
	struct db_rows rows;
	struct grant grant;
	bool added;
	int r;

	if (str_is_null(group->role) || n == 0)
		return 0;
	r = check_number(op, n);
	if (r == 0)
		r = db_run(op, &scim_role_codes_q, &rows, P_STR(db_array(op->arena, persons, n)));
	for (size_t i = 0; r == 0 && i < rows.n; i++) {
		request.employee_code = db_str(&rows, i, 0);
		r = granting_add(op, &feed->principal, &request, &grant, &added);
	}
	return r;
}

int scim_role_take(struct op *op, const struct scim_feed *feed, const struct scim_group_row *group, const struct str *persons, size_t n)
{
	struct granting_revocation revocation = {
		.reason = arena_printf(op->arena, "Ra khỏi nhóm %.*s của nguồn dữ liệu nhân sự", STR_ARG(group->display_name)),
	};
	struct granting_revoked revoked;
	struct db_rows rows;
	int r;

	if (str_is_null(group->role) || n == 0)
		return 0;
	r = check_number(op, n);
	if (r == 0)
		r = db_run(op, &scim_role_grants_q, &rows, P_STR(db_array(op->arena, persons, n)), P_STR(feed->principal.account_id), P_STR(group->platform),
		           P_STR(group->role), P_STR(feed->id), P_STR(group->id));
	for (size_t i = 0; r == 0 && i < rows.n; i++) {
		revocation.login = db_str(&rows, i, 0);
		revocation.id = db_str(&rows, i, 1);
		r = granting_revoke(op, &feed->principal, &revocation, &revoked);
	}
	return r;
}
