/*
 * The chain as 0002_audit.sql writes it: hash = SHA-256(hash before || audit_text(record)),
 * where audit_text joins "length:field" with commas.
 */
#include "common/base/buf.h"
#include "common/crypto/digest.h"
#include "common/model/audit.h"

#define BATCH_ARENA ((size_t)32 << 20)
#define TEXT_MAX ((size_t)4 << 20)

/* The columns behind seq and hash are the fields that are hashed, in their order. */
DB_QUERY(audit_chain_q, DB_READ,
         "SELECT a.seq, a.hash, a.chain::text, a.seq::text, (extract(epoch FROM a.at) * 1000000)::bigint::text, a.actor, a.action,"
         " coalesce(a.account_id::text, ''), a.object, a.request_id, a.data::text"
         " FROM sen.audit a WHERE a.chain = $1::smallint AND a.seq > $2::bigint AND a.seq <= $3::bigint ORDER BY a.seq LIMIT 1000");
/* Records of a chain without a head have lost it: the head is written with the first record. */
DB_QUERY(audit_heads_q, DB_READ,
         "SELECT h.chain, h.seq, h.hash, coalesce(d.seq, 0), d.hash FROM sen.audit_head h LEFT JOIN LATERAL (SELECT seq, hash FROM sen.audit_dropped"
         "  WHERE chain = h.chain ORDER BY seq DESC LIMIT 1) d ON true"
         " UNION ALL SELECT DISTINCT a.chain, -1, ''::bytea, 0, NULL::bytea FROM sen.audit a"
         "  WHERE NOT EXISTS (SELECT FROM sen.audit_head h WHERE h.chain = a.chain)"
         " ORDER BY 1");
/*
 * Where a chain may begin later than with 1: only behind what partitions_maintain() drops.
 * The two months are those that can still be partly within the time to keep.
 */
DB_QUERY(audit_may_begin_q, DB_READ,
         "SELECT a.at < now() - (p.keep_days - 62) * interval '1 day' FROM sen.audit a, sen.partition_plan p"
         " WHERE p.parent = 'audit' AND a.chain = $1::smallint AND a.seq = $2::bigint");

struct walk {
	struct audit_verdict *verdict;
	int64_t head_seq;
	int64_t seq;                 /* of the last record seen, or of the last that was dropped; 0: none */
	uint8_t hash[SHA256_LEN];
	size_t hash_len;             /* 0 before the first record of all */
};

static void fault(struct walk *w, int64_t seq, const char *what)
{
	if (w->verdict->fault)
		return;
	w->verdict->fault = what;
	w->verdict->fault_seq = seq;
}

static void link_hash(struct arena *a, struct walk *w, const struct db_rows *rows, size_t i, uint8_t ret_hash[SHA256_LEN])
{
	struct buf b = buf_new(a, TEXT_MAX);

	buf_add(&b, str_n(w->hash, w->hash_len));
	for (size_t col = 2; col < rows->n_cols; col++) {
		struct str field = db_str(rows, i, col);

		buf_printf(&b, "%s%zu:", col > 2 ? "," : "", field.len);
		buf_add(&b, field);
	}
	/* A record that does not fit cannot be compared: it then counts as changed. */
	sha256(buf_ok(&b) ? buf_str(&b) : STR(""), ret_hash);
}

static int check_beginning(struct op *op, struct walk *w, int64_t seq)
{
	struct db_rows rows;
	int r;

	w->verdict->first_seq = seq;
	if (seq != w->seq + 1) {
		fault(w, seq, "records at the beginning are missing");
		return 0;
	}
	if (seq == 1)
		return 0;
	r = db_run(op, &audit_may_begin_q, &rows, P_I64(w->verdict->chain), P_I64(seq));
	if (r < 0)
		return r;
	if (rows.n != 1 || !db_bool(&rows, 0, 0))
		fault(w, seq, "records at the beginning are missing");
	return 0;
}

static int walk_rows(struct op *op, struct walk *w, const struct db_rows *rows)
{
	for (size_t i = 0; i < rows->n && !w->verdict->fault; i++) {
		int64_t seq = db_i64(rows, i, 0);
		struct str stored = db_bytes(op->arena, rows, i, 1);
		bool is_first = w->verdict->n_records == 0;
		uint8_t hash[SHA256_LEN];

		if (is_first) {
			int r = check_beginning(op, w, seq);

			if (r < 0)
				return r;
		} else if (seq != w->seq + 1) {
			fault(w, w->seq + 1, seq == w->seq ? "a number occurs twice" : "a record is missing");
			break;
		}
		link_hash(op->arena, w, rows, i, hash);
		if (!str_equal(stored, str_n(hash, sizeof(hash))))
			fault(w, seq, "the record is not what was written");
		if (stored.len == SHA256_LEN)
			memcpy(w->hash, stored.p, SHA256_LEN);
		w->hash_len = SHA256_LEN;
		w->seq = seq;
		w->verdict->n_records++;
	}
	return 0;
}

/* Batches in an arena of their own: a chain may be longer than any budget. */
static int walk_chain(struct op *op, struct walk *w)
{
	_cleanup_(arena_freep) struct arena *a = arena_new(BATCH_ARENA);
	struct op batch;
	struct db_rows rows;
	int r;

	op_init(&batch, a, op->db, op->keys);
	do {
		arena_reset(a);
		r = db_run(&batch, &audit_chain_q, &rows, P_I64(w->verdict->chain), P_I64(w->seq), P_I64(w->head_seq));
		if (r == 0)
			r = walk_rows(&batch, w, &rows);
	} while (r == 0 && rows.n > 0 && !w->verdict->fault);
	db_op_done(&batch);
	if (r < 0)
		return op_fail_detail(op, (enum err)r, "the audit records cannot be read", "%.*s", STR_ARG(batch.error.detail));
	return 0;
}

static int verify_chain(struct op *op, const struct db_rows *heads, size_t i, struct audit_verdict *verdict)
{
	struct str head_hash = db_bytes(op->arena, heads, i, 2);
	struct walk w = { .verdict = verdict, .head_seq = db_i64(heads, i, 1), .seq = db_i64(heads, i, 3) };
	struct str dropped_hash = db_bytes(op->arena, heads, i, 4);
	int r;

	if (dropped_hash.len == SHA256_LEN) {
		memcpy(w.hash, dropped_hash.p, SHA256_LEN);
		w.hash_len = SHA256_LEN;
	}

	verdict->chain = db_i64(heads, i, 0);
	verdict->last_seq = w.head_seq;
	if (w.head_seq < 0) {
		fault(&w, 0, "the chain has lost its head");
		return 0;
	}
	r = walk_chain(op, &w);
	if (r < 0)
		return r;
	/* Records younger than the head that was read are of writers at work. */
	if (w.seq != w.head_seq)
		fault(&w, w.seq + 1, "records at the end are missing");
	else if (w.seq > 0 && !str_equal(head_hash, str_n(w.hash, w.hash_len)))
		fault(&w, w.seq, "the head does not match the last record");
	return 0;
}

int audit_verify(struct op *op, const struct audit_verdict **ret_verdicts, size_t *ret_n)
{
	struct db_rows heads;
	int r = db_run(op, &audit_heads_q, &heads);

	if (r < 0)
		return r;
	struct audit_verdict *verdicts = ARENA_ARRAY(op->arena, struct audit_verdict, heads.n);
	for (size_t i = 0; i < heads.n; i++) {
		r = verify_chain(op, &heads, i, &verdicts[i]);
		if (r < 0)
			return r;
	}
	*ret_verdicts = verdicts;
	*ret_n = heads.n;
	return 0;
}
