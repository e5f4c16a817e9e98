#include "server/http/metrics.h"

#include "server/http/router.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>

#define N_METHODS 8 /* and one for what is none of them */
#define N_CLASSES 5 /* 1xx … 5xx */

static const struct {
	int64_t max_us;
	const char *label;
} buckets[] = {
	{ 1000, "0.001" }, { 2500, "0.0025" }, { 5000, "0.005" },  { 10000, "0.01" },  { 25000, "0.025" },
	{ 50000, "0.05" }, { 100000, "0.1" },  { 250000, "0.25" }, { 500000, "0.5" },  { 1000000, "1" },
	{ 2500000, "2.5" }, { 5000000, "5" },  { 10000000, "10" },
};

struct route_metrics {
	atomic_uint_fast64_t requests[N_METHODS][N_CLASSES];
	atomic_uint_fast64_t durations[ARRAY_LEN(buckets) + 1];
	atomic_uint_fast64_t duration_us_sum;
};

struct metrics {
	const struct route *routes;
	size_t n_routes;
	size_t *first_of_name; /* rows of one name (one per method, say) count together */
	struct route_metrics by_route[]; /* the last: no route */
};

static void *allocate(size_t size)
{
	void *p = calloc(1, size);

	if (!p)
		abort();
	return p;
}

struct metrics *metrics_new(const struct route *routes, size_t n_routes)
{
	struct metrics *m = allocate(sizeof(*m) + (n_routes + 1) * sizeof(m->by_route[0]));

	m->routes = routes;
	m->n_routes = n_routes;
	m->first_of_name = allocate((n_routes + 1) * sizeof(*m->first_of_name));
	for (size_t i = 0; i < n_routes; i++)
		while (!str_equal(str_c(routes[m->first_of_name[i]].name), str_c(routes[i].name)))
			m->first_of_name[i]++;
	m->first_of_name[n_routes] = n_routes;
	return m;
}

struct metrics *metrics_free(struct metrics *m)
{
	if (m)
		free(m->first_of_name);
	free(m);
	return NULL;
}

static void add(atomic_uint_fast64_t *counter, uint64_t n)
{
	atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

static uint64_t get(atomic_uint_fast64_t *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

void metrics_count(struct metrics *m, const struct route *route, enum http_method method, int status,
                   int64_t duration_us)
{
	size_t row = route ? (size_t)(route - m->routes) : m->n_routes;
	struct route_metrics *r = &m->by_route[m->first_of_name[row]];
	unsigned class = status >= 100 && status < 600 ? (unsigned)status / 100 - 1 : N_CLASSES - 1;
	unsigned method_index = (unsigned)__builtin_ctz((unsigned)method | 1u << (N_METHODS - 1));
	size_t i = 0;

	while (i < ARRAY_LEN(buckets) && duration_us > buckets[i].max_us)
		i++;
	add(&r->requests[method_index][class], 1);
	add(&r->durations[i], 1);
	add(&r->duration_us_sum, duration_us > 0 ? (uint64_t)duration_us : 0);
}

static const char *name_of(const struct metrics *m, size_t i)
{
	return i < m->n_routes ? m->routes[i].name : "none";
}

static void write_requests(struct metrics *m, struct buf *b)
{
	buf_add_c(b, "# TYPE sen_http_requests_total counter\n");
	for (size_t i = 0; i <= m->n_routes; i++)
		for (unsigned k = 0; k < N_METHODS * N_CLASSES; k++) {
			uint64_t n = get(&m->by_route[i].requests[k / N_CLASSES][k % N_CLASSES]);

			if (n > 0)
				buf_printf(b, "sen_http_requests_total{route=\"%s\",method=\"%s\",code=\"%uxx\"} %" PRIu64 "\n",
				           name_of(m, i), method_name((enum http_method)(1u << k / N_CLASSES)),
				           k % N_CLASSES + 1, n);
		}
}

static void write_histogram(struct metrics *m, size_t i, struct buf *b)
{
	struct route_metrics *r = &m->by_route[i];
	const char *name = name_of(m, i);
	uint64_t n = 0;

	for (size_t k = 0; k < ARRAY_LEN(r->durations); k++)
		n += get(&r->durations[k]);
	if (n == 0)
		return;
	n = 0;
	for (size_t k = 0; k < ARRAY_LEN(r->durations); k++) {
		n += get(&r->durations[k]);
		buf_printf(b, "sen_http_request_duration_seconds_bucket{route=\"%s\",le=\"%s\"} %" PRIu64 "\n", name,
		           k < ARRAY_LEN(buckets) ? buckets[k].label : "+Inf", n);
	}
	buf_printf(b, "sen_http_request_duration_seconds_sum{route=\"%s\"} %.6f\n", name,
	           (double)get(&r->duration_us_sum) / 1e6);
	buf_printf(b, "sen_http_request_duration_seconds_count{route=\"%s\"} %" PRIu64 "\n", name, n);
}

void metrics_write(struct metrics *m, struct buf *b)
{
	write_requests(m, b);
	buf_add_c(b, "# TYPE sen_http_request_duration_seconds histogram\n");
	for (size_t i = 0; i <= m->n_routes; i++)
		write_histogram(m, i, b);
}
