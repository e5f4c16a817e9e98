#include "provisioning/combine.h"

#include "common/base/clock.h"

#include <time.h>

void combine_init(struct combine *c)
{
	pthread_condattr_t attr;

	*c = (struct combine){ .first = NULL };
	pthread_mutex_init(&c->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&c->changed, &attr);
	pthread_condattr_destroy(&attr);
}

void combine_done(struct combine *c)
{
	pthread_cond_destroy(&c->changed);
	pthread_mutex_destroy(&c->lock);
}

static void append(struct combine *c, struct combine_item *item)
{
	struct combine_item **at = &c->first;

	while (*at)
		at = &(*at)->next;
	*at = item;
}

static void unlink_item(struct combine *c, const struct combine_item *item)
{
	struct combine_item **at = &c->first;

	while (*at != item)
		at = &(*at)->next;
	*at = item->next;
}

/* How many senders are at work for the key: each counted once, by the first of its items. */
static size_t n_senders(const struct combine *c, struct str key)
{
	size_t n = 0;

	for (const struct combine_item *i = c->first; i; i = i->next)
		n += i->lead == i && str_equal(i->key, key);
	return n;
}

/* The oldest of the key, as many as fit. */
static size_t take(struct combine *c, struct str key, const struct combine_how *how, struct combine_item **items)
{
	size_t n = 0, bytes = 0;

	for (struct combine_item *i = c->first; i && n < COMBINE_MAX && n < how->max; i = i->next) {
		if (i->lead || !str_equal(i->key, key))
			continue;
		bytes += i->bytes;
		if (n > 0 && bytes > how->max_bytes)
			break;
		items[n++] = i;
		i->lead = items[0];
	}
	return n;
}

static void send_batch(struct combine *c, const struct combine_item *mine, const struct combine_how *how)
{
	struct combine_item *items[COMBINE_MAX];
	size_t n = take(c, mine->key, how, items);

	pthread_mutex_unlock(&c->lock);
	how->send(how->context, mine, items, n);
	pthread_mutex_lock(&c->lock);
	for (size_t i = 0; i < n; i++) {
		unlink_item(c, items[i]);
		items[i]->is_done = true;
	}
	pthread_cond_broadcast(&c->changed);
}

bool combine_run(struct combine *c, struct combine_item *item, const struct combine_how *how)
{
	struct timespec until = { .tv_sec = (time_t)(how->deadline_ms / 1000), .tv_nsec = (long)(how->deadline_ms % 1000) * 1000000 };

	item->next = NULL;
	item->lead = NULL;
	item->is_done = false;
	pthread_mutex_lock(&c->lock);
	append(c, item);
	while (!item->is_done) {
		if (item->lead) {
			pthread_cond_wait(&c->changed, &c->lock);
		} else if (clock_mono_ms() >= how->deadline_ms) {
			unlink_item(c, item);
			pthread_cond_broadcast(&c->changed);
			break;
		} else if (n_senders(c, item->key) < how->lanes) {
			send_batch(c, item, how);
		} else {
			pthread_cond_timedwait(&c->changed, &c->lock, &until);
		}
	}
	pthread_mutex_unlock(&c->lock);
	return item->is_done;
}
