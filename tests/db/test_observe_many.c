/*
 * A full listing of one SCIM platform through everything that takes part: HTTP, paging, staging, comparison with the facts.
 * SEN_TEST_MANY: how many accounts (default 3,000); it prints how long that took and what memory it needed.
 */
#include "common/plan/facts_store.h"
#include "provisioning/observe/observer.h"
#include "provisioning/scim/map.h"
#include "tests/db/planned.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>

#define REQUEST_BYTES 65536
#define PAGE_BYTES ((size_t)4 * 1024 * 1024)

static size_t n_users;
static char **users; /* JSON */
static int listener;
static atomic_bool is_stopping;

DB_QUERY(test_many, DB_READ, "SELECT a.id FROM sen.account a JOIN sen.binding b ON b.account_id = a.id AND b.platform_id = 2 WHERE a.id > $1::uuid ORDER BY a.id LIMIT 500");

static void send_all(int fd, const char *p, size_t len)
{
	while (len > 0) {
		ssize_t n = send(fd, p, len, MSG_NOSIGNAL);

		if (n <= 0)
			return;
		p += n;
		len -= (size_t)n;
	}
}

static void answer(int fd, const char *status, const char *body, size_t len)
{
	char head[200];
	int n = snprintf(head, sizeof(head), "HTTP/1.1 %s\r\nContent-Type: application/scim+json\r\nContent-Length: %zu\r\n\r\n", status, len);

	send_all(fd, head, (size_t)n);
	send_all(fd, body, len);
}

static size_t number_after(const char *text, const char *name)
{
	const char *at = strstr(text, name);
	size_t n = 0;

	for (at = at ? at + strlen(name) : ""; *at >= '0' && *at <= '9'; at++)
		n = 10 * n + (size_t)(*at - '0');
	return n;
}

static void answer_page(int fd, const char *body, char *page)
{
	size_t start = number_after(body, "\"startIndex\":"), count = number_after(body, "\"count\":");
	size_t len = (size_t)snprintf(page, PAGE_BYTES, "{\"totalResults\":%zu,\"startIndex\":%zu,\"Resources\":[", n_users, start);

	for (size_t i = 0; i < count && start - 1 + i < n_users; i++) {
		size_t user_len = strlen(users[start - 1 + i]);

		if (i > 0)
			page[len++] = ',';
		memcpy(page + len, users[start - 1 + i], user_len);
		len += user_len;
	}
	len += (size_t)snprintf(page + len, 16, "]}");
	answer(fd, "200 OK", page, len);
}

/* Requests of one connection, one after the other. */
static void serve(int fd, char *request, char *page)
{
	size_t len = 0;

	for (;;) {
		char *end;
		ssize_t n = recv(fd, request + len, REQUEST_BYTES - 1 - len, 0);

		if (n <= 0)
			return;
		len += (size_t)n;
		request[len] = '\0';
		end = strstr(request, "\r\n\r\n");
		if (!end || len < (size_t)(end - request) + 4 + number_after(request, "Content-Length: "))
			continue;
		if (strncmp(request, "POST /Users/.search ", 20) == 0)
			answer_page(fd, end + 4, page);
		else
			answer(fd, "404 Not Found", "{}", 2);
		len = 0;
	}
}

static void *platform_main(void *arg)
{
	char *request = malloc(REQUEST_BYTES), *page = malloc(PAGE_BYTES);
	int fd;

	(void)arg;
	while ((fd = accept(listener, NULL, NULL)) >= 0) {
		serve(fd, request, page);
		close(fd);
	}
	free(request);
	free(page);
	return NULL;
}

static int listen_on_loopback(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(address);

	listener = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(listener, 8), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &len), 0);
	return ntohs(address.sin_port);
}

static void make_facts(size_t n)
{
	char sql[100];

	(void)snprintf(sql, sizeof(sql), "SELECT people(%zu); SELECT give('nv%%'); ANALYZE", n);
	side(sql);
}

static void plan_and_settle(void)
{
	_cleanup_(arena_freep) struct arena *a = arena_new((size_t)64 * 1024 * 1024);
	struct reconcile_report sum = { 0 };

	while (plan_batch(a, &sum))
		arena_reset(a);
	side("SELECT settle(); ANALYZE sen.binding");
}

