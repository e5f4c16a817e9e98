#include "server/governance/import_posts.h"

#define POST_OLD "(o.kind, o.valid, o.decision_no, o.rank, o.decision_on, o.signer)"
/* What a file leaves out stays; day and signer are those of the decision. */
#define OF_DECISION(member) "CASE WHEN i.decision_no = o.decision_no THEN coalesce(i." member ", o." member ") ELSE i." member " END"
#define POST_NEW "(i.kind, i.valid, i.decision_no, coalesce(i.rank, o.rank), " OF_DECISION("decision_on") ", " OF_DECISION("signer") ")"

DB_QUERY(import_posts_unit_q, DB_READ,
         POSTS_INPUT " SELECT t.line, t.unit_code FROM t WHERE NOT EXISTS (SELECT FROM i WHERE i.line = t.line)"
                     " ORDER BY t.line LIMIT 50");

/*
 * Lines against the lines before them (#12) and against posts on record that no line replaces.
 * What overlaps is told, not repaired: which post ends when is for a decision to say.
 */
#define POSTS_OVERLAP(condition)                                                                                     \
	POSTS_INPUT ", every AS (SELECT line, employee_code, unit_id, unit_code, title, kind, valid FROM i"                  \
	            " UNION ALL SELECT 0, p.employee_code, o.unit_id, u.code, o.title, o.kind, o.valid FROM sen.person p"    \
	            " JOIN sen.post o ON o.person_id = p.id JOIN sen.unit u ON u.id = o.unit_id"                             \
	            " WHERE p.employee_code IN (SELECT i.employee_code FROM i) AND NOT EXISTS (SELECT FROM i WHERE " SAME_POST "))" \
	            " SELECT DISTINCT ON (i.line) i.line, CASE WHEN e.line > 0 THEN '#' || e.line"                           \
	            " ELSE e.unit_code || ', ' || e.title || ', ' || lower(e.valid) END"                                     \
	            " FROM i JOIN every e ON e.employee_code = i.employee_code AND e.line < i.line AND e.valid && i.valid"   \
	            " WHERE " condition " ORDER BY i.line, e.line LIMIT 50"
/* Both are.  As two conditions they would count as rare, and the join become a loop over a million pairs. */
DB_QUERY(import_posts_main_q, DB_READ, POSTS_OVERLAP("i.kind || e.kind = 'mainmain'"));
DB_QUERY(import_posts_twice_q, DB_READ,
         POSTS_OVERLAP("e.unit_id = i.unit_id AND e.title = i.title AND NOT (i.kind = 'main' AND e.kind = 'main')"));

/* Changes before additions: a post that ends makes room for the next. */
DB_QUERY(import_posts_change_q, DB_WRITE,
         POSTS_INPUT IMPORT_MOVERS ", changed AS (UPDATE sen.post o SET (kind, valid, decision_no, rank, decision_on, signer) = ROW " POST_NEW ","
                     "   handover = CASE WHEN EXISTS (SELECT FROM mv WHERE mv.person_id = o.person_id AND mv.old_id = o.id) THEN " IMPORT_HANDOVER " ELSE o.handover END"
                     "  FROM i"
                     "  WHERE " SAME_POST " AND " POST_OLD " IS DISTINCT FROM " POST_NEW
                     "  RETURNING 1) SELECT 0, (SELECT count(*) FROM changed)");
DB_QUERY(import_posts_add_q, DB_WRITE,
         POSTS_INPUT ", added AS (INSERT INTO sen.post (person_id, id, unit_id, title, kind, valid, decision_no, rank, decision_on, signer)"
                     "  SELECT i.person_id, gen_random_uuid(), i.unit_id, i.title, i.kind, i.valid, i.decision_no, coalesce(i.rank, 'staff'), i.decision_on, i.signer FROM i"
                     "  WHERE NOT EXISTS (SELECT FROM sen.post o WHERE " SAME_POST ") RETURNING 1)"
                     " SELECT (SELECT count(*) FROM added), 0");

DB_QUERY(import_posts_within_q, DB_READ,
         POSTS_INPUT " SELECT i.line, i.unit_code FROM i JOIN sen.unit u ON u.id = i.unit_id"
                     " WHERE NOT starts_with(u.path, current_setting('sen.import_within', true)) ORDER BY i.line LIMIT 50");
#define POST_DIFFERS "(o.id IS NULL OR " POST_OLD " IS DISTINCT FROM " POST_NEW ")"
DB_QUERY(import_posts_yours_q, DB_READ,
         POSTS_INPUT ", d AS MATERIALIZED (SELECT i.line, i.employee_code, i.person_id FROM i LEFT JOIN sen.post o ON " SAME_POST
                     "  WHERE i.person_id IS NOT NULL AND " POST_DIFFERS " AND " IMPORT_AT_HOME("i.person_id") ")"
                     " SELECT d.line, d.employee_code FROM d WHERE d.person_id IN (SELECT " IMPORT_BEYOND("SELECT d.person_id FROM d") ")"
                     " ORDER BY d.line LIMIT 50");
