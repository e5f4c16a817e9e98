/* api_feeds.c: /api/v1/feeds: sources that state persons by SCIM. */

#include "server/app.h"
#include "server/handlers/api/feeds.h"
#include "server/handlers/api/overlap.h"
#include "server/scim/feed_admin.h"

#define KINDS "can_bo|cong_chuc|vien_chuc|khong_chuyen_trach"
#define TOKEN_DAYS 365
#define GRACE_HOURS 24
#define RATE_PER_S 100

static int number(struct request *rq, const char *field, struct str text, int64_t max, int64_t *value)
{
	uint64_t n;

	if (str_is_null(text))
		return 0;
	if (!str_to_u64(text, (uint64_t)max, &n))
		return api_invalid(&rq->op, field, "the number is too large");
	*value = (int64_t)n;
	return 0;
}

/* For a change: code and login are fixed. */
static int read_fields(struct request *rq, bool is_new, struct feed_fields *f)
{
	enum { NAME, UNIT, BASIS, D_UNIT, D_TITLE, D_KIND, AUTHORITY, RATE, ENABLED, DAYS, CODE, LOGIN, N };
	static const struct api_field fields[N] = {
		[NAME] = { "name", API_TEXT, 240, true }, [UNIT] = { "unit", API_CODE, 35, false }, [BASIS] = { "basis", API_TEXT, 240, true },
		[D_UNIT] = { "default_unit", API_CODE, 35, false }, [D_TITLE] = { "default_title", API_TEXT, 600, false },
		[D_KIND] = { "default_kind", API_CODE, 32, false }, [AUTHORITY] = { "authority", API_LIST, 0, true }, [RATE] = { "rate_per_s", API_INT, 5, false },
		[ENABLED] = { "enabled", API_BOOL, 5, false }, [DAYS] = { "token_days", API_INT, 4, false }, [CODE] = { "code", API_CODE, 32, false },
		[LOGIN] = { "login", API_CODE, 32, false },
	};
	struct str v[N];
	int r = api_read(rq, fields, is_new ? N : DAYS, v);

	if (r == 0)
		r = api_list(rq, "authority", &f->authority, &f->n_authority);
	if (r == 0)
		r = api_one_of(rq, "default_kind", v[D_KIND], KINDS);
	if (r < 0)
		return r;
	f->name = v[NAME];
	f->unit = v[UNIT];
	f->basis = v[BASIS];
	f->default_unit = v[D_UNIT];
	f->default_title = v[D_TITLE];
	f->default_kind = v[D_KIND];
	f->rate_per_s = RATE_PER_S;
	f->token_days = TOKEN_DAYS;
	f->enabled = !str_equal(v[ENABLED], STR("false"));
	r = number(rq, "rate_per_s", v[RATE], 10000, &f->rate_per_s);
	if (!is_new || r < 0)
		return r;
	f->code = v[CODE];
	f->login = v[LOGIN];
	if (str_is_null(v[CODE]) || str_is_null(v[LOGIN]) || str_is_null(v[UNIT]))
		return api_invalid(&rq->op, str_is_null(v[CODE]) ? "code" : str_is_null(v[LOGIN]) ? "login" : "unit", "a member is missing");
	return number(rq, "token_days", v[DAYS], 1100, &f->token_days);
}

/* The feed with its token, which is shown this once. */
static int respond_token(struct request *rq, struct str code, struct str token)
{
	_json_ json_t *body = NULL;
	int64_t version;
	int r = feed_admin_get(&rq->op, rq->principal, code, &body, &version);

	if (r < 0)
		return r;
	json_set_str(body, "token", token);
	json_set_str(body, "base", arena_printf(rq->op.arena, "%.*s/scim/v2", STR_ARG(rq->app->oidc.issuer)));
	api_etag(rq, version);
	return respond_json(rq, 201, body);
}

static int respond_feed(struct request *rq)
{
	json_t *body;
	int64_t version;
	int r = feed_admin_get(&rq->op, rq->principal, rq->path_args[0], &body, &version);

	return r < 0 ? r : api_thing(rq, 200, body, version);
}

