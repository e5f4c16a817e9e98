/* api_forms.c: /api/v1/platforms/{code}/forms: request forms, line by line. */

#include "server/handlers/api/form_paper.h"
#include "server/handlers/api/forms.h"
#include "server/handlers/api/overlap.h"
#include "server/web/page.h"

#define LINES_MAX 500

const struct param_spec api_forms_params[N_FORMS_PARAMS] = {
	[P_FORMS_STATE] = { "state", 8, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
	[P_FORMS_AFTER] = PARAM_AFTER,
	[P_FORMS_LIMIT] = PARAM_LIMIT,
};

static int list(struct request *rq, struct str platform)
{
	struct form_filter filter = { .platform = platform, .state = rq_param(rq, P_FORMS_STATE) };
	struct str after[2];
	struct json_page page;
	uint64_t number;
	int r = api_limit(rq, P_FORMS_LIMIT, &filter.limit);

	if (r == 0)
		r = api_after(rq, P_FORMS_AFTER, after, 2);
	if (r == 0 && !str_is_null(after[0]) && !str_to_u64(after[1], INT32_MAX, &number))
		r = api_invalid(&rq->op, "after", "not a value of next");
	if (r == 0)
		r = api_one_of(rq, "state", filter.state, "open|out|overdue|settled");
	filter.after = after;
	if (r == 0)
		r = forms_list(&rq->op, rq->principal, &filter, &page);
	return r < 0 ? r : api_page(rq, "forms", &page, 2);
}

int h_api_form_tasks(struct request *rq)
{
	return list(rq, STR_NULL);
}

int h_api_form_list(struct request *rq)
{
	return list(rq, rq->path_args[0]);
}

static int path_number(struct request *rq, int64_t *ret)
{
	uint64_t number;

	if (!str_to_u64(rq->path_args[1], INT32_MAX, &number))
		return op_fail(&rq->op, ERR_NOT_FOUND, "no such form");
	*ret = (int64_t)number;
	return 0;
}

static int find(struct request *rq, json_t **ret)
{
	int64_t number;
	int r = path_number(rq, &number);

	return r < 0 ? r : form_get(&rq->op, rq->principal, rq->path_args[0], number, ret);
}

static int respond(struct request *rq)
{
	_json_ json_t *form = NULL;
	int r = find(rq, &form);

	return r < 0 ? r : respond_json(rq, 200, form);
}

int h_api_form_get(struct request *rq)
{
	return respond(rq);
}

static int respond_file(struct request *rq, const json_t *form, const char *type, const char *ending, struct str content)
{
	if (str_is_null(content))
		return op_fail(&rq->op, ERR_LIMIT, "the form is too long for one file");
	response_header(rq, "Content-Disposition", arena_printf(rq->op.arena, "attachment; filename=\"phieu-%.*s-%lld.%s\"",
	                                                        STR_ARG(json_get_str(form, "platform")), (long long)json_get_int(form, "number", 0), ending));
	return respond_bytes(rq, 200, type, content);
}

int h_api_form_csv(struct request *rq)
{
	_json_ json_t *form = NULL;
	int r = find(rq, &form);

	return r < 0 ? r : respond_file(rq, form, "text/csv; charset=utf-8", "csv", form_paper_csv(rq->op.arena, form));
}

int h_api_form_html(struct request *rq)
{
	_json_ json_t *form = NULL;
	struct str agency = page_text(rq->op.arena, STR("vi"), "app.agency", NULL, 0);
	int r = find(rq, &form);

	return r < 0 ? r : respond_file(rq, form, "text/html; charset=utf-8", "html", form_paper_html(rq->op.arena, form, agency));
}

int h_api_form_close(struct request *rq)
{
	int64_t number;
	int r = api_read_nothing(rq);

	if (r == 0)
		r = path_number(rq, &number);
	if (r == 0)
		r = form_close_now(&rq->op, rq->principal, rq->path_args[0], number);
	return r < 0 ? r : respond(rq);
}

/* {1,2,15} as PostgreSQL reads it. */
static int read_lines(struct request *rq, struct str *ret)
{
	const json_t *array = json_object_get(rq->json, "lines"), *item;
	struct buf b = buf_new(rq->op.arena, LINES_MAX * 12 + 3);
	size_t i;

	if (json_array_size(array) == 0 || json_array_size(array) > LINES_MAX)
		return api_invalid(&rq->op, "lines", "1 to 500 numbers of lines");
	json_array_foreach(array, i, item) {
		if (!json_is_integer(item) || json_integer_value(item) < 1 || json_integer_value(item) > INT32_MAX)
			return api_invalid(&rq->op, "lines", "1 to 500 numbers of lines");
		buf_printf(&b, "%c%lld", i == 0 ? '{' : ',', (long long)json_integer_value(item));
	}
	buf_add_char(&b, '}');
	*ret = buf_str(&b);
	return 0;
}

static int decide(struct request *rq, const char *decision, bool has_note)
{
	enum { LINES, NOTE, N };
	static const struct api_field fields[N] = { [LINES] = { "lines", API_LIST, 0, true }, [NOTE] = { "note", API_TEXT, 600, true } };
	struct form_decision d = { .platform = rq->path_args[0], .decision = decision, .note = STR_NULL };
	struct str v[N] = { STR_NULL, STR_NULL };
	int r = api_read(rq, fields, has_note ? N : N - 1, v);

	if (r == 0)
		r = path_number(rq, &d.number);
	if (r == 0)
		r = read_lines(rq, &d.lines);
	d.note = v[NOTE];
	if (r == 0)
		r = form_decide(&rq->op, rq->principal, &d);
	return r < 0 ? r : respond(rq);
}

int h_api_form_confirm(struct request *rq)
{
	return decide(rq, "done", false);
}

int h_api_form_refuse(struct request *rq)
{
	return decide(rq, "refused", true);
}

int h_api_form_again(struct request *rq)
{
	return decide(rq, "again", false);
}

int h_api_form_setting_get(struct request *rq)
{
	json_t *setting;
	int64_t version;
	int r = form_setting_get(&rq->op, rq->principal, rq->path_args[0], &setting, &version);

	return r < 0 ? r : api_thing(rq, 200, setting, version);
}

/* Within what the table allows. */
static int check_range(struct request *rq, const char *name, struct str value, uint64_t min, uint64_t max)
{
	uint64_t number;

	if (str_to_u64(value, max, &number) && number >= min)
		return 0;
	return api_invalid(&rq->op, name, "out of the range that is possible here");
}

int h_api_form_setting_put(struct request *rq)
{
	enum { OFFICER, LINES, CLOSE_MIN, URGENT_MIN, DUE_DAYS, URGENT_DAYS, N };
	static const struct api_field fields[N] = {
		[OFFICER] = { "officer", API_CODE, 32, false },      [LINES] = { "lines", API_INT, 0, true },
		[CLOSE_MIN] = { "close_min", API_INT, 0, true },     [URGENT_MIN] = { "urgent_min", API_INT, 0, true },
		[DUE_DAYS] = { "due_days", API_INT, 0, true },       [URGENT_DAYS] = { "urgent_days", API_INT, 0, true },
	};
	static const struct { uint64_t min, max; } ranges[N] = {
		[LINES] = { 1, 500 }, [CLOSE_MIN] = { 0, 10080 }, [URGENT_MIN] = { 0, 1440 }, [DUE_DAYS] = { 0, 60 }, [URGENT_DAYS] = { 0, 60 },
	};
	struct form_setting setting;
	struct str v[N];
	int64_t version;
	int r = api_if_match(rq, &version);

	if (r == 0)
		r = api_read(rq, fields, N, v);
	for (size_t i = LINES; r == 0 && i < N; i++)
		r = check_range(rq, fields[i].name, v[i], ranges[i].min, ranges[i].max);
	if (r < 0)
		return r;
	setting = (struct form_setting){ v[OFFICER], v[LINES], v[CLOSE_MIN], v[URGENT_MIN], v[DUE_DAYS], v[URGENT_DAYS] };
	r = form_setting_put(&rq->op, rq->principal, rq->path_args[0], version, &setting);
	return r < 0 ? r : h_api_form_setting_get(rq);
}
