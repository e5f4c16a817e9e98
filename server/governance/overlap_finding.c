#include "server/governance/overlap_finding.h"

#include "server/governance/governance_audit.h"

#include <stdlib.h>

/* Comparing a few hundred platforms takes more memory than a request has; it is given back at once. */
#define SCRATCH_BYTES ((size_t)128 << 20)

DB_QUERY(overlap_author_q, DB_WRITE,
         "INSERT INTO sen.overlap_author (platform_id, account_id) VALUES ($1::smallint, $2::uuid) ON CONFLICT DO NOTHING");
DB_QUERY(overlap_turn_q, DB_WRITE, "SELECT sen.overlap_turn()");
DB_QUERY(overlap_edition_q, DB_WRITE,
         "SELECT c.edition, c.stale FROM sen.overlap_check c WHERE c.platform_id = $1::smallint FOR UPDATE");
DB_QUERY(overlap_subjects_q, DB_READ,
         "SELECT p.id, p.code, p.name, p.description, p.functions, p.scopes, p.kind, sen.platform_is_live(p.state),"
         " md5(jsonb_build_array(p.name, p.description, p.functions, p.scopes)::text), sen.platform_is_open(p.state) AND p.state <> 'replacing', p.state IN ('stopped', 'refused')"
         " FROM sen.platform p WHERE p.kind <> 'directory' ORDER BY p.id LIMIT 2000");
DB_QUERY(overlap_save_q, DB_WRITE,
         "WITH i AS (SELECT * FROM jsonb_to_recordset($2::jsonb) AS t (other_id smallint, kind text, score smallint, reasons jsonb, digest text)),"
         " gone AS (UPDATE sen.overlap_finding f SET state = 'gone', closed_at = NULL, closed_by = NULL, because = NULL, evidence = NULL,"
         "  version = f.version + 1 WHERE f.platform_id = $1::smallint AND f.state <> 'gone' AND f.other_id NOT IN (SELECT other_id FROM i) RETURNING 1)"
         " INSERT INTO sen.overlap_finding AS f (id, platform_id, other_id, kind, score, reasons, digest)"
         " SELECT gen_random_uuid(), $1::smallint, i.other_id, i.kind, i.score, i.reasons, i.digest FROM i"
         " ON CONFLICT (platform_id, other_id) DO UPDATE SET kind = excluded.kind, score = excluded.score, reasons = excluded.reasons,"
         "  digest = excluded.digest, state = 'open', closed_at = NULL, closed_by = NULL, because = NULL, evidence = NULL,"
         "  found_at = now(), version = f.version + 1"
         "  WHERE f.state = 'gone' OR (f.kind, f.digest) IS DISTINCT FROM (excluded.kind, excluded.digest) OR (f.state = 'open' AND f.score <> excluded.score)");
DB_QUERY(overlap_compared_q, DB_WRITE,
         "UPDATE sen.overlap_check SET stale = false, compared_at = now() WHERE platform_id = $1::smallint AND edition = $2::bigint");
DB_QUERY(overlap_blocks_q, DB_READ, "SELECT sen.overlap_blocks($1::smallint)");
DB_QUERY(overlap_present_q, DB_READ,
         "SELECT p.id, sen.platform_in_reach($2::uuid, 'catalogue', p.id), p.kind FROM sen.platform p WHERE p.code = $1 AND p.id <> 0");
DB_QUERY(overlap_close_q, DB_WRITE,
         "UPDATE sen.overlap_finding f SET state = 'closed', closed_at = now(), closed_by = $2::uuid, because = $4, evidence = $5,"
         " version = f.version + 1 WHERE f.id = $1::uuid AND f.version = $3::bigint AND f.state = 'open'"
         " AND sen.platform_in_reach($2::uuid, 'appraise', f.platform_id)"
         " AND NOT EXISTS (SELECT FROM sen.overlap_author a WHERE a.platform_id = f.platform_id AND sen.same_person(a.account_id, $2::uuid))"
         " RETURNING (SELECT p.code FROM sen.platform p WHERE p.id = f.platform_id), (SELECT p.code FROM sen.platform p WHERE p.id = f.other_id)");
