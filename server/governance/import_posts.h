/* import_posts.h (private): the columns of persons.csv, and its lines as posts. */
#pragma once

#include "server/governance/import_internal.h"

#define IMPORT_POST_KINDS "main|concurrent|acting|seconded|delegated"
#define IMPORT_RANKS "staff|division_deputy|division_head|department_deputy|department_head"

enum {
	EMPLOYEE_CODE, FULL_NAME, KIND, BIRTH_DATE, UNIT_CODE, TITLE, POST_KIND, VALID_FROM, VALID_TO, DECISION_NO, NATIONAL_ID, SEX, HO, DEM, TEN, RANK,
	DECISION_ON, SIGNER,
	PERSONS_N_COLUMNS,
};

/* Unknown units; posts that overlap with each other or with those on record.  batch: lines of whole persons. */
int import_posts_check(struct import_job *job, const struct import_batch *batch) _must_check_;
/* After the persons.  A post is the same one when person, unit, title and first day are. */
int import_posts_write(struct import_job *job, const struct import_batch *batch) _must_check_;
/* Dates in order; acting, seconded and delegated posts have an end. */
void import_posts_check_periods(struct import_job *job);
