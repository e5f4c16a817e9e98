/* import_posts.h (private): the columns of persons.csv, and its lines as posts. */
#pragma once

#include "server/governance/import_internal.h"

#define IMPORT_POST_KINDS "main|concurrent|acting|seconded|delegated"
#define IMPORT_RANKS "staff|division_deputy|division_head|department_deputy|department_head"

/* MATERIALIZED: person and unit are resolved first, so that a post is looked up by all that names it, not by its title alone. */
#define POSTS_INPUT                                                                                              \
	"WITH t AS (SELECT * FROM jsonb_to_recordset($1::jsonb) AS t (line integer, employee_code text, unit_code text," \
	" title text, post_kind text, valid_from date, valid_to date, decision_no text, rank text, decision_on date, signer text)),"  \
	" i AS MATERIALIZED (SELECT t.line, t.employee_code, p.id AS person_id, u.id AS unit_id, u.code AS unit_code, t.title, t.post_kind AS kind," \
	" daterange(t.valid_from, t.valid_to) AS valid, t.decision_no, t.rank, t.decision_on, t.signer FROM t JOIN sen.unit u ON u.code = t.unit_code" \
	" LEFT JOIN sen.person p ON p.employee_code = t.employee_code)"
#define SAME_POST "o.person_id = i.person_id AND o.unit_id = i.unit_id AND o.title = i.title AND lower(o.valid) = lower(i.valid)"

/*
 * Who is moved: a main post that is not on record, behind one that would go on; `ends` of that as the file says it.  Not by the
 * operator.  At the beginning, before anything is written.
 */
#define IMPORT_MOVERS                                                                                                  \
	", mv AS MATERIALIZED (SELECT DISTINCT ON (i.person_id) i.line, i.employee_code, i.person_id, i.title || ', ' || i.unit_code AS title, lower(i.valid) AS day," \
	"   i.decision_no, i.decision_on, i.signer, m.id AS old_id, m.title || ', ' || m.code AS label,"                          \
	"   coalesce((SELECT upper(f.valid) FROM i f WHERE f.person_id = i.person_id AND f.unit_id = m.unit_id AND f.title = m.title" \
	"    AND lower(f.valid) = lower(m.valid)), upper(m.valid)) AS ends"                                                       \
	"  FROM i CROSS JOIN LATERAL (SELECT o.id, o.unit_id, o.title, o.valid, u.code FROM sen.post o JOIN sen.unit u ON u.id = o.unit_id" \
	"   WHERE o.person_id = i.person_id AND o.kind = 'main' AND lower(o.valid) < lower(i.valid) AND (upper_inf(o.valid) OR upper(o.valid) > sen.today())" \
	"   ORDER BY lower(o.valid) DESC LIMIT 1) m"                                                                             \
	"  WHERE i.kind = 'main' AND (upper_inf(i.valid) OR upper(i.valid) > sen.today()) AND current_setting('sen.author', true) <> ''" \
	"  AND NOT EXISTS (SELECT FROM sen.post o WHERE " SAME_POST ") ORDER BY i.person_id, lower(i.valid))"
#define IMPORT_HANDOVER "(SELECT coalesce(jsonb_object_agg(h.platform_id, h.days), '{}') FROM sen.handover_rule h WHERE h.days > 0)"

enum {
	EMPLOYEE_CODE, FULL_NAME, KIND, BIRTH_DATE, UNIT_CODE, TITLE, POST_KIND, VALID_FROM, VALID_TO, DECISION_NO, NATIONAL_ID, SEX, HO, DEM, TEN, RANK,
	DECISION_ON, SIGNER,
	PERSONS_N_COLUMNS,
};

/* Unknown units; posts that overlap with each other or with those on record.  batch: lines of whole persons. */
int import_posts_check(struct import_job *job, const struct import_batch *batch) _must_check_;
/* After the persons.  A post is the same one when person, unit, title and first day are. */
int import_posts_write(struct import_job *job, const struct import_batch *batch) _must_check_;
/* import_moves.c: no posts in units that have ended, nor of persons who have left or will. */
int import_moves_check(struct import_job *job, struct str json) _must_check_;
/* Before posts are written: transfers.  json: the batch. */
int import_moves(struct import_job *job, struct str json) _must_check_;
/* Dates in order; acting, seconded and delegated posts have an end. */
void import_posts_check_periods(struct import_job *job);
