/*
 * bench_start NAME PORT TIMES PROGRAM [ARGUMENT...]: from exec to the first "200" of GET /readyz on PORT, again
 * and again.  The program is asked every half millisecond, and ended by SIGTERM.
 */
#include "common/base/clock.h"
#include "tests/bench/measure.h"

#include <arpa/inet.h>
#include <err.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TIMES_MAX 100
#define LIMIT_US 30000000
#define PAUSE_NS 500000

/* The answer is waited for: a server that accepts but is not ready yet says so at once. */
static bool is_ready(const struct sockaddr_in *address)
{
	char request[128], answer[64];
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int len = snprintf(request, sizeof(request), "GET /readyz HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n\r\n", ntohs(address->sin_port));
	ssize_t n = -1;

	if (fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 &&
	    send(fd, request, (size_t)len, MSG_NOSIGNAL) == len)
		n = recv(fd, answer, sizeof(answer), 0);
	if (fd >= 0)
		close(fd);
	return n > 12 && memcmp(answer + 9, "200", 3) == 0;
}

static void start_once(char **command, const struct sockaddr_in *address, struct measure *m)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };
	int64_t start_us = clock_mono_us();
	pid_t pid = fork();

	if (pid < 0)
		err(1, "fork");
	if (pid == 0) {
		execv(command[0], command);
		err(127, "%s", command[0]);
	}
	while (!is_ready(address)) {
		if (clock_mono_us() - start_us > LIMIT_US || waitpid(pid, NULL, WNOHANG) != 0)
			errx(1, "%s does not get ready", command[0]);
		(void)nanosleep(&pause, NULL);
	}
	measure_add(m, clock_mono_us() - start_us);
	if (kill(pid, SIGTERM) < 0 || waitpid(pid, NULL, 0) < 0)
		err(1, "cannot end %s", command[0]);
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct measure m = { .elapsed_us = 0 };
	uint64_t times;

	if (argc < 5)
		errx(2, "usage: bench_start NAME PORT TIMES PROGRAM [ARGUMENT...]");
	address.sin_port = htons((uint16_t)argument_number("PORT", argv[2], UINT16_MAX));
	times = argument_number("TIMES", argv[3], TIMES_MAX);
	for (uint64_t i = 0; i < times; i++)
		start_once(argv + 4, &address, &m);
	measure_print(&m, argv[1], stdout);
	puts("}");
	measure_free(&m);
	return 0;
}
