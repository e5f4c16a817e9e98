/*
 * bench_load: plays a file of ready HTTP requests over keep-alive connections; see usage() and load.h.
 *
 * Errors are answers with another status than the one expected, or without what they must contain,
 * and lost connections.
 */
#include "tests/bench/cpu.h"
#include "tests/bench/load.h"

#include <arpa/inet.h>
#include <err.h>
#include <getopt.h>
#include <stdlib.h>
#include <sys/epoll.h>

#define CONNECTIONS_MAX 4000
#define PROCESSES_MAX 4
#define SECONDS_MAX 600
#define RATE_MAX 1000000

struct process {
	struct str label;
	uint64_t pid;
	int64_t cpu_us;
};

struct processes {
	struct process list[PROCESSES_MAX];
	size_t n;
};

static _noreturn_ void usage(void)
{
	fputs("usage: bench_load --port P --requests FILE [option...]\n"
	      "  --name NAME         of the measure (load)\n"
	      "  --connections N     (64)\n"
	      "  --seconds S         (5)\n"
	      "  --linger S          wait so long for the answers under way at the end (10)\n"
	      "  --rate N            open loop: N requests a second, latencies from the moment each is due\n"
	      "  --status N          the one that is no error (200)\n"
	      "  --contains TEXT     what every good answer has\n"
	      "  --busy              503 with Retry-After is counted as refused, not as an error\n"
	      "  --once              each request is sent once; ends when they are used up\n"
	      "  --save FILE         keeps one good answer, as it came\n"
	      "  --cpu LABEL:PID     also reports the CPU time of that process and its children, and its memory\n"
	      "FILE: for each request its length in bytes, a line feed, and the bytes.\n",
	      stderr);
	exit(2);
}

static void add_process(struct processes *all, const char *text)
{
	struct str pid = str_c(text), label;
	struct process *p = &all->list[all->n];

	if (all->n == PROCESSES_MAX || !str_split(&pid, ':', &label) || !str_to_u64(pid, INT32_MAX, &p->pid))
		usage();
	p->label = label;
	all->n++;
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

static void option(struct load *l, struct processes *processes, int c)
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
	case 'l':
		l->linger_s = (int64_t)argument_number("--linger", optarg, SECONDS_MAX);
		break;
	case 'a':
		l->rate = argument_number("--rate", optarg, RATE_MAX);
		break;
	case 't':
		l->status = (unsigned)argument_number("--status", optarg, 999);
		break;
	case 'h':
		l->contains = str_c(optarg);
		break;
	case 'v':
		l->save = optarg;
		break;
	case 'u':
		add_process(processes, optarg);
		break;
	default:
		usage();
	}
}

static void parse(struct load *l, struct processes *processes, int argc, char **argv)
{
	int once = 0, busy = 0, c;
	const struct option options[] = {
		{ "name", required_argument, NULL, 'n' },
		{ "port", required_argument, NULL, 'p' },
		{ "requests", required_argument, NULL, 'r' },
		{ "connections", required_argument, NULL, 'c' },
		{ "seconds", required_argument, NULL, 's' },
		{ "linger", required_argument, NULL, 'l' },
		{ "rate", required_argument, NULL, 'a' },
		{ "status", required_argument, NULL, 't' },
		{ "contains", required_argument, NULL, 'h' },
		{ "save", required_argument, NULL, 'v' },
		{ "cpu", required_argument, NULL, 'u' },
		{ "once", no_argument, &once, 1 },
		{ "busy", no_argument, &busy, 1 },
		{ 0 },
	};

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (c != 0)
			option(l, processes, c);
	l->once = once;
	l->busy_allowed = busy;
	if (optind != argc || l->address.sin_port == 0 || l->n_requests == 0 || l->n_peers == 0)
		usage();
}

static double per_request(const struct load *l, int64_t cpu_us)
{
	size_t n = l->measure.n + l->n_refused;

	return n > 0 ? (double)cpu_us / (double)n : 0;
}

/* Per request, in microseconds; and the memory of each process, while all connections are open. */
static void report(struct load *l, struct processes *processes, int64_t own_before_us)
{
	int64_t own_us = cpu_of_this_us() - own_before_us;

	for (size_t i = 0; i < processes->n; i++) {
		struct process *p = &processes->list[i];

		p->cpu_us = cpu_of_process_us((int64_t)p->pid) - p->cpu_us;
	}
	measure_print(&l->measure, l->name, stdout);
	printf(",\"refused\":%zu,\"connections\":%zu,\"cpu_us\":{\"load\":%.1f", l->n_refused, l->n_peers, per_request(l, own_us));
	for (size_t i = 0; i < processes->n; i++)
		printf(",\"%.*s\":%.1f", STR_ARG(processes->list[i].label), per_request(l, processes->list[i].cpu_us));
	printf("},\"rss_kib\":{");
	for (size_t i = 0; i < processes->n; i++)
		printf("%s\"%.*s\":%lld", i > 0 ? "," : "", STR_ARG(processes->list[i].label),
		       (long long)rss_of_process_kib((int64_t)processes->list[i].pid));
	puts("}}");
}

int main(int argc, char **argv)
{
	struct processes processes = { .n = 0 };
	struct load l = {
		.name = "load",
		.address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) },
		.n_peers = 64,
		.seconds = 5,
		.linger_s = 10,
		.status = 200,
		.epoll_fd = epoll_create1(EPOLL_CLOEXEC),
	};
	int64_t own_us;

	parse(&l, &processes, argc, argv);
	if (l.epoll_fd < 0)
		err(1, "epoll");
	load_connect(&l);
	for (size_t i = 0; i < processes.n; i++)
		processes.list[i].cpu_us = cpu_of_process_us((int64_t)processes.list[i].pid);
	own_us = cpu_of_this_us();
	load_play(&l);
	report(&l, &processes, own_us);
	measure_free(&l.measure);
	free(l.requests);
	free(l.idle);
	free(l.peers);
	return 0;
}
