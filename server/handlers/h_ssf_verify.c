/* POST /ssf/verify: the receiver asks for an event that proves the stream.  SSF 1.0 §8.1.4. */

#include "server/handlers/ssf.h"

#define STATE_MAX_BYTES 512

int h_ssf_verify(struct request *rq)
{
	const json_t *sent = json_object_get(rq->json, "state");
	struct ssf_stream s;
	int r = ssf_stream_named(rq, &s);

	if (r < 0)
		return r;
	if (sent && (!json_is_string(sent) || json_string_length(sent) > STATE_MAX_BYTES))
		return op_fail(&rq->op, ERR_INVALID_REQUEST, "state must be a text of at most 512 bytes");
	r = ssf_verify(&rq->op, &s, json_get_str(rq->json, "state"));
	return r < 0 ? r : respond_empty(rq, 204);
}
