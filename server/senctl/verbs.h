/*
 * verbs.h: commands whose verbs are rows of a table: one call of the API each, with options as members of its body or
 * parameters of its query, and an answer that is printed as a list or as a thing.
 */
#pragma once

#include "server/senctl/api_call.h"

#define VERB_OPTIONS_MAX 11
#define VERB_COLUMNS_MAX 9

struct verb_option {
	const char *name;   /* "--because" */
	const char *member; /* NULL: the same */
	bool is_number, required;
	bool is_list;       /* of the body: "a,b" is an array */
	bool is_bool;       /* of the body: true or false */
};
struct verb {
	const char *name, *method;
	const char *path;      /* "/overlaps/{}/close": {} is the next argument */
	const char *seen;      /* what is changed, "/overlaps/{}": its version goes with the change.  NULL: nothing */
	bool keeps;            /* with seen: what no option names stays as it is there, where the API writes the whole anew */
	const char *argument;  /* the one argument is this member of the body.  NULL: arguments are for the path */
	bool from_file;        /* the last argument is a JSON file, the body */
	bool takes_version;    /* --version N: what has no page of its own, as its list showed it */
	struct verb_option options[VERB_OPTIONS_MAX];
	const char *list;      /* member of the answer with the rows.  NULL: the answer is one thing */
	const char *columns[VERB_COLUMNS_MAX]; /* "rollout.percent": of the object in it */
};

/* Runs the verb that the first argument names; an exit code. */
int verbs_run(struct ctl *c, const struct verb *verbs, size_t n);
/* The path with its arguments; also for what a command does by itself. */
struct str verbs_path(struct ctl *c, const char *pattern, char *const *args, size_t n_args);
