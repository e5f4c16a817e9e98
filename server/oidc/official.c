#include "server/oidc/official.h"

#include "server/oidc/card.h"
#include "server/oidc/claims_request.h"

DB_QUERY(official_select, DB_READ,
	"SELECT" OFFICIAL_COLUMNS("$2::smallint", "''", "''::text")
	" FROM sen.account a JOIN sen.person p ON p.id = a.person_id WHERE a.id = $1::uuid");

DB_QUERY(official_platforms_select, DB_READ,
	"SELECT DISTINCT p.name, p.code, p.home_url, p.verified FROM sen.live_grant g JOIN sen.platform p ON p.id = g.platform_id"
	" WHERE g.account_id = $1::uuid ORDER BY 1");

DB_QUERY(official_unit_select, DB_READ,
	"SELECT u.name FROM sen.account a JOIN sen.post po ON po.person_id = a.person_id JOIN sen.unit u ON u.id = po.unit_id"
	" WHERE a.id = $1::uuid AND po.kind = 'main' AND po.valid @> " OFFICIAL_TODAY);

DB_GATHERED(official_has_platform_select, DB_READ, 0,
	"SELECT l.*, i.n FROM " DB_EXECUTIONS("uuid") " CROSS JOIN LATERAL ("
	"  SELECT " CARD_HOLDS(DB_EACH("2", "smallint")) " FROM " CARD_TABLES
	"  WHERE a.account_id = " DB_EACH("1", "uuid") " AND " CARD_JOIN " LIMIT 1) l");

struct official_facts official_facts_from_row(const struct db_rows *rows, size_t row, size_t first)
{
	return (struct official_facts){
		.login = db_str(rows, row, first),
		.full_name = db_str(rows, row, first + 1),
		.ho = db_str(rows, row, first + 2),
		.dem = db_str(rows, row, first + 3),
		.ten = db_str(rows, row, first + 4),
		.unit_code = db_str(rows, row, first + 5),
		.unit_name = db_str(rows, row, first + 6),
		.posts = db_str(rows, row, first + 7),
		.roles = db_str(rows, row, first + 8),
	};
}

int official_facts_get(struct op *op, int64_t platform_id, struct str account_id, struct official_facts *ret_facts)
{
	struct db_rows rows;
	int r = db_run(op, &official_select, &rows, P_STR(account_id), P_I64(platform_id));

	if (r < 0)
		return r;
	if (rows.n != 1)
		return op_fail(op, ERR_INVALID_TOKEN, "the account does not exist");
	*ret_facts = official_facts_from_row(&rows, 0, 0);
	return 0;
}

/*
 * Names, unit and roles come with their scopes in ID tokens too: the platforms' simple clients read
 * nothing else.
 */
static bool wanted(const struct official_wish *wish, const char *scope, const char *name)
{
	bool by_scope = scope_has(wish->scope, str_c(scope)) && (wish->mail_by_scope || !str_equal(str_c(scope), STR("email")));

	return by_scope || claims_request_has(wish->claims, wish->part, name);
}

static void set_texts(struct op *op, const struct oidc_settings *settings, const struct official_facts *f,
                      const struct official_wish *wish, struct json_out *object)
{
	const struct {
		const char *name, *scope;
		struct str value;
	} claims[] = {
		{ "preferred_username", "profile", f->login },
		{ "name", "profile", f->full_name },
		{ "family_name", "profile", f->ho },
		{ "middle_name", "profile", f->dem },
		{ "given_name", "profile", f->ten },
		{ "email", "email", str_is_empty(settings->mail_domain) ? STR_NULL :
		                    arena_printf(op->arena, "%.*s@%.*s", STR_ARG(f->login), STR_ARG(settings->mail_domain)) },
	};

	/* A part of the name that a person does not have is no claim (OIDC Core §5.3.2). */
	for (size_t i = 0; i < ARRAY_LEN(claims); i++)
		if (!str_is_empty(claims[i].value) && wanted(wish, claims[i].scope, claims[i].name))
			json_out_str(object, claims[i].name, claims[i].value);
	/* The mailbox is made by the province itself together with the account. */
	if (!str_is_empty(settings->mail_domain) && wanted(wish, "email", "email_verified"))
		json_out_bool(object, "email_verified", true);
}

static void set_unit(const struct official_facts *f, const struct official_wish *wish, struct json_out *object)
{
	const struct {
		const char *name;
		struct str json;
	} claims[] = { { "unit_code", f->unit_code }, { "unit_name", f->unit_name }, { "posts", f->posts } };

	for (size_t i = 0; i < ARRAY_LEN(claims); i++)
		if (!str_is_null(claims[i].json) && !str_equal(claims[i].json, STR("null")) && wanted(wish, "unit", claims[i].name))
			json_out_raw(object, claims[i].name, claims[i].json);
}

void official_claims(struct op *op, const struct oidc_settings *settings, const struct official_facts *facts,
                     const struct official_wish *wish, struct json_out *object)
{
	set_texts(op, settings, facts, wish, object);
	set_unit(facts, wish, object);
	if (wanted(wish, "roles", "roles"))
		json_out_raw(object, "roles", str_is_null(facts->roles) ? STR("[]") : facts->roles);
}

int official_platforms(struct op *op, struct str account_id, const struct official_platform **ret_platforms, size_t *ret_n)
{
	struct db_rows rows;
	struct official_platform *p;
	int r = db_run(op, &official_platforms_select, &rows, P_STR(account_id));

	if (r < 0)
		return r;
	p = ARENA_ARRAY(op->arena, struct official_platform, rows.n);
	for (size_t i = 0; i < rows.n; i++)
		p[i] = (struct official_platform){ .name = db_str(&rows, i, 0), .code = db_str(&rows, i, 1), .home_url = db_str(&rows, i, 2),
		                                 .verified = db_bool(&rows, i, 3) };
	*ret_platforms = p;
	*ret_n = rows.n;
	return 0;
}

int official_unit(struct op *op, struct str account_id, struct str *ret_unit_name)
{
	struct db_rows rows;
	int r = db_run(op, &official_unit_select, &rows, P_STR(account_id));

	if (r < 0)
		return r;
	*ret_unit_name = rows.n > 0 ? db_str(&rows, 0, 0) : STR_NULL;
	return 0;
}

int official_has_platform(struct op *op, struct str account_id, int64_t platform_id, bool *ret_has)
{
	struct db_rows rows;
	int r = db_run(op, &official_has_platform_select, &rows, P_STR(account_id), P_I64(platform_id));

	if (r < 0)
		return r;
	*ret_has = rows.n == 1 && db_bool(&rows, 0, 0);
	return 0;
}
