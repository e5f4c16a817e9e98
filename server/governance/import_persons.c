/*
 * import_persons.c: persons.csv: one line per post; a person's further posts are further lines
 * with the same employee code, on which what describes the person may be left empty.
 */

#include "common/base/base64.h"
#include "common/crypto/keyring.h"
#include "server/governance/import_internal.h"
#include "server/governance/import_posts.h"
#include "server/governance/national_id.h"

#define POSTS_MAX 50

static const struct import_column columns[PERSONS_N_COLUMNS] = {
	[EMPLOYEE_CODE] = { "employee_code", CELL_CODE, 32, true, true, false, NULL },
	[FULL_NAME] = { "full_name", CELL_TEXT, 120, true, false, false, NULL },
	[KIND] = { "kind", CELL_LISTED, 20, true, false, false, "can_bo|cong_chuc|vien_chuc|khong_chuyen_trach" },
	[BIRTH_DATE] = { "birth_date", CELL_DATE, 10, false, false, false, NULL },
	[UNIT_CODE] = { "unit_code", CELL_CODE, 35, true, true, false, NULL },
	[TITLE] = { "title", CELL_TEXT, 200, true, true, false, NULL },
	[POST_KIND] = { "post_kind", CELL_LISTED, 20, true, true, false, IMPORT_POST_KINDS },
	[VALID_FROM] = { "valid_from", CELL_DATE, 10, true, true, false, NULL },
	[VALID_TO] = { "valid_to", CELL_DATE, 10, false, false, false, NULL },
	[DECISION_NO] = { "decision_no", CELL_TEXT, 80, true, true, false, NULL },
	[NATIONAL_ID] = { "national_id", CELL_NATIONAL_ID, 12, false, false, true, NULL },
	[SEX] = { "sex", CELL_LISTED, 6, false, false, false, "male|female" },
	/* Of the full name, where its spaces do not say it. */
	[HO] = { "ho", CELL_TEXT, 60, false, false, false, NULL },
	[DEM] = { "dem", CELL_TEXT, 60, false, false, false, NULL },
	[TEN] = { "ten", CELL_TEXT, 60, false, false, false, NULL },
	[RANK] = { "rank", CELL_LISTED, 20, false, false, false, IMPORT_RANKS },
	[DECISION_ON] = { "decision_on", CELL_DATE, 10, false, false, false, NULL },
	[SIGNER] = { "signer", CELL_TEXT, 120, false, false, false, NULL },
};

#define PERSONS_INPUT                                                                                              \
	"WITH i AS (SELECT t.*, decode(t.national_id_hash, 'hex') AS hash FROM jsonb_to_recordset($1::jsonb)"              \
	" AS t (line integer, employee_code text, kind text, ho text, dem text, ten text, full_name text, name_fold text," \
	" parts boolean, birth_date date, sex text, national_id_hash text, national_id_sealed text))"

DB_QUERY(import_persons_known_q, DB_READ, PERSONS_INPUT " SELECT count(*) FROM i JOIN sen.person p ON p.employee_code = i.employee_code");
DB_QUERY(import_persons_taken_q, DB_READ,
         PERSONS_INPUT " SELECT i.line, NULL FROM i JOIN sen.person p ON p.national_id_hash = i.hash"
                       " WHERE p.employee_code <> i.employee_code ORDER BY i.line LIMIT 50");
DB_QUERY(import_persons_within_q, DB_READ,
         PERSONS_INPUT " SELECT i.line, i.employee_code FROM i JOIN sen.person p ON p.employee_code = i.employee_code"
                       " JOIN sen.unit u ON u.id = sen.home_unit(p.id) WHERE NOT starts_with(u.path, current_setting('sen.import_within', true))"
                       " ORDER BY i.line LIMIT 50");
/* What a file leaves out stays as it is. */
#define PERSON_OLD "(p.kind, p.ho, p.dem, p.ten, p.full_name, p.name_fold, p.birth_date, p.sex, p.national_id_hash)"
/* Somebody may have put right what spaces said of the name. */
#define PART(part) "CASE WHEN i.parts OR p.full_name IS DISTINCT FROM i.full_name THEN i." part " ELSE p." part " END"
#define PERSON_NEW                                                                                                     \
	"(i.kind, " PART("ho") ", " PART("dem") ", " PART("ten") ", i.full_name, i.name_fold, coalesce(i.birth_date, p.birth_date), coalesce(i.sex, p.sex)," \
	" coalesce(i.hash, p.national_id_hash))"