/* What the platform holds: everything as wanted. */
static void make_users(size_t n)
{
	_cleanup_(arena_freep) struct arena *a = arena_new((size_t)64 * 1024 * 1024);
	char last[UUID_TEXT_LEN + 1] = "00000000-0000-0000-0000-000000000000";

	users = calloc(n, sizeof(*users));
	for (;;) {
		const struct account_facts *facts;
		struct str accounts[500];
		struct db_rows rows;
		size_t n_facts;
		struct op op;

		arena_reset(a);
		op_init(&op, a, migrated_db, NULL);
		assert_int_equal(db_run(&op, &test_many, &rows, P_C(last)), 0);
		if (rows.n == 0)
			return;
		for (size_t i = 0; i < rows.n; i++)
			accounts[i] = db_str(&rows, i, 0);
		assert_int_equal(facts_read(&op, accounts, rows.n, &facts, &n_facts), 0);
		for (size_t i = 0; i < n_facts; i++) {
			struct desired want;
			_json_ json_t *user = NULL;

			plan_platform(a, &facts[i], 2, MAIL_DOMAIN, &want);
			user = scim_user(&want);
			json_set_str(user, "id", arena_printf(a, "e-%.*s", STR_ARG(want.login)));
			users[n_users++] = json_dumps(user, JSON_COMPACT);
		}
		memcpy(last, accounts[rows.n - 1].p, UUID_TEXT_LEN);
	}
}

static long rss_kb(void)
{
	struct rusage usage;

	assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
	return usage.ru_maxrss;
}

static int64_t observe_once(struct observer *o)
{
	_cleanup_(arena_freep) struct arena *a = arena_new((size_t)32 * 1024 * 1024);
	int64_t start_ms = clock_mono_ms();
	bool did = false;

	side("UPDATE sen.observe_run SET created_at = created_at - interval '2 days'");
	assert_int_equal(observer_step(o, a, &did), 0);
	assert_true(did);
	return clock_mono_ms() - start_ms;
}

static void test_many_accounts(void **state)
{
	size_t n = getenv("SEN_TEST_MANY") ? number_after(getenv("SEN_TEST_MANY"), "") : 3000;
	char url[64];
	struct connector_config config = { .platform = STR("P02"), .kind = STR("scim"), .token = STR("t"), .update = STR("patch"), .ca_file = STR(""),
		                           .egress_allow = STR("127.0.0.0/8"), .timeout_ms = 10000, .concurrency = 1 };
	struct observed_connector of = { &config, 2, NULL };
	struct observer o = { .connectors = &of, .n_connectors = 1, .mail_domain = MAIL_DOMAIN, .is_stopping = &is_stopping };
	int64_t first_ms, second_ms;
	pthread_t platform;
	long before_kb;

	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%d", listen_on_loopback());
	config.url = str_c(url);
	make_facts(n);
	plan_and_settle();
	make_users(n);
	assert_int_equal(n_users, n);
	assert_int_equal(pthread_create(&platform, NULL, platform_main, NULL), 0);
	o.db = migrated_db;
	side("INSERT INTO sen.observe_plan (platform_id, can_list, every_s) VALUES (2, true, 3600)");
	before_kb = rss_kb();
	first_ms = observe_once(&o);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.shadow WHERE situation = 'linked' AND equal_to IS NOT NULL AND diff IS NULL"), n);
	second_ms = observe_once(&o);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.observe_run WHERE state = 'complete' AND fault IS NULL"), 2);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.binding WHERE state <> 0"), 0);
	print_message("%zu accounts on one SCIM platform: first listing %ld ms, the next %ld ms, %ld kB more memory\n", n, (long)first_ms, (long)second_ms, rss_kb() - before_kb);
	(void)state;
	assert_int_equal(shutdown(listener, SHUT_RDWR), 0);
	pthread_join(platform, NULL);
	close(listener);
	for (size_t i = 0; i < n_users; i++)
		free(users[i]);
	free(users);
}

static int setup(_unused_ void **state)
{
	return migrated_open("many", PLANNED_FACTS, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_many_accounts) };

	return cmocka_run_group_tests(tests, setup, migrated_drop);
}
