/* The end of a server, and starts that are refused. */
#include "tests/http/rig.h"

#include <pthread.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#define CLIENTS 8

struct client {
	pthread_t thread;
	const struct rig *rig;
	int answered;       /* 200 */
	int lost;           /* sent on a connection that had served before, no answer */
	bool saw_end;
};

/* Requests without pause until the server takes no more. */
static void *ask_until_the_end(void *arg)
{
	struct client *c = arg;

	while (!c->saw_end) {
		int fd = rig_dial(c->rig);
		bool is_fresh = true;

		c->saw_end = fd < 0;
		while (fd >= 0) {
			_cleanup_(arena_freep) struct arena *a = arena_new((size_t)1024 * 1024);
			struct rig_reply reply;

			if (!rig_send(fd, STR(GET("/nap"))))
				break;
			reply = rig_read(a, fd, true);
			c->answered += reply.status == 200;
			c->lost += reply.status == 0 && !is_fresh;
			c->saw_end = reply.status == 0 || reply.status == 503;
			is_fresh = false;
			if (reply.status == 0 || reply.says_close)
				break;
		}
		if (fd >= 0)
			close(fd);
	}
	return NULL;
}

static void test_under_load_nothing_is_lost(void **state)
{
	struct client clients[CLIENTS];
	int answered = 0;
	struct rig rig;

	(void)state;
	rig_init(&rig);
	rig_start(&rig);
	for (int i = 0; i < CLIENTS; i++) {
		clients[i] = (struct client){ .rig = &rig };
		assert_int_equal(pthread_create(&clients[i].thread, NULL, ask_until_the_end, &clients[i]), 0);
	}
	rig_sleep_ms(300);
	rig_stop(&rig, 5000);
	for (int i = 0; i < CLIENTS; i++) {
		pthread_join(clients[i].thread, NULL);
		answered += clients[i].answered;
		assert_int_equal(clients[i].lost, 0);
	}
	assert_true(answered > CLIENTS);
	/* Whatever a handler has done, its client has been told. */
	assert_int_equal(answered, atomic_load(&rig.app.handled));
}

static void *stop_with_short_grace(void *arg)
{
	http_server_stop(arg, 200);
	return NULL;
}

/* What runs is waited for, even past the grace; what has not begun by then is refused. */
static void test_grace(void **state)
{
	pthread_t stopper;
	int running, queued;
	struct rig rig;

	rig_init(&rig);
	rig.config.fast_threads = 1;
	rig_start(&rig);
	running = rig_dial(&rig);
	queued = rig_dial(&rig);
	assert_true(rig_send(running, STR(GET("/wait"))));
	rig_wait_entered(&rig, 1);
	assert_true(rig_send(queued, STR(GET("/wait"))));
	rig_sleep_ms(50);
	assert_int_equal(pthread_create(&stopper, NULL, stop_with_short_grace, rig.server), 0);
	rig_sleep_ms(500);
	atomic_store(&rig.app.gate.is_open, true);

	struct rig_reply reply = rig_read(*state, running, true);

	assert_int_equal(reply.status, 200);
	assert_true(reply.says_close);
	assert_int_equal(rig_read(*state, queued, true).status, 503);
	pthread_join(stopper, NULL);
	assert_int_equal(atomic_load(&rig.app.handled), 1);
	close(running);
	close(queued);
}

static void test_idle_connections_do_not_hold_it(void **state)
{
	int64_t start_ms;
	struct rig rig;
	int fds[20];

	rig_init(&rig);
	rig_start(&rig);
	for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
		fds[i] = rig_dial(&rig);
		if (i % 2)
			assert_true(rig_send(fds[i], STR(GET("/inline"))));
		if (i % 2)
			assert_int_equal(rig_read(*state, fds[i], true).status, 200);
	}
	start_ms = rig_now_ms();
	rig_stop(&rig, 10000);
	assert_true(rig_now_ms() - start_ms < 2000);
	for (size_t i = 0; i < ARRAY_LEN(fds); i++)
		close(fds[i]);
}

