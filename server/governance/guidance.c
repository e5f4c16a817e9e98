/* guidance.c: what the authority tells the units about a platform, and who has read it. */

#include "common/base/random.h"
#include "common/model/platform_store.h"
#include "common/model/unit_store.h"
#include "server/governance/catalogue_common.h"
#include "server/governance/rollout.h"

DB_QUERY(guidance_supersede_q, DB_WRITE,
         "UPDATE sen.platform_guidance SET superseded_at = now() WHERE platform_id = $1::smallint AND code = $2 AND superseded_at IS NULL");
DB_QUERY(guidance_add_q, DB_WRITE,
         "INSERT INTO sen.platform_guidance (platform_id, id, code, version, role_id, kind, title, url, body, published_by)"
         " SELECT p.id, $2::uuid, $3, coalesce((SELECT max(g.version) FROM sen.platform_guidance g WHERE g.platform_id = p.id AND g.code = $3), 0) + 1,"
         " $4::integer, $5, $6, $7, $8, $9::uuid FROM sen.platform p WHERE p.id = $1::smallint"
         " AND sen.catalogue_covers($9::uuid, 'catalogue', p.managing_unit_id, p.id) RETURNING version");
DB_QUERY(guidance_list_q, DB_READ,
         "SELECT json_build_object('id', g.id, 'code', g.code, 'version', g.version, 'role', r.code, 'role_name', r.name, 'kind', g.kind,"
         " 'title', g.title, 'url', g.url, 'text', g.body, 'published_by', a.login, 'published_at', sen.iso(g.published_at),"
         " 'superseded_at', sen.iso(g.superseded_at), 'acknowledged', (SELECT count(*) FROM sen.guidance_acknowledgement k"
         "  WHERE k.platform_id = g.platform_id AND k.guidance_id = g.id))::text, g.code, g.version::text"
         " FROM sen.platform_guidance g LEFT JOIN sen.role r ON r.id = g.role_id JOIN sen.account a ON a.id = g.published_by"
         " WHERE g.platform_id = $1::smallint AND ($2::boolean OR g.superseded_at IS NULL)"
         " AND ($3::text IS NULL OR g.code > $3 OR g.code = $3 AND g.version < $4::integer) ORDER BY g.code, g.version DESC LIMIT $5::bigint");
DB_QUERY(guidance_acknowledge_q, DB_WRITE,
         "INSERT INTO sen.guidance_acknowledgement (platform_id, guidance_id, unit_id, acknowledged_by)"
         " SELECT g.platform_id, g.id, u.id, $4::uuid FROM sen.platform_guidance g, sen.unit u"
         " WHERE g.platform_id = $1::smallint AND g.id = $2::uuid AND g.superseded_at IS NULL AND u.id = $3::integer"
         " AND sen.speaks_for($4::uuid, u.path, g.platform_id) ON CONFLICT DO NOTHING RETURNING 1");
DB_QUERY(guidance_look_q, DB_READ,
         "SELECT g.superseded_at IS NOT NULL, sen.scope_covers($4::uuid, 'read', u.path, g.platform_id), sen.speaks_for($4::uuid, u.path, g.platform_id)"
         " FROM sen.platform_guidance g, sen.unit u WHERE u.id = $3::integer AND g.platform_id = $1::smallint AND g.id = $2::uuid");
DB_QUERY(guidance_report_q, DB_READ,
         "SELECT json_build_object('unit', u.code, 'unit_name', u.name, 'acknowledged_by', a.login, 'acknowledged_at', sen.iso(k.acknowledged_at))::text"
         " FROM (SELECT c.unit_id FROM sen.rollout_cell c WHERE c.platform_id = $2::smallint AND c.state IS DISTINCT FROM 'not_applicable'"
         "  UNION SELECT x.unit_id FROM sen.guidance_acknowledgement x WHERE x.platform_id = $2::smallint AND x.guidance_id = $3::uuid) t"
         " JOIN sen.unit u ON u.id = t.unit_id LEFT JOIN sen.guidance_acknowledgement k ON k.platform_id = $2::smallint AND k.guidance_id = $3::uuid"
         "  AND k.unit_id = u.id LEFT JOIN sen.account a ON a.id = k.acknowledged_by"
         " WHERE (k.unit_id IS NULL) = $4::boolean AND ($5::text IS NULL OR u.code > $5) AND ($6::boolean OR u.id IN (SELECT v.id FROM sen.live_scope s"
         "  CROSS JOIN LATERAL (SELECT w.id FROM sen.unit w WHERE w.path ~>=~ s.path AND w.path ~<~ (rtrim(s.path, '.') || '/') OFFSET 0) v"
         "  WHERE s.account_id = $1::uuid AND 'read' = ANY (s.rights)))"
         " ORDER BY u.code LIMIT $7::bigint");

DB_QUERY(guidance_exists_q, DB_READ, "SELECT EXISTS (SELECT FROM sen.platform_guidance WHERE platform_id = $1::smallint AND id = $2::uuid)");

