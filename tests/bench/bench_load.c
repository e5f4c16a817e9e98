/*
 * bench_load: plays a file of ready HTTP requests over keep-alive connections; see usage().
 *
 * Closed loop: each connection sends its next request when the answer to the last has come.
 * Errors are answers with another status than the one expected, and lost connections.
 */
#include "common/base/clock.h"
#include "tests/bench/cpu.h"
#include "tests/bench/http_peer.h"
#include "tests/bench/measure.h"

#include <arpa/inet.h>
#include <err.h>
#include <getopt.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#define CONNECTIONS_MAX 4000
#define EVENTS_MAX 256
#define PROCESSES_MAX 4
#define SECONDS_MAX 600
#define US_PER_S 1000000
/* For the answers that are under way at the end. */
#define LINGER_US (10 * US_PER_S)
#define POLL_MS 100

struct process {
	struct str label;
	uint64_t pid;
	int64_t cpu_us;
};

struct load {
	const char *name;
	struct sockaddr_in address;
	size_t n_peers;
	int64_t seconds;
	unsigned status;
	bool once;
	struct process processes[PROCESSES_MAX];
	size_t n_processes;

	struct str *requests;
	size_t n_requests, next;
	struct peer *peers;
	size_t n_busy;
	int epoll_fd;
	int64_t end_us, last_us;
	struct measure measure;
};

static _noreturn_ void usage(void)
{
	fputs("usage: bench_load --port P --requests FILE [option...]\n"
	      "  --name NAME         of the measure (load)\n"
	      "  --connections N     (64)\n"
	      "  --seconds S         (5)\n"
	      "  --status N          the one that is no error (200)\n"
	      "  --once              each request is sent once; ends when they are used up\n"
	      "  --cpu LABEL:PID     also reports the CPU time of that process and its children\n"
	      "FILE: for each request its length in bytes, a line feed, and the bytes.\n",
	      stderr);
	exit(2);
}

static void add_process(struct load *l, const char *text)
{
	struct str pid = str_c(text), label;
	struct process *p = &l->processes[l->n_processes];

	if (l->n_processes == PROCESSES_MAX || !str_split(&pid, ':', &label) || !str_to_u64(pid, INT32_MAX, &p->pid))
		usage();
	p->label = label;
	l->n_processes++;
}

static void index_requests(struct load *l, struct str rest)
{
	struct str line;
	uint64_t len;
	size_t room = 0;

	while (str_split(&rest, '\n', &line) && !str_is_empty(line)) {
		if (!str_to_u64(line, rest.len, &len))
			errx(1, "request %zu has no good length", l->n_requests + 1);
		if (l->n_requests == room) {
			room = room ? room * 2 : 1024;
			l->requests = reallocarray(l->requests, room, sizeof(*l->requests));
			if (!l->requests)
				abort();
		}
		l->requests[l->n_requests++] = str_n(rest.p, len);
		rest = str_skip(rest, len);
	}
	if (l->n_requests == 0)
		errx(1, "there is no request");
}

static void option(struct load *l, int c)
{
	switch (c) {
	case 'n':
		l->name = optarg;
		break;
	case 'p':
		l->address.sin_port = htons((uint16_t)argument_number("--port", optarg, UINT16_MAX));
		break;
	case 'r':
		index_requests(l, argument_file(optarg));
		break;
	case 'c':
		l->n_peers = argument_number("--connections", optarg, CONNECTIONS_MAX);
		break;
	case 's':
		l->seconds = (int64_t)argument_number("--seconds", optarg, SECONDS_MAX);
		break;
	case 't':
		l->status = (unsigned)argument_number("--status", optarg, 999);
		break;
	case 'o':
		l->once = true;
		break;
	case 'u':
		add_process(l, optarg);
		break;
	default:
		usage();
	}
}

