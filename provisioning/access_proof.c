#include "provisioning/access_proof.h"

#include "common/base/text.h"
#include "common/db/columns.h"

DB_QUERY(prov_access_proof_add, DB_WRITE,
	"INSERT INTO sen.access_proof (account_id, platform_id, gen, what, took_down, ext_id, operation_id, kind)"
	" SELECT r.account_id, r.platform_id, r.gen, r.what, r.took_down, nullif(r.ext_id, ''), r.operation_id, r.kind"
	" FROM unnest($1::smallint[], $2::uuid[], $3::bigint[], $4::text[], $5::boolean[], $6::text[], $7::text[], $8::text[])"
	" r (platform_id, account_id, gen, what, took_down, ext_id, operation_id, kind)");

static bool proves(const struct completion *d)
{
	return d->result->outcome == OUTCOME_OK && !d->was_fenced && !d->sent_active && d->result->sight != SIGHT_NONE;
}

int access_proof_add(struct op *op, const struct completion *done, size_t n)
{
	struct columns c = columns_new(op->arena, n, 8);
	struct db_rows rows;
	size_t at = 0;

	for (size_t i = 0; i < n; i++) {
		const struct result *r = done[i].result;

		if (!proves(&done[i]))
			continue;
		columns_int(&c, 0, at, done[i].work->platform_id);
		columns_text(&c, 1, at, done[i].work->account_id);
		columns_int(&c, 2, at, done[i].work->gen);
		columns_text(&c, 3, at, r->sight == SIGHT_ABSENT ? STR("absent") : STR("inactive"));
		columns_bool(&c, 4, at, r->was_disabled);
		columns_text(&c, 5, at, !str_is_null(r->ext_id) && utf8_is_valid(r->ext_id) ? r->ext_id : STR(""));
		columns_text(&c, 6, at, done[i].task_id);
		columns_text(&c, 7, at++, r->proof ? str_c(r->proof) : STR("read_back"));
	}
	if (at == 0)
		return 0;
	c.n_rows = at;
	return db_run(op, &prov_access_proof_add, &rows, columns_param(&c, 0), columns_param(&c, 1), columns_param(&c, 2), columns_param(&c, 3),
	              columns_param(&c, 4), columns_param(&c, 5), columns_param(&c, 6), columns_param(&c, 7));
}
