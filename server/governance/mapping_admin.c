#include "server/governance/mapping_common.h"

#include "common/base/text.h"
#include "common/crypto/digest.h"
#include "common/plan/plan.h"

#define SAMPLES_MAX 100
#define NAME_MAX_BYTES 200
#define JSON_DEPTH 12

DB_QUERY(mapping_versions_q, DB_READ,
	"SELECT json_build_object('number', m.number, 'state', m.state, 'version', m.version, 'kind', m.document ->> 'kind', 'note', m.note,"
	" 'drawn_by', a.login, 'drawn_at', sen.iso(m.drawn_at), 'tested_at', sen.iso(m.tested_at), 'activated_by', b.login,"
	" 'activated_at', sen.iso(m.activated_at), 'retired_at', sen.iso(m.retired_at), 'waking', m.waking)::text, m.number::text"
	" FROM sen.mapping m JOIN sen.account a ON a.id = m.authors[1]"
	" LEFT JOIN sen.account b ON b.id = m.activated_by WHERE m.platform_id = (SELECT x.id FROM sen.platform x WHERE x.code = $1)"
	" AND ($2::integer IS NULL OR m.number < $2::integer)"
	" ORDER BY m.number DESC LIMIT $3::bigint");

DB_QUERY(mapping_active_q, DB_READ,
	"SELECT m.number FROM sen.mapping m JOIN sen.platform p ON p.id = m.platform_id WHERE p.code = $1 AND m.state = 'active'");

DB_QUERY(mapping_get_q, DB_READ,
	"SELECT json_build_object('platform', p.code, 'number', m.number, 'state', m.state, 'version', m.version, 'document', m.document, 'samples', m.samples,"
	" 'note', m.note, 'authors', (SELECT json_agg(a.login ORDER BY w.n) FROM unnest(m.authors) WITH ORDINALITY w (id, n)"
	"  JOIN sen.account a ON a.id = w.id), 'drawn_at', sen.iso(m.drawn_at), 'tested_at', sen.iso(m.tested_at), 'activated_by', b.login,"
	" 'activated_at', sen.iso(m.activated_at), 'count', CASE WHEN m.counted > 0 OR m.count_done_at IS NOT NULL THEN json_build_object("
	"  'done', m.count_done_at IS NOT NULL, 'counted', m.counted, 'accounts', m.count_accounts, 'changes', m.count_changes, 'due', m.count_due,"
	"  'second_person', m.platform_id = 0 OR sen.mapping_is_large(m.count_accounts, m.counted)) END)::text, m.version"
	" FROM sen.mapping m JOIN sen.platform p ON p.id = m.platform_id LEFT JOIN sen.account b ON b.id = m.activated_by"
	" WHERE p.code = $1 AND m.number = $2::integer");

DB_QUERY(mapping_lock_q, DB_WRITE,
	"SELECT version, state, document, samples FROM sen.mapping WHERE platform_id = $1::smallint AND number = $2::integer FOR UPDATE");

DB_QUERY(mapping_draw_q, DB_WRITE,
	"INSERT INTO sen.mapping (platform_id, number, document, samples, note, authors)"
	" SELECT $1::smallint, 1 + coalesce(max(number), 0), $2::jsonb, $3::jsonb, coalesce($4, ''), ARRAY[$5::uuid] FROM sen.mapping"
	" WHERE platform_id = $1::smallint RETURNING number");

DB_QUERY(mapping_edit_q, DB_WRITE,
	"UPDATE sen.mapping SET state = 'draft', version = version + 1, document = $4::jsonb, samples = $5::jsonb, note = coalesce($6, note),"
	" authors = CASE WHEN $7::uuid = ANY (authors) THEN authors ELSE authors || $7::uuid END, tested_by = NULL, tested_at = NULL,"
	" count_after = NULL, counted = 0, count_accounts = 0, count_changes = 0, count_due = 0, count_done_at = NULL"
	" WHERE platform_id = $1::smallint AND number = $2::integer AND version = $3::bigint AND state IN ('draft', 'tested') RETURNING version");

int mapping_wrong_state(struct op *op, struct str state, const char *wanted)
{
	(void)op_fail(op, ERR_WRONG_STATE, "not possible in the state of the mapping");
	(void)op_fail_arg(op, "state", state);
	return op_fail_arg(op, "wanted", str_c(wanted));
}

static int invalid(struct op *op, struct str field, const char *text)
{
	(void)op_fail(op, ERR_INVALID_VALUE, text);
	return op_fail_arg(op, "field", field);
}

