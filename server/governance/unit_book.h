/*
 * unit_book.h: units one by one: looked at as they are on a day, made, changed.  A unit is never deleted, and is moved, merged or
 * split by a reorganisation only (reorganising.h): these change who reaches whom.
 */
#pragma once

#include "common/db/db.h"
#include "server/governance/principal.h"

struct unit_entry {
	int64_t id;
	struct str code, name, name_en, kind, parent_code, path;
	struct str valid_from, valid_to; /* dates; STR_NULL: open */
	struct str ident_new, ident_old;
	struct str state;                /* on the day: valid, future, ended */
	bool verified;
	int64_t version;
};

struct unit_query {
	struct str viewer;
	struct str on;       /* date; STR_NULL: today */
	struct str under;    /* code of a unit: it and what is below */
	struct str kind, state;
	struct str words;    /* in the name, or the beginning of a code or identifier */
	struct str after;    /* code, or path in the order of the tree */
	bool by_tree;
	size_t limit;
};

/* One more than limit says that there is another page.  Only what the viewer's right "read" or "organise" reaches. */
int unit_book_list(struct op *op, const struct unit_query *q, const struct unit_entry **ret, size_t *ret_n) _must_check_;
/* ERR_UNKNOWN_UNIT, also beyond the viewer's scope. */
int unit_book_get(struct op *op, struct str code, struct str viewer, struct str on, struct unit_entry *ret) _must_check_;

struct unit_heir {
	struct str code, name, reorganisation_id, share;
	bool is_old; /* of the unit asked about: what it came from */
};
int unit_book_heirs(struct op *op, int64_t unit_id, const struct unit_heir **ret, size_t *ret_n) _must_check_;

struct unit_new {
	struct str code, name, name_en, kind, parent, valid_from, valid_to, ident_new, ident_old;
	bool verified;
};
/* Needs "organise" over the parent.  ERR_INVALID_VALUE, ERR_UNKNOWN_UNIT, ERR_OUT_OF_SCOPE, ERR_CONFLICT (argument field). */
int unit_book_add(struct op *op, const struct principal *p, const struct unit_new *new, struct unit_entry *ret) _must_check_;

/* STR_NULL: as it is. */
struct unit_change {
	struct str name, name_en, ident_new, ident_old, valid_to, verified;
};
/* ERR_PRECONDITION_FAILED: another version.  ERR_BLOCKED: an end while posts, grants, scopes or units below go on. */
int unit_book_change(struct op *op, const struct principal *p, struct str code, int64_t version, const struct unit_change *change,
                     struct unit_entry *ret) _must_check_;
