/*
 * fuzz.h: what a fuzz target needs.
 *
 * FUZZ_TARGET(a, input) { … } is the body of one run: input is the data, a an arena that is
 * gone afterwards.  CHECK() states what has to hold for every input.
 */
#pragma once

#include "common/base/arena.h"

#include <stdio.h>
#include <stdlib.h>

#define FUZZ_ARENA_BYTES ((size_t)64 * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_TARGET(a, input)                                                       \
	static void fuzz_one(struct arena *a, struct str input);                    \
	int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)                \
	{                                                                           \
		_cleanup_(arena_freep) struct arena *arena = arena_new(FUZZ_ARENA_BYTES); \
                                                                                    \
		fuzz_one(arena, str_n(data, size));                                 \
		return 0;                                                           \
	}                                                                           \
	static void fuzz_one(struct arena *a, struct str input)

#define CHECK(condition)                                                            \
	do {                                                                        \
		if (!(condition)) {                                                 \
			(void)fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, \
			              __LINE__, #condition);                        \
			abort();                                                    \
		}                                                                   \
	} while (0)
