/* mapping_test.c: samples, the count of what would change, and activation. */
#include "server/governance/mapping_common.h"

#include "common/base/clock.h"
#include "common/base/text.h"
#include "common/plan/facts_store.h"
#include "common/plan/mapping_change.h"
#include "common/plan/mapping_store.h"

#define BATCH_BYTES ((size_t)96 * 1024 * 1024)
#define JSON_DEPTH 12

DB_QUERY(mapping_tested_q, DB_WRITE,
	"UPDATE sen.mapping SET state = 'tested', version = version + 1, tested_by = $4::uuid, tested_at = now()"
	" WHERE platform_id = $1::smallint AND number = $2::integer AND version = $3::bigint AND state IN ('draft', 'tested') RETURNING version");

DB_QUERY(mapping_counting_q, DB_READ,
	"SELECT p.id, m.version, m.state, m.count_after, m.count_done_at IS NOT NULL, m.document,"
	" sen.catalogue_covers($3::uuid, 'catalogue', p.managing_unit_id, p.id)"
	" FROM sen.mapping m JOIN sen.platform p ON p.id = m.platform_id WHERE p.code = $1 AND m.number = $2::integer");

/* What is wanted there, whoever is asked when. */
DB_QUERY(mapping_accounts_q, DB_READ,
	"SELECT account_id FROM sen.binding WHERE platform_id = $1::smallint AND want_active AND ($2::uuid IS NULL OR account_id > $2::uuid)"
	" ORDER BY account_id LIMIT $3::bigint");

/* Of two that count at the same time one counts. */
DB_QUERY(mapping_counted_q, DB_WRITE,
	"UPDATE sen.mapping SET count_after = coalesce($5::uuid, count_after), counted = counted + $6::bigint, count_accounts = count_accounts + $7::bigint,"
	" count_changes = count_changes + $8::bigint, count_due = count_due + $9::bigint, count_done_at = CASE WHEN $10::boolean THEN now() END"
	" WHERE platform_id = $1::smallint AND number = $2::integer AND version = $3::bigint AND count_done_at IS NULL"
	" AND count_after IS NOT DISTINCT FROM $4::uuid RETURNING 1");

/* A count of yesterday says little. */
DB_QUERY(mapping_recount_q, DB_WRITE,
	"UPDATE sen.mapping SET count_after = NULL, counted = 0, count_accounts = 0, count_changes = 0, count_due = 0, count_done_at = NULL"
	" WHERE platform_id = $1::smallint AND number = $2::integer AND version = $3::bigint AND count_done_at < now() - interval '5 min' RETURNING 1");

DB_QUERY(mapping_retire_q, DB_WRITE,
	"UPDATE sen.mapping SET state = 'retired', version = version + 1, retired_at = now(), waking = false, wake_after = NULL"
	" WHERE platform_id = $1::smallint AND state = 'active' RETURNING number");

/* Rules of the directory make due nobody, and are always for two: whose password an account is signed in with hangs on them. */
DB_QUERY(mapping_activate_q, DB_WRITE,
	"UPDATE sen.mapping m SET state = 'active', version = version + 1, activated_by = $4::uuid, activated_at = now(), waking = platform_id <> 0, wake_after = NULL"
	" WHERE platform_id = $1::smallint AND number = $2::integer AND version = $3::bigint AND state = 'tested'"
	" AND count_done_at > now() - interval '1 hour' AND (NOT (platform_id = 0 OR sen.mapping_is_large(count_accounts, counted))"
	"  OR NOT EXISTS (SELECT FROM unnest(authors) a (id) WHERE sen.same_person(a.id, $4::uuid))) RETURNING counted, count_accounts, count_changes");

DB_QUERY(mapping_activate_look_q, DB_READ,
	"SELECT state, coalesce(count_done_at > now() - interval '1 hour', false) FROM sen.mapping WHERE platform_id = $1::smallint AND number = $2::integer");

/* "" and null are the same to a platform, but not to who says what he expects. */
static json_t *differences_of(struct op *op, const json_t *expect, const json_t *got)
{
	json_t *list = json_new_array();
	const char *path;
	json_t *wanted;

	json_object_foreach((json_t *)expect, path, wanted) {
		json_t *value = json_object_get(got, path), *difference;

		if (value && json_equal(value, wanted))
			continue;
		difference = json_new_object();
		json_set_str(difference, "path", arena_dup_c(op->arena, path));
		json_set_take(difference, "expected", json_incref(wanted));
		json_set_take(difference, "got", value ? json_incref(value) : json_from_str(STR("(no row of ours)")));
		json_array_append_new(list, difference);
	}
	return list;
}

static int run_sample(struct op *op, const struct mapping *mapping, const json_t *sample, size_t i, json_t *results, bool *passed)
{
	struct mapping_input in;
	_json_ json_t *got = NULL;
	json_t *result, *differences;
	int r = mapping_read_sample(op, sample, i, &in);

	if (r < 0)
		return r;
	got = mapping_values_json(op->arena, mapping, &in);
	differences = differences_of(op, json_object_get(sample, "expect"), got);
	result = json_new_object();
	json_set_str(result, "name", json_get_str(sample, "name"));
	json_set_bool(result, "passed", json_array_size(differences) == 0);
	*passed = *passed && json_array_size(differences) == 0;
	json_set_take(result, "differences", differences);
	json_set_take(result, "values", json_incref(got));
	json_array_append_new(results, result);
	return 0;
}