DB_QUERY(overlap_why_not_closed_q, DB_READ,
         "SELECT f.version, f.state, sen.platform_in_reach($2::uuid, 'appraise', f.platform_id),"
         " EXISTS (SELECT FROM sen.overlap_author a WHERE a.platform_id = f.platform_id AND sen.same_person(a.account_id, $2::uuid))"
         " FROM sen.overlap_finding f WHERE f.id = $1::uuid AND (sen.platform_in_reach($2::uuid, 'read', f.platform_id)"
         " OR sen.platform_in_reach($2::uuid, 'appraise', f.platform_id))");
#define FINDING_JSON                                                                                              \
	"jsonb_build_object('id', f.id, 'platform', p.code, 'platform_name', p.name, 'with', o.code, 'with_name', o.name, 'kind', f.kind," \
	" 'blocks', f.state = 'open' AND f.kind <> 'similar', 'state', f.state, 'score', f.score, 'reasons', f.reasons, 'found_at', sen.iso(f.found_at)," \
	" 'closed_at', sen.iso(f.closed_at), 'closed_by', (SELECT a.login FROM sen.account a WHERE a.id = f.closed_by), 'because', f.because,"    \
	" 'evidence', f.evidence, 'version', f.version)::text"
#define FINDING_FROM " FROM sen.overlap_finding f JOIN sen.platform p ON p.id = f.platform_id JOIN sen.platform o ON o.id = f.other_id"
DB_QUERY(overlap_list_q, DB_READ,
         "SELECT " FINDING_JSON ", f.found_at::text, f.id::text" FINDING_FROM
         " WHERE sen.platform_in_reach($1::uuid, 'read', f.platform_id) AND ($2::text IS NULL OR f.state = $2) AND ($3::text IS NULL OR f.kind = $3)"
         " AND ($4::text IS NULL OR p.code = $4) AND ($5::text IS NULL OR (f.found_at, f.id) > ($5::timestamptz, $6::uuid))"
         " ORDER BY f.found_at, f.id LIMIT $7::bigint");
DB_QUERY(overlap_get_q, DB_READ,
         "SELECT " FINDING_JSON ", f.version" FINDING_FROM " WHERE f.id = $2::uuid AND sen.platform_in_reach($1::uuid, 'read', f.platform_id)");

/* An entry of the catalogue as it is compared. */
struct compared {
	int64_t id;
	struct str code, name, kind, digest;
	bool is_live, is_offered, is_over;
	const struct overlap_text *text;
};

static int read_list(struct op *op, struct str cell, struct str_list *ret)
{
	return db_array_read(op, cell, &ret->p, &ret->n);
}

/* op is on the scratch arena. */
static int load_into(struct op *op, const struct overlap_words *words, struct compared **ret, size_t *ret_n)
{
	struct db_rows rows;
	int r = db_run(op, &overlap_subjects_q, &rows);

	if (r < 0)
		return r;
	struct compared *all = ARENA_ARRAY(op->arena, struct compared, rows.n + 1);
	for (size_t i = 0; i < rows.n; i++) {
		struct overlap_subject subject = { .name = db_str(&rows, i, 2), .description = db_str(&rows, i, 3) };

		r = read_list(op, db_str(&rows, i, 4), &subject.functions);
		if (r == 0)
			r = read_list(op, db_str(&rows, i, 5), &subject.scopes);
		if (r < 0)
			return r;
		all[i] = (struct compared){ .id = db_i64(&rows, i, 0), .code = db_str(&rows, i, 1), .name = subject.name, .kind = db_str(&rows, i, 6),
			                    .is_live = db_bool(&rows, i, 7), .digest = db_str(&rows, i, 8), .is_offered = db_bool(&rows, i, 9), .is_over = db_bool(&rows, i, 10),
			                    .text = overlap_prepare(op->arena, words, &subject) };
	}
	*ret = all;
	*ret_n = rows.n;
	return 0;
}

static int load(struct op *op, struct arena *scratch, const struct overlap_words *words, struct compared **ret, size_t *ret_n)
{
	struct op inner = *op;
	int r;

	inner.arena = scratch;
	r = load_into(&inner, words, ret, ret_n);
	return r < 0 ? op_fail_detail(op, (enum err)r, inner.error.text, "%.*s", STR_ARG(inner.error.detail)) : 0;
}

