#include "common/net/ldap_conn.h"

#include "common/base/clock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Older idle connections are closed: firewalls and slapd's idletimeout forget them silently. */
#define IDLE_MAX_MS 60000

static pthread_once_t ldap_once = PTHREAD_ONCE_INIT;

/* The first use of libldap fills its global defaults, without a lock. */
static void ldap_start(void)
{
	int level = 0;

	(void)ldap_get_option(NULL, LDAP_OPT_DEBUG_LEVEL, &level);
}

static bool is_loopback(const char *host)
{
	struct in_addr v4;
	struct in6_addr v6;

	if (inet_pton(AF_INET, host, &v4) == 1)
		return ntohl(v4.s_addr) >> 24 == 127;
	if (inet_pton(AF_INET6, host, &v6) == 1)
		return IN6_IS_ADDR_LOOPBACK(&v6);
	return strcmp(host, "localhost") == 0;
}

static const char *uri_fault(const LDAPURLDesc *url, bool starttls)
{
	bool has_host = url->lud_host && url->lud_host[0];

	if (url->lud_dn && url->lud_dn[0])
		return "the URI of the directory has a DN";
	if (strcmp(url->lud_scheme, "ldapi") == 0)
		return starttls ? "ldapi and StartTLS exclude each other" : NULL;
	if (!has_host)
		return "the URI of the directory has no host";
	if (strcmp(url->lud_scheme, "ldaps") == 0)
		return starttls ? "ldaps and StartTLS exclude each other" : NULL;
	if (strcmp(url->lud_scheme, "ldap") != 0)
		return "the scheme of the directory is not ldap, ldaps or ldapi";
	return starttls || is_loopback(url->lud_host) ? NULL : "ldap without TLS leaves this machine";
}

/* ldap:// in place of ldaps://, with the port that ldaps has by default; see start_tls() in ldap_conn.c. */
static struct str transport_uri(struct arena *a, const LDAPURLDesc *url)
{
	char scheme[] = "ldap";
	LDAPURLDesc plain = *url;
	struct str uri;
	char *text;

	plain.lud_scheme = scheme;
	text = ldap_url_desc2str(&plain);
	if (!text)
		abort();
	uri = arena_dup_c(a, text);
	ldap_memfree(text);
	return uri;
}

static int check_config(struct op *op, const struct ldap_config *config, bool *ret_is_ldaps, struct str *ret_uri)
{
	LDAPURLDesc *url = NULL;
	const char *fault, *uri;

	if (config->timeout_ms <= 0 || config->pool_size == 0)
		return op_fail(op, ERR_CONFIG, "the time-out and the pool of the directory must not be zero");
	/* RFC 4513 §5.1.2: a name without a password is no authentication, and succeeds. */
	if (config->bind_dn.len == 0 || config->password.len == 0)
		return op_fail(op, ERR_CONFIG, "the service account of the directory needs a DN and a password");
	if (ldap_text(op, config->uri, &uri) < 0)
		return op->error.code;
	/* libldap takes a list of URIs; then a check of one would not be a check of all. */
	if (strpbrk(uri, " ,\t") || ldap_url_parse(uri, &url) != LDAP_URL_SUCCESS)
		return op_fail(op, ERR_CONFIG, "the URI of the directory cannot be read");
	fault = uri_fault(url, config->starttls);
	*ret_is_ldaps = strcmp(url->lud_scheme, "ldaps") == 0;
	*ret_uri = *ret_is_ldaps && !fault ? transport_uri(op->arena, url) : config->uri;
	ldap_free_urldesc(url);
	return fault ? op_fail(op, ERR_CONFIG, fault) : 0;
}

static char *copy(struct str s)
{
	char *c = strndup(s.p, s.len);

	if (!c)
		abort();
	return c;
}

static struct ldap_pool *pool_make(const struct ldap_config *config, bool is_ldaps, struct str uri)
{
	struct ldap_pool *p = calloc(1, sizeof(*p));
	pthread_condattr_t attr;

	if (!p)
		abort();
	p->uri = copy(uri);
	p->bind_dn = copy(config->bind_dn);
	p->ca_file = config->ca_file.len > 0 ? copy(config->ca_file) : NULL;
	p->password = (struct berval){ .bv_val = copy(config->password), .bv_len = config->password.len };
	p->is_ldaps = is_ldaps;
	p->starttls = config->starttls;
	p->timeout_ms = config->timeout_ms;
	p->size = config->pool_size;
	pthread_mutex_init(&p->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	for (size_t i = 0; i < LDAP_ROLE_COUNT; i++) {
		pthread_cond_init(&p->roles[i].freed, &attr);
		p->roles[i].idle = calloc(p->size, sizeof(*p->roles[i].idle));
		if (!p->roles[i].idle)
			abort();
	}
	pthread_condattr_destroy(&attr);
	return p;
}

int ldap_pool_new(struct op *op, const struct ldap_config *config, struct ldap_pool **ret_pool)
{
	struct ldap_pool *p;
	struct str uri = STR_NULL;
	bool is_ldaps = false;
	LDAP *ld;

	pthread_once(&ldap_once, ldap_start);
	if (check_config(op, config, &is_ldaps, &uri) < 0)
		return op->error.code;
	p = pool_make(config, is_ldaps, uri);
	/* Not connected, but the CA file has been read and found good. */
	if (ldap_conn_handle(op, p, p->timeout_ms, &ld) < 0) {
		ldap_pool_free(p);
		return op->error.code;
	}
	ldap_conn_close(ld);
	*ret_pool = p;
	return 0;
}

void ldap_pool_free(struct ldap_pool *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < LDAP_ROLE_COUNT; i++) {
		for (size_t k = 0; k < p->roles[i].n_idle; k++)
			ldap_conn_close(p->roles[i].idle[k].ld);
		free(p->roles[i].idle);
		pthread_cond_destroy(&p->roles[i].freed);
	}
	pthread_mutex_destroy(&p->lock);
	explicit_bzero(p->password.bv_val, p->password.bv_len);
	free(p->password.bv_val);
	free(p->uri);
	free(p->bind_dn);
	free(p->ca_file);
	free(p);
}

