/* fiber.c: stacks, the switching between them, and what is waited for. */
#include "common/base/fiber_impl.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/common_interface_defs.h>
#else
#define __sanitizer_start_switch_fiber(save, bottom, size) ((void)(save), (void)(bottom), (void)(size))
#define __sanitizer_finish_switch_fiber(save, bottom, size) ((void)(save), (void)(bottom), (void)(size))
#endif

#define STACK_BYTES ((size_t)512 * 1024) /* as far as it is used */
/* process() ends or waits so often until pause() is called. */
#define RUNS_MAX 16
/* Where nobody ever sleeps, waits that are over are looked for this often. */
#define LOOK_EVERY_MS 100
#define MS_PER_S 1000
#define NS_PER_MS 1000000

/* The thread that this is, if it is one of a crew. */
static _Thread_local struct crew_thread *self;

void fiber_thread_is(struct crew_thread *t)
{
	self = t;
}

struct fiber *fiber_now(void)
{
	return self ? self->now : NULL;
}

bool fiber_is_here(void)
{
	return fiber_now() != NULL;
}

/* A fiber that leaves its stack for the thread's own, until it is run again. */
static void leave(struct fiber *f)
{
	struct crew_thread *t = f->thread;

	__sanitizer_start_switch_fiber(&f->fake_stack, t->stack_bottom, t->stack_size);
	if (swapcontext(&f->context, &t->context) != 0)
		abort();
	__sanitizer_finish_switch_fiber(f->fake_stack, &t->stack_bottom, &t->stack_size);
}

/* What a fiber's stack begins with. */
static void live(void)
{
	struct crew_thread *t = self;
	struct fiber *f = t->now;

	__sanitizer_finish_switch_fiber(NULL, &t->stack_bottom, &t->stack_size);
	for (;;) {
		t->crew->config.process(t->crew->config.context, f->item);
		f->item = NULL;
		leave(f);
	}
}

/* Until it waits or is done. */
void fiber_run(struct crew_thread *t, struct fiber *f)
{
	t->now = f;
	__sanitizer_start_switch_fiber(&t->fake_stack, f->stack, STACK_BYTES);
	if (swapcontext(&t->context, &f->context) != 0)
		abort();
	__sanitizer_finish_switch_fiber(t->fake_stack, NULL, NULL);
	t->now = NULL;
	if (!f->item) {
		f->next = t->idle;
		t->idle = f;
		atomic_fetch_add(&t->n_idle, 1);
	}
	if (++t->n_runs >= RUNS_MAX)
		crew_pause(t);
}

static void make_ready(struct fiber *f)
{
	struct crew_thread *t = f->thread;
	struct fiber *first = atomic_load(&t->ready);

	atomic_fetch_add(&t->n_wakers, 1);
	do {
		f->next = first;
	} while (!atomic_compare_exchange_weak(&t->ready, &first, f));
	crew_wake(t);
	atomic_fetch_sub(&t->n_wakers, 1);
}

/* In the order in which they became ready. */
bool fiber_run_ready(struct crew_thread *t)
{
	struct fiber *newest = atomic_exchange(&t->ready, NULL), *list = NULL;
	bool is_any = newest != NULL;

	while (newest) {
		struct fiber *next = newest->next;

		newest->next = list;
		list = newest;
		newest = next;
	}
	while (list) {
		struct fiber *f = list;

		list = f->next;
		f->is_woken = true;
		fiber_run(t, f);
	}
	return is_any;
}

static struct fiber *fiber_new(struct crew_thread *t)
{
	struct fiber *f = calloc(1, sizeof(*f));
	size_t guard = (size_t)sysconf(_SC_PAGESIZE);
	char *p = mmap(NULL, guard + STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);

	/* Below the stack nothing is to be had: who runs over its end stops there. */
	if (!f || p == MAP_FAILED || mprotect(p, guard, PROT_NONE) != 0 || getcontext(&f->context) != 0)
		abort();
	f->thread = t;
	f->stack = p + guard;
	f->context.uc_stack.ss_sp = f->stack;
	f->context.uc_stack.ss_size = STACK_BYTES;
	makecontext(&f->context, live, 0);
	return f;
}

void fiber_free(struct fiber *f)
{
	size_t guard = (size_t)sysconf(_SC_PAGESIZE);

	munmap(f->stack - guard, guard + STACK_BYTES);
	free(f);
}

/* The one that was used last: its stack is warm. */
struct fiber *fiber_take_idle(struct crew_thread *t)
{
	struct fiber *f = t->idle;

	atomic_fetch_sub(&t->n_idle, 1);
	if (f) {
		t->idle = f->next;
		return f;
	}
	f = fiber_new(t);
	t->fibers[t->n_made++] = f;
	return f;
}

/* Runs those whose time is over; the end of the next one's time. */
int64_t fiber_run_late(struct crew_thread *t, int64_t now_ms)
{
	int64_t next_ms = WAIT_FOR_EVER;

	t->next_look_ms = now_ms + LOOK_EVERY_MS;
	for (size_t i = 0; i < t->n_made; i++) {
		struct fiber *f = t->fibers[i];

		if (f->waits && f->until_ms <= now_ms)
			fiber_run(t, f);
		if (f->waits && f->until_ms < next_ms)
			next_ms = f->until_ms;
	}
	return next_ms;
}

void waiter_begin(struct waiter *w)
{
	w->fiber = fiber_now();
	if (!w->fiber)
		(void)sem_init(&w->sem, 0, 0);
}

static bool wait_on_thread(struct waiter *w, int64_t until_ms)
{
	struct timespec until = { .tv_sec = until_ms / MS_PER_S, .tv_nsec = until_ms % MS_PER_S * NS_PER_MS };

	while ((until_ms == WAIT_FOR_EVER ? sem_wait(&w->sem) : sem_clockwait(&w->sem, CLOCK_MONOTONIC, &until)) != 0)
		if (errno != EINTR)
			return false;
	return true;
}

bool waiter_wait(struct waiter *w, int64_t until_ms)
{
	struct fiber *f = w->fiber;

	if (!f)
		return wait_on_thread(w, until_ms);
	assert(f == fiber_now() && !f->is_woken);
	f->until_ms = until_ms;
	f->waits = true;
	leave(f);
	f->waits = false;

	bool is_woken = f->is_woken;

	f->is_woken = false;
	return is_woken;
}

void waiter_wake(struct waiter *w)
{
	if (w->fiber)
		make_ready(w->fiber);
	else
		sem_post(&w->sem);
}

void waiter_end(struct waiter *w)
{
	if (!w->fiber)
		(void)sem_destroy(&w->sem);
}
