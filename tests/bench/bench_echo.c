/*
 * bench_echo CARRIER WORK PORT IO-THREADS ANSWER-FILE CONNINFO HOST: one floor; see echo.h.
 *
 * CARRIER: bare, listener.  WORK: alone, sign, read, commit_sign.  ANSWER-FILE: an answer of sen-server, as
 * it came: the bytes and header fields to answer with.  HOST: what requests have as Host (listener).
 */
#include "tests/bench/echo.h"
#include "tests/bench/measure.h"

#include <err.h>
#include <string.h>

#define ARGUMENTS 8
#define IO_THREADS_MAX 8

static enum echo_work work_of(const char *name)
{
	static const char *const names[] = { "alone", "sign", "read", "commit_sign" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(name, names[i]) == 0)
			return (enum echo_work)i;
	errx(2, "no such work: %s", name);
}

int main(int argc, char **argv)
{
	struct echo e = { .io_threads = 1 };

	if (argc != ARGUMENTS)
		errx(2, "usage: bench_echo bare|listener alone|sign|read|commit_sign PORT IO-THREADS ANSWER-FILE CONNINFO HOST");
	e.work = work_of(argv[2]);
	e.port = (uint16_t)argument_number("PORT", argv[3], UINT16_MAX);
	e.io_threads = (unsigned)argument_number("IO-THREADS", argv[4], IO_THREADS_MAX);
	echo_open(&e, argv[5], argv[6]);
	if (strcmp(argv[1], "listener") == 0)
		echo_listener(&e, str_c(argv[7]));
	echo_bare(&e);
}
