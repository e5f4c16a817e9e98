#include "common/net/resolve.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Threads that may hang in a dead resolver at once; past it calls fail at once. */
#define PENDING_MAX 64

/* Shared by the caller and the thread; whoever comes last frees it. */
struct lookup {
	pthread_mutex_t lock;
	pthread_cond_t done;
	char *host, *port;
	struct addrinfo *addresses;
	int result; /* of getaddrinfo() */
	bool is_done;
	bool is_abandoned;
};

/* Belongs to the process: threads that hang outlive the client that asked. */
static atomic_int n_pending;

static struct addrinfo hints(int flags)
{
	return (struct addrinfo){
		.ai_flags = flags,
		.ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
		.ai_protocol = IPPROTO_TCP,
	};
}

static struct lookup *lookup_new(const char *host, const char *port)
{
	struct lookup *l = calloc(1, sizeof(*l));
	pthread_condattr_t attr;

	if (!l || !(l->host = strdup(host)) || !(l->port = strdup(port)))
		abort();
	pthread_mutex_init(&l->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&l->done, &attr);
	pthread_condattr_destroy(&attr);
	return l;
}

static void lookup_free(struct lookup *l)
{
	if (l->addresses)
		freeaddrinfo(l->addresses);
	pthread_cond_destroy(&l->done);
	pthread_mutex_destroy(&l->lock);
	free(l->host);
	free(l->port);
	free(l);
}

static void *lookup_run(void *argument)
{
	struct lookup *l = argument;
	struct addrinfo wanted = hints(AI_ADDRCONFIG | AI_NUMERICSERV), *addresses = NULL;
	int result = getaddrinfo(l->host, l->port, &wanted, &addresses);
	bool is_abandoned;

	pthread_mutex_lock(&l->lock);
	l->result = result;
	l->addresses = result == 0 ? addresses : NULL;
	l->is_done = true;
	is_abandoned = l->is_abandoned;
	pthread_cond_signal(&l->done);
	pthread_mutex_unlock(&l->lock);
	if (is_abandoned)
		lookup_free(l);
	atomic_fetch_sub(&n_pending, 1);
	return NULL;
}

/* Signals stay with the threads that expect them. */
static bool start_thread(struct lookup *l)
{
	sigset_t all, before;
	pthread_attr_t attr;
	pthread_t thread;
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	error = pthread_create(&thread, &attr, lookup_run, l);
	pthread_attr_destroy(&attr);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error == 0;
}

/* True when the answer is there; false: the thread now owns l. */
static bool wait_for(struct lookup *l, int timeout_ms)
{
	struct timespec until;
	int64_t ns;
	bool is_done;

	clock_gettime(CLOCK_MONOTONIC, &until);
	ns = until.tv_nsec + (int64_t)(timeout_ms % 1000) * 1000000;
	until.tv_sec += timeout_ms / 1000 + (time_t)(ns / 1000000000);
	until.tv_nsec = (long)(ns % 1000000000);
	pthread_mutex_lock(&l->lock);
	while (!l->is_done && pthread_cond_timedwait(&l->done, &l->lock, &until) != ETIMEDOUT)
		;
	is_done = l->is_done;
	l->is_abandoned = !is_done;
	pthread_mutex_unlock(&l->lock);
	return is_done;
}

static int look_up(struct op *op, const char *host, const char *port, int timeout_ms, struct addrinfo **ret_addresses)
{
	struct lookup *l;
	int result;

	if (atomic_fetch_add(&n_pending, 1) >= PENDING_MAX) {
		atomic_fetch_sub(&n_pending, 1);
		return op_fail(op, ERR_UNAVAILABLE, "too many names are being resolved");
	}
	l = lookup_new(host, port);
	if (!start_thread(l)) {
		atomic_fetch_sub(&n_pending, 1);
		lookup_free(l);
		return op_fail(op, ERR_UNAVAILABLE, "no thread to resolve a name");
	}
	if (!wait_for(l, timeout_ms))
		return op_fail_detail(op, ERR_UNAVAILABLE, "the name was not resolved in time", "host %s", host);
	result = l->result;
	*ret_addresses = TAKE_PTR(l->addresses);
	lookup_free(l);
	if (result != 0 || !*ret_addresses)
		return op_fail_detail(op, ERR_UNAVAILABLE, "the name has no address", "host %s: %s", host,
		                      gai_strerror(result));
	return 0;
}

int resolve_host(struct op *op, const char *host, const char *port, int timeout_ms, struct addrinfo **ret_addresses)
{
	struct addrinfo wanted = hints(AI_NUMERICHOST | AI_NUMERICSERV);

	if (getaddrinfo(host, port, &wanted, ret_addresses) == 0)
		return 0;
	*ret_addresses = NULL;
	return look_up(op, host, port, timeout_ms, ret_addresses);
}
