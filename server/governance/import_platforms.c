/* import_platforms.c: platforms.csv: the catalogue of shared platforms. */

#include "server/governance/import_internal.h"
#include "server/governance/overlap_finding.h"

#define TAGS_MAX 16
#define TAG_MAX_BYTES 64

enum { CODE, NAME, NAME_EN, KIND, STATE, MANAGING_UNIT, EXPECTED_ON, VERIFIED, NOTE, CONTACT_NAME, CONTACT, SECTOR, DESCRIPTION, FUNCTIONS, SCOPES, LEGAL_BASIS,
       SECURITY_LEVEL, COMPLETED_ON, TARGET_SCOPE, OWNER, N_COLUMNS };

static const struct import_column columns[N_COLUMNS] = {
	[CODE] = { "code", CELL_SYMBOL, 16, true, true, false, NULL },
	[NAME] = { "name", CELL_TEXT, 300, true, true, false, NULL },
	[NAME_EN] = { "name_en", CELL_TEXT, 300, false, false, false, NULL },
	[KIND] = { "kind", CELL_LISTED, 20, true, true, false, "central|provincial|sector|proposed" },
	[STATE] = { "state", CELL_LISTED, 20, true, true, false,
	            "proposed|appraised|approved|building|completed|deploying|operating|reviewing|replacing|stopped|refused" },
	[MANAGING_UNIT] = { "managing_unit", CELL_TEXT, 200, false, false, false, NULL },
	[EXPECTED_ON] = { "expected_on", CELL_MONTH, 7, false, false, false, NULL },
	[VERIFIED] = { "verified", CELL_VERIFIED, 20, false, false, false, "đã xác minh|chưa xác minh" },
	[NOTE] = { "note", CELL_TEXT, 900, false, false, false, NULL },
	[CONTACT_NAME] = { "contact_name", CELL_TEXT, 200, false, false, false, NULL },
	[CONTACT] = { "contact", CELL_TEXT, 300, false, false, false, NULL },
	[SECTOR] = { "sector", CELL_TEXT, 100, false, false, false, NULL },
	[DESCRIPTION] = { "description", CELL_TEXT, 1000, false, false, false, NULL },
	/* Tags with ";" between them. */
	[FUNCTIONS] = { "functions", CELL_TEXT, 640, false, false, false, NULL },
	[SCOPES] = { "scopes", CELL_TEXT, 640, false, false, false, NULL },
	[LEGAL_BASIS] = { "legal_basis", CELL_TEXT, 500, false, false, false, NULL },
	[SECURITY_LEVEL] = { "security_level", CELL_LISTED, 1, false, false, false, "1|2|3|4|5" },
	[COMPLETED_ON] = { "completed_on", CELL_DATE, 10, false, false, false, NULL },
	[TARGET_SCOPE] = { "target_scope", CELL_LISTED, 10, false, false, false, "all|many|sector" },
	[OWNER] = { "owner", CELL_TEXT, 300, false, false, false, NULL },
};

#define PLATFORMS_INPUT                                                                                           \
	"WITH t AS (SELECT * FROM jsonb_to_recordset($1::jsonb) AS t (line integer, code text, name text, name_en text,"  \
	" name_fold text, kind text, state text, managing_unit text, expected_on date, verified boolean, note text, contact_name text, contact text,"  \
	" sector text, description text, functions text, scopes text, legal_basis text, security_level smallint, completed_on date, target_scope text, owner text)),"  \
	" i AS (SELECT t.line, t.code, t.name, t.name_en, t.name_fold, t.kind, t.state, coalesce(t.managing_unit, '') AS managing_unit, t.expected_on,"  \
	"  t.verified, coalesce(t.note, '') AS note, coalesce(t.contact_name, p.contact_name, '') AS contact_name, coalesce(t.contact, p.contact, '') AS contact,"  \
	"  coalesce(t.sector, p.sector, '') AS sector, coalesce(t.description, p.description, '') AS description,"  \
	"  coalesce(regexp_split_to_array(t.functions, ' *; *'), p.functions, '{}') AS functions, coalesce(regexp_split_to_array(t.scopes, ' *; *'), p.scopes, '{}') AS scopes,"  \
	"  coalesce(t.legal_basis, p.legal_basis, '') AS legal_basis, coalesce(t.security_level, p.security_level) AS security_level,"  \
	"  coalesce(t.completed_on, p.completed_on) AS completed_on, coalesce(t.target_scope, p.target_scope, 'all') AS target_scope, coalesce(t.owner, p.owner, '') AS owner"  \
	"  FROM t LEFT JOIN sen.platform p ON p.code = t.code)"
