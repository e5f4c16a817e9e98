/* Many connections, waiting, pipelining, vanishing, full queues, deadlines. */
#include "tests/http/rig.h"

#define CONNECTIONS_MAX 1000
#define ROUNDS 3

static void send_to_all(const int *fds, size_t n)
{
	for (size_t i = 0; i < n; i++)
		assert_true(rig_send(fds[i], STR(GET("/nap"))));
}

static void read_from_all(const int *fds, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		_cleanup_(arena_freep) struct arena *a = arena_new((size_t)1024 * 1024);

		assert_int_equal(rig_read(a, fds[i], true).status, 200);
	}
}

/*
 * The stall of MHD's own epoll thread: with 128 events at once it waits again, without limit,
 * before it serves them. All connections wait for a worker at the same time.
 */
static void keep_alive_connections(size_t n)
{
	static int fds[CONNECTIONS_MAX];
	struct rig rig;
	int64_t start_ms;

	rig_init(&rig);
	rig.config.io_threads = 1;
	rig.config.fast_threads = 16;
	rig_start(&rig);
	for (size_t i = 0; i < n; i++) {
		fds[i] = rig_dial(&rig);
		assert_true(fds[i] >= 0);
	}
	start_ms = rig_now_ms();
	for (int round = 0; round < ROUNDS; round++) {
		send_to_all(fds, n);
		read_from_all(fds, n);
	}
	assert_true(rig_now_ms() - start_ms < 20000);
	assert_int_equal(atomic_load(&rig.app.handled), (int)n * ROUNDS);
	for (size_t i = 0; i < n; i++)
		close(fds[i]);
	rig_stop(&rig, 5000);
}

static void test_128_connections(void **state)
{
	(void)state;
	keep_alive_connections(128);
}

static void test_256_connections(void **state)
{
	(void)state;
	keep_alive_connections(256);
}

static void test_1000_connections(void **state)
{
	(void)state;
	keep_alive_connections(CONNECTIONS_MAX);
}

static void test_pipelined(void **state)
{
	struct rig rig;
	int fd;

	rig_init(&rig);
	rig_start(&rig);
	fd = rig_dial(&rig);
	assert_true(rig_send(fd, STR(GET("/echo/1") GET("/inline?a=2") GET("/nope") GET("/nap")
	                             "POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 3\r\n"
	                             "Content-Type: application/x-www-form-urlencoded\r\n\r\na=5" GET("/echo/6"))));
	assert_str_equal(rig_read(*state, fd, true).body, "/1/0");
	assert_str_equal(rig_read(*state, fd, true).body, "2//0");
	assert_int_equal(rig_read(*state, fd, true).status, 404);
	assert_str_equal(rig_read(*state, fd, true).body, "//0");
	assert_str_equal(rig_read(*state, fd, true).body, "5//3");
	assert_str_equal(rig_read(*state, fd, true).body, "/6/0");
	close(fd);
	rig_stop(&rig, 5000);
}

static void test_client_gone_while_waiting(void **state)
{
	struct rig rig;
	int64_t end_ms;

	rig_init(&rig);
	rig_start(&rig);
	for (int i = 0; i < 100; i++) {
		int fd = rig_dial(&rig);

		assert_true(rig_send(fd, STR(GET("/wait"))));
		if (i < 8)
			rig_wait_entered(&rig, i + 1);
		close(fd);
	}
	atomic_store(&rig.app.gate.is_open, true);
	end_ms = rig_now_ms() + 5000;
	while (rig_metric(*state, &rig, "sen_http_connections") > 0 && rig_now_ms() < end_ms)
		rig_sleep_ms(10);
	assert_int_equal(rig_metric(*state, &rig, "sen_http_connections"), 0);
	assert_int_equal(rig_metric(*state, &rig, "sen_http_requests_active"), 0);
	assert_int_equal(rig_ask(*state, &rig, GET("/nap")).status, 200);
	rig_stop(&rig, 5000);
}

