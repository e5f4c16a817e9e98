/* api_posts.c: /api/v1/persons/{employee_code}/posts: posts beside the main one, and what posts were before. */

#include "common/base/random.h"
#include "server/governance/post_admin.h"
#include "server/handlers/api/overlap.h"
#include "server/handlers/api/personnel.h"

#define RANKS "staff|division_deputy|division_head|department_deputy|department_head"

const struct param_spec api_posts_params[N_POSTS_PARAMS] = {
	[P_POSTS_FORMER] = { "former", 5, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
	[P_POSTS_AFTER] = PARAM_AFTER,
	[P_POSTS_LIMIT] = PARAM_LIMIT,
};

static json_t *post_json(const struct post_record *p)
{
	json_t *json = json_new_object();

	api_set(json, "id", p->post.id);
	json_set_int(json, "version", p->version);
	api_set(json, "unit", p->post.unit_code);
	api_set(json, "unit_name", p->post.unit_name);
	api_set(json, "title", p->post.title);
	api_set(json, "kind", p->post.kind);
	api_set(json, "rank", p->rank);
	api_set(json, "valid_from", p->post.valid_from);
	api_set(json, "valid_to", p->post.valid_to);
	api_set(json, "decision_no", p->post.decision_no);
	api_set(json, "decision_on", p->decision_on);
	api_set(json, "signer", p->signer);
	if (!str_is_null(p->replaced_at)) {
		api_set(json, "replaced_at", p->replaced_at);
		json_set_bool(json, "never_taken_up", p->gone);
	}
	return json;
}

int h_api_personnel_posts(struct request *rq)
{
	struct post_filter filter = { .employee_code = rq->path_args[0], .former = str_equal(rq_param(rq, P_POSTS_FORMER), STR("true")) };
	struct post_page page;
	int r = api_limit(rq, P_POSTS_LIMIT, &filter.limit);

	if (r == 0)
		r = api_after(rq, P_POSTS_AFTER, filter.after, 3);
	if (r == 0)
		r = api_page_read(rq, post_admin_list(&rq->op, rq->principal, &filter, &page));
	if (r < 0)
		return r;

	_json_ json_t *body = json_new_object();
	json_t *list = json_new_array();
	const struct post_record *last = page.has_more ? &page.posts[page.n - 1] : NULL;

	for (size_t i = 0; i < page.n; i++)
		json_array_append_new(list, post_json(&page.posts[i]));
	json_set_take(body, "posts", list);
	api_next(rq, body, last ? (const struct str[]){ last->post.valid_from, last->post.id, arena_printf(rq->op.arena, "%lld", (long long)last->version) } : NULL, 3);
	return respond_json(rq, 200, body);
}

static int respond_post(struct request *rq, int status, const struct post_record *post)
{
	_json_ json_t *body = post_json(post);

	api_etag(rq, post->version);
	return respond_json(rq, status, body);
}

static int check_dates(struct op *op, const struct post_fields *f)
{
	if (!str_is_null(f->valid_from) && !str_is_null(f->valid_to) && str_compare(f->valid_to, f->valid_from) <= 0)
		return api_invalid(op, "valid_to", "valid_to must be after valid_from");
	return 0;
}

int h_api_personnel_post_add(struct request *rq)
{
	enum { UNIT, TITLE, KIND, RANK, VALID_FROM, VALID_TO, DECISION_NO, DECISION_ON, SIGNER, N };
	static const struct api_field fields[N] = {
		[UNIT] = { "unit", API_CODE, 35, true },
		[TITLE] = { "title", API_TEXT, 200, true },
		[KIND] = { "kind", API_CODE, 20, true },
		[RANK] = { "rank", API_CODE, 20, false },
		[VALID_FROM] = { "valid_from", API_DATE, 10, true },
		[VALID_TO] = { "valid_to", API_DATE, 10, false },
		[DECISION_NO] = { "decision_no", API_TEXT, 80, true },
		[DECISION_ON] = { "decision_on", API_DATE, 10, true },
		[SIGNER] = { "signer", API_TEXT, 120, true },
	};
	struct op *op = &rq->op;
	struct post_record post;
	struct str v[N];
	int r = api_read(rq, fields, N, v);

	if (r == 0)
		r = personnel_check_word(op, "kind", v[KIND], "concurrent|acting|seconded|delegated");
	if (r == 0)
		r = personnel_check_word(op, "rank", v[RANK], RANKS);
	if (r < 0)
		return r;
	const struct post_fields post_fields = { v[UNIT], v[TITLE], v[KIND], v[RANK], v[VALID_FROM], v[VALID_TO], v[DECISION_NO], v[DECISION_ON],
		                                 v[SIGNER] };
	r = check_dates(op, &post_fields);
	if (r == 0 && str_is_null(v[VALID_TO]) && !str_equal(v[KIND], STR("concurrent")))
		r = api_invalid(op, "valid_to", "acting, seconded and delegated posts have an end");
	if (r == 0)
		r = post_admin_add(op, rq->principal, rq->path_args[0], &post_fields, &post);
	return r < 0 ? r : respond_post(rq, 201, &post);
}

static int check_id(struct request *rq)
{
	return uuid_is_valid(rq->path_args[1]) ? 0 : op_fail(&rq->op, ERR_UNKNOWN_POST, "no such post");
}

int h_api_personnel_post_correct(struct request *rq)
{
	enum { UNIT, TITLE, RANK, VALID_FROM, VALID_TO, DECISION_NO, DECISION_ON, SIGNER, REASON, N };
	static const struct api_field fields[N] = {
		[UNIT] = { "unit", API_CODE, 35, false },
		[TITLE] = { "title", API_TEXT, 200, false },
		[RANK] = { "rank", API_CODE, 20, false },
		[VALID_FROM] = { "valid_from", API_DATE, 10, false },
		[VALID_TO] = { "valid_to", API_DATE, 10, false },
		[DECISION_NO] = { "decision_no", API_TEXT, 80, false },
		[DECISION_ON] = { "decision_on", API_DATE, 10, false },
		[SIGNER] = { "signer", API_TEXT, 120, false },
		[REASON] = { "reason", API_TEXT, 300, true },
	};
	struct post_change change = { .id = rq->path_args[1] };
	struct post_record post;
	struct str v[N];
	int r = api_if_match(rq, &change.version);

	if (r == 0)
		r = api_read(rq, fields, N, v);
	if (r == 0)
		r = check_id(rq);
	if (r == 0)
		r = personnel_check_word(&rq->op, "rank", v[RANK], RANKS);
	if (r < 0)
		return r;
	const struct post_fields post_fields = { .unit = v[UNIT], .title = v[TITLE], .rank = v[RANK], .valid_from = v[VALID_FROM],
		                                 .valid_to = v[VALID_TO], .decision_no = v[DECISION_NO], .decision_on = v[DECISION_ON],
		                                 .signer = v[SIGNER] };
	change.reason = v[REASON];
	r = check_dates(&rq->op, &post_fields);
	if (r == 0)
		r = post_admin_correct(&rq->op, rq->principal, rq->path_args[0], &change, &post_fields, &post);
	return r < 0 ? r : respond_post(rq, 200, &post);
}

int h_api_personnel_post_end(struct request *rq)
{
	enum { ON, REASON, N };
	static const struct api_field fields[N] = {
		[ON] = { "on", API_DATE, 10, true },
		[REASON] = { "reason", API_TEXT, 300, true },
	};
	struct post_change change = { .id = rq->path_args[1] };
	struct str v[N];
	bool gone;
	int r = api_if_match(rq, &change.version);

	if (r == 0)
		r = api_read(rq, fields, N, v);
	if (r == 0)
		r = check_id(rq);
	if (r < 0)
		return r;
	change.reason = v[REASON];
	r = post_admin_end(&rq->op, rq->principal, rq->path_args[0], &change, v[ON], &gone);
	if (r < 0)
		return r;

	_json_ json_t *body = json_new_object();

	api_set(body, "id", change.id);
	api_set(body, "valid_to", v[ON]);
	json_set_bool(body, "never_taken_up", gone);
	return respond_json(rq, 200, body);
}