/* What came to the catalogue later: left out of a file, it stays. */
#define FURTHER(x) x ".contact_name, " x ".contact, " x ".sector, " x ".description, " x ".functions, " x ".scopes, " x ".legal_basis, " x ".security_level, " \
	x ".completed_on, " x ".target_scope, " x ".owner"
#define FURTHER_JSON(x) " 'contact_name', " x ".contact_name, 'contact', " x ".contact, 'sector', " x ".sector, 'description', " x ".description,"  \
	" 'functions', " x ".functions, 'scopes', " x ".scopes, 'legal_basis', " x ".legal_basis, 'security_level', " x ".security_level,"  \
	" 'completed_on', " x ".completed_on, 'target_scope', " x ".target_scope, 'owner', " x ".owner)"
#define PLATFORM_OLD \
	"(p.name, p.name_en, p.name_fold, p.kind, p.state, p.managing_unit, p.expected_on, p.verified, p.note, " FURTHER("p") ")"
#define PLATFORM_NEW                                                                                   \
	"(i.name, i.name_en, i.name_fold, i.kind, i.state, i.managing_unit, i.expected_on, i.verified, i.note, " FURTHER("i") ")"

/* Whoever imports by the API; NULL: the operator. */
#define AUTHOR "nullif(current_setting('sen.author', true), '')::uuid"
/* What the file would add or change. */
#define TOUCHED ", n AS (SELECT i.*, p.id, p.state AS was_state, p.managing_unit_id AS was_unit_id," \
	" sen.platform_kept(p, i.kind, i.managing_unit, i.contact_name, i.description, i.functions, i.scopes) AS kept" \
	" FROM i LEFT JOIN sen.platform p ON p.code = i.code WHERE p.id IS NULL OR " PLATFORM_OLD " IS DISTINCT FROM " PLATFORM_NEW ")"
#define NOTES(value, condition) TOUCHED " SELECT n.line, " value " FROM n WHERE " condition " ORDER BY n.line LIMIT 50"
/* The unit that manages it, as it is today; NULL: a ministry. */
#define UNIT_ID \
	"(SELECT u.id FROM sen.unit u WHERE u.code = n.managing_unit AND u.valid_from <= sen.today() AND (u.valid_to IS NULL OR u.valid_to > sen.today()))"
#define COVERS(unit) "sen.catalogue_covers(" AUTHOR ", 'catalogue', " unit ", n.id)"

/* In somebody's name: what the catalogue lets them write, and no more. */
DB_QUERY(import_platforms_moved_q, DB_READ,
         PLATFORMS_INPUT NOTES("n.state", "n.state <> coalesce(n.was_state, 'proposed')"));
DB_QUERY(import_platforms_manager_q, DB_READ,
         PLATFORMS_INPUT NOTES("n.managing_unit", "n.kind <> 'central' AND " UNIT_ID " IS NULL"));
DB_QUERY(import_platforms_covered_q, DB_READ,
         PLATFORMS_INPUT NOTES("n.managing_unit", "NOT " COVERS(UNIT_ID) " OR (n.id IS NOT NULL AND NOT " COVERS("n.was_unit_id") ")"));
