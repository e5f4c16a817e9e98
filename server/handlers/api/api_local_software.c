/* api_local_software.c: /api/v1/local-software: what units have of their own beside the common solutions. */

#include "common/base/buf.h"
#include "server/governance/csv_cell.h"
#include "server/governance/local_software.h"
#include "server/handlers/api/overlap.h"

#define STATES "undecided|keep|keep_over|stop|replace|overdue"
#define CSV_ROWS 300
#define CSV_MAX_BYTES ((size_t)600 << 10)

const struct param_spec api_local_params[N_LOCAL_PARAMS] = {
	[P_LOCAL_UNIT] = { "unit", 35, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
	[P_LOCAL_STATE] = { "state", 12, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
	[P_LOCAL_PLATFORM] = { "platform", 16, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
	[P_LOCAL_AFTER] = { "after", 4 * API_AFTER_MAX, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
	[P_LOCAL_LIMIT] = { "limit", 3, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
};

static int read_filter(struct request *rq, struct local_software_filter *filter, struct str *after)
{
	int r;

	*filter = (struct local_software_filter){
		.unit = rq_param(rq, P_LOCAL_UNIT), .state = rq_param(rq, P_LOCAL_STATE), .platform = rq_param(rq, P_LOCAL_PLATFORM), .after = after };
	r = api_limit(rq, P_LOCAL_LIMIT, &filter->limit);
	if (r == 0)
		r = api_after(rq, P_LOCAL_AFTER, after, 2);
	return r == 0 ? api_one_of(rq, "state", filter->state, STATES) : r;
}

int h_api_local_software_list(struct request *rq)
{
	struct local_software_filter filter;
	struct json_page page;
	struct str after[2];
	int r = read_filter(rq, &filter, after);

	if (r == 0)
		r = local_software_list(&rq->op, rq->principal, &filter, &page);
	return r < 0 ? r : api_page(rq, "software", &page, 2);
}

static const char *const csv_columns[] = {
	"unit", "unit_name", "name", "vendor", "users", "cost_per_year", "contract_end", "solution", "solution_name", "solution_score",
	"state", "decision", "replace_by", "until", "decision_no", "decided_by",
};

static void add_row(struct op *op, struct buf *b, const json_t *item)
{
	for (size_t i = 0; i < ARRAY_LEN(csv_columns); i++) {
		const json_t *value = json_object_get(item, csv_columns[i]);

		if (json_is_integer(value))
			csv_cell(b, arena_printf(op->arena, "%lld", (long long)json_integer_value(value)), i == 0);
		else
			csv_cell(b, json_get_str(item, csv_columns[i]), i == 0);
	}
	buf_add_c(b, "\r\n");
}

/* A file of at most CSV_ROWS rows; "X-Next" holds the value of "after" for the next one. */
int h_api_local_software_csv(struct request *rq)
{
	struct buf b = buf_new(rq->op.arena, CSV_MAX_BYTES);
	_json_ json_t *next = json_new_object();
	struct local_software_filter filter;
	struct json_page page;
	struct str after[2];
	const json_t *item;
	size_t i;
	int r = read_filter(rq, &filter, after);

	filter.limit = CSV_ROWS;
	if (r == 0)
		r = local_software_list(&rq->op, rq->principal, &filter, &page);
	if (r < 0)
		return r;

	_json_ json_t *items = page.items;

	buf_add_c(&b, CSV_BOM);
	for (i = 0; i < ARRAY_LEN(csv_columns); i++)
		csv_cell(&b, str_c(csv_columns[i]), i == 0);
	buf_add_c(&b, "\r\n");
	json_array_foreach(items, i, item)
		add_row(&rq->op, &b, item);
	if (!buf_ok(&b))
		return op_fail(&rq->op, ERR_LIMIT, "the rows are too long for one file");
	api_next(rq, next, page.has_more ? page.next : NULL, 2);
	if (page.has_more)
		response_header(rq, "X-Next", arena_dup(rq->op.arena, json_get_str(next, "next")));
	response_header(rq, "Content-Disposition", STR("attachment; filename=\"phan-mem-dia-phuong.csv\""));
	return respond_bytes(rq, 200, "text/csv; charset=utf-8", buf_str(&b));
}

static int respond_one(struct request *rq, int status, struct str id)
{
	json_t *body;
	int64_t version;
	int r = local_software_get(&rq->op, rq->principal, id, &body, &version);

	return r < 0 ? r : api_thing(rq, status, body, version);
}

int h_api_local_software_get(struct request *rq)
{
	struct str id;
	int r = api_path_uuid(rq, 0, &id);

	return r < 0 ? r : respond_one(rq, 200, id);
}

enum { UNIT, NAME, DESCRIPTION, FUNCTIONS, VENDOR, USERS, COST, CONTRACT_END, N_FIELDS };

static int read_software(struct request *rq, bool with_unit, struct local_software *ret)
{
	const struct api_field fields[N_FIELDS] = {
		[UNIT] = { "unit", API_CODE, 35, with_unit },
		[NAME] = { "name", API_TEXT, 600, true },
		[DESCRIPTION] = { "description", API_PROSE, 6000, false },
		[FUNCTIONS] = { "functions", API_LIST, 0, false },
		[VENDOR] = { "vendor", API_TEXT, 300, false },
		[USERS] = { "users", API_INT, 0, true },
		[COST] = { "cost_per_year", API_INT, 0, true },
		[CONTRACT_END] = { "contract_end", API_DATE, 10, false },
	};
	struct str v[N_FIELDS];
	int r = api_read(rq, fields, N_FIELDS, v);

	if (r < 0)
		return r;
	if (!with_unit && !str_is_null(v[UNIT]))
		return api_invalid(&rq->op, "unit", "the unit does not change; declare it anew where it belongs");
	*ret = (struct local_software){ .unit = v[UNIT], .name = v[NAME], .description = str_is_null(v[DESCRIPTION]) ? STR("") : v[DESCRIPTION],
		                        .vendor = v[VENDOR], .users = v[USERS], .cost_per_year = v[COST], .contract_end = v[CONTRACT_END] };
	return api_tags(rq, "functions", &ret->functions);
}

/* The answer shows the common solutions that exist, the best first. */
int h_api_local_software_add(struct request *rq)
{
	struct local_software software;
	struct str id;
	int r = read_software(rq, true, &software);

	if (r == 0)
		r = local_software_declare(&rq->op, rq->principal, &software, &id);
	return r < 0 ? r : respond_one(rq, 201, id);
}

int h_api_local_software_edit(struct request *rq)
{
	struct local_software software;
	int64_t version;
	struct str id;
	int r = api_path_uuid(rq, 0, &id);

	if (r == 0)
		r = api_if_match(rq, &version);
	if (r == 0)
		r = read_software(rq, false, &software);
	if (r == 0)
		r = local_software_edit(&rq->op, rq->principal, id, version, &software);
	return r < 0 ? r : respond_one(rq, 200, id);
}

int h_api_local_software_decide(struct request *rq)
{
	enum { DECISION, REPLACE_BY, UNTIL, NUMBER, NOTE, N };
	static const struct api_field fields[N] = {
		[DECISION] = { "decision", API_CODE, 10, true },      [REPLACE_BY] = { "replace_by", API_CODE, 16, false },
		[UNTIL] = { "until", API_DATE, 10, true },            [NUMBER] = { "decision_no", API_TEXT, 80, true },
		[NOTE] = { "note", API_PROSE, 2000, false },
	};
	struct local_software_decision d;
	struct str v[N];
	int r = api_path_uuid(rq, 0, &d.id);

	if (r == 0)
		r = api_if_match(rq, &d.version);
	if (r == 0)
		r = api_read(rq, fields, N, v);
	if (r == 0)
		r = api_one_of(rq, "decision", v[DECISION], "stop|replace|keep");
	if (r < 0)
		return r;
	if (str_equal(v[DECISION], STR("replace")) == str_is_null(v[REPLACE_BY]))
		return api_invalid(&rq->op, "replace_by", "a platform is named with the decision replace, and with no other");
	d.decision = v[DECISION];
	d.replace_by = v[REPLACE_BY];
	d.until = v[UNTIL];
	d.number = v[NUMBER];
	d.note = v[NOTE];
	r = local_software_decide(&rq->op, rq->principal, &d);
	return r < 0 ? r : respond_one(rq, 200, d.id);
}
