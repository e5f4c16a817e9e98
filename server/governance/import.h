/*
 * import.h: CSV files of units, platforms, roles and persons with their posts.
 *
 * UTF-8 with or without byte-order mark; separator ',', ';' or tab; the header row says which
 * column is which.  A file is taken whole or not at all, in one transaction; taking it twice
 * changes nothing.  Rows that exist are updated, none is ever deleted.  Every fault is a note
 * with the line number (of the line on which the row begins) and the column.  Values of secret columns
 * never stand in a note.
 */
#pragma once

#include "common/db/db.h"
#include "server/governance/principal.h"

#define IMPORT_NOTES_MAX 50 /* errors kept; as many warnings */
#define IMPORT_FILE_MAX_BYTES ((size_t)64 << 20)
#define IMPORT_ROWS_MAX 200000
#define IMPORT_FIELD_MAX_BYTES 1000

enum import_fault {
	/* of the file */
	IMPORT_TOO_LARGE, IMPORT_UTF16, IMPORT_EMPTY, IMPORT_TOO_MANY_ROWS, IMPORT_QUOTING, IMPORT_FIELD_TOO_LONG,
	IMPORT_OTHER_FILE, IMPORT_COLUMN_MISSING, IMPORT_COLUMN_UNKNOWN, IMPORT_COLUMN_TWICE, IMPORT_TOO_MANY_CELLS,
	/* of a text */
	IMPORT_NOT_UTF8, IMPORT_TCVN3, IMPORT_VNI, IMPORT_VISCII, IMPORT_WINDOWS_1258, IMPORT_SPLIT_TONES, IMPORT_CONTROL, IMPORT_MISSING, IMPORT_TOO_LONG,
	/* of a value */
	IMPORT_BAD_CODE, IMPORT_BAD_UNIT_CODE, IMPORT_BAD_SYMBOL, IMPORT_BAD_DATE, IMPORT_BAD_MONTH, IMPORT_BAD_IDENT, IMPORT_BAD_TAG, IMPORT_NOT_LISTED, IMPORT_DATE_ORDER, IMPORT_RESERVED,
	/* between rows */
	IMPORT_DUPLICATE, IMPORT_PERSON_DIFFERS, IMPORT_NAME_PARTS, IMPORT_TOO_MANY_POSTS,
	/* against what is on record */
	IMPORT_UNKNOWN_UNIT, IMPORT_UNKNOWN_PLATFORM, IMPORT_UNIT_CYCLE, IMPORT_MAIN_OVERLAP, IMPORT_POST_OVERLAP,
	IMPORT_CHANGED_SINCE, IMPORT_NATIONAL_ID_TAKEN, IMPORT_OUT_OF_SCOPE, IMPORT_UNKNOWN_PERSON, IMPORT_GRANT_REFUSED, IMPORT_NOT_YOURS, IMPORT_VANISHED_NOT_YOURS,
	IMPORT_BY_REORGANISATION, IMPORT_IDENT_TAKEN, IMPORT_UNIT_ENDED, IMPORT_HAS_LEFT, IMPORT_MOVEMENT_PLANNED,
	/* of a platform, in somebody's name */
	IMPORT_STATE_MOVES, IMPORT_NOT_YOUR_PLATFORM, IMPORT_NOT_YOUR_ROLE, IMPORT_NO_OWNER, IMPORT_KIND_DECIDED, IMPORT_EMPTIED, IMPORT_DAY_TO_COME,
	/* of a personal number */
	IMPORT_NATIONAL_ID_FORM, IMPORT_NATIONAL_ID_YEAR, IMPORT_NATIONAL_ID_SEX, IMPORT_NATIONAL_ID_PROVINCE,
	IMPORT_FAULT_COUNT_,
};

struct import_note {
	unsigned line;      /* 0: the file as a whole */
	const char *column; /* NULL: the row as a whole */
	enum import_fault fault;
	struct str value;   /* what was found, or what the message needs; may be STR_NULL */
};

struct import_count {
	const char *what; /* "unit", "platform", "role", "person", "post"; NULL: not used */
	size_t created, changed, unchanged;
};

struct import_report {
	struct import_note errors[IMPORT_NOTES_MAX], warnings[IMPORT_NOTES_MAX];
	size_t n_errors, n_warnings; /* all of them, kept or not */
	size_t n_rows;
	struct import_count counts[2];
};

/* What one row would do.  Values are JSON texts of members that change; personal numbers never stand in them. */
struct import_change {
	unsigned line;     /* 0: not of the file */
	const char *what;  /* "unit", "person", … */
	const char *action; /* "add", "change", "vanish", "end" */
	struct str key, before, after; /* before STR_NULL: there is nothing yet */
	bool of_newcomers; /* the file alone says it, of a batch whose persons were not there */
};

/* Whoever waits for a long import. */
struct import_watch {
	void (*progress)(void *context, size_t done, size_t total); /* between batches; may be NULL */
	void *context;
	bool wants_changes;
	struct arena *arena; /* of the changes */
	struct import_change *changes;
	size_t n_changes, cap_changes;
	size_t n_vanished, n_base; /* accounts of persons who are not in a complete file or whose last post a file ends, and of all below the unit */
};

struct import_request {
	const char *kind; /* "units", "platforms", "roles", "persons"; with a principal also "posts", "grants" */
	struct str csv;
	struct str actor; /* for audit: "operator:<login>", "account:<uuid>" */
	bool dry_run;     /* does everything, then takes it back */
	/* For whom it is not the operator. */
	const struct principal *principal; /* "grants": in whose name */
	struct str within;   /* path of the unit below which everything lies; STR_NULL: anywhere */
	bool complete;       /* "persons": whoever has an account below that unit and is not in the file is suspended, and waits for a decision */
	bool released;       /* its preview was released by a second person: the guard of platforms does not hold it again */
	struct str source;   /* of a complete file: what those decisions name */
	struct import_watch *watch; /* NULL: nobody waits */
};

/* An error of the file as a whole. */
void import_refuse_file(struct import_report *report, enum import_fault fault);
bool import_kind_exists(const char *kind);
/*
 * 0 with counts, or ERR_IMPORT with notes in ret_report, which is filled in both cases.
 * Nothing else is written to the database after an error.
 */
int import_run(struct op *op, const struct import_request *request, struct import_report *ret_report) _must_check_;

/* The sentence for a note, without line and column; lang "vi" or "en". */
struct str import_note_text(struct arena *a, const struct import_note *note, struct str lang);
