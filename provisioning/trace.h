/*
 * trace.h: what happened on the way of one operation, for a run on demand.
 *
 * A call that is not traced has no trace, and nothing here does anything.  What goes into it is shown to administrators: no
 * header ever, and members of bodies whose name speaks of a secret are blotted out.
 */
#pragma once

#include "common/base/json.h"
#include "common/base/op.h"

#define TRACE_STEPS_MAX 48

struct call;

struct trace_step {
	const char *kind;
	int64_t at_us;      /* wall clock, when it began */
	int64_t ms;
	struct str detail;  /* JSON */
};

struct trace {
	struct arena *arena;
	struct str run_id;
	int64_t attempt, lease_token; /* of the target */
	struct trace_step steps[TRACE_STEPS_MAX];
	size_t n;
};

/* The present moment, for the functions below; 0: not traced. */
int64_t trace_begin(const struct call *c);
/* Takes over detail. */
void trace_add(struct call *c, const char *kind, int64_t began_us, json_t *detail);
/* One request and its answer. */
void trace_http(struct call *c, int64_t began_us, const char *method, struct str target, const json_t *body, int status, const json_t *answer);
/* what: "search", "modify", …; target: a DN, or the name of a statement. */
void trace_query(struct call *c, int64_t began_us, const char *kind, const char *what, struct str target, int64_t n);
/* A copy without secrets; a new reference. */
json_t *trace_clean(const json_t *json);
