/*
 * kinds.h: the kinds of notices (schema/migrations: notice), and how each is told by e-mail: the one table of them.
 */
#pragma once

#include "common/base/str.h"

struct notice_kind {
	struct str name;
	bool is_urgent;         /* told at once, and beyond the day's limit */
	bool must_reach;        /* also who wants no other e-mail */
	bool reaches_off;       /* also the holder of an account that is off: about exactly that */
	const char *title;      /* Vietnamese */
	const char *title_own;  /* when it is about who reads it; NULL: the same */
	const char *until;      /* what its day means; NULL: it has none */
};

/* NULL: a kind of a newer schema. */
const struct notice_kind *notice_kind_find(struct str name);
