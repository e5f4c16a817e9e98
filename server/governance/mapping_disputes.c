/* mapping_disputes.c: accounts that are there already and may be ours: a person says which. */
#include "server/governance/mapping_common.h"

#include "server/governance/governance_audit.h"

DB_QUERY(mapping_disputes_q, DB_READ,
	"SELECT json_build_object('login', a.login, 'platform', p.code, 'err', b.err_detail, 'candidates', (SELECT json_agg(json_build_object('ext_id', c.ext_id,"
	"  'label', c.label, 'rule', c.rule, 'strong', c.strong, 'linked', c.linked, 'seen_at', sen.iso(c.seen_at), 'chosen', c.chosen_at IS NOT NULL)"
	"  ORDER BY c.strong DESC, c.ext_id) FROM sen.match_candidate c WHERE c.platform_id = b.platform_id AND c.account_id = b.account_id))::text, a.login"
	" FROM sen.binding b JOIN sen.platform p ON p.id = b.platform_id JOIN sen.account a ON a.id = b.account_id"
	" WHERE b.platform_id = $1::smallint AND b.state = 5 AND b.err_class = 'disputed' AND ($2::text IS NULL OR a.login > $2)"
	" ORDER BY a.login LIMIT $3::bigint");

/* Chosen is what a person saw there, is nobody else's, and for an account that waits. */
DB_QUERY(mapping_choose_q, DB_WRITE,
	"WITH c AS MATERIALIZED (SELECT c.platform_id, c.account_id, c.ext_id FROM sen.match_candidate c JOIN sen.account a ON a.id = c.account_id"
	"  WHERE c.platform_id = $1::smallint AND a.login = $2 AND c.ext_id = $3 AND NOT c.linked FOR UPDATE OF c),"
	" o AS (UPDATE sen.match_candidate x SET chosen_by = NULL, chosen_at = NULL FROM c WHERE x.platform_id = c.platform_id AND x.account_id = c.account_id"
	"  AND x.ext_id <> c.ext_id AND x.chosen_at IS NOT NULL RETURNING 1),"
	" u AS (UPDATE sen.match_candidate x SET chosen_by = $4::uuid, chosen_at = now() FROM c WHERE x.platform_id = c.platform_id"
	"  AND x.account_id = c.account_id AND x.ext_id = c.ext_id AND (SELECT count(*) FROM o) >= 0 RETURNING x.account_id)"
	" SELECT u.account_id, sen.binding_ask_again(u.account_id, $1::smallint) FROM u");

int mapping_disputes(struct op *op, const struct principal *p, struct str platform, const struct str after[2], size_t limit, struct json_page *ret)
{
	struct catalogue_place place;
	struct db_rows rows;
	int r = catalogue_find_any(op, p, "catalogue", platform, &place);

	if (r == 0)
		r = catalogue_check(op, &place, -1);
	if (r == 0)
		r = db_run(op, &mapping_disputes_q, &rows, P_I64(place.id), P_STR(after[0]), P_I64((int64_t)limit + 1));
	if (r == 0)
		*ret = json_page_of(op, &rows, limit, 1);
	return r;
}

static int adopt(struct op *op, const struct principal *p, struct str platform, struct str login, struct str ext_id, struct str *ret_account)
{
	struct catalogue_place place;
	struct db_rows rows;
	int r = catalogue_lock_any(op, p, "catalogue", platform, &place);

	if (r == 0)
		r = catalogue_check(op, &place, -1);
	if (r == 0)
		r = db_run(op, &mapping_choose_q, &rows, P_I64(place.id), P_STR(login), P_STR(ext_id), P_STR(p->account_id));
	if (r < 0)
		return r;
	if (rows.n == 0)
		return op_fail(op, ERR_NOT_FOUND, "no such candidate, or it belongs to another account");
	*ret_account = db_str(&rows, 0, 0);
	if (!db_is_null(&rows, 0, 1))
		return 0;
	return mapping_wrong_state(op, STR("decided"), "disputed");
}

int mapping_adopt(struct op *op, const struct principal *p, struct str platform, struct str login, struct str ext_id)
{
	struct governance_act act = { .action = "platform_account.choose", .object = platform };
	json_t *data = json_new_object();
	int r = db_begin(op);

	json_set_str(data, "ext_id", ext_id);
	if (r == 0)
		r = adopt(op, p, platform, login, ext_id, &act.account_id);
	return governance_commit(op, p, r, &act, data);
}
