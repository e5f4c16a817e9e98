/*
 * person_search.h: persons by part of the name, employee code or user name, as far as the
 * searcher's scopes reach.  The scope is a condition of the statement, not a filter behind it.
 */
#pragma once

#include "common/db/db.h"

#define PERSON_PAGE_MAX 50

struct person_hit {
	struct str id, employee_code, full_name, kind;
	struct str login, status; /* STR_NULL: no account */
	struct str unit_code, unit_name, title; /* of a post within reach, the main one first */
};

struct person_page {
	const struct person_hit *hits;
	size_t n;      /* <= PERSON_PAGE_MAX */
	bool has_more;
};

/*
 * viewer: an account with right "read".  words: what was typed; its folded form must stand in
 * the folded name as a whole, or it is an employee code or user name.  after: id of the last
 * person of the page before, or STR_NULL.
 */
int person_search(struct op *op, struct str viewer, struct str words, struct str after, struct person_page *ret_page) _must_check_;