static int run_samples(struct op *op, const struct mapping_row_seen *seen, json_t *results, bool *ret_passed)
{
	const struct mapping *mapping;
	const json_t *sample;
	size_t i;
	int r = mapping_read_document(op, seen->document, &mapping);

	/* A mapping that nobody looked at with an example has not been tested. */
	*ret_passed = json_array_size(seen->samples) > 0;
	json_array_foreach(seen->samples, i, sample) {
		if (r == 0)
			r = run_sample(op, mapping, sample, i, results, ret_passed);
	}
	return r;
}

static int test(struct op *op, const struct principal *p, struct str platform, int64_t number, int64_t version, json_t *results, bool *ret_passed)
{
	_mapping_row_ struct mapping_row_seen seen = { .version = 0 };
	struct db_rows rows;
	int r = mapping_lock(op, p, platform, number, version, &seen);

	if (r == 0)
		r = run_samples(op, &seen, results, ret_passed);
	if (r < 0 || !*ret_passed)
		return r;
	r = db_run(op, &mapping_tested_q, &rows, P_I64(seen.place.id), P_I64(number), P_I64(version), P_STR(p->account_id));
	return r == 0 && rows.n == 0 ? mapping_wrong_state(op, seen.state, "draft") : r;
}

int mapping_test(struct op *op, const struct principal *p, struct str platform, int64_t number, int64_t version, json_t **ret_json)
{
	_json_ json_t *results = json_new_array();
	json_t *data = json_new_object();
	bool passed = false;
	int r = db_begin(op);

	if (r == 0)
		r = test(op, p, platform, number, version, results, &passed);
	json_set_bool(data, "passed", passed);
	r = mapping_commit(op, p, r, "mapping.test", platform, number, data);
	if (r < 0)
		return r;
	*ret_json = json_new_object();
	json_set_bool(*ret_json, "passed", passed);
	json_set_take(*ret_json, "samples", json_incref(results));
	return 0;
}

/* A count on its way. */
struct counting {
	int64_t platform_id, number, version;
	struct str after;
	const struct mapping *next;
	bool is_done;
};

struct counted {
	size_t n, n_accounts, n_changes, n_due;
	struct str last;
};

static int begin_counting(struct op *op, const struct principal *p, struct str platform, int64_t number, struct counting *ret)
{
	_json_ json_t *document = NULL;
	struct db_rows rows;
	int r = db_run(op, &mapping_counting_q, &rows, P_STR(platform), P_I64(number), P_STR(p->account_id));

	if (r < 0)
		return r;
	if (rows.n == 0)
		return op_fail(op, ERR_NOT_FOUND, "no such mapping");
	if (!db_bool(&rows, 0, 6))
		return op_fail(op, ERR_OUT_OF_SCOPE, "the managing unit is not within your scope");
	if (!str_equal(db_str(&rows, 0, 2), STR("draft")) && !str_equal(db_str(&rows, 0, 2), STR("tested")))
		return mapping_wrong_state(op, db_str(&rows, 0, 2), "tested");
	*ret = (struct counting){ .platform_id = db_i64(&rows, 0, 0), .number = number, .version = db_i64(&rows, 0, 1), .after = db_str(&rows, 0, 3),
		                  .is_done = db_bool(&rows, 0, 4) };
	document = json_read(db_str(&rows, 0, 5), JSON_DEPTH, NULL);
	r = mapping_read_document(op, document, &ret->next);
	if (r == 0 && ret->is_done) {
		r = db_run(op, &mapping_recount_q, &rows, P_I64(ret->platform_id), P_I64(number), P_I64(ret->version));
		if (r == 0 && rows.n > 0)
			*ret = (struct counting){ .platform_id = ret->platform_id, .number = number, .version = ret->version, .next = ret->next };
	}
	return r;
}

/* One batch.  batch: an op of its own, whose memory is taken back after each. */
static int count_batch(struct op *batch, struct arena *scratch, const struct counting *c, struct counted *ret)
{
	const struct account_facts *facts;
	struct db_rows rows;
	struct str *ids;
	size_t n = 0;
	int r = db_run(batch, &mapping_accounts_q, &rows, P_I64(c->platform_id), P_STR(c->after), P_I64(FACTS_BATCH));

	*ret = (struct counted){ .n = r < 0 ? 0 : rows.n };
	if (r < 0 || rows.n == 0)
		return r;
	ids = ARENA_ARRAY(batch->arena, struct str, rows.n);
	for (size_t i = 0; i < rows.n; i++)
		ids[i] = db_str(&rows, i, 0);
	ret->last = ids[rows.n - 1];
	r = facts_read(batch, ids, rows.n, &facts, &n);
	for (size_t i = 0; r == 0 && i < n; i++) {
		struct mapping_change change;
		bool is_broken;

		arena_reset(scratch);
		change = mapping_change_of(scratch, &facts[i], c->platform_id, STR("mail"), plan_mapping_of(&facts[i], c->platform_id, &is_broken), c->next);
		ret->n_due += change.is_due;
		ret->n_accounts += change.n_changes > 0;
		ret->n_changes += change.n_changes;
	}
	return r;
}

