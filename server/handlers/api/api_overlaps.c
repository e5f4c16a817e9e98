/* api_overlaps.c: /api/v1/overlaps: what an entry of the catalogue has in common with what exists, and closing it. */

#include "common/base/text.h"
#include "server/governance/overlap_finding.h"
#include "server/handlers/api/overlap.h"

#define STATES "open|closed|gone"
#define KINDS "central|provincial|similar"

const struct param_spec api_overlaps_params[N_OVERLAPS_PARAMS] = {
	[P_OVERLAPS_STATE] = { "state", 10, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
	[P_OVERLAPS_KIND] = { "kind", 12, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
	[P_OVERLAPS_PLATFORM] = { "platform", 16, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
	[P_OVERLAPS_AFTER] = { "after", API_AFTER_MAX, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
	[P_OVERLAPS_LIMIT] = { "limit", 3, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
};

static int respond_list(struct request *rq, struct overlap_filter *filter)
{
	struct json_page page;
	int r = overlap_list(&rq->op, rq->principal, filter, &page);

	return r < 0 ? r : api_page(rq, "overlaps", &page, 2);
}

int h_api_overlap_list(struct request *rq)
{
	struct str after[2];
	struct overlap_filter filter = {
		.state = rq_param(rq, P_OVERLAPS_STATE), .kind = rq_param(rq, P_OVERLAPS_KIND), .platform = rq_param(rq, P_OVERLAPS_PLATFORM), .after = after };
	int r = api_limit(rq, P_OVERLAPS_LIMIT, &filter.limit);

	if (r == 0)
		r = api_after(rq, P_OVERLAPS_AFTER, after, 2);
	if (r == 0)
		r = api_one_of(rq, "state", filter.state, STATES);
	if (r == 0)
		r = api_one_of(rq, "kind", filter.kind, KINDS);
	return r < 0 ? r : respond_list(rq, &filter);
}

static int respond_one(struct request *rq, struct str id)
{
	json_t *body;
	int64_t version;
	int r = overlap_get(&rq->op, rq->principal, id, &body, &version);

	return r < 0 ? r : api_thing(rq, 200, body, version);
}

int h_api_overlap_get(struct request *rq)
{
	struct str id;
	int r = api_path_uuid(rq, 0, &id);

	return r < 0 ? r : respond_one(rq, id);
}

/* Who presents an entry counts as one of its authors from then on. */
int h_api_overlap_compare(struct request *rq)
{
	static const struct api_field fields[] = { { "platform", API_CODE, 16, true } };
	static const struct str none[2];
	struct overlap_filter filter = { .after = none, .limit = API_LIMIT_MAX };
	int r = api_read(rq, fields, ARRAY_LEN(fields), &filter.platform);

	if (r == 0)
		r = overlap_present(&rq->op, rq->principal, filter.platform);
	return r < 0 ? r : respond_list(rq, &filter);
}

int h_api_overlap_close(struct request *rq)
{
	enum { BECAUSE, EVIDENCE, N };
	static const struct api_field fields[N] = {
		[BECAUSE] = { "different_because", API_PROSE, 4000, true },
		[EVIDENCE] = { "evidence", API_TEXT, 1000, true },
	};
	struct overlap_closing closing;
	struct str v[N];
	int r = api_path_uuid(rq, 0, &closing.id);

	if (r == 0)
		r = api_if_match(rq, &closing.version);
	if (r == 0)
		r = api_read(rq, fields, N, v);
	if (r < 0)
		return r;
	if (utf8_length(v[BECAUSE]) < 20)
		return api_invalid(&rq->op, "different_because", "say in at least 20 characters what is different");
	if (utf8_length(v[EVIDENCE]) < 5)
		return api_invalid(&rq->op, "evidence", "name the document that shows it");
	closing.because = v[BECAUSE];
	closing.evidence = v[EVIDENCE];
	r = overlap_close(&rq->op, rq->principal, &closing);
	return r < 0 ? r : respond_one(rq, closing.id);
}
