/* reorg_ops_store.c: a plan's rows, thousands in a statement. */

#include "common/base/buf.h"
#include "server/governance/reorg_store.h"

#include <inttypes.h>

#define BATCH 5000
#define BATCH_BYTES ((size_t)16 << 20)
#define COLUMN_BYTES ((size_t)4 << 20)

DB_QUERY(reorg_ops_delete_q, DB_WRITE, "DELETE FROM sen.reorganisation_op WHERE reorganisation_id = $1::uuid");
DB_QUERY(reorg_findings_delete_q, DB_WRITE, "DELETE FROM sen.reorganisation_finding WHERE reorganisation_id = $1::uuid");
DB_QUERY(reorg_unit_rows_delete_q, DB_WRITE, "DELETE FROM sen.reorganisation_unit WHERE reorganisation_id = $1::uuid");
DB_QUERY(reorg_ops_add_q, DB_WRITE,
         "INSERT INTO sen.reorganisation_op (reorganisation_id, n, kind, person_id, account_id, subject, other, unit_from, unit_to, further, share)"
         " SELECT $1::uuid, $2::integer + o, kind, person_id, account_id, subject, other, nullif(unit_from, 0), nullif(unit_to, 0), further <> 0,"
         " nullif(share, 0) FROM unnest($3::text[], $4::uuid[], $5::uuid[], $6::uuid[], $7::uuid[], $8::integer[], $9::integer[],"
         " $10::smallint[], $11::smallint[]) WITH ORDINALITY"
         " AS t (kind, person_id, account_id, subject, other, unit_from, unit_to, further, share, o)");
DB_QUERY(reorg_findings_add_q, DB_WRITE,
         "INSERT INTO sen.reorganisation_finding (reorganisation_id, n, code, blocking, person_id, account_id, subject, unit_code, step)"
         " SELECT $1::uuid, $2::integer + o, code, blocking <> 0, person_id, account_id, subject, unit_code, nullif(step, 0)"
         " FROM unnest($3::text[], $4::smallint[], $5::uuid[], $6::uuid[], $7::uuid[], $8::text[], $9::integer[]) WITH ORDINALITY"
         " AS t (code, blocking, person_id, account_id, subject, unit_code, step, o)");
DB_QUERY(reorg_unit_rows_add_q, DB_WRITE,
         "INSERT INTO sen.reorganisation_unit (reorganisation_id, ref, parent_ref, code, name, name_en, name_fold, kind, ident_new, ident_old, verified)"
         " SELECT $1::uuid, ref, nullif(parent_ref, 0), code, name, name_en, name_fold, kind, ident_new, ident_old, verified <> 0"
         " FROM unnest($2::integer[], $3::integer[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[],"
         " $11::smallint[]) AS t (ref, parent_ref, code, name, name_en, name_fold, kind, ident_new, ident_old, verified)");

/* A column of a batch as an array literal: numbers and UUIDs need no quotes. */
static void add_number(struct buf *b, int64_t n)
{
	buf_printf(b, "%c%" PRId64, b->len > 0 ? ',' : '{', n);
}

static void add_plain(struct buf *b, struct str s)
{
	buf_add_char(b, b->len > 0 ? ',' : '{');
	buf_add(b, str_is_null(s) ? STR("NULL") : s);
}

static struct db_param column(struct buf *b)
{
	if (b->len == 0)
		buf_add_char(b, '{');
	buf_add_char(b, '}');
	assert(buf_ok(b));
	return P_STR(buf_str(b));
}

static int write_ops(struct op *op, struct str id, const struct reorg_plan *plan, size_t from, size_t to)
{
	enum { KIND, PERSON, ACCOUNT, SUBJECT, OTHER, UNIT_FROM, UNIT_TO, FURTHER, SHARE, N };
	struct buf b[N];
	struct db_rows rows;

	for (size_t i = 0; i < N; i++)
		b[i] = buf_new(op->arena, COLUMN_BYTES);
	for (size_t i = from; i < to; i++) {
		const struct reorg_op *o = &plan->ops[i];

		add_plain(&b[KIND], str_c(reorg_op_name(o->kind)));
		add_plain(&b[PERSON], o->person_id);
		add_plain(&b[ACCOUNT], o->account_id);
		add_plain(&b[SUBJECT], o->subject);
		add_plain(&b[OTHER], o->other);
		add_number(&b[UNIT_FROM], o->unit_from);
		add_number(&b[UNIT_TO], o->unit_to);
		add_number(&b[FURTHER], o->is_further);
		add_number(&b[SHARE], o->share);
	}
	return db_run(op, &reorg_ops_add_q, &rows, P_STR(id), P_I64((int64_t)from), column(&b[KIND]), column(&b[PERSON]), column(&b[ACCOUNT]),
	              column(&b[SUBJECT]), column(&b[OTHER]), column(&b[UNIT_FROM]), column(&b[UNIT_TO]), column(&b[FURTHER]), column(&b[SHARE]));
}

