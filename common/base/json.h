/*
 * json.h: strict JSON on jansson.
 *
 * Refused on input: more than max_depth levels (checked before jansson sees the text),
 * duplicate member names, NUL in strings, anything after the value, broken UTF-8.
 */
#pragma once

#include "common/base/arena.h"

#include <jansson.h>

DEFINE_CLEANUP(json_t *, json_freep, json_decref);
#define _json_ _cleanup_(json_freep)

/* A new reference, or NULL with a static English reason in *ret_reason (may be NULL). */
json_t *json_read(struct str text, size_t max_depth, const char **ret_reason);

/* Compact; canonical = members sorted, for hashing.  NULL json gives STR_NULL. */
struct str json_write(struct arena *a, const json_t *json, bool canonical);

/* JSON text as json_write gives it; STR_NULL when it is none, or too deep. */
struct str json_tidy(struct arena *a, struct str text, size_t max_depth);

/* Members of an object; views into the json value.  Missing or of another type: STR_NULL, fallback, NULL. */
struct str json_get_str(const json_t *object, const char *name);
int64_t json_get_int(const json_t *object, const char *name, int64_t fallback);
bool json_get_bool(const json_t *object, const char *name, bool fallback);

/* s as a JSON string value; aborts on memory, so never NULL. STR_NULL gives null.  s is valid UTF-8. */
json_t *json_from_str(struct str s);
/* Sets a member when the value is not STR_NULL. */
void json_set_str(json_t *object, const char *name, struct str value);
void json_set_int(json_t *object, const char *name, int64_t value);
void json_set_bool(json_t *object, const char *name, bool value);
/* Takes over the reference of value. */
void json_set_take(json_t *object, const char *name, json_t *value);
/* json_object() / json_array() that abort instead of returning NULL. */
json_t *json_new_object(void);
json_t *json_new_array(void);