/* One worker, two places: the rest is told at once to come back. */
static void test_queue_full(void **state)
{
	enum { N = 12, ROOM = 2 };
	const char *depth = rig_pool == POOL_LIGHT ? "sen_http_queue_depth{pool=\"light\"}" : "sen_http_queue_depth{pool=\"fast\"}";
	int fds[N], n_busy = 0;
	struct rig rig;

	rig_init(&rig);
	rig.config.fast_threads = 1;
	rig.config.queue_max = ROOM;
	rig_start(&rig);
	for (int i = 0; i < N; i++) {
		fds[i] = rig_dial(&rig);
		assert_true(rig_send(fds[i], STR(GET("/wait"))));
		if (i == 0)
			rig_wait_entered(&rig, 1);
		/* One after the other, so that it is known who stands in the queue. */
		while (i > 0 && i <= ROOM && rig_metric(*state, &rig, depth) < i)
			rig_sleep_ms(1);
	}
	for (int i = 1 + ROOM; i < N; i++) {
		struct rig_reply reply = rig_read(*state, fds[i], true);

		n_busy += reply.status == 503;
		assert_str_equal(rig_header(&reply, "Retry-After"), "2");
	}
	assert_int_equal(n_busy, N - 1 - ROOM);
	assert_int_equal(rig_metric(*state, &rig, "sen_http_overloaded_total"), n_busy);
	/* The other pool is not touched by it. */
	assert_int_equal(rig_ask(*state, &rig, GET("/slow")).status, 200);
	atomic_store(&rig.app.gate.is_open, true);
	for (int i = 0; i <= ROOM; i++)
		assert_int_equal(rig_read(*state, fds[i], true).status, 200);
	for (int i = 0; i < N; i++)
		close(fds[i]);
	rig_stop(&rig, 5000);
}

static void test_deadline_in_the_queue(void **state)
{
	struct rig rig;
	int first, late;

	rig_init(&rig);
	rig.config.fast_threads = 1;
	rig.config.deadline_s = 1;
	rig_start(&rig);
	first = rig_dial(&rig);
	late = rig_dial(&rig);
	assert_true(rig_send(first, STR(GET("/wait"))));
	rig_wait_entered(&rig, 1);
	assert_true(rig_send(late, STR(GET("/wait"))));
	rig_sleep_ms(1300);
	atomic_store(&rig.app.gate.is_open, true);
	/* What a worker has begun is finished; what waited too long is not begun. */
	assert_int_equal(rig_read(*state, first, true).status, 200);
	assert_int_equal(rig_read(*state, late, true).status, 503);
	assert_int_equal(atomic_load(&rig.app.handled), 1);
	close(first);
	close(late);
	rig_stop(&rig, 5000);
}

static void test_two_servers_in_a_process(void **state)
{
	struct rig one, two;

	rig_init(&one);
	rig_init(&two);
	rig_start(&one);
	rig_start(&two);
	assert_int_equal(rig_ask(*state, &one, GET("/nap")).status, 200);
	rig_stop(&one, 1000);
	assert_int_equal(rig_ask(*state, &two, GET("/nap")).status, 200);
	assert_int_equal(atomic_load(&two.app.handled), 1);
	rig_stop(&two, 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(test_128_connections),
		UNIT_TEST(test_256_connections),
		UNIT_TEST(test_1000_connections),
		UNIT_TEST(test_pipelined),
		UNIT_TEST(test_client_gone_while_waiting),
		UNIT_TEST(test_queue_full),
		UNIT_TEST(test_deadline_in_the_queue),
		UNIT_TEST(test_two_servers_in_a_process),
	};

	int failed = cmocka_run_group_tests_name("threads", tests, NULL, NULL);

	rig_pool = POOL_LIGHT;
	return failed + cmocka_run_group_tests_name("fibers", tests, NULL, NULL);
}