static void parse(struct load *l, int argc, char **argv)
{
	static const struct option options[] = {
		{ "name", required_argument, NULL, 'n' },
		{ "port", required_argument, NULL, 'p' },
		{ "requests", required_argument, NULL, 'r' },
		{ "connections", required_argument, NULL, 'c' },
		{ "seconds", required_argument, NULL, 's' },
		{ "status", required_argument, NULL, 't' },
		{ "once", no_argument, NULL, 'o' },
		{ "cpu", required_argument, NULL, 'u' },
		{ 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
		option(l, c);
	if (optind != argc || l->address.sin_port == 0 || l->n_requests == 0 || l->n_peers == 0)
		usage();
}

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

/* False: there is nothing more to send. */
static bool send_next(struct load *l, struct peer *p, int64_t now_us)
{
	if (now_us >= l->end_us || (l->once && l->next == l->n_requests))
		return false;
	peer_begin(p, l->requests[l->next++ % l->n_requests], now_us);
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
	if (!send_next(l, p, now_us))
		l->n_busy--;
}

static void on_answer(struct load *l, struct peer *p)
{
	int64_t now_us = clock_mono_us();

	l->last_us = now_us;
	measure_add(&l->measure, now_us - p->since_us);
	if (p->status != l->status)
		failed(l, p, "unexpected answer");
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

static void play(struct load *l)
{
	struct epoll_event events[EVENTS_MAX];
	int64_t start_us = clock_mono_us();

	l->end_us = start_us + l->seconds * US_PER_S;
	l->last_us = start_us;
	for (size_t i = 0; i < l->n_peers; i++)
		if (send_next(l, &l->peers[i], clock_mono_us()))
			l->n_busy++;
	while (l->n_busy > 0) {
		int n = epoll_wait(l->epoll_fd, events, EVENTS_MAX, POLL_MS);

		for (int i = 0; i < n; i++)
			on_event(l, events[i].data.ptr, events[i].events);
		if (clock_mono_us() > l->end_us + LINGER_US) {
			warnx("%s: %zu requests were never answered", l->name, l->n_busy);
			l->measure.errors += l->n_busy;
			break;
		}
	}
	l->measure.elapsed_us = l->last_us - start_us;
}

static double per_request(const struct load *l, int64_t cpu_us)
{
	return l->measure.n > 0 ? (double)cpu_us / (double)l->measure.n : 0;
}

/* The processes' CPU time per request, in microseconds. */
static void report(struct load *l, int64_t own_before_us)
{
	int64_t own_us = cpu_of_this_us() - own_before_us;

	for (size_t i = 0; i < l->n_processes; i++)
		l->processes[i].cpu_us = cpu_of_process_us((int64_t)l->processes[i].pid) - l->processes[i].cpu_us;
	measure_print(&l->measure, l->name, stdout);
	printf(",\"cpu_us\":{\"load\":%.1f", per_request(l, own_us));
	for (size_t i = 0; i < l->n_processes; i++)
		printf(",\"%.*s\":%.1f", STR_ARG(l->processes[i].label), per_request(l, l->processes[i].cpu_us));
	puts("}}");
}

int main(int argc, char **argv)
{
	struct load l = {
		.name = "load",
		.address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) },
		.n_peers = 64,
		.seconds = 5,
		.status = 200,
		.epoll_fd = epoll_create1(EPOLL_CLOEXEC),
	};
	int64_t own_us;

	parse(&l, argc, argv);
	l.peers = calloc(l.n_peers, sizeof(*l.peers));
	if (!l.peers || l.epoll_fd < 0)
		abort();
	for (size_t i = 0; i < l.n_peers; i++) {
		peer_connect(&l.peers[i], &l.address);
		watch(&l, &l.peers[i]);
	}
	for (size_t i = 0; i < l.n_processes; i++)
		l.processes[i].cpu_us = cpu_of_process_us((int64_t)l.processes[i].pid);
	own_us = cpu_of_this_us();
	play(&l);
	report(&l, own_us);
	measure_free(&l.measure);
	free(l.requests);
	free(l.peers);
	return 0;
}