DB_QUERY(import_persons_yours_q, DB_READ,
         PERSONS_INPUT ", d AS MATERIALIZED (SELECT i.line, i.employee_code, p.id FROM i JOIN sen.person p ON p.employee_code = i.employee_code"
                       "  WHERE " PERSON_OLD " IS DISTINCT FROM " PERSON_NEW " AND " IMPORT_AT_HOME("p.id") ")"
                       " SELECT d.line, d.employee_code FROM d WHERE d.id IN (SELECT " IMPORT_BEYOND("SELECT d.id FROM d") ") ORDER BY d.line LIMIT 50");
DB_QUERY(import_persons_preview_q, DB_READ,
         PERSONS_INPUT ", n AS (SELECT i.line, i.employee_code, CASE WHEN p.id IS NOT NULL THEN jsonb_build_object('full_name', p.full_name,"
                       "  'ho', p.ho, 'dem', p.dem, 'ten', p.ten, 'kind', p.kind, 'birth_date', p.birth_date, 'sex', p.sex, 'national_id', encode(p.national_id_hash, 'hex')) END AS b,"
                       "  jsonb_build_object('full_name', i.full_name, 'ho', " PART("ho") ", 'dem', " PART("dem") ", 'ten', " PART("ten") ","
                       "  'kind', i.kind, 'birth_date', coalesce(i.birth_date, p.birth_date), 'sex', coalesce(i.sex, p.sex),"
                       "  'national_id', encode(coalesce(i.hash, p.national_id_hash), 'hex')) AS a"
                       "  FROM i LEFT JOIN sen.person p ON p.employee_code = i.employee_code),"
                       " d AS (SELECT line, employee_code, CASE WHEN b IS NOT NULL THEN sen.jsonb_minus(b, a) END AS b, sen.jsonb_minus(a, b) AS a FROM n)"
                       " SELECT line, employee_code, CASE WHEN b ->> 'national_id' IS NOT NULL THEN b || '{\"national_id\": \"•••\"}' ELSE b END,"
                       " CASE WHEN a ->> 'national_id' IS NOT NULL THEN a || '{\"national_id\": \"•••\"}' ELSE a END"
                       " FROM d WHERE b IS NULL OR a <> '{}' ORDER BY line");
DB_QUERY(import_persons_write_q, DB_WRITE,
         PERSONS_INPUT
         ", added AS (INSERT INTO sen.person (id, employee_code, kind, ho, dem, ten, full_name, name_fold, birth_date,"
         "   sex, national_id_hash, national_id_sealed)"
         "  SELECT gen_random_uuid(), i.employee_code, i.kind, i.ho, i.dem, i.ten, i.full_name, i.name_fold, i.birth_date, i.sex, i.hash,"
         "   i.national_id_sealed"
         "  FROM i WHERE NOT EXISTS (SELECT FROM sen.person p WHERE p.employee_code = i.employee_code) RETURNING 1),"
         " changed AS (UPDATE sen.person p SET kind = i.kind, ho = " PART("ho") ", dem = " PART("dem") ", ten = " PART("ten") ", full_name = i.full_name,"
         "   name_fold = i.name_fold, birth_date = coalesce(i.birth_date, p.birth_date), sex = coalesce(i.sex, p.sex),"
         "   national_id_hash = coalesce(i.hash, p.national_id_hash),"
         "   national_id_sealed = CASE WHEN i.hash IS NULL OR i.hash = p.national_id_hash THEN p.national_id_sealed"
         "    ELSE i.national_id_sealed END, changed_at = now()"
         "  FROM i WHERE p.employee_code = i.employee_code"
         "  AND " PERSON_OLD " IS DISTINCT FROM " PERSON_NEW " RETURNING 1)"
         " SELECT (SELECT count(*) FROM added), (SELECT count(*) FROM changed)");

/* họ = first word, tên = last word, đệm = what is between; one word is a tên. */
static void set_name_parts(json_t *object, struct str full_name)
{
	struct str ho = STR(""), dem = STR(""), ten = full_name;
	ptrdiff_t first = str_index(full_name, ' ');

	if (first >= 0) {
		size_t last = full_name.len;

		while (full_name.p[last - 1] != ' ')
			last--;
		ho = str_n(full_name.p, (size_t)first);
		ten = str_skip(full_name, last);
		if (last - 1 > (size_t)first)
			dem = str_n(full_name.p + first + 1, last - 1 - (size_t)first - 1);
	}
	json_set_str(object, "ho", ho);
	json_set_str(object, "dem", dem);
	json_set_str(object, "ten", ten);
}

/* Keyed hash to find it again, ciphertext bound to the hash to read it. */
static void set_national_id(struct import_job *job, json_t *object, struct str id)
{
	const struct keyring *keys = job->op->keys;
	struct str hash = keyring_hash(job->scratch, keys, KEY_LOOKUP, "national_id", id);

	json_set_str(object, "national_id_hash", hex_encode(job->scratch, hash));
	json_set_str(object, "national_id_sealed", aead_seal(job->scratch, keyring_key(keys, KEY_AT_REST), "national_id", hash, id));
}

