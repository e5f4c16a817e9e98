/*
 * attributes.h: what an account holds and should hold, by the platform's own names.  Pure.
 *
 * A document is a JSON object: name -> text, or a list of texts without order; in what should be also {"any": text},
 * "this among others".  An attribute that a platform does not show is left out, and not compared; one that it keeps
 * but that is empty is "" or [].
 */
#pragma once

#include "common/base/json.h"
#include "common/plan/plan.h"

/* nocase: the platform does not tell "A" from "a" there; ASCII letters. */
void attributes_text(struct arena *a, json_t *document, const char *name, struct str value, bool nocase);
/* Sorted, each once, empty ones left out. */
void attributes_list(struct arena *a, json_t *document, const char *name, const struct str *values, size_t n);
void attributes_any(struct arena *a, json_t *document, const char *name, struct str value, bool nocase);

struct str attributes_lower(struct arena *a, struct str value); /* ASCII letters */

/* Object: name -> {"want": …, "seen": …} of what differs; forms of Unicode do not.  A new reference. */
json_t *attributes_diff(struct arena *a, const json_t *want, const json_t *seen);

/* [{"code": …, "name": …}, …] as documents of our own show them; who is off has none.  A new reference. */
json_t *attributes_roles(const struct desired *want);