static struct timespec after(int timeout_ms)
{
	struct timespec t;
	int64_t ns;

	clock_gettime(CLOCK_MONOTONIC, &t);
	ns = t.tv_nsec + (int64_t)(timeout_ms % 1000) * 1000000;
	t.tv_sec += timeout_ms / 1000 + (time_t)(ns / 1000000000);
	t.tv_nsec = (long)(ns % 1000000000);
	return t;
}

/* Nothing is outstanding on an idle connection: what can be read is its end or the notice of it (RFC 4511 §4.4.1). */
static bool is_alive(const struct ldap_idle *idle)
{
	struct pollfd pfd = { .fd = -1, .events = POLLIN | POLLRDHUP };

	if (clock_mono_ms() - idle->since_ms > IDLE_MAX_MS)
		return false;
	if (ldap_get_option(idle->ld, LDAP_OPT_DESC, &pfd.fd) != LDAP_OPT_SUCCESS || pfd.fd < 0)
		return false;
	return poll(&pfd, 1, 0) == 0;
}

/* A place in the pool: with an idle connection, or NULL and the right to open one.  false: none in time. */
static bool take_place(struct ldap_pool *p, enum ldap_role role, int timeout_ms, struct ldap_idle *ret_idle)
{
	struct timespec until = after(timeout_ms);
	bool in_time = true, is_taken;

	pthread_mutex_lock(&p->lock);
	while (in_time && p->roles[role].n_idle == 0 && p->roles[role].n_open >= p->size)
		in_time = pthread_cond_timedwait(&p->roles[role].freed, &p->lock, &until) != ETIMEDOUT;
	*ret_idle = (struct ldap_idle){ 0 };
	/* Whatever the clock says: a place that somebody was woken for must not be left over. */
	is_taken = p->roles[role].n_idle > 0 || p->roles[role].n_open < p->size;
	if (p->roles[role].n_idle > 0)
		*ret_idle = p->roles[role].idle[--p->roles[role].n_idle];
	else if (is_taken)
		p->roles[role].n_open++;
	pthread_mutex_unlock(&p->lock);
	return is_taken;
}

static void free_place(struct ldap_pool *p, enum ldap_role role)
{
	pthread_mutex_lock(&p->lock);
	p->roles[role].n_open--;
	pthread_cond_signal(&p->roles[role].freed);
	pthread_mutex_unlock(&p->lock);
}

int ldap_pool_take(struct op *op, struct ldap_pool *p, enum ldap_role role, int timeout_ms, struct ldap_conn *ret_conn)
{
	struct ldap_conn conn = { .pool = p, .role = role };
	struct ldap_idle idle;

	for (;;) {
		if (!take_place(p, role, timeout_ms, &idle))
			return op_fail(op, ERR_OVERLOADED, "all connections to the directory are in use");
		if (!idle.ld)
			break;
		conn.ld = idle.ld;
		conn.is_reused = true;
		if (is_alive(&idle)) {
			*ret_conn = conn;
			return 0;
		}
		ldap_pool_drop(&conn, false);
	}
	if (ldap_conn_open(op, p, role, timeout_ms, &conn.ld) < 0) {
		free_place(p, role);
		return op->error.code;
	}
	conn.is_reused = false;
	*ret_conn = conn;
	return 0;
}

void ldap_pool_give(struct ldap_conn *conn)
{
	struct ldap_pool *p = conn->pool;
	struct ldap_idle idle = { .ld = TAKE_PTR(conn->ld), .since_ms = clock_mono_ms() };

	pthread_mutex_lock(&p->lock);
	assert(p->roles[conn->role].n_idle < p->size);
	p->roles[conn->role].idle[p->roles[conn->role].n_idle++] = idle;
	pthread_cond_signal(&p->roles[conn->role].freed);
	pthread_mutex_unlock(&p->lock);
}

static LDAP *take_idle(struct ldap_pool *p, enum ldap_role role)
{
	LDAP *ld = NULL;

	pthread_mutex_lock(&p->lock);
	if (p->roles[role].n_idle > 0)
		ld = p->roles[role].idle[--p->roles[role].n_idle].ld;
	pthread_mutex_unlock(&p->lock);
	return ld;
}

void ldap_pool_drop(struct ldap_conn *conn, bool with_idle)
{
	LDAP *ld = TAKE_PTR(conn->ld);

	while (ld) {
		ldap_conn_close(ld);
		free_place(conn->pool, conn->role);
		ld = with_idle ? take_idle(conn->pool, conn->role) : NULL;
	}
}
