/* A platform's accounts, page by page, into the database (run.h). */
#include "provisioning/observe/run.h"

#include "common/base/clock.h"
#include "common/base/err.h"

#include <string.h>
#include <time.h>

#define ATTEMPTS_MAX 6
#define RESTARTS_MAX 3
#define PAUSE_BASE_MS 5000
#define PAUSE_MAX_MS ((int64_t)600 * 1000)
#define LIMITED_MS 30000
#define PACE_POLL_MS 20
#define PACE_LONG_MS 30000

static int64_t pause_of(const struct run *r, enum verdict verdict, const struct fault *fault)
{
	int64_t ms = PAUSE_BASE_MS;

	if (verdict == VERDICT_LIMITED)
		return fault->retry_after_s > 0 ? fault->retry_after_s * 1000 : LIMITED_MS;
	for (int64_t i = 0; i < r->row->attempts && ms < PAUSE_MAX_MS; i++)
		ms *= 2;
	return ms < PAUSE_MAX_MS ? ms : PAUSE_MAX_MS;
}

int run_put_off(struct run *r, enum verdict verdict, const struct fault *fault)
{
	struct str detail = arena_printf(r->arena, "%s: %.*s", fault->class ? fault->class : "fault", STR_ARG(fault->detail));
	bool is_final = verdict == VERDICT_REFUSED || r->row->attempts >= ATTEMPTS_MAX;
	struct op op;
	int err;

	op_init(&op, r->arena, r->observer->db, NULL);
	err = is_final ? observe_run_fail(&op, r->row, fault->class ? fault->class : "fault", detail)
	               : observe_run_release(&op, r->row, pause_of(r, verdict, fault), detail);
	db_op_done(&op);
	if (is_final)
		atomic_fetch_add(&r->observer->stats.runs[2], 1);
	return err < 0 ? err : 1;
}

/* A page is an operation of the platform's; false: not soon. */
static bool pace(struct run *r)
{
	int64_t until_ms = clock_mono_ms() + PACE_LONG_MS;

	while (r->of->worker && worker_take(r->of->worker) == 0) {
		if (run_is_stopping(r) || clock_mono_ms() > until_ms)
			return false;
		nanosleep(&(struct timespec){ .tv_nsec = PACE_POLL_MS * 1000000L }, NULL);
	}
	return !run_is_stopping(r);
}

static int give_back(struct run *r)
{
	struct op op;
	int err;

	run_op(r, &op);
	err = observe_run_release(&op, r->row, run_is_stopping(r) ? 0 : PAUSE_BASE_MS, STR(""));
	db_op_done(&op);
	return err < 0 ? err : 1;
}

/* The cursor is worth nothing any more. */
static int begin_again(struct run *r, struct list_page *page, const struct fault *fault)
{
	struct op op;
	int err;

	if (++r->restarts > RESTARTS_MAX)
		return run_put_off(r, VERDICT_REFUSED, fault);
	if (r->connector->list_end)
		r->connector->list_end(r->instance, page->session);
	*page = (struct list_page){ .cursor = STR_NULL };
	op_init(&op, r->arena, r->observer->db, NULL);
	err = observe_run_restart(&op, r->row);
	db_op_done(&op);
	return err;
}

/* One page.  *ret_goes_on: there may be more behind it. */
static int take_page(struct run *r, struct list_page *page, bool *ret_goes_on)
{
	struct call call = { .instance = r->instance, .fault = { .retry_after_s = -1 } };
	int64_t asked_ms = clock_mono_ms();
	enum verdict verdict;
	struct op op;
	size_t n_new = 0;
	int err;

	run_op(r, &op);
	page->cursor = str_is_null(r->row->cursor) ? STR_NULL : arena_dup(r->arena, r->row->cursor);
	call.op = &op;
	call.deadline_ms = asked_ms + OBSERVE_LEASE_S * 1000;
	verdict = r->connector->list(&call, page);
	op_forgive(&op);
	*ret_goes_on = true;
	if (verdict == VERDICT_ABSENT)
		return begin_again(r, page, &call.fault);
	if (verdict == VERDICT_REFUSED && call.fault.class && str_equal(str_c(call.fault.class), STR("cannot_list"))) {
		*ret_goes_on = false;
		return observe_run_cannot_list(&op, r->row);
	}
	if (verdict != VERDICT_DONE)
		return run_put_off(r, verdict, &call.fault);
	err = observe_run_page(&op, r->row, page, clock_mono_ms() - asked_ms, &n_new);
	if (err < 0)
		return err;
	atomic_fetch_add(&r->observer->stats.pages, 1);
	atomic_fetch_add(&r->observer->stats.accounts, page->n);
	*ret_goes_on = listing_goes_on(&r->row->listing, page, n_new);
	return 0;
}

/* The cursor outlives the page's arena. */
static void keep_cursor(struct run *r, const struct list_page *page, char *room, size_t size)
{
	size_t len = page->next.len < size ? page->next.len : 0;

	if (len > 0)
		memcpy(room, page->next.p, len);
	r->row->cursor = str_is_null(page->next) ? STR_NULL : str_n(room, len);
}

static int list_all(struct run *r, struct list_page *page)
{
	char cursor[2 * 4096];
	bool goes_on = true;
	int err = 0;

	while (err == 0 && goes_on && !r->row->is_sample) {
		bool was_begun_again;

		if (!pace(r))
			return give_back(r);
		page->next = STR_NULL;
		page->n = 0;
		err = take_page(r, page, &goes_on);
		was_begun_again = err == 0 && goes_on && r->row->listing.pages == 0;
		if (was_begun_again)
			r->row->cursor = STR_NULL;
		else if (err == 0)
			keep_cursor(r, page, cursor, sizeof(cursor));
	}
	return err;
}

int run_list(struct run *r)
{
	struct list_page page = { .cursor = STR_NULL };
	struct op op;
	int err = 0;

	/* The last page was there, but not the word that it was the last. */
	if (r->row->listing.pages > 0 && str_is_null(r->row->cursor)) {
		run_op(r, &op);
		err = observe_run_restart(&op, r->row);
		db_op_done(&op);
	}
	if (err == 0)
		err = list_all(r, &page);

	if (r->connector->list_end)
		r->connector->list_end(r->instance, page.session);
	if (err != 0 || r->row->is_sample)
		return err;
	run_op(r, &op);
	err = observe_run_listed(&op, r->row, listing_fault(&r->row->listing, page.proof));
	db_op_done(&op);
	return err;
}
