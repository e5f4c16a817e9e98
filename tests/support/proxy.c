#include "tests/support/proxy.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define TICK_MS 10
#define CONNECTIONS_MAX 512

struct proxy_cert {
	X509 *x509;
	EVP_PKEY *pkey;
	bool is_old_tls;
	char path[32];
};

struct proxy {
	int listener, port, target_port;
	SSL_CTX *tls;
	pthread_t thread;
	pthread_t connections[CONNECTIONS_MAX];
	atomic_int n_connections;
	atomic_int mode, generation;
	atomic_int once_mode, answers_left; /* answers_left < 0: nothing is set */
	atomic_bool is_stopped;
	atomic_size_t n_bytes;
};

struct connection {
	struct proxy *proxy;
	int client, server, generation;
	SSL *ssl;
};

static void must(bool condition, const char *what)
{
	if (!condition) {
		(void)fprintf(stderr, "proxy: %s\n", what);
		abort();
	}
}

struct proxy_cert *proxy_cert_new(const char *san)
{
	struct proxy_cert *cert = calloc(1, sizeof(*cert));
	X509_NAME *name;
	X509_EXTENSION *extension;
	FILE *file;

	must(cert != NULL, "memory");
	cert->pkey = EVP_EC_gen("P-256");
	cert->x509 = X509_new();
	must(cert->pkey && cert->x509, "key");
	X509_set_version(cert->x509, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(cert->x509), 1);
	X509_gmtime_adj(X509_getm_notBefore(cert->x509), -3600);
	X509_gmtime_adj(X509_getm_notAfter(cert->x509), 86400);
	name = X509_get_subject_name(cert->x509);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"test", -1, -1, 0);
	X509_set_issuer_name(cert->x509, name);
	X509_set_pubkey(cert->x509, cert->pkey);
	extension = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, san);
	X509_add_ext(cert->x509, extension, -1);
	X509_EXTENSION_free(extension);
	extension = X509V3_EXT_conf_nid(NULL, NULL, NID_basic_constraints, "critical,CA:TRUE");
	X509_add_ext(cert->x509, extension, -1);
	X509_EXTENSION_free(extension);
	must(X509_sign(cert->x509, cert->pkey, EVP_sha256()) > 0, "sign");
	(void)snprintf(cert->path, sizeof(cert->path), "/tmp/sen-test-XXXXXX");
	file = fdopen(mkstemp(cert->path), "w");
	must(file && PEM_write_X509(file, cert->x509) == 1 && fclose(file) == 0, "write the certificate");
	return cert;
}

const char *proxy_cert_path(const struct proxy_cert *cert)
{
	return cert->path;
}

void proxy_cert_set_old_tls(struct proxy_cert *cert, bool is_old)
{
	cert->is_old_tls = is_old;
}

void proxy_cert_free(struct proxy_cert *cert)
{
	X509_free(cert->x509);
	EVP_PKEY_free(cert->pkey);
	unlink(cert->path);
	free(cert);
}

/* What is sent in two pieces goes out in two: the second does not wait for the peer to acknowledge the first. */
static void at_once(int fd)
{
	int yes = 1;

	must(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes)) == 0, "no delay");
}

static int connect_to(int port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0) {
		at_once(fd);
		return fd;
	}
	close(fd);
	return -1;
}

static long from_client(struct connection *c, char *data, int size)
{
	return c->ssl ? SSL_read(c->ssl, data, size) : recv(c->client, data, (size_t)size, 0);
}

static bool to_client(struct connection *c, const char *data, size_t len)
{
	if (c->ssl)
		return SSL_write(c->ssl, data, (int)len) == (int)len;
	return send(c->client, data, len, MSG_NOSIGNAL) == (long)len;
}

static bool is_over(const struct connection *c)
{
	return atomic_load(&c->proxy->is_stopped) || atomic_load(&c->proxy->generation) != c->generation;
}

/* Silent until the end; notices when the client gives up. */
static void stall(struct connection *c)
{
	struct pollfd pfd = { .fd = c->client, .events = POLLRDHUP };

	while (!is_over(c) && poll(&pfd, 1, TICK_MS) == 0)
		;
}

/* false: this connection is over. */
static bool forward_request(struct connection *c)
{
	char data[16384];
	long n = from_client(c, data, (int)sizeof(data));

	if (n <= 0)
		return false;
	atomic_fetch_add(&c->proxy->n_bytes, (size_t)n);
	if (atomic_load(&c->proxy->mode) == PROXY_STALL) {
		stall(c);
		return false;
	}
	return send(c->server, data, (size_t)n, MSG_NOSIGNAL) == n;
}

static bool forward_answer(struct connection *c)
{
	char data[16384];
	long n = recv(c->server, data, sizeof(data), 0);
	int mode = atomic_load(&c->proxy->mode);

	if (n > 0 && atomic_load(&c->proxy->answers_left) >= 0 && atomic_fetch_sub(&c->proxy->answers_left, 1) == 0)
		mode = atomic_load(&c->proxy->once_mode);
	if (n <= 0 || mode == PROXY_LOSE_ANSWER)
		return false;
	if (mode == PROXY_HALF_ANSWER) {
		(void)to_client(c, data, (size_t)n / 2);
		stall(c);
		return false;
	}
	return to_client(c, data, (size_t)n);
}