int h_api_feed_list(struct request *rq)
{
	struct json_page page;
	struct str after;
	size_t limit;
	int r = api_limit(rq, P_PAGE_LIMIT, &limit);

	if (r == 0)
		r = api_after(rq, P_PAGE_AFTER, &after, 1);
	if (r == 0)
		r = feed_admin_list(&rq->op, rq->principal, after, limit, &page);
	return r < 0 ? r : api_page(rq, "feeds", &page, 1);
}

int h_api_feed_add(struct request *rq)
{
	struct feed_fields f = { 0 };
	struct str token;
	int r = read_fields(rq, true, &f);

	if (r == 0)
		r = feed_admin_add(&rq->op, rq->principal, &f, &token);
	return r < 0 ? r : respond_token(rq, f.code, token);
}

int h_api_feed_get(struct request *rq)
{
	return respond_feed(rq);
}

int h_api_feed_edit(struct request *rq)
{
	struct feed_fields f = { .code = rq->path_args[0] };
	int64_t version;
	int r = api_if_match(rq, &version);

	if (r == 0)
		r = read_fields(rq, false, &f);
	if (r == 0)
		r = feed_admin_edit(&rq->op, rq->principal, version, &f);
	return r < 0 ? r : respond_feed(rq);
}

int h_api_feed_rotate(struct request *rq)
{
	static const struct api_field fields[] = { { "grace_hours", API_INT, 3, false }, { "token_days", API_INT, 4, false } };
	int64_t grace_hours = GRACE_HOURS, token_days = TOKEN_DAYS;
	struct str token, v[ARRAY_LEN(fields)];
	int r = api_read(rq, fields, ARRAY_LEN(fields), v);

	if (r == 0)
		r = number(rq, "grace_hours", v[0], 168, &grace_hours);
	if (r == 0)
		r = number(rq, "token_days", v[1], 1100, &token_days);
	if (r == 0)
		r = feed_admin_rotate(&rq->op, rq->principal, rq->path_args[0], grace_hours, token_days, &token);
	return r < 0 ? r : respond_token(rq, rq->path_args[0], token);
}

int h_api_feed_release(struct request *rq)
{
	_json_ json_t *body = NULL;
	int64_t n;
	int r = api_read_nothing(rq);

	if (r == 0)
		r = feed_admin_release(&rq->op, rq->principal, rq->path_args[0], &n);
	if (r < 0)
		return r;
	body = json_new_object();
	json_set_int(body, "released", n);
	return respond_json(rq, 200, body);
}

/* A page of what hangs on the feed of the path. */
static int respond_page(struct request *rq, const char *name,
                        int (*list)(struct op *op, const struct principal *p, struct str code, struct str after, size_t limit, struct json_page *ret_page))
{
	struct json_page page;
	struct str after;
	size_t limit;
	int r = api_limit(rq, P_PAGE_LIMIT, &limit);

	if (r == 0)
		r = api_after(rq, P_PAGE_AFTER, &after, 1);
	if (r == 0)
		r = list(&rq->op, rq->principal, rq->path_args[0], after, limit, &page);
	return r < 0 ? r : api_page(rq, name, &page, 1);
}

int h_api_feed_held(struct request *rq)
{
	return respond_page(rq, "held", feed_admin_held);
}

int h_api_feed_groups(struct request *rq)
{
	return respond_page(rq, "groups", feed_admin_groups);
}

int h_api_feed_group_role(struct request *rq)
{
	static const struct api_field fields[] = { { "platform", API_CODE, 16, false }, { "role", API_CODE, 64, false } };
	struct feed_group_role gives = { .code = rq->path_args[0] };
	struct str v[ARRAY_LEN(fields)];
	int r = api_path_uuid(rq, 1, &gives.group_id);

	if (r == 0)
		r = api_if_match(rq, &gives.version);
	if (r == 0)
		r = api_read(rq, fields, ARRAY_LEN(fields), v);
	if (r == 0 && str_is_null(v[0]) != str_is_null(v[1]))
		r = api_invalid(&rq->op, "role", "a platform and its role, or neither");
	if (r < 0)
		return r;
	gives.platform = v[0];
	gives.role = v[1];
	r = feed_admin_group_role(&rq->op, rq->principal, &gives);
	return r < 0 ? r : respond_feed(rq);
}