static bool has_parts(const struct import_job *job, size_t row)
{
	return !str_is_null(import_cell_of(job, row, HO)) || !str_is_null(import_cell_of(job, row, DEM)) || !str_is_null(import_cell_of(job, row, TEN));
}

static struct str part_of(const struct import_job *job, size_t row, size_t column)
{
	struct str part = import_cell_of(job, row, column);

	return str_is_null(part) ? STR("") : part;
}

static void add_person(struct import_job *job, size_t row, json_t *object)
{
	struct str id = import_cell_of(job, row, NATIONAL_ID);
	struct str name = import_cell_of(job, row, FULL_NAME);

	json_set_str(object, "employee_code", import_cell_of(job, row, EMPLOYEE_CODE));
	json_set_str(object, "kind", import_cell_of(job, row, KIND));
	json_set_str(object, "full_name", name);
	json_set_str(object, "birth_date", import_cell_of(job, row, BIRTH_DATE));
	json_set_str(object, "sex", import_cell_of(job, row, SEX));
	json_set_bool(object, "parts", has_parts(job, row));
	set_name_parts(object, name);
	if (has_parts(job, row)) {
		json_set_str(object, "ho", part_of(job, row, HO));
		json_set_str(object, "dem", part_of(job, row, DEM));
		json_set_str(object, "ten", part_of(job, row, TEN));
	}
	import_set_folded(job, object, name);
	if (!str_is_null(id))
		set_national_id(job, object, id);
}

static void note_line(struct import_job *job, size_t row, size_t column, enum import_fault fault, size_t other)
{
	import_error(job->report, &(struct import_note){
		.line = job->table.rows[row].line, .column = columns[column].name, .fault = fault,
		.value = arena_printf(job->op->arena, "%u", job->table.rows[other].line) });
}

/* What a further line says of the person must be what the first says; what the first leaves out it may add. */
static void merge_line(struct import_job *job, size_t first, size_t row)
{
	static const size_t of_person[] = { FULL_NAME, KIND, BIRTH_DATE, NATIONAL_ID, SEX, HO, DEM, TEN };

	for (size_t i = 0; i < ARRAY_LEN(of_person); i++) {
		struct str *known = &job->table.rows[first].cells[of_person[i]];
		struct str here = import_cell_of(job, row, of_person[i]);

		if (str_is_null(here))
			continue;
		if (str_is_null(*known))
			*known = here;
		else if (!str_equal(*known, here))
			note_line(job, row, of_person[i], IMPORT_PERSON_DIFFERS, first);
	}
}

static bool same_post(const struct import_job *job, size_t row, size_t other)
{
	return import_same_key(job, row, other, UNIT_CODE, TITLE) && import_same_key(job, row, other, VALID_FROM, PERSONS_N_COLUMNS);
}

/* Where parts are said at all, they are the full name. */
static void check_parts(struct import_job *job, size_t row)
{
	struct str ho = part_of(job, row, HO), dem = part_of(job, row, DEM), ten = part_of(job, row, TEN);
	struct str full = arena_printf(job->op->arena, "%.*s%s%.*s%s%.*s", STR_ARG(ho), str_is_empty(ho) ? "" : " ", STR_ARG(dem),
	                               str_is_empty(dem) ? "" : " ", STR_ARG(ten));

	if (!has_parts(job, row))
		return;
	if (str_is_empty(ten))
		import_error_at(job, row, TEN, IMPORT_MISSING, STR_NULL);
	else if (!str_equal(full, import_cell_of(job, row, FULL_NAME)))
		import_error_at(job, row, TEN, IMPORT_NAME_PARTS, full);
}

static void check_number(struct import_job *job, size_t row)
{
	struct str id = import_cell_of(job, row, NATIONAL_ID), birth_date = import_cell_of(job, row, BIRTH_DATE), sex = import_cell_of(job, row, SEX);

	if (str_is_null(id))
		return;
	if (!str_is_null(birth_date) && !national_id_fits_year(id, birth_date))
		import_warn_at(job, row, NATIONAL_ID, IMPORT_NATIONAL_ID_YEAR);
	if (!str_is_null(sex) && !national_id_fits_sex(id, sex))
		import_warn_at(job, row, NATIONAL_ID, IMPORT_NATIONAL_ID_SEX);
	if (!national_id_fits_place(id))
		import_warn_at(job, row, NATIONAL_ID, IMPORT_NATIONAL_ID_PROVINCE);
}

