/* local_software_fresh.c: local software is compared again when what is offered has changed. */

#include "server/governance/local_software.h"
#include "server/governance/overlap_finding.h"

DB_QUERY(local_software_stale_q, DB_READ,
         "SELECT l.id, l.version, l.name, l.description, l.functions, c.edition FROM sen.common_solutions c JOIN sen.local_software l"
         " ON l.solutions_edition < c.edition ORDER BY l.solutions_edition, l.id LIMIT $1::bigint");
/* Whoever edited it meanwhile has compared it. */
DB_QUERY(local_software_fresh_q, DB_WRITE,
         "UPDATE sen.local_software l SET solutions = $4::jsonb, best_id = nullif($5::smallint, 0), best_score = $6::smallint, solutions_edition = $3::bigint,"
         " compared_at = now() WHERE l.id = $1::uuid AND l.version = $2::bigint AND l.solutions_edition < $3::bigint");

static int save(struct op *op, const struct db_rows *stale, size_t i, const struct overlap_ranking *ranking)
{
	struct db_rows rows;

	return db_run(op, &local_software_fresh_q, &rows, P_STR(db_str(stale, i, 0)), P_I64(db_i64(stale, i, 1)), P_I64(db_i64(stale, i, 5)),
	              P_STR(json_write(op->arena, ranking->solutions, false)), P_I64(ranking->best_id), P_I64(ranking->best_score));
}

int local_software_refresh(struct op *op, size_t max, size_t *ret_n)
{
	struct db_rows stale;
	int r = db_run(op, &local_software_stale_q, &stale, P_I64((int64_t)max));

	*ret_n = 0;
	if (r < 0 || stale.n == 0)
		return r;
	struct overlap_subject *subjects = ARENA_ARRAY(op->arena, struct overlap_subject, stale.n);
	struct overlap_ranking *rankings = ARENA_ARRAY(op->arena, struct overlap_ranking, stale.n);
	for (size_t i = 0; i < stale.n && r == 0; i++) {
		subjects[i] = (struct overlap_subject){ .name = db_str(&stale, i, 2), .description = db_str(&stale, i, 3) };
		r = db_array_read(op, db_str(&stale, i, 4), &subjects[i].functions.p, &subjects[i].functions.n);
	}
	if (r == 0)
		r = overlap_rank_all(op, subjects, stale.n, rankings);
	if (r < 0)
		return r;
	for (size_t i = 0; i < stale.n; i++) {
		if (r == 0)
			r = save(op, &stale, i, &rankings[i]);
		json_decref(rankings[i].solutions);
	}
	*ret_n = r < 0 ? 0 : stale.n;
	return r;
}
