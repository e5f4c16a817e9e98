/*
 * person_store.h: natural persons and their posts.
 *
 * The key is the uuid; employee code and names are attributes.  Personal numbers never leave
 * the store of the import: they are kept as keyed hash and ciphertext only.
 */
#pragma once

#include "common/db/db.h"

struct person {
	struct str id;
	struct str employee_code;
	struct str kind;       /* can_bo, cong_chuc, vien_chuc, khong_chuyen_trach */
	struct str ho, dem, ten; /* family, middle, given name; the first two may be empty */
	struct str full_name;
	struct str birth_date; /* STR_NULL: not known */
};

struct post {
	struct str id;
	int64_t unit_id;
	struct str unit_code, unit_name, unit_path;
	struct str title;
	struct str kind;       /* main, concurrent */
	struct str valid_from; /* first day */
	struct str valid_to;   /* first day on which it is over; STR_NULL: open */
	struct str decision_no;
};

/* ERR_UNKNOWN_PERSON when there is none. */
int person_find(struct op *op, struct str employee_code, struct person *ret_person) _must_check_;
int person_get(struct op *op, struct str id, struct person *ret_person) _must_check_;
/* Posts held now or later, the main one of today first. */
int person_posts(struct op *op, struct str person_id, const struct post **ret_posts, size_t *ret_n) _must_check_;
