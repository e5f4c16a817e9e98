#include "provisioning/urgency.h"

#include "common/base/clock.h"

#include <assert.h>
#include <time.h>

#define YIELD_MS 500
/* Until the workers have claimed what the planner made due. */
#define EXPECT_MS 100
/* Of one operation: many revocations do not stop all else. */
#define WAIT_MS 1000

void urgency_init(struct urgency *u)
{
	pthread_condattr_t attr;

	*u = (struct urgency){ .n = 0 };
	pthread_mutex_init(&u->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&u->over, &attr);
	pthread_condattr_destroy(&attr);
}

void urgency_done(struct urgency *u)
{
	pthread_cond_destroy(&u->over);
	pthread_mutex_destroy(&u->lock);
}

static void wait_at_least(struct urgency *u, int64_t ms)
{
	int64_t until_ms = clock_mono_ms() + ms;

	if (until_ms > atomic_load(&u->until_ms))
		atomic_store(&u->until_ms, until_ms);
}

void urgency_expect(struct urgency *u)
{
	pthread_mutex_lock(&u->lock);
	wait_at_least(u, EXPECT_MS);
	pthread_mutex_unlock(&u->lock);
}

void urgency_begin(struct urgency *u)
{
	pthread_mutex_lock(&u->lock);
	u->n++;
	wait_at_least(u, YIELD_MS);
	pthread_mutex_unlock(&u->lock);
}

void urgency_end(struct urgency *u)
{
	pthread_mutex_lock(&u->lock);
	assert(u->n > 0);
	if (--u->n == 0) {
		atomic_store(&u->until_ms, 0);
		pthread_cond_broadcast(&u->over);
	}
	pthread_mutex_unlock(&u->lock);
}

bool urgency_is_there(struct urgency *u)
{
	return clock_mono_ms() < atomic_load(&u->until_ms);
}

void urgency_call(struct urgency *u)
{
	pthread_mutex_lock(&u->lock);
	pthread_cond_broadcast(&u->over);
	pthread_mutex_unlock(&u->lock);
}

bool urgency_yield(struct urgency *u, const atomic_int *own)
{
	int64_t limit_ms = clock_mono_ms() + WAIT_MS;

	if (!urgency_is_there(u))
		return false;
	pthread_mutex_lock(&u->lock);
	while (urgency_is_there(u) && atomic_load(own) <= 0 && clock_mono_ms() < limit_ms) {
		int64_t until_ms = atomic_load(&u->until_ms);
		struct timespec until;

		until_ms = until_ms < limit_ms ? until_ms : limit_ms;
		until = (struct timespec){ until_ms / 1000, until_ms % 1000 * 1000000 };
		pthread_cond_timedwait(&u->over, &u->lock, &until);
	}
	pthread_mutex_unlock(&u->lock);
	return atomic_load(own) > 0;
}