/* rows: all lines of one person. */
static void check_person(struct import_job *job, const size_t *rows, size_t n)
{
	size_t first = rows[0];

	if (n > POSTS_MAX) {
		import_error_at(job, rows[POSTS_MAX], EMPLOYEE_CODE, IMPORT_TOO_MANY_POSTS, STR_NULL);
		return;
	}
	for (size_t i = 1; i < n; i++) {
		merge_line(job, first, rows[i]);
		for (size_t k = 0; k < i; k++)
			if (same_post(job, rows[i], rows[k]))
				note_line(job, rows[i], TITLE, IMPORT_DUPLICATE, rows[k]);
	}
	if (str_is_null(import_cell_of(job, first, FULL_NAME)))
		import_error_at(job, first, FULL_NAME, IMPORT_MISSING, STR_NULL);
	if (str_is_null(import_cell_of(job, first, KIND)))
		import_error_at(job, first, KIND, IMPORT_MISSING, STR_NULL);
	check_parts(job, first);
	check_number(job, first);
}

static void refuse_shared_national_ids(struct import_job *job)
{
	import_sort(job, NATIONAL_ID, PERSONS_N_COLUMNS);
	for (size_t i = 1; i < job->table.n_rows; i++) {
		size_t row = job->order[i], before = job->order[i - 1];

		if (!str_is_null(import_cell_of(job, row, NATIONAL_ID)) &&
		    import_same_key(job, row, before, NATIONAL_ID, PERSONS_N_COLUMNS) &&
		    !import_same_key(job, row, before, EMPLOYEE_CODE, PERSONS_N_COLUMNS))
			note_line(job, row, NATIONAL_ID, IMPORT_DUPLICATE, before);
	}
}

/* How many lines from order[at] on belong to the same person. */
static size_t lines_of_person(const struct import_job *job, size_t at)
{
	size_t n = 1;

	while (at + n < job->table.n_rows &&
	       import_same_key(job, job->order[at], job->order[at + n], EMPLOYEE_CODE, PERSONS_N_COLUMNS))
		n++;
	return n;
}

static void check(struct import_job *job)
{
	size_t n;

	import_posts_check_periods(job);
	refuse_shared_national_ids(job);
	import_sort(job, EMPLOYEE_CODE, PERSONS_N_COLUMNS);
	for (size_t at = 0; at < job->table.n_rows && job->report->n_errors < IMPORT_NOTES_MAX; at += n) {
		n = lines_of_person(job, at);
		check_person(job, &job->order[at], n);
	}
}

/* posts: lines of whole persons; persons: the first line of each. */
static int write_batch(struct import_job *job, const struct import_batch *posts, const struct import_batch *persons)
{
	static const struct import_check taken = { &import_persons_taken_q, IMPORT_NATIONAL_ID_TAKEN, NATIONAL_ID, false };
	struct str json = import_batch_json(job, persons, add_person);
	struct db_rows rows;
	int r = import_query(job, &import_persons_known_q, json, &rows);

	if (r < 0)
		return r;
	job->only_new = db_i64(&rows, 0, 0) == 0;
	r = import_run_check(job, &taken, json);
	if (r == 0 && !job->only_new)
		r = import_check_within(job, &import_persons_within_q, EMPLOYEE_CODE, json);
	if (r == 0)
		r = import_check_yours(job, &import_persons_yours_q, EMPLOYEE_CODE, json);
	if (r == 0)
		r = import_preview(job, "person", &import_persons_preview_q, json);
	if (r == 0)
		r = import_posts_check(job, posts);
	if (r < 0 || job->report->n_errors > 0)
		return r;
	r = import_count_query(job, &import_persons_write_q, json, &job->report->counts[0]);
	return r < 0 ? r : import_posts_write(job, posts);
}

static int write(struct import_job *job)
{
	struct import_count *counts = job->report->counts;
	size_t n_persons = 0;
	int r = 0;

	counts[0].what = "person";
	counts[1].what = "post";
	for (size_t at = 0; at < job->table.n_rows && r == 0;) {
		struct import_batch posts = { &job->order[at], 0 };
		struct import_batch persons = { NULL, 0 };
		size_t *firsts;

		r = import_next_batch(job);
		if (r < 0)
			return r;
		firsts = ARENA_ARRAY(job->scratch, size_t, IMPORT_BATCH_ROWS);
		while (at < job->table.n_rows && posts.n < IMPORT_BATCH_ROWS) {
			size_t n = lines_of_person(job, at);

			firsts[persons.n++] = job->order[at];
			posts.n += n;
			at += n;
		}
		persons.rows = firsts;
		n_persons += persons.n;
		r = write_batch(job, &posts, &persons);
		job->n_done = at;
	}
	counts[0].unchanged = n_persons - counts[0].created - counts[0].changed;
	counts[1].unchanged = job->table.n_rows - counts[1].created - counts[1].changed;
	return r;
}

const struct import_kind import_persons = { "persons", columns, PERSONS_N_COLUMNS, check, write };
