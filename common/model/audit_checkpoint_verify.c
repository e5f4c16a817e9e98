/* audit_checkpoint_verify.c: checkpoints against each other, and records against checkpoints. */

#include "common/base/base64.h"
#include "common/crypto/digest.h"
#include "common/crypto/keyring.h"
#include "common/db/columns.h"
#include "common/model/audit_checkpoint_internal.h"

#define BATCH_ARENA ((size_t)32 << 20)
#define PAYLOAD_DEPTH 4

DB_QUERY(audit_checkpoint_walk_q, DB_READ,
         "SELECT n, jws, jwk, mac, sen.iso(at) FROM sen.audit_checkpoint WHERE n > $1::bigint ORDER BY n LIMIT 500");
/* Heads of a checkpoint that no record answers; what was dropped with its partition is behind audit_dropped. */
DB_QUERY(audit_checkpoint_records_q, DB_READ,
         "SELECT i.n, i.chain, i.seq FROM unnest($1::bigint[], $2::integer[], $3::bigint[], $4::text[]) AS i (n, chain, seq, hash)"
         " WHERE i.seq > 0"
         " AND NOT EXISTS (SELECT FROM sen.audit a WHERE a.chain = i.chain AND a.seq = i.seq AND encode(a.hash, 'hex') = i.hash)"
         " AND NOT EXISTS (SELECT FROM sen.audit_dropped d WHERE d.chain = i.chain AND d.seq >= i.seq"
         "  AND (d.seq > i.seq OR encode(d.hash, 'hex') = i.hash))"
         " ORDER BY i.n, i.chain LIMIT 1");
/*
 * Partitions are dropped when all in them is older than the time to keep.  A checkpoint that is younger than that, and whose
 * head lies within what was dropped, says that younger records went with it.
 */
DB_QUERY(audit_checkpoint_early_q, DB_READ,
         "SELECT i.n, i.chain, i.seq FROM unnest($1::bigint[], $2::integer[], $3::bigint[], $4::text[]) AS i (n, chain, seq, hash)"
         " JOIN sen.audit_checkpoint c ON c.n = i.n JOIN sen.audit_dropped d ON d.chain = i.chain AND d.seq > i.seq, sen.partition_plan p"
         " WHERE p.parent = 'audit' AND c.at > d.dropped_at - (p.keep_days - 1) * interval '1 day' ORDER BY i.n LIMIT 1");
DB_QUERY(audit_checkpoint_find_q, DB_READ, "SELECT jws = $2 FROM sen.audit_checkpoint WHERE n = $1::bigint");

struct walk {
	struct audit_checkpoint_verdict *verdict;
	char prev[2 * SHA256_LEN + 1];
};

static void fault(struct walk *w, int64_t n, const char *what)
{
	if (w->verdict->fault)
		return;
	w->verdict->fault = what;
	w->verdict->fault_n = n;
	w->verdict->fault_chain = -1;
}

static const struct jwk *the_key(void *context, struct str kid, enum jws_alg alg)
{
	const struct jwk *key = context;

	return str_equal(jwk_kid(key), kid) && jwk_alg(key) == alg ? key : NULL;
}

static bool read_payload(struct op *op, struct str jws, struct str jwk, json_t **ret_payload)
{
	_json_ json_t *public = json_read(jwk, PAYLOAD_DEPTH, NULL);
	_cleanup_(jwk_freep) struct jwk *key = NULL;
	struct str payload;

	if (!public || jwk_from_json(op, public, JWS_ALG_NONE_, &key) < 0) {
		op_forgive(op);
		return false;
	}
	if (!jws_verify(op, jws, AUDIT_CHECKPOINT_TYP, the_key, key, &payload))
		return false;
	*ret_payload = json_read(payload, PAYLOAD_DEPTH, NULL);
	return json_is_object(*ret_payload);
}

static void check_one(struct op *op, struct walk *w, const struct db_rows *rows, size_t i, json_t **ret_payload)
{
	int64_t n = db_i64(rows, i, 0);
	struct str jws = db_str(rows, i, 1), jwk = db_str(rows, i, 2), mac = db_bytes(op->arena, rows, i, 3);
	struct str digest = hex_encode(op->arena, sha256_str(op->arena, jws));

	if (n != w->verdict->last_n + 1)
		fault(w, w->verdict->last_n + 1, "a checkpoint is missing");
	else if (!str_equal_secret(mac, audit_checkpoint_mac(op, jws, jwk)))
		fault(w, n, "the checkpoint is not one of ours");
	else if (!read_payload(op, jws, jwk, ret_payload))
		fault(w, n, "the signature of the checkpoint is not good");
	else if (json_get_int(*ret_payload, "n", -1) != n || !str_equal(json_get_str(*ret_payload, "prev"), str_c(w->prev)))
		fault(w, n, "the checkpoint does not follow the one before");
	memcpy(w->prev, digest.p, digest.len);
	w->verdict->last_n = n;
	w->verdict->n_checkpoints++;
}

