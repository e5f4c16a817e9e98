#include "common/db/batch.h"

#include "common/base/clock.h"
#include "common/db/result.h"

#include <stdlib.h>

static bool send_all(struct db_conn *c, const struct part *parts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!conn_send(c, &parts[i].bound))
			return false;
	if (PQpipelineSync(c->pg))
		return true;
	conn_lose(c, PQerrorMessage(c->pg));
	return false;
}

void answer_release(struct answer *a)
{
	if (!a || atomic_fetch_sub(&a->readers, 1) != 1)
		return;
	PQclear(a->result);
	free(a);
}

static void set_answer(struct job *job, struct answer *answer, int row)
{
	answer_release(job->answer);
	job->answer = answer;
	job->row = row;
}

/* Takes the result over. */
static void set_result(const struct part *p, PGresult *res)
{
	struct answer *answer = calloc(1, sizeof(*answer));

	if (!answer)
		abort();
	answer->result = res;
	atomic_init(&answer->readers, p->n);
	for (size_t i = 0; i < p->n; i++)
		set_answer(p->jobs[i], answer, -1);
	if (!p->bound.query->is_gathered)
		return;
	for (int row = 0; row < PQntuples(res); row++)
		p->jobs[result_execution(res, row, p->n)]->row = row;
}

/* What one result means for the batch; takes the result over. */
static void note_result(struct part *parts, size_t n, size_t at, PGresult *res, size_t *first_failed)
{
	bool is_aborted = PQresultStatus(res) == PGRES_PIPELINE_ABORTED;

	if (!is_aborted && result_is_error(res) && *first_failed == SIZE_MAX)
		*first_failed = at < n ? at : n;
	/* An error of the commit comes behind the results; a lone part gets it in place of its own. */
	if (at >= n && n == 1 && !is_aborted)
		set_result(&parts[0], res);
	else if (at < n && !is_aborted)
		set_result(&parts[at], res);
	else
		PQclear(res);
}

/*
 * Reads up to the Sync: before it nothing is committed.  Each statement's results end with
 * CONN_END, which is how they are told apart.
 */
static enum batch_outcome receive(struct db_conn *c, struct part *parts, size_t n, int64_t deadline_ms,
                                  size_t *first_failed)
{
	size_t at = 0;

	for (;;) {
		PGresult *res = NULL;
		enum conn_answer answer = conn_next(c, deadline_ms, &res);

		if (answer == CONN_LOST)
			return BATCH_LOST;
		if (answer == CONN_END) {
			at++;
			continue;
		}
		if (PQresultStatus(res) == PGRES_PIPELINE_SYNC) {
			PQclear(res);
			return *first_failed == SIZE_MAX ? BATCH_COMMITTED : BATCH_FAILED;
		}
		note_result(parts, n, at, res, first_failed);
	}
}

static void forget_answers(const struct part *p)
{
	for (size_t i = 0; i < p->n; i++)
		set_answer(p->jobs[i], NULL, -1);
}

enum batch_outcome batch_run(struct db_conn *c, struct part *parts, size_t n, int64_t timeout_ms, size_t *ret_failed)
{
	int64_t deadline_ms = clock_mono_ms() + timeout_ms;
	enum batch_outcome outcome = BATCH_LOST;
	size_t failed = SIZE_MAX;
	bool is_alone = n == 1 && parts[0].n == 1;

	c->commit_in_doubt = false;
	if (send_all(c, parts, n))
		outcome = receive(c, parts, n, deadline_ms, &failed);
	if (outcome == BATCH_COMMITTED)
		return c->commit_in_doubt ? BATCH_IN_DOUBT : BATCH_COMMITTED;
	*ret_failed = failed;
	for (size_t i = 0; i < n && !(is_alone && outcome == BATCH_FAILED); i++)
		forget_answers(&parts[i]);
	return outcome;
}