int mapping_read_document(struct op *op, const json_t *document, const struct mapping **ret)
{
	struct mapping_document_fault fault;
	struct str text = json_write(op->arena, document, true);

	if (text.len > MAPPING_DOCUMENT_MAX)
		return invalid(op, STR("document"), "the document is too long");
	*ret = mapping_document_read(op->arena, document, &fault);
	if (*ret)
		return 0;
	if (fault.has_at)
		fault.field = arena_printf(op->arena, "%.*s:%zu", STR_ARG(fault.field), fault.at);
	return invalid(op, fault.field, fault.text);
}

int mapping_read_sample(struct op *op, const json_t *sample, size_t i, struct mapping_input *ret)
{
	struct str member = STR_NULL, name = json_get_str(sample, "name"), field = arena_printf(op->arena, "samples[%zu]", i);

	if (json_object_size(sample) != 3 || !json_is_object(json_object_get(sample, "expect")))
		return invalid(op, field, "a sample has name, facts and expect");
	if (str_is_empty(name) || name.len > NAME_MAX_BYTES || !text_is_printable(name))
		return invalid(op, field, "the name of a sample is a short text");
	if (mapping_facts_read(op->arena, json_object_get(sample, "facts"), ret, &member))
		return 0;
	return invalid(op, arena_printf(op->arena, "samples[%zu].facts.%.*s", i, STR_ARG(member)), "no such fact, or not of its type");
}

static int check_draft(struct op *op, const struct catalogue_place *place, const struct mapping_draft *draft)
{
	const struct mapping *mapping;
	struct mapping_input in;
	const json_t *sample;
	size_t i;
	int r = mapping_read_document(op, draft->document, &mapping);

	if (r == 0 && (place->id == PLATFORM_DIRECTORY) != (mapping->kind == MAPPING_DIRECTORY))
		r = invalid(op, STR("kind"), "directory is for platform zero, and nothing else is");
	if (r == 0 && draft->samples && (!json_is_array(draft->samples) || json_array_size(draft->samples) > SAMPLES_MAX))
		r = invalid(op, STR("samples"), "a list of at most 100 samples");
	json_array_foreach((json_t *)draft->samples, i, sample) {
		if (r == 0)
			r = mapping_read_sample(op, sample, i, &in);
	}
	return r;
}

void mapping_row_seen_done(struct mapping_row_seen *s)
{
	json_decref(s->document);
	json_decref(s->samples);
}

int mapping_lock(struct op *op, const struct principal *p, struct str platform, int64_t number, int64_t version, struct mapping_row_seen *ret)
{
	struct db_rows rows;
	int r = catalogue_lock_any(op, p, "catalogue", platform, &ret->place);

	if (r == 0)
		r = catalogue_check(op, &ret->place, -1);
	if (r == 0)
		r = db_run(op, &mapping_lock_q, &rows, P_I64(ret->place.id), P_I64(number));
	if (r < 0)
		return r;
	if (rows.n == 0)
		return op_fail(op, ERR_NOT_FOUND, "no such mapping");
	ret->version = db_i64(&rows, 0, 0);
	ret->state = db_str(&rows, 0, 1);
	ret->document = json_read(db_str(&rows, 0, 2), JSON_DEPTH, NULL);
	ret->samples = json_read(db_str(&rows, 0, 3), JSON_DEPTH, NULL);
	if (version >= 0 && version != ret->version)
		return op_fail(op, ERR_PRECONDITION_FAILED, "it was changed after it was seen");
	return 0;
}

int mapping_commit(struct op *op, const struct principal *p, int r, const char *action, struct str platform, int64_t number, json_t *data)
{
	json_t *all = data ? data : json_new_object();

	json_set_int(all, "number", number);
	return catalogue_commit(op, p, r, action, platform, all);
}

