/* api_call.h: a call of the administration API with the administrator's token. */
#pragma once

#include "server/senctl/ctl.h"

struct api_call {
	const char *method;
	struct str path;     /* below the API's base: "/grants" */
	const json_t *body;  /* NULL: none */
	struct str if_match; /* version that was seen, as digits or as its ETag; STR_NULL: not a change of something seen */
	struct str key;      /* Idempotency-Key; STR_NULL: none */
	struct str *raw;     /* the answer is no JSON: its bytes, and *ret_json is NULL.  NULL: it is JSON */
	const char *accept;  /* NULL: JSON */
};
/*
 * EXIT_OK with *ret_json a new reference (NULL for an empty answer); otherwise the server's own words
 * are printed.  Opens what it needs.  With --dry-run a call that changes something prints what it would send: EXIT_TRIED.
 */
int api_call(struct ctl *c, const struct api_call *call, json_t **ret_json) _must_check_;
/* The same where nothing more is to be said. */
int api_get(struct ctl *c, struct str path, json_t **ret_json) _must_check_;
/* A list with all of its pages, as one: the rows under name. */
int api_get_all(struct ctl *c, struct str path, const char *name, json_t **ret_json) _must_check_;
int api_post(struct ctl *c, struct str path, const json_t *body, json_t **ret_json) _must_check_;
/* The same for an answer that is a text of another kind. */
int api_text(struct ctl *c, const struct api_call *call, struct str *ret_text) _must_check_;
/* For if_match: the version given with an option, or, for STR_NULL, the member "version" of what is under the path now. */
int api_version(struct ctl *c, struct str given, struct str path, struct str *ret_version) _must_check_;
/* What a list answers for one value of a parameter; *ret_item a new reference, NULL: there is none. */
int api_find_one(struct ctl *c, const char *list_path, const char *list, const char *member, struct str value, json_t **ret_item) _must_check_;
/* For if_match, of a thing that was read. */
struct str api_version_of(struct ctl *c, const json_t *thing);
/* POST <before><id>/remove of a thing that was found (NULL: it was not), and says so of name.  An exit code. */
int api_remove_found(struct ctl *c, const char *before, const json_t *thing, struct str name);
/* "/accounts/<escaped>/unlock" */
struct str api_path(struct ctl *c, const char *before, struct str segment, const char *after);

/* With --json: prints the answer as it is, and returns true. */
bool api_printed(const struct ctl *c, const json_t *answer);
/* A member to print; "-" where it says nothing. */
struct str api_word(const json_t *object, const char *name);
/* Where the next page begins, when there is one. */
void api_print_next(const struct ctl *c, const json_t *answer);
