/*
 * bench_echo PORT [sign]: the least that libmicrohttpd can do, in the mode in which sen-server
 * uses it: one daemon, external epoll, one thread that waits beside an eventfd and calls MHD_run().
 *
 * Without "sign" every answer is one ready response.  With it every answer is a JWS made for it,
 * by the same code that signs tokens (ES256).
 */
#include "common/crypto/jws.h"

#include <arpa/inet.h>
#include <err.h>
#include <microhttpd.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define CONNECTION_MAX 4000
#define ARENA_BYTES ((size_t)256 * 1024)

struct echo {
	struct op op;
	struct jwk *key; /* NULL: no signature */
	struct MHD_Response *ready;
};

/* About as long as the claims of an access token. */
static const char payload[] =
	"{\"iss\":\"http://127.0.0.1:18400\",\"sub\":\"5a1f1f1e-7a55-4dc1-9d8e-0b8c5f1d2e3f\",\"aud\":\"http://127.0.0.1:18400\","
	"\"client_id\":\"p02\",\"scope\":\"openid profile unit roles\",\"iat\":1795000000,\"exp\":1795000300,\"auth_time\":1795000000,"
	"\"jti\":\"snt_0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123\"}";

static enum MHD_Result answer_signed(struct echo *e, struct MHD_Connection *connection)
{
	struct MHD_Response *r;
	enum MHD_Result result;
	struct str token;

	arena_reset(e->op.arena);
	if (jws_sign(&e->op, e->key, "at+jwt", str_n(payload, sizeof(payload) - 1), &token) < 0)
		errx(1, "cannot sign");
	r = MHD_create_response_from_buffer(token.len, (void *)(uintptr_t)token.p, MHD_RESPMEM_MUST_COPY);
	if (!r)
		return MHD_NO;
	result = MHD_queue_response(connection, MHD_HTTP_OK, r);
	MHD_destroy_response(r);
	return result;
}

static enum MHD_Result answer(void *cls, struct MHD_Connection *connection, const char *url, const char *method,
                              const char *version, const char *data, size_t *data_len, void **context)
{
	struct echo *e = cls;

	(void)url;
	(void)method;
	(void)version;
	(void)data;
	if (!*context) {
		*context = e;
		return MHD_YES;
	}
	if (*data_len > 0) {
		*data_len = 0;
		return MHD_YES;
	}
	return e->key ? answer_signed(e, connection) : MHD_queue_response(connection, MHD_HTTP_OK, e->ready);
}

static void open_echo(struct echo *e, bool is_signed)
{
	static const char text[] = "{\"echo\":true}";

	op_init(&e->op, arena_new(ARENA_BYTES), NULL, NULL);
	if (is_signed && jwk_generate(&e->op, JWS_ES256, &e->key) < 0)
		errx(1, "cannot make a key");
	e->ready = MHD_create_response_from_buffer(sizeof(text) - 1, (void *)(uintptr_t)text, MHD_RESPMEM_PERSISTENT);
	if (!e->ready)
		errx(1, "cannot make a response");
}

static void watch(int epoll_fd, int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0)
		err(1, "epoll");
}

static _noreturn_ void serve(struct MHD_Daemon *daemon)
{
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD);
	int epoll_fd = epoll_create1(EPOLL_CLOEXEC);

	if (!info || epoll_fd < 0)
		errx(1, "cannot wait for the daemon");
	watch(epoll_fd, info->epoll_fd);
	watch(epoll_fd, eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
	for (;;) {
		MHD_UNSIGNED_LONG_LONG ms = 1000;
		struct epoll_event events[2];

		if (MHD_get_timeout(daemon, &ms) != MHD_YES || ms > 1000)
			ms = 1000;
		(void)epoll_wait(epoll_fd, events, ARRAY_LEN(events), (int)ms);
		MHD_run(daemon);
	}
}

int main(int argc, char **argv)
{
	static struct echo e;
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct MHD_Daemon *daemon;
	uint64_t port;

	if (argc < 2 || argc > 3 || !str_to_u64(str_c(argv[1]), UINT16_MAX, &port) || (argc == 3 && strcmp(argv[2], "sign") != 0))
		errx(2, "usage: bench_echo PORT [sign]");
	open_echo(&e, argc == 3);
	address.sin_port = htons((uint16_t)port);
	daemon = MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, answer, &e, MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&address,
	                          MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTION_MAX, MHD_OPTION_END);
	if (!daemon)
		errx(1, "cannot listen on port %s", argv[1]);
	serve(daemon);
}