/* *at: how many rows are filled. */
static void add_heads(struct op *op, struct columns *c, size_t *at, size_t max, const json_t *payload)
{
	const json_t *heads = json_object_get(payload, "heads");

	for (size_t i = 0; i < json_array_size(heads) && *at < max; i++, (*at)++) {
		const json_t *head = json_array_get(heads, i);

		columns_int(c, 0, *at, json_get_int(payload, "n", 0));
		columns_int(c, 1, *at, json_get_int(head, "chain", -1));
		columns_int(c, 2, *at, json_get_int(head, "seq", -1));
		columns_text(c, 3, *at, arena_dup(op->arena, json_get_str(head, "hash")));
	}
}

static int check_records(struct op *op, struct walk *w, const struct query *q, const struct columns *c, const char *what)
{
	struct db_rows rows;
	int r = db_run(op, q, &rows, columns_param(c, 0), columns_param(c, 1), columns_param(c, 2), columns_param(c, 3));

	if (r < 0 || rows.n == 0 || w->verdict->fault)
		return r;
	fault(w, db_i64(&rows, 0, 0), what);
	w->verdict->fault_chain = db_i64(&rows, 0, 1);
	w->verdict->fault_seq = db_i64(&rows, 0, 2);
	return 0;
}

static int check_batch(struct op *op, struct walk *w, const struct db_rows *rows)
{
	enum { HEADS_MAX = 32 };
	json_t **payloads = ARENA_ARRAY(op->arena, json_t *, rows->n);
	struct columns c = columns_new(op->arena, rows->n * HEADS_MAX, 4);
	size_t at = 0;
	int r;

	for (size_t i = 0; i < rows->n && !w->verdict->fault; i++) {
		check_one(op, w, rows, i, &payloads[i]);
		add_heads(op, &c, &at, rows->n * HEADS_MAX, payloads[i]);
	}
	for (size_t i = 0; i < rows->n; i++)
		json_decref(payloads[i]);
	c.n_rows = at;
	r = check_records(op, w, &audit_checkpoint_records_q, &c, "records that were signed for are missing or are others");
	if (r == 0)
		r = check_records(op, w, &audit_checkpoint_early_q, &c, "records were dropped before their time");
	return r;
}

int audit_checkpoint_verify(struct op *op, struct audit_checkpoint_verdict *ret_verdict)
{
	_cleanup_(arena_freep) struct arena *a = arena_new(BATCH_ARENA);
	struct walk w = { .verdict = ret_verdict };
	struct op batch;
	struct db_rows rows;
	int r;

	*ret_verdict = (struct audit_checkpoint_verdict){ .fault = NULL };
	op_init(&batch, a, op->db, op->keys);
	do {
		arena_reset(a);
		r = db_run(&batch, &audit_checkpoint_walk_q, &rows, P_I64(w.verdict->last_n));
		if (r == 0 && rows.n > 0) {
			ret_verdict->last_at = arena_dup(op->arena, db_str(&rows, rows.n - 1, 4));
			r = check_batch(&batch, &w, &rows);
		}
	} while (r == 0 && rows.n > 0 && !ret_verdict->fault);
	db_op_done(&batch);
	if (r < 0)
		return op_fail_detail(op, (enum err)r, "the checkpoints cannot be read", "%.*s", STR_ARG(batch.error.detail));
	return 0;
}

int audit_checkpoint_compare(struct op *op, struct str jws)
{
	_json_ json_t *payload = NULL;
	struct db_rows rows;
	struct str bytes;
	int r;

	if (jws_peek_unverified(op, jws, &bytes))
		payload = json_read(bytes, PAYLOAD_DEPTH, NULL);
	if (json_get_int(payload, "n", 0) <= 0)
		return op_fail(op, ERR_INVALID_VALUE, "this is no checkpoint");
	r = db_run(op, &audit_checkpoint_find_q, &rows, P_I64(json_get_int(payload, "n", 0)), P_STR(jws));
	if (r < 0)
		return r;
	return rows.n == 1 && db_bool(&rows, 0, 0) ? 0 : op_fail(op, ERR_NOT_FOUND, "the database does not have this checkpoint");
}