static json_t *reasons_json(const struct overlap_verdict *v)
{
	json_t *list = json_new_array();

	for (size_t i = 0; i < v->n_reasons; i++) {
		json_t *item = json_new_object();

		json_set_str(item, "by", str_c(overlap_reason_name(v->reasons[i].kind)));
		json_set_str(item, "what", v->reasons[i].what);
		json_set_int(item, "score", v->reasons[i].score);
		json_array_append_new(list, item);
	}
	return list;
}

/* NULL: no finding.  Provincial platforms that do not live yet, and any that live no longer, cost nobody anything twice. */
static const char *kind_of(const struct compared *other, const struct overlap_verdict *v)
{
	bool is_central = str_equal(other->kind, STR("central"));

	if (v->class == OVERLAP_NONE || other->is_over || str_equal(other->kind, STR("proposed")) || (!is_central && !other->is_live))
		return NULL;
	if (v->class == OVERLAP_INFORM)
		return "similar";
	return is_central ? "central" : "provincial";
}

static struct str compare_all(struct arena *a, const struct compared *all, size_t n, const struct compared *entry)
{
	_json_ json_t *list = json_new_array();

	for (size_t i = 0; i < n; i++) {
		struct overlap_verdict v;
		const char *kind;
		json_t *item;

		if (all[i].id == entry->id)
			continue;
		overlap_compare(a, entry->text, all[i].text, &v);
		kind = kind_of(&all[i], &v);
		if (!kind)
			continue;
		item = json_new_object();
		json_set_int(item, "other_id", all[i].id);
		json_set_str(item, "kind", str_c(kind));
		json_set_int(item, "score", v.score);
		json_set_take(item, "reasons", reasons_json(&v));
		json_set_str(item, "digest", arena_printf(a, "%.*s:%.*s", STR_ARG(entry->digest), STR_ARG(all[i].digest)));
		json_array_append_new(list, item);
	}
	return json_write(a, list, false);
}

/* The catalogue as it is, read once for however many entries are compared with it. */
struct look {
	struct compared *all;
	size_t n;
};

static int compare_entry(struct op *op, const struct look *look, int64_t platform_id, int64_t edition)
{
	_cleanup_(arena_freep) struct arena *scratch = arena_new(SCRATCH_BYTES);
	const struct compared *entry = NULL;
	struct db_rows ignored;
	int r;

	for (size_t i = 0; i < look->n; i++)
		if (look->all[i].id == platform_id)
			entry = &look->all[i];
	if (!entry)
		return op_fail(op, ERR_UNKNOWN_PLATFORM, "no such platform");
	r = db_run(op, &overlap_save_q, &ignored, P_I64(platform_id), P_STR(compare_all(scratch, look->all, look->n, entry)));
	return r < 0 ? r : db_run(op, &overlap_compared_q, &ignored, P_I64(platform_id), P_I64(edition));
}

static int refresh(struct op *op, const int64_t *ids, size_t n, bool only_stale)
{
	_cleanup_(arena_freep) struct arena *scratch = NULL;
	struct look look = { NULL, 0 };
	struct db_rows rows;
	int r = db_run(op, &overlap_turn_q, &rows);

	for (size_t i = 0; i < n && r == 0; i++) {
		r = db_run(op, &overlap_edition_q, &rows, P_I64(ids[i]));
		/* No row: a central platform, which is compared with, not compared. */
		if (r < 0 || rows.n == 0 || (only_stale && !db_bool(&rows, 0, 1)))
			continue;
		if (!look.all) {
			scratch = arena_new(SCRATCH_BYTES);
			r = load(op, scratch, overlap_words_new(scratch), &look.all, &look.n);
		}
		if (r == 0)
			r = compare_entry(op, &look, ids[i], db_i64(&rows, 0, 0));
	}
	return r;
}

