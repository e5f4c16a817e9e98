/*
 * http_client.h: a name whose owner answers otherwise when it is asked again (DNS rebinding): what was checked is what is
 * connected to.  The resolver of this program is one that such an owner has: the C library's, and so libcurl's too, should it ask.
 */
#include "tests/unit/net/http_fixture.h"

#include <dlfcn.h>
#include <netdb.h>
#include <stdatomic.h>
#include <string.h>

#define NAME "rebind.example"
#define ANSWERS_MAX 4

/* One for each time that the name is asked for; two addresses in one are separated by a space.  After the last: the last. */
static const char *answers[ANSWERS_MAX];
static atomic_int n_asked;

static int real_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **ret)
{
	int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
	void *symbol = dlsym(RTLD_NEXT, "getaddrinfo");

	memcpy(&real, &symbol, sizeof(real));
	return real(node, service, hints, ret);
}

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **ret)
{
	struct addrinfo **last = ret;
	const char *answer;
	char one[32];
	int i;

	if (!node || strcmp(node, NAME) != 0)
		return real_getaddrinfo(node, service, hints, ret);
	i = atomic_fetch_add(&n_asked, 1);
	while (i >= ANSWERS_MAX || !answers[i])
		i--;
	answer = answers[i];
	while (*answer) {
		size_t len = strcspn(answer, " ");
		int r;

		snprintf(one, sizeof(one), "%.*s", (int)len, answer);
		r = real_getaddrinfo(one, service, hints, last);
		if (r != 0)
			return r;
		last = &(*last)->ai_next;
		answer += len + (answer[len] == ' ');
	}
	return 0;
}

static struct fixture *begin(void **state, const char *first, const char *second)
{
	struct fixture *f = setup(state);

	http_client_free(f->client);
	f->client = new_client(*state, "127.0.0.1/32", "");
	answers[0] = first;
	answers[1] = second;
	atomic_store(&n_asked, 0);
	return f;
}

static int call_name(struct fixture *f)
{
	return call_url(f, "GET", arena_printf(f->op.arena, "http://" NAME ":%d/", http_server_port(f->server)), STR_NULL);
}

/* The second answer comes too late for the first call, and is judged in the next. */
static void test_address_is_the_one_that_was_checked(void **state)
{
	static const char *const inside[] = { "127.0.0.2", "169.254.169.254", "10.0.0.1", "0.0.0.0" };

	for (size_t i = 0; i < ARRAY_LEN(inside); i++) {
		struct fixture *f = begin(state, "127.0.0.1", inside[i]);

		assert_int_equal(call_name(f), 0);
		assert_int_equal(f->answer.status, 200);
		assert_int_equal(atomic_load(&n_asked), 1);
		assert_int_equal(call_name(f), ERR_CONFIG);
		assert_int_equal(atomic_load(&n_asked), 2);
		assert_int_equal(http_server_n_requests(f->server), 1);
		done(f);
	}
}

/* One that may be reached does not bring the other with it, in whatever order they come. */
static void test_every_address_of_an_answer_counts(void **state)
{
	static const char *const mixed[] = { "127.0.0.1 127.0.0.2", "127.0.0.2 127.0.0.1", "127.0.0.1 169.254.169.254" };

	for (size_t i = 0; i < ARRAY_LEN(mixed); i++) {
		struct fixture *f = begin(state, mixed[i], NULL);

		assert_int_equal(call_name(f), ERR_CONFIG);
		assert_int_equal(http_server_n_connections(f->server), 0);
		done(f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(test_address_is_the_one_that_was_checked), UNIT_TEST(test_every_address_of_an_answer_counts),
	};

	return cmocka_run_group_tests_name("net/http_client rebinding", tests, NULL, NULL);
}
