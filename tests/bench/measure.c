#include "tests/bench/measure.h"

#include <err.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIRST_ROOM 65536
#define US_PER_S 1e6
#define US_PER_MS 1e3

static void make_room(struct measure *m, size_t n)
{
	size_t room = m->room ? m->room : FIRST_ROOM;

	while (room < n)
		room *= 2;
	if (room == m->room)
		return;
	m->latencies_us = reallocarray(m->latencies_us, room, sizeof(*m->latencies_us));
	if (!m->latencies_us)
		abort();
	m->room = room;
}

void measure_add(struct measure *m, int64_t latency_us)
{
	make_room(m, m->n + 1);
	m->latencies_us[m->n++] = latency_us < UINT32_MAX ? (uint32_t)latency_us : UINT32_MAX;
}

void measure_merge(struct measure *into, const struct measure *from)
{
	for (size_t i = 0; i < from->n; i++)
		measure_add(into, from->latencies_us[i]);
	into->errors += from->errors;
}

void measure_free(struct measure *m)
{
	free(m->latencies_us);
	*m = (struct measure){ 0 };
}

static int by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* The smallest value that is not exceeded by at least percent of all. */
static double percentile_ms(const struct measure *m, size_t percent)
{
	size_t rank = (m->n * percent + 99) / 100;

	return m->n ? (double)m->latencies_us[rank > 0 ? rank - 1 : 0] / US_PER_MS : 0;
}

void measure_print(struct measure *m, const char *name, FILE *out)
{
	double seconds = (double)m->elapsed_us / US_PER_S;

	if (m->n)
		qsort(m->latencies_us, m->n, sizeof(*m->latencies_us), by_value);
	fprintf(out, "{\"name\":\"%s\",\"requests\":%zu,\"errors\":%zu,\"seconds\":%.3f,\"rate\":%.1f", name, m->n, m->errors,
	        seconds, seconds > 0 ? (double)m->n / seconds : 0);
	fprintf(out, ",\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"max_ms\":%.3f", percentile_ms(m, 50), percentile_ms(m, 99),
	        percentile_ms(m, 100));
}

uint64_t argument_number(const char *name, const char *text, uint64_t max)
{
	uint64_t value;

	if (!str_to_u64(str_c(text), max, &value))
		errx(2, "%s wants a number up to %llu, not: %s", name, (unsigned long long)max, text);
	return value;
}

struct str argument_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *p;

	if (fd < 0 || fstat(fd, &st) < 0)
		err(1, "%s", path);
	if (st.st_size == 0)
		errx(1, "%s is empty", path);
	p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	if (p == MAP_FAILED)
		err(1, "%s", path);
	close(fd);
	return str_n(p, (size_t)st.st_size);
}