static void serve(struct connection *c)
{
	struct pollfd pfds[2] = { { .fd = c->client, .events = POLLIN }, { .fd = c->server, .events = POLLIN } };

	while (!is_over(c)) {
		bool is_pending = c->ssl && SSL_pending(c->ssl) > 0;

		if (poll(pfds, 2, is_pending ? 0 : TICK_MS) < 0)
			return;
		if ((is_pending || pfds[0].revents) && !forward_request(c))
			return;
		if (pfds[1].revents && !forward_answer(c))
			return;
	}
}

static void *run_connection(void *argument)
{
	struct connection *c = argument;
	bool is_open = true;

	if (c->proxy->tls) {
		c->ssl = SSL_new(c->proxy->tls);
		must(c->ssl && SSL_set_fd(c->ssl, c->client) == 1, "TLS");
		is_open = SSL_accept(c->ssl) == 1;
	}
	if (is_open) {
		c->server = connect_to(c->proxy->target_port);
		if (c->server >= 0)
			serve(c);
	}
	SSL_free(c->ssl);
	if (c->server >= 0)
		close(c->server);
	close(c->client);
	free(c);
	return NULL;
}

static void take_connection(struct proxy *p)
{
	int fd = accept4(p->listener, NULL, NULL, SOCK_CLOEXEC), i = atomic_load(&p->n_connections);
	struct connection *c;

	if (fd < 0)
		return;
	must(i < CONNECTIONS_MAX, "too many connections");
	if (atomic_load(&p->mode) == PROXY_REFUSE) {
		close(fd);
		return;
	}
	at_once(fd);
	c = calloc(1, sizeof(*c));
	must(c != NULL, "memory");
	*c = (struct connection){ .proxy = p, .client = fd, .server = -1, .generation = atomic_load(&p->generation) };
	must(pthread_create(&p->connections[i], NULL, run_connection, c) == 0, "thread");
	atomic_store(&p->n_connections, i + 1);
}

static void *run(void *argument)
{
	struct proxy *p = argument;
	struct pollfd pfd = { .fd = p->listener, .events = POLLIN };

	while (!atomic_load(&p->is_stopped))
		if (poll(&pfd, 1, TICK_MS) > 0)
			take_connection(p);
	return NULL;
}

static int listen_on(int port, int *ret_port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	must(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) == 0, "address");
	must(bind(fd, (const struct sockaddr *)&address, len) == 0 && listen(fd, 16) == 0 &&
	     getsockname(fd, (struct sockaddr *)&address, &len) == 0, "listen");
	*ret_port = ntohs(address.sin_port);
	return fd;
}

struct proxy *proxy_start(int target_port, const struct proxy_cert *cert)
{
	return proxy_start_on(0, target_port, cert);
}

struct proxy *proxy_start_on(int port, int target_port, const struct proxy_cert *cert)
{
	struct proxy *p = calloc(1, sizeof(*p));

	must(p != NULL, "memory");
	signal(SIGPIPE, SIG_IGN);
	p->target_port = target_port;
	atomic_store(&p->answers_left, -1);
	p->listener = listen_on(port, &p->port);
	if (cert) {
		p->tls = SSL_CTX_new(TLS_server_method());
		must(p->tls && SSL_CTX_use_certificate(p->tls, cert->x509) == 1 &&
		     SSL_CTX_use_PrivateKey(p->tls, cert->pkey) == 1, "certificate");
		if (cert->is_old_tls)
			must(SSL_CTX_set_cipher_list(p->tls, "ALL:@SECLEVEL=0") == 1 &&
			     SSL_CTX_set_min_proto_version(p->tls, TLS1_VERSION) == 1 &&
			     SSL_CTX_set_max_proto_version(p->tls, TLS1_1_VERSION) == 1, "TLS 1.1");
	}
	must(pthread_create(&p->thread, NULL, run, p) == 0, "thread");
	return p;
}

void proxy_stop(struct proxy *p)
{
	atomic_store(&p->is_stopped, true);
	pthread_join(p->thread, NULL);
	for (int i = 0; i < atomic_load(&p->n_connections); i++)
		pthread_join(p->connections[i], NULL);
	close(p->listener);
	SSL_CTX_free(p->tls);
	free(p);
}

int proxy_port(const struct proxy *p)
{
	return p->port;
}

void proxy_set_once(struct proxy *p, enum proxy_mode mode, int after_answers)
{
	atomic_store(&p->once_mode, (int)mode);
	atomic_store(&p->answers_left, after_answers);
}

bool proxy_has_struck(struct proxy *p)
{
	return atomic_exchange(&p->answers_left, -1) < 0;
}

void proxy_set(struct proxy *p, enum proxy_mode mode)
{
	atomic_store(&p->mode, (int)mode);
}

void proxy_cut(struct proxy *p)
{
	atomic_fetch_add(&p->generation, 1);
	(void)poll(NULL, 0, 5 * TICK_MS); /* until they have noticed */
}

int proxy_n_accepted(struct proxy *p)
{
	return atomic_load(&p->n_connections);
}

size_t proxy_n_bytes(struct proxy *p)
{
	return atomic_load(&p->n_bytes);
}
