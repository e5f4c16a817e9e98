/*
 * POST /ssf/subjects/add, /ssf/subjects/remove.  SSF 1.0 §8.1.3.
 *
 * A stream begins with every official known to its receiver; so removing takes one out, and adding takes
 * that back.  Whether a subject exists is not told.
 */

#include "server/handlers/ssf.h"

static int change(struct request *rq, int (*store)(struct op *op, const struct ssf_stream *s, struct str sub))
{
	struct ssf_stream s;
	struct str sub;
	int r = ssf_stream_named(rq, &s);

	if (r >= 0)
		r = ssf_subject_read(&rq->op, rq->app->oidc.issuer, json_object_get(rq->json, "subject"), &sub);
	return r < 0 || str_is_null(sub) ? r : store(&rq->op, &s, sub);
}

int h_ssf_subject_add(struct request *rq)
{
	int r = change(rq, ssf_include);

	return r < 0 ? r : respond_empty(rq, 200);
}

int h_ssf_subject_remove(struct request *rq)
{
	int r = change(rq, ssf_exclude);

	return r < 0 ? r : respond_empty(rq, 204);
}