/* What was drawn is known by this for ever, wherever the rows go. */
static json_t *digest_of(struct op *op, const json_t *document)
{
	json_t *data = json_new_object();
	uint8_t digest[SHA256_LEN];
	char hex[2 * SHA256_LEN + 1];

	sha256(json_write(op->arena, document, true), digest);
	for (size_t i = 0; i < SHA256_LEN; i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	json_set_str(data, "sha256", str_c(hex));
	return data;
}

static struct str samples_text(struct op *op, const struct mapping_draft *draft)
{
	return draft->samples ? json_write(op->arena, draft->samples, false) : STR("[]");
}

static int draw(struct op *op, const struct principal *p, struct str platform, const struct mapping_draft *draft, int64_t *ret_number)
{
	struct catalogue_place place;
	struct db_rows rows;
	int r = catalogue_lock_any(op, p, "catalogue", platform, &place);

	if (r == 0)
		r = catalogue_check(op, &place, -1);
	if (r == 0)
		r = check_draft(op, &place, draft);
	if (r == 0)
		r = db_run(op, &mapping_draw_q, &rows, P_I64(place.id), P_STR(json_write(op->arena, draft->document, false)),
		           P_STR(samples_text(op, draft)), P_STR(draft->note), P_STR(p->account_id));
	if (r == 0)
		*ret_number = db_i64(&rows, 0, 0);
	return r;
}

int mapping_draw(struct op *op, const struct principal *p, struct str platform, const struct mapping_draft *draft, int64_t *ret_number)
{
	int r = db_begin(op);

	*ret_number = 0;
	if (r < 0)
		return r;
	r = draw(op, p, platform, draft, ret_number);
	return mapping_commit(op, p, r, "mapping.draw", platform, *ret_number, digest_of(op, draft->document));
}

static int edit(struct op *op, const struct principal *p, struct str platform, int64_t number, int64_t version, const struct mapping_draft *draft)
{
	_mapping_row_ struct mapping_row_seen seen = { .version = 0 };
	struct db_rows rows;
	int r = mapping_lock(op, p, platform, number, version, &seen);

	if (r == 0)
		r = check_draft(op, &seen.place, draft);
	if (r < 0)
		return r;
	r = db_run(op, &mapping_edit_q, &rows, P_I64(seen.place.id), P_I64(number), P_I64(version),
	           P_STR(json_write(op->arena, draft->document, false)), P_STR(samples_text(op, draft)), P_STR(draft->note), P_STR(p->account_id));
	return r == 0 && rows.n == 0 ? mapping_wrong_state(op, seen.state, "draft") : r;
}

int mapping_edit(struct op *op, const struct principal *p, struct str platform, int64_t number, int64_t version, const struct mapping_draft *draft)
{
	int r = db_begin(op);

	if (r < 0)
		return r;
	r = edit(op, p, platform, number, version, draft);
	return mapping_commit(op, p, r, "mapping.edit", platform, number, digest_of(op, draft->document));
}

static json_t *defaults_json(void)
{
	json_t *json = json_new_object();

	for (int kind = 0; kind < MAPPING_KINDS_; kind++)
		json_set_take(json, mapping_kind_name((enum mapping_kind)kind).p, json_read(mapping_default((enum mapping_kind)kind), JSON_DEPTH, NULL));
	return json;
}

int mapping_overview(struct op *op, struct str platform, const struct page_ask *ask, json_t **ret_json, struct json_page *ret_versions)
{
	struct catalogue_place place;
	struct principal nobody = { .account_id = STR("00000000-0000-0000-0000-000000000000") };
	struct db_rows rows, active;
	json_t *json;
	int r = catalogue_find_any(op, &nobody, "read", platform, &place);

	if (r == 0)
		r = db_run(op, &mapping_versions_q, &rows, P_STR(platform), P_STR(ask->after[0]), P_I64((int64_t)ask->limit + 1));
	if (r == 0)
		r = db_run(op, &mapping_active_q, &active, P_STR(platform));
	if (r < 0)
		return r;
	json = json_new_object();
	json_set_str(json, "platform", platform);
	json_set_take(json, "active", active.n > 0 ? json_integer(db_i64(&active, 0, 0)) : json_null());
	json_set_take(json, "defaults", defaults_json());
	*ret_json = json;
	*ret_versions = json_page_of(op, &rows, ask->limit, 1);
	return 0;
}

int mapping_get(struct op *op, struct str platform, int64_t number, json_t **ret_json, int64_t *ret_version)
{
	struct db_rows rows;
	int r = db_run(op, &mapping_get_q, &rows, P_STR(platform), P_I64(number));

	if (r < 0)
		return r;
	if (rows.n == 0)
		return op_fail(op, ERR_NOT_FOUND, "no such mapping");
	*ret_json = json_read(db_str(&rows, 0, 0), JSON_DEPTH, NULL);
	*ret_version = db_i64(&rows, 0, 1);
	return *ret_json ? 0 : op_fail(op, ERR_INTERNAL, "a row is not JSON");
}