/* The platform is locked: two at once publish one version after the other. */
static int publish(struct op *op, const struct principal *p, const struct guidance *g, const char *id, int64_t *ret_version)
{
	struct catalogue_place place;
	struct db_param role_id = P_NULL;
	struct role role;
	struct db_rows rows;
	int r = catalogue_lock(op, p, "catalogue", g->platform, &place);

	if (r == 0)
		r = catalogue_check(op, &place, -1);
	if (r == 0 && !str_is_null(g->role)) {
		r = role_find(op, place.id, g->role, &role);
		role_id = P_I64(r < 0 ? 0 : role.id);
	}
	if (r == 0)
		r = db_run(op, &guidance_supersede_q, &rows, P_I64(place.id), P_STR(g->code));
	if (r < 0)
		return r;
	r = db_run(op, &guidance_add_q, &rows, P_I64(place.id), P_C(id), P_STR(g->code), role_id, P_STR(g->kind), P_STR(g->title), P_STR(g->url),
	           P_STR(g->body), P_STR(p->account_id));
	if (r == 0 && rows.n == 0)
		r = op_fail(op, ERR_OUT_OF_SCOPE, "the managing unit is not within your scope");
	if (r == 0)
		*ret_version = db_i64(&rows, 0, 0);
	return r;
}

int guidance_publish(struct op *op, const struct principal *p, const struct guidance *g, struct str *ret_id, int64_t *ret_version)
{
	struct str object = arena_printf(op->arena, "%.*s:%.*s", STR_ARG(g->platform), STR_ARG(g->code));
	char uuid[UUID_TEXT_LEN + 1];
	int64_t version = 0;
	json_t *data;
	int r = db_begin(op);

	if (r < 0)
		return r;
	random_uuid(uuid);
	r = publish(op, p, g, uuid, &version);
	data = catalogue_data("title", g->title);
	json_set_int(data, "version", version);
	r = catalogue_commit(op, p, r, "guidance.publish", object, data);
	if (r == 0) {
		*ret_id = arena_dup_c(op->arena, uuid);
		*ret_version = version;
	}
	return r;
}

int guidance_list(struct op *op, struct str platform, bool all_versions, const struct page_ask *ask, struct json_page *ret)
{
	struct catalogue_place place;
	struct db_rows rows;
	int r = catalogue_find(op, &(struct principal){ .account_id = STR_NULL }, "read", platform, &place);

	if (r == 0)
		r = db_run(op, &guidance_list_q, &rows, P_I64(place.id), P_BOOL(all_versions), P_STR(ask->after[0]), P_STR(ask->after[1]),
		           P_I64((int64_t)ask->limit + 1));
	if (r == 0)
		*ret = json_page_of(op, &rows, ask->limit, 2);
	return r;
}

static int why_not_acknowledged(struct op *op, const struct db_param *params)
{
	struct db_rows rows;
	int r = db_run_params(op, &guidance_look_q, params, 4, &rows);

	if (r < 0)
		return r;
	if (rows.n == 0)
		return op_fail(op, ERR_NOT_FOUND, "no such guidance");
	if (!db_bool(&rows, 0, 1))
		return op_fail(op, ERR_OUT_OF_SCOPE, "the unit is not within your scope");
	if (!db_bool(&rows, 0, 2))
		return op_fail(op, ERR_OUT_OF_SCOPE, "somebody of the unit has to say that it was read: with a post there, or a scope that is the unit's");
	if (!db_bool(&rows, 0, 0))
		return 0;
	(void)op_fail(op, ERR_WRONG_STATE, "there is a later version");
	return op_fail_arg(op, "state", STR("đã có phiên bản mới"));
}

static int acknowledge(struct op *op, const struct principal *p, struct str platform, struct str id, struct str unit_code, bool *ret_added)
{
	struct catalogue_place place;
	struct db_rows rows;
	struct unit unit;
	int r = catalogue_find(op, p, "read", platform, &place);

	if (r == 0)
		r = unit_find(op, unit_code, &unit);
	if (r < 0)
		return r;
	const struct db_param params[] = { P_I64(place.id), P_STR(id), P_I64(unit.id), P_STR(p->account_id) };
	r = db_run_params(op, &guidance_acknowledge_q, params, 4, &rows);
	*ret_added = r == 0 && rows.n == 1;
	return r < 0 || *ret_added ? r : why_not_acknowledged(op, params);
}

int guidance_acknowledge(struct op *op, const struct principal *p, struct str platform, struct str id, struct str unit, bool *ret_added)
{
	struct str object = arena_printf(op->arena, "%.*s@%.*s", STR_ARG(platform), STR_ARG(unit));
	bool added = false;
	int r = db_begin(op);

	if (r < 0)
		return r;
	r = acknowledge(op, p, platform, id, unit, &added);
	if (r == 0 && !added)
		r = db_commit(op);
	else
		r = catalogue_commit(op, p, r, "guidance.acknowledge", object, catalogue_data("guidance", id));
	if (r == 0)
		*ret_added = added;
	return r;
}

int guidance_report(struct op *op, const struct principal *p, struct str platform, struct str id, bool missing, struct str after, size_t limit,
                    json_t **ret_array)
{
	struct catalogue_place place;
	struct db_rows rows;
	int r = catalogue_find(op, p, "catalogue", platform, &place);

	if (r == 0)
		r = db_run(op, &guidance_exists_q, &rows, P_I64(place.id), P_STR(id));
	if (r == 0 && !db_bool(&rows, 0, 0))
		r = op_fail(op, ERR_NOT_FOUND, "no such guidance");
	if (r == 0)
		r = db_run(op, &guidance_report_q, &rows, P_STR(p->account_id), P_I64(place.id), P_STR(id), P_BOOL(missing), P_STR(after),
		           P_BOOL(place.may), P_I64((int64_t)limit + 1));
	return r < 0 ? r : catalogue_rows(op, &rows, ret_array);
}
