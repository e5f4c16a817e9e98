/* mapped.h: accounts that a mapping of the platform describes, for the scenarios of what it says. */
#pragma once

#include "tests/connectors/kit.h"

/* Where the full name and the title of the post stand, in this kind of platform. */
struct place {
	const char *kind, *name, *post;
};
const struct place *place(void);

/* What the connector does alone, as a mapping, with one row put in place of another, and rules.  NULL: none. */
void map_to(struct desired *d, const char *row, const char *rules);
/* A row for path; rest: its other members. */
const char *row(const char *path, const char *rest);