int overlap_entered(struct op *op, const int64_t *platform_ids, size_t n, struct str author)
{
	struct db_rows rows;
	int r = 0;

	for (size_t i = 0; i < n && r == 0 && !str_is_null(author); i++)
		r = db_run(op, &overlap_author_q, &rows, P_I64(platform_ids[i]), P_STR(author));
	return r < 0 ? r : refresh(op, platform_ids, n, false);
}

int overlap_is_blocking(struct op *op, int64_t platform_id, bool *ret_blocking)
{
	struct db_rows rows;
	int r = refresh(op, &platform_id, 1, true);

	if (r == 0)
		r = db_run(op, &overlap_blocks_q, &rows, P_I64(platform_id));
	if (r == 0)
		*ret_blocking = db_bool(&rows, 0, 0);
	return r;
}

static int wrong_state(struct op *op, struct str state, struct str wanted)
{
	(void)op_fail(op, ERR_WRONG_STATE, "not possible in this state");
	(void)op_fail_arg(op, "state", state);
	return op_fail_arg(op, "wanted", wanted);
}

int overlap_present(struct op *op, const struct principal *p, struct str platform_code)
{
	const struct governance_act act = { .action = "overlap.compare", .object = platform_code };
	struct db_rows rows;
	int64_t id;
	int r = db_run(op, &overlap_present_q, &rows, P_STR(platform_code), P_STR(p->account_id));

	if (r < 0)
		return r;
	if (rows.n == 0)
		return op_fail(op, ERR_UNKNOWN_PLATFORM, "no such platform");
	if (!db_bool(&rows, 0, 1))
		return op_fail(op, ERR_OUT_OF_SCOPE, "the platform is not within your scope");
	if (str_equal(db_str(&rows, 0, 2), STR("central")))
		return wrong_state(op, STR("central"), STR("provincial, sector, proposed"));
	id = db_i64(&rows, 0, 0);
	r = db_begin(op);
	if (r < 0)
		return r;
	r = overlap_entered(op, &id, 1, p->account_id);
	if (r == 0)
		r = governance_audit(op, p, &act, NULL);
	return audit_commit(op, r, NULL);
}

static int why_not_closed(struct op *op, const struct principal *p, const struct overlap_closing *closing)
{
	struct db_rows rows;
	int r = db_run(op, &overlap_why_not_closed_q, &rows, P_STR(closing->id), P_STR(p->account_id));

	if (r < 0)
		return r;
	if (rows.n == 0)
		return op_fail(op, ERR_NOT_FOUND, "no such finding");
	if (!db_bool(&rows, 0, 2))
		return op_fail(op, ERR_OUT_OF_SCOPE, "the finding is not within your scope");
	if (db_bool(&rows, 0, 3))
		return op_fail(op, ERR_FOUR_EYES, "who entered or edited the entry does not close its findings");
	if (!str_equal(db_str(&rows, 0, 1), STR("open")))
		return wrong_state(op, db_str(&rows, 0, 1), STR("open"));
	return op_fail(op, ERR_PRECONDITION_FAILED, "it was changed after it was seen");
}

static int close_in_transaction(struct op *op, const struct principal *p, const struct overlap_closing *closing)
{
	struct governance_act act = { .action = "overlap.close" };
	struct db_rows rows;
	json_t *data;
	int r = db_run(op, &overlap_close_q, &rows, P_STR(closing->id), P_STR(p->account_id), P_I64(closing->version),
	               P_STR(closing->because), P_STR(closing->evidence));

	if (r < 0)
		return r;
	if (rows.n == 0)
		return why_not_closed(op, p, closing);
	data = json_new_object();
	json_set_str(data, "finding", closing->id);
	json_set_str(data, "because", closing->because);
	json_set_str(data, "evidence", closing->evidence);
	act.object = arena_printf(op->arena, "%.*s/%.*s", STR_ARG(db_str(&rows, 0, 0)), STR_ARG(db_str(&rows, 0, 1)));
	return governance_audit(op, p, &act, data);
}

int overlap_close(struct op *op, const struct principal *p, const struct overlap_closing *closing)
{
	int r = db_begin(op);

	return r < 0 ? r : audit_commit(op, close_in_transaction(op, p, closing), NULL);
}

