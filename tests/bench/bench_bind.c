/*
 * bench_bind NAME URI DN-FILE PASSWORD-FILE THREADS SECONDS: raw LDAP binds, nothing else.
 *
 * Each thread has one connection and binds on it, again and again, as the entries of DN-FILE
 * (a DN per line) in turn, all with the same password.
 */
#include "common/base/clock.h"
#include "tests/bench/measure.h"

#include <err.h>
#include <ldap.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define THREADS_MAX 64
#define SECONDS_MAX 600
#define US_PER_S 1000000

struct task {
	const char *uri;
	char **dns;
	size_t n_dns, first_dn, step;
	struct berval password;
	int64_t end_us;
	pthread_t thread;
	struct measure measure;
};

static LDAP *connect_to(const char *uri)
{
	int version = LDAP_VERSION3;
	LDAP *ld = NULL;

	if (ldap_initialize(&ld, uri) != LDAP_SUCCESS || ldap_set_option(ld, LDAP_OPT_PROTOCOL_VERSION, &version) != LDAP_SUCCESS)
		errx(1, "cannot use the directory %s", uri);
	return ld;
}

static void *bind_on(void *arg)
{
	struct task *t = arg;
	LDAP *ld = connect_to(t->uri);
	size_t at = t->first_dn;

	for (int64_t now_us = clock_mono_us(); now_us < t->end_us; at += t->step) {
		int64_t before_us = now_us;
		int r = ldap_sasl_bind_s(ld, t->dns[at % t->n_dns], LDAP_SASL_SIMPLE, &t->password, NULL, NULL, NULL);

		now_us = clock_mono_us();
		measure_add(&t->measure, now_us - before_us);
		if (r != LDAP_SUCCESS && t->measure.errors++ == 0)
			warnx("bind as %s: %s", t->dns[at % t->n_dns], ldap_err2string(r));
	}
	ldap_unbind_ext_s(ld, NULL, NULL);
	return NULL;
}

/* Lines as strings of their own. */
static size_t read_lines(struct str rest, char ***ret_lines)
{
	char **lines = NULL;
	struct str line;
	size_t n = 0;

	while (str_split(&rest, '\n', &line)) {
		if (str_is_empty(line))
			continue;
		lines = reallocarray(lines, n + 1, sizeof(*lines));
		if (!lines || !(lines[n++] = strndup(line.p, line.len)))
			abort();
	}
	if (n == 0)
		errx(1, "there is no DN to bind as");
	*ret_lines = lines;
	return n;
}

static void run(const char *name, struct task *tasks, size_t n)
{
	struct measure sum = { 0 };
	int64_t start_us = clock_mono_us();

	for (size_t i = 0; i < n; i++)
		if (pthread_create(&tasks[i].thread, NULL, bind_on, &tasks[i]) != 0)
			errx(1, "cannot start a thread");
	for (size_t i = 0; i < n; i++) {
		pthread_join(tasks[i].thread, NULL);
		measure_merge(&sum, &tasks[i].measure);
		measure_free(&tasks[i].measure);
	}
	sum.elapsed_us = clock_mono_us() - start_us;
	measure_print(&sum, name, stdout);
	puts("}");
	measure_free(&sum);
}

int main(int argc, char **argv)
{
	static struct task tasks[THREADS_MAX];
	struct str password;
	char **dns = NULL;
	size_t n_dns, n;
	int64_t end_us;
	int ignored = 0;

	if (argc != 7)
		errx(2, "usage: bench_bind NAME URI DN-FILE PASSWORD-FILE THREADS SECONDS");
	n_dns = read_lines(argument_file(argv[3]), &dns);
	password = argument_file(argv[4]);
	n = argument_number("THREADS", argv[5], THREADS_MAX);
	/* The first use of libldap fills its global defaults, without a lock. */
	(void)ldap_get_option(NULL, LDAP_OPT_DEBUG_LEVEL, &ignored);
	end_us = clock_mono_us() + (int64_t)argument_number("SECONDS", argv[6], SECONDS_MAX) * US_PER_S;
	for (size_t i = 0; i < n; i++)
		tasks[i] = (struct task){
			.uri = argv[2],
			.dns = dns,
			.n_dns = n_dns,
			.first_dn = i,
			.step = n,
			.password = { .bv_val = (char *)(uintptr_t)password.p, .bv_len = password.len },
			.end_us = end_us,
		};
	run(argv[1], tasks, n);
	for (size_t i = 0; i < n_dns; i++)
		free(dns[i]);
	free(dns);
	return 0;
}
