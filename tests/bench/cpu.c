#include "tests/bench/cpu.h"

#include "common/base/str.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#define US_PER_S 1000000
/* Fields of /proc/PID/stat behind the name, counted from the state as 0; see proc(5). */
#define FIELD_PARENT 1
#define FIELD_USER 11
#define FIELD_SYSTEM 12
#define FIELDS 13

static bool read_stat(uint64_t pid, uint64_t ret_fields[FIELDS])
{
	char path[64], text[1024];
	struct str rest, field;
	ssize_t len;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%llu/stat", (unsigned long long)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	len = read(fd, text, sizeof(text));
	close(fd);
	rest = str_n(text, len > 0 ? (size_t)len : 0);
	/* The name, in parentheses, may hold anything but ends at the last one. */
	for (size_t i = rest.len; i > 0; i--)
		if (rest.p[i - 1] == ')') {
			rest = str_skip(rest, i + 1);
			break;
		}
	for (size_t i = 0; i < FIELDS; i++) {
		ret_fields[i] = 0;
		if (!str_split(&rest, ' ', &field))
			return false;
		/* Fields that are no plain number are not asked for. */
		(void)!str_to_u64(field, UINT64_MAX, &ret_fields[i]);
	}
	return true;
}

int64_t cpu_of_process_us(int64_t pid)
{
	uint64_t fields[FIELDS], each, ticks = 0;
	DIR *proc = opendir("/proc");

	if (!proc)
		return 0;
	for (const struct dirent *d = readdir(proc); d; d = readdir(proc))
		if (str_to_u64(str_c(d->d_name), INT32_MAX, &each) && read_stat(each, fields) &&
		    (each == (uint64_t)pid || fields[FIELD_PARENT] == (uint64_t)pid))
			ticks += fields[FIELD_USER] + fields[FIELD_SYSTEM];
	closedir(proc);
	return (int64_t)ticks * (US_PER_S / sysconf(_SC_CLK_TCK));
}

int64_t cpu_of_this_us(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (int64_t)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * US_PER_S + u.ru_utime.tv_usec + u.ru_stime.tv_usec;
}

int64_t rss_of_process_kib(int64_t pid)
{
	char path[64], line[256];
	uint64_t kib = 0;
	FILE *status;

	(void)snprintf(path, sizeof(path), "/proc/%lld/status", (long long)pid);
	status = fopen(path, "re");
	if (!status)
		return 0;
	while (kib == 0 && fgets(line, sizeof(line), status))
		if (str_starts(str_c(line), STR("VmRSS:"))) {
			struct str rest = str_trim(str_skip(str_c(line), sizeof("VmRSS:") - 1)), number;

			if (str_split(&rest, ' ', &number))
				(void)!str_to_u64(number, INT64_MAX, &kib);
		}
	fclose(status);
	return (int64_t)kib;
}