static int note_batch(struct op *op, struct counting *c, const struct counted *done)
{
	bool is_last = done->n < FACTS_BATCH;
	struct db_rows rows;
	int r = db_run(op, &mapping_counted_q, &rows, P_I64(c->platform_id), P_I64(c->number), P_I64(c->version), P_STR(c->after), P_STR(done->last),
	               P_I64((int64_t)done->n), P_I64((int64_t)done->n_accounts), P_I64((int64_t)done->n_changes), P_I64((int64_t)done->n_due),
	               P_BOOL(is_last));

	if (r < 0)
		return r;
	if (rows.n == 0)
		return op_fail(op, ERR_CONFLICT, "somebody else is counting, or it was changed");
	if (!str_is_null(done->last))
		c->after = arena_dup(op->arena, done->last);
	c->is_done = is_last;
	return 0;
}

static int count_on(struct op *op, struct counting *c, int64_t budget_ms)
{
	_cleanup_(arena_freep) struct arena *batch_arena = arena_new(BATCH_BYTES);
	_cleanup_(arena_freep) struct arena *scratch = arena_new(BATCH_BYTES);
	int64_t until_ms = clock_mono_ms() + budget_ms;
	int r = 0;

	while (r == 0 && !c->is_done && clock_mono_ms() < until_ms) {
		struct counted done;
		struct op batch;

		arena_reset(batch_arena);
		op_init(&batch, batch_arena, op->db, op->keys);
		r = count_batch(&batch, scratch, c, &done);
		if (r < 0)
			r = op_fail_detail(op, batch.error.code == ERR_UNAVAILABLE ? ERR_UNAVAILABLE : ERR_INTERNAL, "counting failed", "%s", batch.error.text);
		else
			r = note_batch(op, c, &done);
		db_op_done(&batch);
	}
	return r;
}

int mapping_count(struct op *op, const struct principal *p, struct str platform, int64_t number, int64_t budget_ms, json_t **ret_json)
{
	struct counting c;
	json_t *all = NULL;
	int64_t version;
	int r = begin_counting(op, p, platform, number, &c);

	if (r == 0)
		r = count_on(op, &c, budget_ms);
	if (r == 0)
		r = mapping_get(op, platform, number, &all, &version);
	if (r < 0)
		return r;
	*ret_json = json_incref(json_object_get(all, "count"));
	json_decref(all);
	return *ret_json ? 0 : op_fail(op, ERR_INTERNAL, "no count");
}

static int why_not_activated(struct op *op, const struct catalogue_place *place, int64_t number)
{
	struct db_rows rows;
	int r = db_run(op, &mapping_activate_look_q, &rows, P_I64(place->id), P_I64(number));

	if (r < 0)
		return r;
	if (!str_equal(db_str(&rows, 0, 0), STR("tested")))
		return mapping_wrong_state(op, db_str(&rows, 0, 0), "tested");
	if (db_bool(&rows, 0, 1))
		return op_fail(op, ERR_FOUR_EYES, "it changes many accounts, or says whose entries of the directory are: another person than its authors activates it");
	(void)op_fail(op, ERR_BLOCKED, "what it would change has not been counted within the last hour");
	return op_fail_arg(op, "by", STR("count"));
}

static int activate(struct op *op, const struct principal *p, struct str platform, int64_t number, int64_t version, json_t *data)
{
	_mapping_row_ struct mapping_row_seen seen = { .version = 0 };
	struct db_rows rows, retired;
	int r = mapping_lock(op, p, platform, number, version, &seen);

	if (r == 0)
		r = db_run(op, &mapping_retire_q, &retired, P_I64(seen.place.id));
	if (r == 0)
		r = db_run(op, &mapping_activate_q, &rows, P_I64(seen.place.id), P_I64(number), P_I64(version), P_STR(p->account_id));
	if (r < 0)
		return r;
	/* What the retiring was read after is taken back with it. */
	if (rows.n == 0)
		return why_not_activated(op, &seen.place, number);
	json_set_int(data, "counted", db_i64(&rows, 0, 0));
	json_set_int(data, "accounts", db_i64(&rows, 0, 1));
	json_set_int(data, "changes", db_i64(&rows, 0, 2));
	if (retired.n > 0)
		json_set_int(data, "retired", db_i64(&retired, 0, 0));
	return 0;
}

int mapping_activate(struct op *op, const struct principal *p, struct str platform, int64_t number, int64_t version)
{
	json_t *data = json_new_object();
	int r = db_begin(op);

	if (r == 0)
		r = activate(op, p, platform, number, version, data);
	return mapping_commit(op, p, r, "mapping.activate", platform, number, data);
}
