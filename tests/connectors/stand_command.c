#include "tests/connectors/stand_command.h"

#include "common/base/buf.h"

#include <spawn.h>
#include <stdlib.h>
#include <string.h>

#define OUTPUT_MAX ((size_t)256 * 1024)

/* Less than a pipe holds, so that nobody waits for the other. */
static void feed(int fd, struct str input)
{
	assert_true(input.len < 60000);
	if (input.len > 0)
		assert_int_equal(write(fd, input.p, input.len), (ssize_t)input.len);
	close(fd);
}

/* Spawned, not forked: a copy of our address space, which is large under AddressSanitizer, costs more than the command. */
static pid_t start(const char *const *argv, const int in[2], const int back[2])
{
	posix_spawn_file_actions_t actions;
	pid_t pid = -1;

	assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
	posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, back[1], STDOUT_FILENO);
	for (int i = 0; i < 2; i++) {
		posix_spawn_file_actions_addclose(&actions, in[i]);
		posix_spawn_file_actions_addclose(&actions, back[i]);
	}
	if (posix_spawnp(&pid, argv[0], &actions, NULL, (char *const *)(uintptr_t)argv, environ) != 0)
		fail_msg("%s cannot be run", argv[0]);
	posix_spawn_file_actions_destroy(&actions);
	return pid;
}

struct str stand_command(struct arena *a, const char *const *argv, struct str input)
{
	struct buf out = buf_new(a, OUTPUT_MAX);
	int in[2], back[2], status = 0;
	char bytes[4096];
	ssize_t n;
	pid_t pid;

	assert_int_equal(pipe(in), 0);
	assert_int_equal(pipe(back), 0);
	pid = start(argv, in, back);
	close(in[0]);
	close(back[1]);
	feed(in[1], input);
	while ((n = read(back[0], bytes, sizeof(bytes))) > 0)
		buf_add(&out, str_n(bytes, (size_t)n));
	close(back[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (status != 0 || !buf_ok(&out))
		fail_msg("%s ended with %d", argv[0], status);
	return buf_str(&out);
}

static int by_text(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

struct str stand_joined(struct arena *a, const char **names, size_t n)
{
	struct str all = STR("");

	qsort(names, n, sizeof(names[0]), by_text);
	for (size_t i = 0; i < n; i++)
		all = arena_printf(a, "%.*s%s%s", STR_ARG(all), i > 0 ? "," : "", names[i]);
	return all;
}