DB_QUERY(import_platforms_kind_q, DB_READ, PLATFORMS_INPUT NOTES("n.kind", "n.id IS NOT NULL AND n.kept = 'kind'"));
DB_QUERY(import_platforms_emptied_q, DB_READ, PLATFORMS_INPUT NOTES("n.kept", "n.id IS NOT NULL AND n.kept <> 'kind'"));
DB_QUERY(import_platforms_completed_q, DB_READ, PLATFORMS_INPUT NOTES("n.completed_on::text", "n.completed_on > sen.today()"));
DB_QUERY(import_platforms_owner_q, DB_READ, PLATFORMS_INPUT NOTES("n.code", "sen.platform_lacks_owner(n.kind, n.managing_unit, n.owner)"));
/* Before anything else is held: whoever edits or moves one has its row first, too. */
DB_QUERY(import_platforms_lock_q, DB_WRITE, "SELECT count(*) FROM (SELECT FROM sen.platform p ORDER BY p.id FOR NO KEY UPDATE) x");
DB_QUERY(import_platforms_unit_q, DB_READ,
         PLATFORMS_INPUT " SELECT i.line, i.managing_unit FROM i WHERE i.managing_unit <> ''"
                         " AND NOT EXISTS (SELECT FROM sen.unit u WHERE u.code = i.managing_unit) ORDER BY i.line LIMIT 50");
DB_QUERY(import_platforms_write_q, DB_WRITE,
         PLATFORMS_INPUT
         ", added AS (INSERT INTO sen.platform (code, name, name_en, name_fold, kind, state, managing_unit, expected_on, verified, note, "
         "   contact_name, contact, sector, description, functions, scopes, legal_basis, security_level, completed_on, target_scope, owner, created_by, changed_by)"
         "  SELECT i.code, i.name, i.name_en, i.name_fold, i.kind, i.state, i.managing_unit, i.expected_on, i.verified,"
         "  i.note, " FURTHER("i") ", " AUTHOR ", " AUTHOR " FROM i WHERE NOT EXISTS (SELECT FROM sen.platform p WHERE p.code = i.code) RETURNING id),"
         " changed AS (UPDATE sen.platform p SET name = i.name, name_en = i.name_en, name_fold = i.name_fold, kind = i.kind,"
         "  state = i.state, managing_unit = i.managing_unit, expected_on = i.expected_on, verified = i.verified,"
         "  note = i.note, (contact_name, contact, sector, description, functions, scopes, legal_basis, security_level, completed_on, target_scope, owner)"
         "   = (" FURTHER("i") "), changed_by = coalesce(" AUTHOR ", p.changed_by) FROM i WHERE p.code = i.code AND p.id <> 0 AND " PLATFORM_OLD " IS DISTINCT FROM " PLATFORM_NEW
         "  RETURNING p.id)"
         " SELECT (SELECT count(*) FROM added), (SELECT count(*) FROM changed), ARRAY(SELECT id FROM added UNION ALL SELECT id FROM changed)");

DB_QUERY(import_platforms_preview_q, DB_READ,
         PLATFORMS_INPUT ", n AS (SELECT i.line, i.code, CASE WHEN p.id IS NOT NULL THEN jsonb_build_object('name', p.name, 'name_en', p.name_en,"
                         "  'kind', p.kind, 'state', p.state, 'managing_unit', p.managing_unit, 'expected_on', p.expected_on, 'verified', p.verified,"
                         "  'note', p.note," FURTHER_JSON("p") " END AS b, jsonb_build_object('name', i.name, 'name_en', i.name_en, 'kind', i.kind, 'state', i.state,"
                         "  'managing_unit', i.managing_unit, 'expected_on', i.expected_on, 'verified', i.verified,"
                         "  'note', i.note," FURTHER_JSON("i") " AS a FROM i LEFT JOIN sen.platform p ON p.code = i.code"
                         "  WHERE p.id IS NULL OR " PLATFORM_OLD " IS DISTINCT FROM " PLATFORM_NEW ")"
                         " SELECT line, code, CASE WHEN b IS NOT NULL THEN sen.jsonb_minus(b, a) END, sen.jsonb_minus(a, b) FROM n ORDER BY line");

static void add_platform(struct import_job *job, size_t row, json_t *object)
{
	import_add_cells(job, row, object);
	import_set_folded(job, object, import_cell_of(job, row, NAME));
}

