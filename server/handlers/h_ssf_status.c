/* GET, POST /ssf/status.  SSF 1.0 §8.1.2. */

#include "server/handlers/ssf.h"

static int answer(struct request *rq, const struct ssf_stream *s)
{
	_json_ json_t *json = ssf_status_json(s);

	return respond_json(rq, 200, json);
}

int h_ssf_status_get(struct request *rq)
{
	struct ssf_stream s;
	int r = ssf_stream_named(rq, &s);

	return r < 0 ? r : answer(rq, &s);
}

int h_ssf_status_set(struct request *rq)
{
	static const struct str states[] = { STR("enabled"), STR("paused"), STR("disabled") };
	const struct str_list known = { states, ARRAY_LEN(states) };
	struct str status = json_get_str(rq->json, "status"), reason = json_get_str(rq->json, "reason");
	struct ssf_stream s;
	int r = ssf_stream_named(rq, &s);

	if (r < 0)
		return r;
	if (!str_list_has(known, status))
		return op_fail(&rq->op, ERR_INVALID_REQUEST, "status must be enabled, paused or disabled");
	if (reason.len > SSF_REASON_MAX)
		return op_fail(&rq->op, ERR_INVALID_REQUEST, "reason must be at most 256 bytes");
	r = ssf_stream_set_status(&rq->op, &s, status, reason);
	if (r < 0)
		return r;
	s.status = status;
	s.status_reason = reason;
	return answer(rq, &s);
}
