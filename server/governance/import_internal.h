/* import_internal.h (private): how the import of one kind of file is put together. */
#pragma once

#include "common/base/json.h"
#include "server/governance/csv_table.h"

#define IMPORT_BATCH_ROWS 1000

struct import_job;

struct import_kind {
	const char *name;
	const struct import_column *columns;
	size_t n_columns;
	/* Rows against each other and cells against cells, after every cell is in order.  No database. */
	void (*check)(struct import_job *job);
	/* In the transaction: checks against the database, then writes and counts.  Errors found become notes. */
	int (*write)(struct import_job *job);
};

struct import_job {
	struct op *op;
	struct arena *scratch; /* of one batch */
	struct csv_table table;
	struct import_report *report;
	const struct import_request *request;
	size_t n_done;         /* rows written */
	size_t *order;         /* rows sorted by their key, then line */
	size_t n_batches;
	bool only_new;          /* nobody in this batch was there before it: nothing of theirs changes, and its rows are those of the check */
	unsigned char *touched; /* of units: by row, what of it changes; NULL: nothing yet */
};

/* By the API only. */
extern const struct import_kind import_posts_alone, import_grants;
extern const struct import_kind import_units, import_platforms, import_roles, import_persons;

/* import_cells.c: turns bytes into text of the column's kind, or notes. */
void import_check_cells(struct import_job *job);

static inline struct str import_cell_of(const struct import_job *job, size_t row, size_t column)
{
	return job->table.rows[row].cells[column];
}
void import_error_at(struct import_job *job, size_t row, size_t column, enum import_fault fault, struct str value);
void import_warn_at(struct import_job *job, size_t row, size_t column, enum import_fault fault);
/* Sorts job->order by the cells of key columns (at most two; n_columns = none), notes duplicates when unique. */
void import_sort(struct import_job *job, size_t key, size_t key2);
void import_refuse_duplicates(struct import_job *job, size_t key, size_t key2);
bool import_same_key(const struct import_job *job, size_t row, size_t other, size_t key, size_t key2);
/* valid_to after valid_from. */
void import_check_period(struct import_job *job, size_t from, size_t to);

/*
 * Batches of rows as jsonb: one object per row with "line" and what add() sets.  The text
 * lives until the next batch.
 */
struct import_batch {
	const size_t *rows;
	size_t n;
};
struct str import_batch_json(struct import_job *job, const struct import_batch *batch,
                             void (*add)(struct import_job *job, size_t row, json_t *object));
/* Sets a member from each column under its name. */
void import_add_cells(struct import_job *job, size_t row, json_t *object);
void import_set_folded(struct import_job *job, json_t *object, struct str name);
/* Calls each for batches of IMPORT_BATCH_ROWS, in job->order. */
int import_each_batch(struct import_job *job, int (*each)(struct import_job *job, const struct import_batch *batch)) _must_check_;
/* The same, and rows of one key in one batch. */
int import_each_whole(struct import_job *job, size_t key, int (*each)(struct import_job *job, const struct import_batch *batch)) _must_check_;

/* q($1 = json) with small results; its memory is of the batch. */
int import_query(struct import_job *job, const struct query *q, struct str json, struct db_rows *ret_rows) _must_check_;
/* q returns (line, value): each is a note of this fault and column. */
struct import_check {
	const struct query *query;
	enum import_fault fault;
	size_t column;
	bool is_warning;
};
int import_run_check(struct import_job *job, const struct import_check *check, struct str json) _must_check_;
/*
 * q returns (line, key, before, after) of what the batch would add or change; kept for the watcher.  Before it is written.
 */
int import_preview(struct import_job *job, const char *what, const struct query *q, struct str json) _must_check_;
/* Everything outside the request's unit is an error: q returns (line, value). */
int import_check_within(struct import_job *job, const struct query *q, size_t column, struct str json) _must_check_;
/*
 * On whom the principal may not act is an error: themself, and who administers what they do not.  q returns (line, value) of rows that
 * change something; beside current_setting('sen.author').  The operator acts on everybody.
 */
#define IMPORT_BEYOND(persons) "sen.persons_beyond(nullif(current_setting('sen.author', true), '')::uuid, 'import', ARRAY(" persons "))"
/* Whose home lies outside is told of that alone. */
#define IMPORT_AT_HOME(person) \
	"NOT EXISTS (SELECT FROM sen.unit h WHERE h.id = sen.home_unit(" person ") AND NOT starts_with(h.path, current_setting('sen.import_within', true)))"
int import_check_yours(struct import_job *job, const struct query *q, size_t column, struct str json) _must_check_;
/* import_vanished.c: after the persons of a complete file. */
int import_vanished(struct import_job *job) _must_check_;
/* After another one. */
int import_base(struct import_job *job) _must_check_;
void import_add_change(struct import_watch *watch, const struct import_change *change);
/* Before each batch: forgets the one before, and renews statistics when the batches have doubled. */
int import_next_batch(struct import_job *job) _must_check_;
/* q returns (created, changed). */
int import_count_query(struct import_job *job, const struct query *q, struct str json, struct import_count *count) _must_check_;