/* A client that reads nothing and one that never ends its request cannot hold it for ever. */
static void test_half_requests_end_with_the_grace(void **state)
{
	int64_t start_ms;
	struct rig rig;
	int fd;

	(void)state;
	rig_init(&rig);
	rig_start(&rig);
	fd = rig_dial(&rig);
	assert_true(rig_send(fd, STR("GET /inline HTTP/1.1\r\nHost: te")));
	rig_sleep_ms(50);
	start_ms = rig_now_ms();
	rig_stop(&rig, 300);
	assert_true(rig_now_ms() - start_ms < 4000);
	close(fd);
}

/* As a process leaves it that was killed. */
static void leave_stale_socket(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	memcpy(address.sun_path, path, strlen(path));
	assert_int_equal(bind(fd, (struct sockaddr *)(void *)&address, sizeof(address)), 0);
	close(fd);
}

static void test_unix_socket(void **state)
{
	char dir[] = "/tmp/sen-http-XXXXXX";
	struct str message = STR_NULL;
	struct rig rig, second;
	struct stat st;
	const char *path;
	int fd;

	assert_non_null(mkdtemp(dir));
	path = arena_printf(*state, "%s/sock", dir).p;
	rig_init(&rig);
	rig.config.listen = arena_printf(*state, "unix:%s", path);
	rig_start(&rig);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0660);
	fd = rig_dial_unix(path);
	assert_true(rig_send(fd, STR(GET("/who") "GET /who HTTP/1.1\r\nHost: test\r\nX-Forwarded-For: 6.6.6.6, 203.0.113.7\r\n\r\n")));
	assert_str_equal(rig_read(*state, fd, true).body, "unix");
	assert_str_equal(rig_read(*state, fd, true).body, "203.0.113.7");
	close(fd);
	/* Not taken away from a server that lives; taken over from one that is gone. */
	rig_init(&second);
	second.config.listen = rig.config.listen;
	assert_int_equal(http_server_start(&second.config, &second.server, &message, *state), ERR_CONFIG);
	rig_stop(&rig, 1000);
	assert_int_equal(stat(path, &st), -1);
	leave_stale_socket(path);
	rig_start(&second);
	rig_stop(&second, 1000);
	rmdir(dir);
}

static void test_refused_starts(void **state)
{
	static const struct str bad_listens[] = { STR(""), STR("127.0.0.1"), STR("127.0.0.1:x"), STR("127.0.0.1:70000"),
		                                  STR("localhost:80"), STR("[::1:80"), STR("::1:80"), STR("unix:"),
		                                  STR("unix:/"), STR("192.0.2.1:1") };
	static const struct str bad_proxy[] = { STR("proxy.example") };
	struct str message = STR_NULL;
	struct rig rig, other;

	for (size_t i = 0; i < ARRAY_LEN(bad_listens); i++) {
		rig_init(&rig);
		rig.config.listen = bad_listens[i];
		assert_int_equal(http_server_start(&rig.config, &rig.server, &message, *state), ERR_CONFIG);
		assert_true(message.len > 0);
	}
	rig_init(&rig);
	rig.config.n_hosts = 0;
	assert_int_equal(http_server_start(&rig.config, &rig.server, &message, *state), ERR_CONFIG);
	rig_init(&rig);
	rig.config.trusted_proxies = bad_proxy;
	rig.config.n_trusted_proxies = 1;
	assert_int_equal(http_server_start(&rig.config, &rig.server, &message, *state), ERR_CONFIG);
	rig_init(&rig);
	rig_start(&rig);
	rig_init(&other);
	other.config.listen = arena_printf(*state, "127.0.0.1:%u", rig.port);
	assert_int_equal(http_server_start(&other.config, &other.server, &message, *state), ERR_CONFIG);
	rig_stop(&rig, 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(test_under_load_nothing_is_lost),
		UNIT_TEST(test_grace),
		UNIT_TEST(test_idle_connections_do_not_hold_it),
		UNIT_TEST(test_half_requests_end_with_the_grace),
		UNIT_TEST(test_unix_socket),
		UNIT_TEST(test_refused_starts),
	};

	int failed = cmocka_run_group_tests_name("threads", tests, NULL, NULL);

	rig_pool = POOL_LIGHT;
	return failed + cmocka_run_group_tests_name("fibers", tests, NULL, NULL);
}