/* As the API takes them. */
static bool is_tag(struct str tag)
{
	if (str_is_empty(tag) || tag.len > TAG_MAX_BYTES)
		return false;
	for (size_t i = 0; i < tag.len; i++) {
		char c = tag.p[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') && c != '.' && c != '-' && c != '_')
			return false;
	}
	return true;
}

static bool are_tags(struct str cell)
{
	struct str tag, rest = cell;
	size_t n = 0;

	while (str_split(&rest, ';', &tag))
		if (++n > TAGS_MAX || !is_tag(str_trim(tag)))
			return false;
	return true;
}

static void check_tags(struct import_job *job, size_t row, size_t column)
{
	struct str cell = import_cell_of(job, row, column);

	if (!str_is_null(cell) && !are_tags(cell))
		import_error_at(job, row, column, IMPORT_BAD_TAG, cell);
}

static void check(struct import_job *job)
{
	for (size_t i = 0; i < job->table.n_rows; i++) {
		struct str code = import_cell_of(job, i, CODE);

		/* Platform zero. */
		if (str_equal(code, STR("DIR")))
			import_error_at(job, i, CODE, IMPORT_RESERVED, code);
		check_tags(job, i, FUNCTIONS);
		check_tags(job, i, SCOPES);
	}
	import_refuse_duplicates(job, CODE, N_COLUMNS);
}

/*
 * The operator's file says what is so.  Anybody else's is as if each row had been entered and edited by the API: what is new is
 * proposed, states change by transitions, and whoever wrote it neither appraises it nor closes its findings.
 */
static int check_in_name(struct import_job *job, struct str json)
{
	static const struct import_check checks[] = {
		{ &import_platforms_moved_q, IMPORT_STATE_MOVES, STATE, false },      { &import_platforms_manager_q, IMPORT_UNKNOWN_UNIT, MANAGING_UNIT, false },
		{ &import_platforms_covered_q, IMPORT_NOT_YOUR_PLATFORM, MANAGING_UNIT, false }, { &import_platforms_kind_q, IMPORT_KIND_DECIDED, KIND, false },
		{ &import_platforms_emptied_q, IMPORT_EMPTIED, MANAGING_UNIT, false }, { &import_platforms_completed_q, IMPORT_DAY_TO_COME, COMPLETED_ON, false },
		{ &import_platforms_owner_q, IMPORT_NO_OWNER, OWNER, false },
	};

	for (size_t i = 0; i < ARRAY_LEN(checks); i++) {
		int r = import_run_check(job, &checks[i], json);

		if (r < 0)
			return r;
	}
	return 0;
}

static int compare_in_name(struct import_job *job, struct str ids)
{
	struct op *op = job->op;
	const struct str *list;
	int64_t *numbers;
	size_t n;
	int r = db_array_read(op, ids, &list, &n);

	if (r < 0 || n == 0)
		return r;
	numbers = ARENA_ARRAY(op->arena, int64_t, n);
	for (size_t i = 0; i < n; i++) {
		uint64_t id;

		if (!str_to_u64(list[i], INT16_MAX, &id))
			return op_fail(op, ERR_INTERNAL, "a row is not a platform");
		numbers[i] = (int64_t)id;
	}
	return overlap_entered(op, numbers, n, job->request->principal->account_id);
}

static int write_batch(struct import_job *job, const struct import_batch *batch)
{
	static const struct import_check unit = { &import_platforms_unit_q, IMPORT_UNKNOWN_UNIT, MANAGING_UNIT, true };
	const struct principal *in_name = job->request->principal;
	struct import_count *count = &job->report->counts[0];
	struct str json = import_batch_json(job, batch, add_platform);
	struct db_rows rows;
	int r = in_name ? check_in_name(job, json) : import_run_check(job, &unit, json);

	if (r == 0)
		r = import_preview(job, "platform", &import_platforms_preview_q, json);
	if (r < 0 || (in_name && job->report->n_errors > 0))
		return r;
	r = import_query(job, &import_platforms_write_q, json, &rows);
	if (r < 0)
		return r;
	count->created += (size_t)db_i64(&rows, 0, 0);
	count->changed += (size_t)db_i64(&rows, 0, 1);
	return in_name ? compare_in_name(job, db_str(&rows, 0, 2)) : 0;
}

static int write(struct import_job *job)
{
	struct import_count *count = &job->report->counts[0];
	struct db_rows rows;
	int r = db_run(job->op, &import_platforms_lock_q, &rows);

	count->what = "platform";
	if (r == 0)
		r = import_each_batch(job, write_batch);
	count->unchanged = job->table.n_rows - count->created - count->changed;
	return r;
}

const struct import_kind import_platforms = { "platforms", columns, N_COLUMNS, check, write };
