/*
 * bench_changes CONNINFO change|revoke PLATFORMS FROM N: N accounts, one after the other, from the FROM-th settled one on: a new name,
 * or the account disabled, until the provisioner has it done on all PLATFORMS bound platforms B01, B02, …
 * Prints {"p50_ms": …, "p95_ms": …, "max_ms": …, "n": …}.
 */
#include "common/base/clock.h"
#include "common/base/op.h"

#include <err.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define POLL_MS 3
#define PATIENCE_MS 60000
#define N_MAX 10000

static PGresult *run(PGconn *db, const char *sql, int n, const char *const *values)
{
	PGresult *r = PQexecParams(db, sql, n, NULL, values, NULL, NULL, 0);

	if (PQresultStatus(r) != PGRES_TUPLES_OK && PQresultStatus(r) != PGRES_COMMAND_OK)
		errx(1, "%s", PQerrorMessage(db));
	return r;
}

static bool is_done(PGconn *db, const char *account, const char *from, const char *platforms, bool revoke)
{
	const char *values[] = { account, from, platforms, revoke ? "f" : "t" };
	PGresult *r = run(db,
		"SELECT count(*) >= $3::bigint FROM sen.binding b JOIN sen.platform p ON p.id = b.platform_id AND p.code ~ '^B[0-9]{2}$'"
		" WHERE b.account_id = $1 AND b.state = 0 AND b.seen_gen = b.want_gen AND b.seen_at > $2::timestamptz AND b.seen_active = $4::boolean", 4, values);
	bool done = strcmp(PQgetvalue(r, 0, 0), "t") == 0;

	PQclear(r);
	return done;
}

static int64_t measure(PGconn *db, const char *account, const char *platforms, bool revoke)
{
	const char *values[] = { account };
	PGresult *r = run(db, "SELECT clock_timestamp()", 0, NULL);
	char *from = strdup(PQgetvalue(r, 0, 0));
	int64_t start_ms;

	PQclear(r);
	PQclear(run(db, revoke ? "UPDATE sen.account SET status = 'disabled' WHERE id = $1"
	                       : "UPDATE sen.person SET ten = 'Hoà', full_name = 'Nguyễn Thị Hồng Hoà', name_fold = 'nguyen thi hong hoa'"
	                         " WHERE id = (SELECT person_id FROM sen.account WHERE id = $1)", 1, values));
	start_ms = clock_mono_ms();
	while (!is_done(db, account, from, platforms, revoke)) {
		if (clock_mono_ms() - start_ms > PATIENCE_MS)
			errx(1, "account %s is not done after %d ms", account, PATIENCE_MS);
		nanosleep(&(struct timespec){ .tv_nsec = POLL_MS * 1000000 }, NULL);
	}
	free(from);
	return clock_mono_ms() - start_ms;
}

static int by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

int main(int argc, char **argv)
{
	static int64_t took[N_MAX];
	PGconn *db;
	PGresult *accounts;
	size_t n;

	if (argc != 6)
		errx(2, "usage: bench_changes CONNINFO change|revoke PLATFORMS FROM N");
	db = PQconnectdb(argv[1]);
	if (PQstatus(db) != CONNECTION_OK)
		errx(1, "%s", PQerrorMessage(db));
	const char *values[] = { argv[4], argv[5], argv[3] };
	accounts = run(db, "SELECT a.id FROM sen.account a WHERE a.login ~ '^b[0-9]+$' AND a.status = 'active' AND"
		" (SELECT count(*) FROM sen.binding b WHERE b.account_id = a.id AND b.state = 0 AND b.seen_active) > $3::bigint"
		" ORDER BY substring(a.login FROM 2)::integer OFFSET $1::bigint LIMIT $2::bigint", 3, values);
	n = (size_t)PQntuples(accounts);
	if (n == 0 || n > N_MAX)
		errx(1, "%zu settled accounts", n);
	for (size_t i = 0; i < n; i++)
		took[i] = measure(db, PQgetvalue(accounts, (int)i, 0), argv[3], strcmp(argv[2], "revoke") == 0);
	qsort(took, n, sizeof(took[0]), by_value);
	printf("{\"p50_ms\": %lld, \"p95_ms\": %lld, \"max_ms\": %lld, \"n\": %zu}\n", (long long)took[n / 2], (long long)took[n * 95 / 100],
	       (long long)took[n - 1], n);
	return EXIT_SUCCESS;
}
