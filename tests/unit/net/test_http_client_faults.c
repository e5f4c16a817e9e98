/* http_client.h: servers that are away, silent, slow or without end; what is repeated and what never is. */
#include "common/base/clock.h"
#include "common/base/fiber.h"
#include "tests/unit/net/http_fixture.h"

/* What is certain: nothing was sent, so even a POST may be tried again. */
static void test_not_sent(void **state)
{
	struct fixture *f = setup(state);
	struct http_server *gone = http_server_start();
	int port = http_server_port(gone);

	http_server_stop(gone);
	assert_int_equal(call_url(f, "POST", arena_printf(*state, "http://127.0.0.1:%d/", port), STR("x")),
	                 ERR_UNAVAILABLE);
	/* A TLS handshake with a server that does not speak it. */
	assert_int_equal(call_url(f, "POST", arena_printf(*state, "https://127.0.0.1:%d/", http_server_port(f->server)),
	                          STR("x")),
	                 ERR_UNAVAILABLE);
	assert_int_equal(http_server_n_requests(f->server), 0);
	done(f);
}

static void test_outcome_unknown(void **state)
{
	static const enum http_behaviour behaviours[] = { HTTP_HANG_UP, HTTP_SILENT, HTTP_DRIP };
	struct fixture *f = setup(state);

	for (size_t i = 0; i < ARRAY_LEN(behaviours); i++) {
		http_server_set(f->server, behaviours[i], OK_ANSWER);
		assert_int_equal(post(f), ERR_OUTCOME_UNKNOWN);
		assert_int_equal(call_url(f, "DELETE", url(f, "/"), STR_NULL), ERR_OUTCOME_UNKNOWN);
		/* A GET changes nothing. */
		assert_int_equal(get(f), ERR_UNAVAILABLE);
	}
	http_server_set(f->server, HTTP_ANSWER_CLOSE, "nonsense\r\n\r\n");
	assert_int_equal(post(f), ERR_OUTCOME_UNKNOWN);
	http_server_set(f->server, HTTP_ANSWER_CLOSE, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort");
	assert_int_equal(post(f), ERR_OUTCOME_UNKNOWN);
	assert_int_equal(f->answer.status, -1); /* untouched */
	done(f);
}

static void test_time_limit(void **state)
{
	static const enum http_behaviour behaviours[] = { HTTP_SILENT, HTTP_DRIP };
	struct fixture *f = setup(state);

	for (size_t i = 0; i < ARRAY_LEN(behaviours); i++) {
		int64_t start_ms = clock_mono_ms();

		http_server_set(f->server, behaviours[i], OK_ANSWER);
		assert_int_equal(get(f), ERR_UNAVAILABLE);
		assert_in_range(clock_mono_ms() - start_ms, TOTAL_MS - 50, TOTAL_MS + 500);
	}
	done(f);
}

struct two {
	struct fixture *f;
	bool other_ran, ran_meanwhile;
	int result;
};

static void call_or_run(void *context, void *item)
{
	struct two *t = context;

	if (item != t) {
		t->other_ran = true;
		return;
	}
	t->result = get(t->f);
	t->ran_meanwhile = t->other_ran;
}

/* Of a crew's thread, that is: what else runs on it goes on while somebody does not answer. */
static void test_waiting_holds_up_nobody(void **state)
{
	struct two t = { .f = setup(state) };
	const struct crew_config config = { .name = "two", .n_threads = 1, .n_fibers = 2, .capacity = 2, .process = call_or_run, .context = &t };
	struct crew *c = crew_new(&config);
	int other;

	http_server_set(t.f->server, HTTP_SILENT, OK_ANSWER);
	assert_true(crew_push(c, &t));
	assert_true(crew_push(c, &other));
	crew_close(c);
	assert_int_equal(t.result, ERR_UNAVAILABLE);
	assert_true(t.ran_meanwhile);
	done(t.f);
}

static void test_too_large(void **state)
{
	struct fixture *f = setup(state);

	http_server_set(f->server, HTTP_ANSWER_CLOSE, "HTTP/1.1 200 OK\r\nContent-Length: 4097\r\n\r\n");
	assert_int_equal(get(f), ERR_LIMIT);
	http_server_set(f->server, HTTP_FLOOD, "HTTP/1.1 200 OK\r\n\r\n");
	assert_int_equal(get(f), ERR_LIMIT);
	http_server_set(f->server, HTTP_FLOOD, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffff\r\n");
	assert_int_equal(get(f), ERR_LIMIT);
	http_server_set(f->server, HTTP_FLOOD_HEADERS, "HTTP/1.1 200 OK\r\n");
	assert_int_equal(get(f), ERR_LIMIT);
	http_server_set(f->server, HTTP_ANSWER, OK_ANSWER);
	assert_int_equal(get(f), 0);
	done(f);
}

/* The arena of the unit of work may be smaller than the limit of the client. */
static void test_arena_is_too_small(void **state)
{
	struct fixture *f = setup(state);
	_cleanup_(arena_freep) struct arena *small = arena_new((size_t)16 * 1024);
	const struct http_call call = { .method = "GET", .url = url(f, "/") };
	struct http_client_config config = {
		.egress_allow = STR("127.0.0.1"), .connect_timeout_ms = 300, .total_timeout_ms = TOTAL_MS,
		.max_answer_bytes = (size_t)1024 * 1024,
	};
	struct http_client *client = NULL;
	struct op op;

	op_init(&op, small, NULL, NULL);
	assert_int_equal(http_client_new(&op, &config, &client), 0);
	http_server_set(f->server, HTTP_FLOOD, "HTTP/1.1 200 OK\r\n\r\n");
	assert_int_equal(http_client_call(&op, client, &call, &f->answer), ERR_LIMIT);
	http_client_free(client);
	done(f);
}

static void test_connections_are_kept(void **state)
{
	struct fixture *f = setup(state);

	for (int i = 0; i < 5; i++) {
		assert_int_equal(get(f), 0);
		assert_int_equal(post(f), 0);
	}
	assert_int_equal(http_server_n_connections(f->server), 1);
	assert_int_equal(http_server_n_requests(f->server), 10);
	done(f);
}

/*
 * libcurl repeats a request by itself when a kept connection breaks.  For a POST that would be
 * one account too many: exactly one second request may arrive.
 */
static void test_post_is_never_sent_twice(void **state)
{
	struct fixture *f = setup(state);

	http_server_set(f->server, HTTP_SECOND_HANGS_UP, OK_ANSWER);
	assert_int_equal(get(f), 0);
	assert_int_equal(post(f), ERR_OUTCOME_UNKNOWN);
	assert_int_equal(http_server_n_requests(f->server), 2);
	done(f);

	/* Without a body it goes out on a fresh connection, which then answers. */
	f = setup(state);
	http_server_set(f->server, HTTP_SECOND_HANGS_UP, OK_ANSWER);
	assert_int_equal(call_url(f, "POST", url(f, "/"), STR_NULL), 0);
	assert_int_equal(http_server_n_requests(f->server), 1);
	done(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(test_not_sent),
		UNIT_TEST(test_outcome_unknown),
		UNIT_TEST(test_time_limit),
		UNIT_TEST(test_waiting_holds_up_nobody),
		UNIT_TEST(test_too_large),
		UNIT_TEST(test_arena_is_too_small),
		UNIT_TEST(test_connections_are_kept),
		UNIT_TEST(test_post_is_never_sent_twice),
	};

	return cmocka_run_group_tests_name("net/http_client_faults", tests, NULL, NULL);
}
