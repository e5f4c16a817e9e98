/*
 * unit.h: what every unit test needs: cmocka with its prerequisites, an arena per test and
 * assertions for our types.
 */
#pragma once

#include "common/base/arena.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define UNIT_ARENA_BYTES ((size_t)4 * 1024 * 1024)

/* A test with a fresh arena as *state. */
#define UNIT_TEST(f) cmocka_unit_test_setup_teardown(f, unit_arena_setup, unit_arena_teardown)

_unused_ static int unit_arena_setup(void **state)
{
	*state = arena_new(UNIT_ARENA_BYTES);
	return 0;
}

_unused_ static int unit_arena_teardown(void **state)
{
	*state = arena_free(*state);
	return 0;
}

#define assert_str_equal(s, text) unit_str_equal((s), (text), __FILE__, __LINE__)
#define assert_str_null(s) assert_true(str_is_null(s))

_unused_ static void unit_str_equal(struct str s, const char *text, const char *file, int line)
{
	if (!str_is_null(s) && str_equal(s, str_c(text)))
		return;
	print_error("\"%.*s\"%s != \"%s\"\n", STR_ARG(s), str_is_null(s) ? " (null)" : "", text);
	_fail(file, line);
}

/* f(argument) ends the process with SIGABRT. Its own process, so that the test goes on. */
#define assert_aborts(f, argument) assert_int_equal(unit_signal_of((f), (argument)), SIGABRT)

_unused_ static int unit_signal_of(void (*f)(void *), void *argument)
{
	pid_t pid = fork();
	int status = 0;

	if (pid == 0) {
		/* cmocka catches signals; the message of assert() is expected here. */
		signal(SIGABRT, SIG_DFL);
		close(STDERR_FILENO);
		f(argument);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}