/* A file of posts alone names persons that are there. */
DB_QUERY(import_posts_person_q, DB_READ,
         POSTS_INPUT " SELECT i.line, i.employee_code FROM i WHERE i.person_id IS NULL ORDER BY i.line LIMIT 50");
DB_QUERY(import_posts_home_q, DB_READ,
         POSTS_INPUT " SELECT i.line, i.employee_code FROM i JOIN sen.unit u ON u.id = sen.home_unit(i.person_id)"
                     " WHERE NOT starts_with(u.path, current_setting('sen.import_within', true)) ORDER BY i.line LIMIT 50");
DB_QUERY(import_posts_preview_q, DB_READ,
         POSTS_INPUT ", n AS (SELECT i.line, i.employee_code, CASE WHEN o.id IS NOT NULL THEN jsonb_build_object('unit', i.unit_code, 'title', i.title,"
                     "  'kind', o.kind, 'valid_from', lower(o.valid), 'valid_to', upper(o.valid), 'decision_no', o.decision_no,"
                     "  'rank', o.rank, 'decision_on', o.decision_on, 'signer', o.signer) END AS b,"
                     "  jsonb_build_object('unit', i.unit_code, 'title', i.title, 'kind', i.kind, 'valid_from', lower(i.valid),"
                     "  'valid_to', upper(i.valid), 'decision_no', i.decision_no, 'rank', coalesce(i.rank, o.rank, 'staff'),"
                     "  'decision_on', " OF_DECISION("decision_on") ", 'signer', " OF_DECISION("signer") ") AS a FROM i LEFT JOIN sen.post o ON " SAME_POST
                     "  WHERE " POST_DIFFERS ")"
                     " SELECT line, employee_code, CASE WHEN b IS NOT NULL THEN sen.jsonb_minus(b, a) END, sen.jsonb_minus(a, b) FROM n ORDER BY line");

/* Of persons whose posts would all be over sooner than now: as one who vanishes they lose what they have, if by a date. */
DB_QUERY(import_posts_ending_q, DB_READ,
         POSTS_INPUT ", c AS MATERIALIZED (SELECT i.person_id, min(i.line) AS line FROM i JOIN sen.post o ON " SAME_POST
                     "  WHERE upper(i.valid) < coalesce(upper(o.valid), 'infinity') AND (upper_inf(o.valid) OR upper(o.valid) > sen.today()) GROUP BY 1),"
                     " later AS (SELECT e.person_id, max(coalesce(upper(e.valid), 'infinity')) AS last FROM (SELECT i.person_id, i.valid FROM i"
                     "   UNION ALL SELECT o.person_id, o.valid FROM c JOIN sen.post o ON o.person_id = c.person_id WHERE NOT EXISTS (SELECT FROM i WHERE " SAME_POST ")) e"
                     "  GROUP BY 1)"
                     " SELECT c.line, p.employee_code, jsonb_build_object('full_name', p.full_name, 'login', a.login), jsonb_build_object('valid_to', l.last)"
                     " FROM c JOIN later l ON l.person_id = c.person_id JOIN sen.person p ON p.id = c.person_id JOIN sen.account a ON a.person_id = c.person_id"
                     "  AND a.status IN ('pending', 'active') AND a.kind IN ('operational', 'administrator')"
                     " WHERE l.last < (SELECT max(coalesce(upper(o.valid), 'infinity')) FROM sen.post o WHERE o.person_id = c.person_id) ORDER BY c.line, a.login");

static void add_post(struct import_job *job, size_t row, json_t *object)
{
	static const size_t of_post[] = { EMPLOYEE_CODE, UNIT_CODE, TITLE, POST_KIND, VALID_FROM, VALID_TO, DECISION_NO, RANK, DECISION_ON, SIGNER };

	for (size_t i = 0; i < ARRAY_LEN(of_post); i++)
		json_set_str(object, job->table.columns[of_post[i]].name, import_cell_of(job, row, of_post[i]));
}

int import_posts_check(struct import_job *job, const struct import_batch *batch)
{
	static const struct import_check checks[] = {
		{ &import_posts_unit_q, IMPORT_UNKNOWN_UNIT, UNIT_CODE, false },
		{ &import_posts_main_q, IMPORT_MAIN_OVERLAP, POST_KIND, false },
		{ &import_posts_twice_q, IMPORT_POST_OVERLAP, TITLE, false },
	};
	struct str json = import_batch_json(job, batch, add_post);

	int r = 0;

	for (size_t i = 0; i < ARRAY_LEN(checks) && r == 0; i++)
		r = import_run_check(job, &checks[i], json);
	if (r == 0)
		r = import_moves_check(job, json);
	if (r == 0)
		r = import_check_within(job, &import_posts_within_q, UNIT_CODE, json);
	return r < 0 ? r : import_check_yours(job, &import_posts_yours_q, EMPLOYEE_CODE, json);
}

