/*
 * measure.h: the latencies of one measure, and the line of JSON that says what came out.
 *
 * Every latency is kept, so percentiles are exact (nearest rank).  Not thread-safe: one per
 * thread, merged at the end.
 */
#pragma once

#include "common/base/str.h"

#include <stdio.h>

struct measure {
	uint32_t *latencies_us;
	size_t n, room;
	size_t errors;
	int64_t elapsed_us;
};

void measure_add(struct measure *m, int64_t latency_us);
void measure_merge(struct measure *into, const struct measure *from);
void measure_free(struct measure *m);
/* {"name":…,"requests":…,"errors":…,"seconds":…,"rate":…,"p50_ms":…,"p99_ms":…,"max_ms":… without the closing brace. */
void measure_print(struct measure *m, const char *name, FILE *out);

/* The number in an argument, or the program ends with a word about it. */
uint64_t argument_number(const char *name, const char *text, uint64_t max);
/* The whole of a file, for programs that live for one measure; ends the program when it cannot be read. */
struct str argument_file(const char *path);