int overlap_list(struct op *op, const struct principal *p, const struct overlap_filter *filter, struct json_page *ret)
{
	struct db_rows rows;
	int r = db_run(op, &overlap_list_q, &rows, P_STR(p->account_id), P_STR(filter->state), P_STR(filter->kind), P_STR(filter->platform),
	               P_STR(filter->after[0]), P_STR(filter->after[1]), P_I64((int64_t)filter->limit + 1));

	if (r == 0)
		*ret = json_page_of(op, &rows, filter->limit, 2);
	return r;
}

int overlap_get(struct op *op, const struct principal *p, struct str id, json_t **ret_json, int64_t *ret_version)
{
	struct db_rows rows;
	int r = db_run(op, &overlap_get_q, &rows, P_STR(p->account_id), P_STR(id));

	if (r < 0)
		return r;
	if (rows.n == 0)
		return op_fail(op, ERR_NOT_FOUND, "no such finding");
	*ret_json = json_cell(op, &rows, 0, 0);
	*ret_version = db_i64(&rows, 0, 1);
	return 0;
}

struct ranked {
	const struct compared *platform;
	struct overlap_verdict verdict;
};

static int by_score(const void *x, const void *y)
{
	const struct ranked *a = x, *b = y;
	int order = b->verdict.score - a->verdict.score;

	if (order == 0)
		order = b->verdict.text_score - a->verdict.text_score;
	return order != 0 ? order : str_compare(a->platform->code, b->platform->code);
}

static json_t *solutions_json(const struct ranked *ranked, size_t n)
{
	json_t *list = json_new_array();

	for (size_t i = 0; i < n && i < OVERLAP_RANKED_MAX; i++) {
		json_t *item = json_new_object();

		json_set_str(item, "platform", ranked[i].platform->code);
		json_set_str(item, "name", ranked[i].platform->name);
		json_set_str(item, "kind", ranked[i].platform->kind);
		json_set_int(item, "score", ranked[i].verdict.score);
		json_set_bool(item, "same_function", ranked[i].verdict.same_function);
		json_set_take(item, "reasons", reasons_json(&ranked[i].verdict));
		json_array_append_new(list, item);
	}
	return list;
}

/* Comparing needs memory for each pair; it is given back with the subject. */
static struct overlap_ranking rank(const struct overlap_words *words, const struct overlap_subject *subject, const struct compared *all, size_t n)
{
	_cleanup_(arena_freep) struct arena *scratch = arena_new(SCRATCH_BYTES);
	const struct overlap_text *text = overlap_prepare(scratch, words, subject);
	struct ranked *ranked = ARENA_ARRAY(scratch, struct ranked, n + 1);
	size_t n_ranked = 0;

	for (size_t i = 0; i < n; i++) {
		if (!all[i].is_offered || str_equal(all[i].kind, STR("proposed")))
			continue;
		ranked[n_ranked].platform = &all[i];
		overlap_compare(scratch, text, all[i].text, &ranked[n_ranked].verdict);
		if (ranked[n_ranked].verdict.class != OVERLAP_NONE)
			n_ranked++;
	}
	qsort(ranked, n_ranked, sizeof(*ranked), by_score);
	return (struct overlap_ranking){
		.solutions = solutions_json(ranked, n_ranked), .best_id = n_ranked > 0 ? ranked[0].platform->id : 0,
		.best_score = n_ranked > 0 ? ranked[0].verdict.score : 0 };
}

int overlap_rank_all(struct op *op, const struct overlap_subject *subjects, size_t n_subjects, struct overlap_ranking *ret)
{
	_cleanup_(arena_freep) struct arena *scratch = arena_new(SCRATCH_BYTES);
	const struct overlap_words *words = overlap_words_new(scratch);
	struct compared *all;
	size_t n;
	int r = load(op, scratch, words, &all, &n);

	for (size_t i = 0; i < n_subjects && r == 0; i++)
		ret[i] = rank(words, &subjects[i], all, n);
	return r;
}

int overlap_rank(struct op *op, const struct overlap_subject *subject, struct overlap_ranking *ret)
{
	return overlap_rank_all(op, subject, 1, ret);
}
