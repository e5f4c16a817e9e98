/* POST /ssf/poll/{stream_id}: RFC 8936. */

#include "server/handlers/ssf.h"

#include "common/base/clock.h"
#include "server/ssf/poll.h"

#include <stdatomic.h>
#include <time.h>

/* A receiver that waits holds a thread: only so many may, and only so long; others are answered at once. */
#define WAITING_MAX 8
#define WAIT_MS 5000
#define LOOK_EVERY_MS 200

static atomic_int n_waiting;

static int wait_for_events(struct request *rq, const struct ssf_stream *s, const struct ssf_poll *poll, json_t **answer, size_t *n)
{
	int64_t until_ms = clock_mono_ms() + WAIT_MS;
	int r = 0;

	while (r >= 0 && *n == 0 && clock_mono_ms() < until_ms && !atomic_load(&rq->app->draining)) {
		nanosleep(&(struct timespec){ .tv_nsec = LOOK_EVERY_MS * 1000000 }, NULL);
		json_decref(*answer);
		*answer = NULL;
		r = ssf_poll_answer(&rq->op, rq->app->oidc.issuer, rq->client, s, poll, answer, n);
	}
	return r;
}

int h_ssf_poll(struct request *rq)
{
	_json_ json_t *answer = NULL;
	struct ssf_stream s;
	struct ssf_poll poll;
	size_t n = 0;
	int r = ssf_stream_get(&rq->op, rq->client->id, rq->path_args[0], &s);

	if (r >= 0 && s.is_push)
		return op_fail(&rq->op, ERR_INVALID_REQUEST, "the stream is pushed");
	if (r >= 0)
		r = ssf_poll_read(&rq->op, rq->json, &poll);
	if (r >= 0)
		r = ssf_poll_settle(&rq->op, &s, &poll);
	if (r >= 0)
		r = ssf_poll_answer(&rq->op, rq->app->oidc.issuer, rq->client, &s, &poll, &answer, &n);
	if (r >= 0 && n == 0 && poll.waits && poll.max_events > 0) {
		if (atomic_fetch_add(&n_waiting, 1) < WAITING_MAX)
			r = wait_for_events(rq, &s, &poll, &answer, &n);
		atomic_fetch_sub(&n_waiting, 1);
	}
	return r < 0 ? r : respond_json(rq, 200, answer);
}
