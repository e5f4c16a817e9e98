/*
 * json_flat.h: the members of an object one after the other, without building anything: for JSON that this
 * system has written itself and that is known to be unchanged (its own tokens).  What comes from others goes
 * through json.h.
 *
 * Plain things only: a text with an escape, or anything odd, ends the walk with is_odd; the caller then takes
 * json.h.  Duplicate names are not looked for.
 */
#pragma once

#include "common/base/str.h"

struct json_flat {
	struct str rest;
	bool has_begun, is_done;
	bool is_odd;
};

enum json_flat_type { JSON_FLAT_TEXT, JSON_FLAT_OTHER };

struct json_flat_member {
	struct str name;
	enum json_flat_type type;
	struct str value; /* of a text: what is between the quotes; else as it is written; a view */
};

static inline struct json_flat json_flat_of(struct str object)
{
	return (struct json_flat){ .rest = object };
}

/* False: at the end, or is_odd. */
bool json_flat_next(struct json_flat *f, struct json_flat_member *ret_member);
