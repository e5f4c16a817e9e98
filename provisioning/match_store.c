#include "provisioning/match_store.h"

#include "common/base/text.h"
#include "common/db/columns.h"

#define EXT_ID_MAX 1024

DB_QUERY(prov_match_chosen, DB_READ,
	"SELECT account_id, ext_id FROM sen.match_candidate WHERE platform_id = $1::smallint AND account_id = ANY ($2::uuid[]) AND chosen_at IS NOT NULL");

DB_QUERY(prov_match_forget, DB_WRITE,
	"DELETE FROM sen.match_candidate m USING unnest($1::smallint[], $2::uuid[]) r (platform_id, account_id)"
	" WHERE m.platform_id = r.platform_id AND m.account_id = r.account_id");

DB_QUERY(prov_match_add, DB_WRITE,
	"INSERT INTO sen.match_candidate (platform_id, account_id, ext_id, rule, strong, label, linked)"
	" SELECT r.* FROM unnest($1::smallint[], $2::uuid[], $3::text[], $4::text[], $5::boolean[], $6::text[], $7::boolean[]) r"
	" ON CONFLICT (platform_id, account_id, ext_id) DO UPDATE SET rule = excluded.rule, strong = excluded.strong, label = excluded.label,"
	" linked = excluded.linked, seen_at = now()");

int match_chosen_read(struct op *op, int64_t platform_id, const struct str *accounts, size_t n, const struct str **ret_chosen)
{
	struct str *chosen = ARENA_ARRAY(op->arena, struct str, n + 1);
	struct db_rows rows;
	int err = db_run(op, &prov_match_chosen, &rows, P_I64(platform_id), P_STR(db_array(op->arena, accounts, n)));

	*ret_chosen = chosen;
	for (size_t row = 0; err == 0 && row < rows.n; row++)
		for (size_t i = 0; i < n; i++)
			if (str_equal(accounts[i], db_str(&rows, row, 0)))
				chosen[i] = db_str(&rows, row, 1);
	return err;
}

static bool is_storable(struct str s)
{
	return s.len > 0 && s.len <= EXT_ID_MAX && utf8_is_valid(s);
}

static int add(struct op *op, const struct completion *done, size_t n, size_t n_candidates)
{
	struct columns c = columns_new(op->arena, n_candidates, 7);
	struct db_rows rows;
	size_t at = 0;

	for (size_t i = 0; i < n; i++) {
		const struct candidates *all = done[i].result->candidates;

		for (size_t k = 0; !done[i].was_fenced && all && k < all->n; k++) {
			const struct candidate *one = &all->items[k];

			if (!is_storable(one->ext_id))
				continue;
			columns_int(&c, 0, at, done[i].work->platform_id);
			columns_text(&c, 1, at, done[i].work->account_id);
			columns_text(&c, 2, at, one->ext_id);
			columns_text(&c, 3, at, one->rule->name);
			columns_bool(&c, 4, at, one->rule->is_strong);
			columns_text(&c, 5, at, is_storable(one->label) ? one->label : STR(""));
			columns_bool(&c, 6, at++, one->is_linked);
		}
	}
	c.n_rows = at;
	if (at == 0)
		return 0;
	return db_run(op, &prov_match_add, &rows, columns_param(&c, 0), columns_param(&c, 1), columns_param(&c, 2), columns_param(&c, 3),
	              columns_param(&c, 4), columns_param(&c, 5), columns_param(&c, 6));
}

int match_candidates_write(struct op *op, const struct completion *done, size_t n)
{
	struct columns ended = columns_new(op->arena, n, 2);
	size_t n_ended = 0, n_candidates = 0;
	struct db_rows rows;
	int err = 0;

	for (size_t i = 0; i < n; i++) {
		bool is_seen_anew = done[i].result->candidates && done[i].result->candidates->n > 0;

		if (!done[i].was_fenced && (is_seen_anew || done[i].result->was_adopted)) {
			columns_int(&ended, 0, n_ended, done[i].work->platform_id);
			columns_text(&ended, 1, n_ended++, done[i].work->account_id);
		}
		n_candidates += is_seen_anew ? done[i].result->candidates->n : 0;
	}
	ended.n_rows = n_ended;
	/* The usual case: nothing to do, and no statement. */
	if (n_ended > 0)
		err = db_run(op, &prov_match_forget, &rows, columns_param(&ended, 0), columns_param(&ended, 1));
	return err < 0 || n_candidates == 0 ? err : add(op, done, n, n_candidates);
}
