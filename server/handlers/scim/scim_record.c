/* scim_record.c: who read whose data through SCIM: one record for each request, whatever it found. */

#include "server/handlers/scim/scim.h"

#include "server/governance/governance_audit.h"

/* As the feed's changes are: in the name of its account, with which feed it was. */
static int record(struct request *rq, struct str person_id, json_t *data)
{
	const struct governance_act act = { .action = "read", .person_id = person_id, .object = rq->path };

	json_set_str(data, "feed", rq->feed->code);
	return governance_audit(&rq->op, &rq->feed->principal, &act, data);
}

int scim_record_one(struct request *rq, struct str person_id)
{
	return record(rq, person_id, json_new_object());
}

int scim_record_list(struct request *rq, const struct scim_query *query, const json_t *body)
{
	json_t *data = json_new_object();

	if (!str_is_null(query->filter))
		json_set_str(data, "filter", scim_filter_shape(rq->op.arena, query->filter));
	if (!str_is_null(query->sort_by))
		json_set_str(data, "sort_by", query->sort_by);
	json_set_int(data, "total", json_get_int(body, "totalResults", 0));
	json_set_int(data, "count", json_get_int(body, "itemsPerPage", 0));
	return record(rq, STR_NULL, data);
}
