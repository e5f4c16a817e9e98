#include "tests/bench/load.h"

#include "common/base/clock.h"

#include <err.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define EVENTS_MAX 256
#define US_PER_S 1000000
#define NS_PER_US 1000
#define WAIT_MAX_US 100000

static void failed(struct load *l, const struct peer *p, const char *what)
{
	if (l->measure.errors++ == 0)
		fprintf(stderr, "%s: first error: %s: %.*s\n", l->name, what, (int)(p->have < 600 ? p->have : 600), p->in);
}

static void watch(struct load *l, struct peer *p)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = p };

	if (epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, p->fd, &event) < 0)
		err(1, "epoll");
}

static void want_write(struct load *l, struct peer *p, bool on)
{
	struct epoll_event event = { .events = on ? EPOLLIN | EPOLLOUT : EPOLLIN, .data.ptr = p };

	if (epoll_ctl(l->epoll_fd, EPOLL_CTL_MOD, p->fd, &event) < 0)
		err(1, "epoll");
}

static void reconnect(struct load *l, struct peer *p)
{
	close(p->fd);
	peer_connect(p, &l->address);
	watch(l, p);
}

/* Of the request that comes next, open loop. */
static int64_t due_us(const struct load *l)
{
	return l->start_us + (int64_t)((uint64_t)l->next * US_PER_S / l->rate);
}

static bool has_more(const struct load *l, int64_t now_us)
{
	if (l->once && l->next == l->n_requests)
		return false;
	return l->rate > 0 ? due_us(l) < l->end_us : now_us < l->end_us;
}

/* False: there is nothing to send now. */
static bool send_next(struct load *l, struct peer *p, int64_t now_us)
{
	int64_t since_us = l->rate > 0 ? due_us(l) : now_us;

	if (!has_more(l, now_us) || since_us > now_us)
		return false;
	peer_begin(p, l->requests[l->next++ % l->n_requests], since_us);
	if (peer_send(p) == PEER_LOST) {
		failed(l, p, "connection lost while sending");
		reconnect(l, p);
		return send_next(l, p, now_us);
	}
	if (p->unsent.len > 0)
		want_write(l, p, true);
	return true;
}

static void next_or_rest(struct load *l, struct peer *p, int64_t now_us)
{
	if (send_next(l, p, now_us))
		return;
	l->n_busy--;
	l->idle[l->n_idle++] = p;
}

static void save(struct load *l, const struct peer *p)
{
	int fd = open(l->save, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, p->in, p->have) != (ssize_t)p->have || close(fd) < 0)
		err(1, "%s", l->save);
	l->save = NULL;
}

static void judge(struct load *l, const struct peer *p, int64_t now_us)
{
	if (l->busy_allowed && p->status == 503 && memmem(p->in, p->have, "Retry-After:", sizeof("Retry-After:") - 1)) {
		l->n_refused++;
		return;
	}
	measure_add(&l->measure, now_us - p->since_us);
	if (p->status != l->status)
		failed(l, p, "unexpected answer");
	else if (!str_is_null(l->contains) && !memmem(p->in, p->have, l->contains.p, l->contains.len))
		failed(l, p, "the answer is not the one expected");
	else if (l->save)
		save(l, p);
}

static void on_answer(struct load *l, struct peer *p)
{
	int64_t now_us = clock_mono_us();

	l->last_us = now_us;
	judge(l, p, now_us);
	next_or_rest(l, p, now_us);
}

static void on_event(struct load *l, struct peer *p, uint32_t events)
{
	enum peer_state state = PEER_BUSY;

	if ((events & EPOLLOUT) && p->unsent.len > 0) {
		state = peer_send(p);
		if (state == PEER_BUSY && p->unsent.len == 0)
			want_write(l, p, false);
	}
	if (state == PEER_BUSY && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
		state = peer_receive(p);
	if (state == PEER_DONE)
		on_answer(l, p);
	if (state != PEER_LOST)
		return;
	failed(l, p, "connection lost");
	reconnect(l, p);
	next_or_rest(l, p, clock_mono_us());
}

/* Gives idle connections what is due; closed loop: at the start only. */
static void feed(struct load *l)
{
	int64_t now_us = clock_mono_us();

	while (l->n_idle > 0 && send_next(l, l->idle[l->n_idle - 1], now_us)) {
		l->n_idle--;
		l->n_busy++;
	}
}

static int wait_for_events(const struct load *l, struct epoll_event *events)
{
	int64_t wait_us = WAIT_MAX_US;
	struct timespec wait;

	if (l->rate > 0 && l->n_idle > 0 && has_more(l, clock_mono_us())) {
		wait_us = due_us(l) - clock_mono_us();
		wait_us = wait_us < 0 ? 0 : wait_us > WAIT_MAX_US ? WAIT_MAX_US : wait_us;
	}
	wait = (struct timespec){ .tv_sec = wait_us / US_PER_S, .tv_nsec = wait_us % US_PER_S * NS_PER_US };
	return epoll_pwait2(l->epoll_fd, events, EVENTS_MAX, &wait, NULL);
}

static bool is_over(const struct load *l)
{
	return l->n_busy == 0 && !has_more(l, clock_mono_us());
}

void load_play(struct load *l)
{
	struct epoll_event events[EVENTS_MAX];

	l->start_us = l->last_us = clock_mono_us();
	l->end_us = l->start_us + l->seconds * US_PER_S;
	for (feed(l); !is_over(l); feed(l)) {
		int n = wait_for_events(l, events);

		for (int i = 0; i < n; i++)
			on_event(l, events[i].data.ptr, events[i].events);
		if (clock_mono_us() > l->end_us + l->linger_s * US_PER_S) {
			warnx("%s: %zu requests were never answered", l->name, l->n_busy);
			l->measure.errors += l->n_busy;
			break;
		}
	}
	l->measure.elapsed_us = l->last_us - l->start_us;
}

void load_connect(struct load *l)
{
	l->peers = calloc(l->n_peers, sizeof(*l->peers));
	l->idle = calloc(l->n_peers, sizeof(*l->idle));
	if (!l->peers || !l->idle)
		abort();
	for (size_t i = 0; i < l->n_peers; i++) {
		peer_connect(&l->peers[i], &l->address);
		watch(l, &l->peers[i]);
		l->idle[l->n_idle++] = &l->peers[i];
	}
}