static int write_findings(struct op *op, struct str id, const struct reorg_plan *plan, size_t from, size_t to)
{
	enum { CODE, BLOCKING, PERSON, ACCOUNT, SUBJECT, STEP, N };
	struct str *units = ARENA_ARRAY(op->arena, struct str, to - from);
	struct buf b[N];
	struct db_rows rows;

	for (size_t i = 0; i < N; i++)
		b[i] = buf_new(op->arena, COLUMN_BYTES);
	for (size_t i = from; i < to; i++) {
		const struct reorg_finding *f = &plan->findings[i];

		add_plain(&b[CODE], str_c(reorg_finding_name(f->code)));
		add_number(&b[BLOCKING], reorg_finding_blocks(f->code));
		add_plain(&b[PERSON], f->person_id);
		add_plain(&b[ACCOUNT], f->account_id);
		add_plain(&b[SUBJECT], f->subject);
		add_number(&b[STEP], f->step);
		units[i - from] = f->unit_code;
	}
	return db_run(op, &reorg_findings_add_q, &rows, P_STR(id), P_I64((int64_t)from), column(&b[CODE]), column(&b[BLOCKING]), column(&b[PERSON]),
	              column(&b[ACCOUNT]), column(&b[SUBJECT]), P_STR(db_array(op->arena, units, to - from)), column(&b[STEP]));
}

static int write_units(struct op *op, struct str id, const struct reorg_plan *plan, size_t from, size_t to)
{
	enum { CODE, NAME, NAME_EN, NAME_FOLD, KIND, IDENT_NEW, IDENT_OLD, N };
	struct buf ref = buf_new(op->arena, COLUMN_BYTES), parent = buf_new(op->arena, COLUMN_BYTES), verified = buf_new(op->arena, COLUMN_BYTES);
	struct str *texts[N], arrays[N];
	struct db_rows rows;

	for (size_t i = 0; i < N; i++)
		texts[i] = ARENA_ARRAY(op->arena, struct str, to - from);
	for (size_t i = from; i < to; i++) {
		const struct reorg_unit_change *u = &plan->units[i];
		const struct str values[N] = { u->code, u->name, u->name_en, u->name_fold, u->kind, u->ident_new, u->ident_old };

		add_number(&ref, u->ref);
		add_number(&parent, u->parent_ref);
		add_number(&verified, u->verified);
		for (size_t k = 0; k < N; k++)
			texts[k][i - from] = values[k];
	}
	for (size_t i = 0; i < N; i++)
		arrays[i] = db_array(op->arena, texts[i], to - from);
	return db_run(op, &reorg_unit_rows_add_q, &rows, P_STR(id), column(&ref), column(&parent), P_STR(arrays[CODE]), P_STR(arrays[NAME]),
	              P_STR(arrays[NAME_EN]), P_STR(arrays[NAME_FOLD]), P_STR(arrays[KIND]), P_STR(arrays[IDENT_NEW]), P_STR(arrays[IDENT_OLD]),
	              column(&verified));
}

static int in_batches(struct op *op, struct str id, const struct reorg_plan *plan, size_t n,
                      int (*write)(struct op *, struct str, const struct reorg_plan *, size_t, size_t))
{
	_cleanup_(arena_freep) struct arena *scratch = arena_new(BATCH_BYTES);
	struct op inner = *op;
	int r = 0;

	inner.arena = scratch;
	for (size_t from = 0; from < n && r == 0; from += BATCH) {
		arena_reset(scratch);
		r = write(&inner, id, plan, from, from + BATCH < n ? from + BATCH : n);
	}
	op->tx = inner.tx;
	return r == 0 ? 0 : op_fail_detail(op, (enum err)r, "the plan could not be written", "%.*s", STR_ARG(inner.error.detail));
}

int reorg_ops_write(struct op *op, struct str id, const struct reorg_plan *plan)
{
	int r = in_batches(op, id, plan, plan->n_units, write_units);

	if (r == 0)
		r = in_batches(op, id, plan, plan->n_ops, write_ops);
	return r < 0 ? r : in_batches(op, id, plan, plan->n_findings, write_findings);
}

int reorg_ops_delete(struct op *op, struct str id)
{
	struct db_rows rows;
	int r = db_run(op, &reorg_ops_delete_q, &rows, P_STR(id));

	if (r == 0)
		r = db_run(op, &reorg_findings_delete_q, &rows, P_STR(id));
	return r < 0 ? r : db_run(op, &reorg_unit_rows_delete_q, &rows, P_STR(id));
}
