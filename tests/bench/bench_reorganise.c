/*
 * bench_reorganise CONFIG: carries out what reorganisations are due, with the provisioner's configuration and step, and nothing
 * beside it.  Prints {"key": "reorg_apply_s", "value": …, "steps": …, "slowest_ms": …}.
 */
#include "common/base/clock.h"
#include "common/base/conf.h"
#include "common/model/reorg_run.h"
#include "provisioning/config.h"

#include <stdio.h>
#include <stdlib.h>

#define BYTES ((size_t)16 << 20)

static int say(struct str message)
{
	fprintf(stderr, "bench_reorganise: %.*s\n", STR_ARG(message));
	return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	_cleanup_(arena_freep) struct arena *kept = arena_new(BYTES), *a = arena_new(BYTES);
	struct str message = STR("usage: bench_reorganise CONFIG");
	struct config config = { 0 };
	int64_t from_ms, slowest_ms = 0, n = 0;
	struct db *db = NULL;

	if (argc != 2 || config_read(kept, argv[1], &config, &message) < 0)
		return say(message);
	const struct db_config settings = { .conninfo = config.db_conninfo, .password = config.db_password, .program = "bench", .pool_size = 1,
		.statement_timeout_ms = 120000, .audit_chain = 90 };
	if (db_open(&settings, &db, &message, kept) < 0)
		return say(message);
	from_ms = clock_mono_ms();
	for (;; n++) {
		int64_t step_ms = clock_mono_ms();
		struct reorg_step_done done;
		struct op op;

		arena_reset(a);
		op_init(&op, a, db, NULL);
		if (reorg_run_step(&op, REORG_BATCH, &done) < 0)
			return say(op.error.detail);
		db_op_done(&op);
		if (str_is_null(done.id))
			break;
		if (clock_mono_ms() - step_ms > slowest_ms)
			slowest_ms = clock_mono_ms() - step_ms;
	}
	printf("{\"key\": \"reorg_apply_s\", \"value\": %.3f, \"steps\": %lld, \"slowest_ms\": %lld}\n", (double)(clock_mono_ms() - from_ms) / 1000,
	       (long long)n, (long long)slowest_ms);
	db_close(db);
	return EXIT_SUCCESS;
}