static int note_ending(struct import_job *job, struct str json)
{
	struct import_watch *watch = job->request->watch;
	struct db_rows rows;
	int r;

	if (!watch)
		return 0;
	r = import_query(job, &import_posts_ending_q, json, &rows);
	if (r < 0)
		return r;
	watch->n_vanished += rows.n;
	for (size_t i = 0; i < rows.n && watch->wants_changes; i++)
		import_add_change(watch, &(struct import_change){
			.line = (unsigned)db_i64(&rows, i, 0), .what = "account", .action = "end", .key = db_str(&rows, i, 1), .before = db_str(&rows, i, 2),
			.after = db_str(&rows, i, 3) });
	return 0;
}

int import_posts_write(struct import_job *job, const struct import_batch *batch)
{
	struct str json = import_batch_json(job, batch, add_post);
	int r = import_preview(job, "post", &import_posts_preview_q, json);

	if (r == 0 && !job->only_new)
		r = note_ending(job, json);
	if (r == 0 && !job->only_new)
		r = import_moves(job, json);
	if (r == 0 && !job->only_new)
		r = import_count_query(job, &import_posts_change_q, json, &job->report->counts[1]);
	return r < 0 ? r : import_count_query(job, &import_posts_add_q, json, &job->report->counts[1]);
}

/* The columns of persons.csv that say what the person is are no columns of this file. */
static const struct import_column columns[PERSONS_N_COLUMNS] = {
	[EMPLOYEE_CODE] = { "employee_code", CELL_CODE, 32, true, true, false, NULL },
	[FULL_NAME] = { "", CELL_TEXT, 1, false, false, false, NULL },
	[KIND] = { "", CELL_TEXT, 1, false, false, false, NULL },
	[BIRTH_DATE] = { "", CELL_TEXT, 1, false, false, false, NULL },
	[UNIT_CODE] = { "unit_code", CELL_CODE, 35, true, true, false, NULL },
	[TITLE] = { "title", CELL_TEXT, 200, true, true, false, NULL },
	[POST_KIND] = { "post_kind", CELL_LISTED, 20, true, true, false, IMPORT_POST_KINDS },
	[VALID_FROM] = { "valid_from", CELL_DATE, 10, true, true, false, NULL },
	[VALID_TO] = { "valid_to", CELL_DATE, 10, false, false, false, NULL },
	[DECISION_NO] = { "decision_no", CELL_TEXT, 80, true, true, false, NULL },
	[NATIONAL_ID] = { "", CELL_TEXT, 1, false, false, false, NULL },
	[SEX] = { "", CELL_TEXT, 1, false, false, false, NULL },
	[HO] = { "", CELL_TEXT, 1, false, false, false, NULL },
	[DEM] = { "", CELL_TEXT, 1, false, false, false, NULL },
	[TEN] = { "", CELL_TEXT, 1, false, false, false, NULL },
	[RANK] = { "rank", CELL_LISTED, 20, false, false, false, IMPORT_RANKS },
	[DECISION_ON] = { "decision_on", CELL_DATE, 10, false, false, false, NULL },
	[SIGNER] = { "signer", CELL_TEXT, 120, false, false, false, NULL },
};

void import_posts_check_periods(struct import_job *job)
{
	import_check_period(job, VALID_FROM, VALID_TO);
	for (size_t i = 0; i < job->table.n_rows; i++) {
		struct str kind = import_cell_of(job, i, POST_KIND);

		/* One that is not listed has been noted. */
		if (str_is_null(import_cell_of(job, i, VALID_TO)) &&
		    (str_equal(kind, STR("acting")) || str_equal(kind, STR("seconded")) || str_equal(kind, STR("delegated"))))
			import_error_at(job, i, VALID_TO, IMPORT_MISSING, STR_NULL);
	}
}

static void check_alone(struct import_job *job)
{
	import_posts_check_periods(job);
	import_sort(job, EMPLOYEE_CODE, VALID_FROM);
}

static int write_alone_batch(struct import_job *job, const struct import_batch *batch)
{
	static const struct import_check person = { &import_posts_person_q, IMPORT_UNKNOWN_PERSON, EMPLOYEE_CODE, false };
	struct str json = import_batch_json(job, batch, add_post);
	int r = import_run_check(job, &person, json);

	if (r == 0)
		r = import_check_within(job, &import_posts_home_q, EMPLOYEE_CODE, json);
	if (r == 0 && job->report->n_errors == 0)
		r = import_posts_check(job, batch);
	return r < 0 || job->report->n_errors > 0 ? r : import_posts_write(job, batch);
}

static int write_alone(struct import_job *job)
{
	struct import_count *counts = job->report->counts;
	int r;

	/* import_posts_write() counts in the second. */
	counts[1].what = "post";
	r = import_each_whole(job, EMPLOYEE_CODE, write_alone_batch);
	counts[1].unchanged = job->table.n_rows - counts[1].created - counts[1].changed;
	return r;
}

const struct import_kind import_posts_alone = { "posts", columns, PERSONS_N_COLUMNS, check_alone, write_alone };
