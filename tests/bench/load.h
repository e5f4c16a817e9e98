/*
 * load.h: the inside of bench_load: what is asked for (bench_load.c) and how it is played
 * (load_play.c).
 *
 * Closed loop: each connection sends its next request when the answer to the last has come.
 * Open loop (rate > 0): requests fall due at fixed times, whatever became of those before them, and
 * each one's latency counts from then: a server that falls behind cannot hide it.
 */
#pragma once

#include "tests/bench/http_peer.h"
#include "tests/bench/measure.h"

struct load {
	const char *name;
	struct sockaddr_in address;
	size_t n_peers;
	int64_t seconds;
	int64_t linger_s;   /* for the answers that are under way at the end */
	uint64_t rate;      /* requests a second, open loop; 0: closed loop */
	unsigned status;    /* the one that is no error */
	bool busy_allowed;  /* 503 with Retry-After is counted apart, not as an error */
	struct str contains; /* what a good answer has, header or body; STR_NULL: anything */
	const char *save;   /* file for the last good answer, as it came; NULL: none */
	bool once;

	struct str *requests;
	size_t n_requests, next;
	struct peer *peers;
	struct peer **idle; /* open loop: who can send */
	size_t n_idle, n_busy;
	int epoll_fd;
	int64_t start_us, end_us, last_us;
	size_t n_refused;   /* busy_allowed */
	struct measure measure;
};

void load_connect(struct load *l);
void load_play(struct load *l);
