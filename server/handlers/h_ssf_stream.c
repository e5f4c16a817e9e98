/* POST, GET, PATCH, PUT, DELETE /ssf/streams.  SSF 1.0 §8.1.1. */

#include "server/handlers/ssf.h"

#include "common/base/random.h"

static int answer(struct request *rq, int status, const struct ssf_stream *s)
{
	_json_ json_t *json = ssf_stream_json(rq->op.arena, rq->app->oidc.issuer, s);

	return respond_json(rq, status, json);
}

int h_ssf_stream_create(struct request *rq)
{
	char id[UUID_TEXT_LEN + 1];
	struct ssf_stream s = { .client_id = rq->client->id };
	int r;

	random_uuid(id);
	s.id = arena_dup_c(rq->op.arena, id);
	r = ssf_stream_read(&rq->op, rq->app->oidc.issuer, rq->json, SSF_CREATE, &s);
	if (r >= 0)
		r = ssf_stream_add(&rq->op, &s);
	return r < 0 ? r : answer(rq, 201, &s);
}

/* Without stream_id: all of the receiver's, maybe none (§8.1.1.2). */
static int list(struct request *rq)
{
	const struct ssf_stream *streams;
	_json_ json_t *array = json_new_array();
	size_t n;
	int r = ssf_stream_list(&rq->op, rq->client->id, &streams, &n);

	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++)
		json_array_append_new(array, ssf_stream_json(rq->op.arena, rq->app->oidc.issuer, &streams[i]));
	return respond_json(rq, 200, array);
}

int h_ssf_stream_get(struct request *rq)
{
	struct ssf_stream s;
	int r;

	if (str_is_null(rq_param(rq, P_STREAM_ID)))
		return list(rq);
	r = ssf_stream_named(rq, &s);
	return r < 0 ? r : answer(rq, 200, &s);
}

static int change(struct request *rq, enum ssf_change how)
{
	struct ssf_stream s;
	int r = ssf_stream_named(rq, &s);

	if (r >= 0)
		r = ssf_stream_read(&rq->op, rq->app->oidc.issuer, rq->json, how, &s);
	if (r >= 0)
		r = ssf_stream_set(&rq->op, &s);
	return r < 0 ? r : answer(rq, 200, &s);
}

int h_ssf_stream_update(struct request *rq)
{
	return change(rq, SSF_UPDATE);
}

int h_ssf_stream_replace(struct request *rq)
{
	return change(rq, SSF_REPLACE);
}

int h_ssf_stream_delete(struct request *rq)
{
	struct str id = rq_param(rq, P_STREAM_ID);
	int r;

	if (str_is_null(id))
		return op_fail(&rq->op, ERR_INVALID_REQUEST, "stream_id is missing");
	r = ssf_stream_del(&rq->op, rq->client->id, id);
	return r < 0 ? r : respond_empty(rq, 204);
}
