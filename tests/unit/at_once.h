/* at_once.h: the same by many threads at once. */
#pragma once

#include "tests/unit/unit.h"

#include <pthread.h>

#define AT_ONCE_MAX 64
/* f for each element of an array, in a thread of its own; returns when all are done. */
#define AT_ONCE(f, array) at_once((f), (array), ARRAY_LEN(array), sizeof((array)[0]))

_unused_ static void at_once(void *(*f)(void *), void *array, size_t n, size_t size)
{
	pthread_t threads[AT_ONCE_MAX];

	assert_true(n <= AT_ONCE_MAX);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, f, (char *)array + i * size), 0);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
}
