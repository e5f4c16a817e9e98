/* policy_set.h (private to metadata_policy): JSON arrays as sets.  New references where one is returned. */
#pragma once

#include "common/base/json.h"

/* OAuth's parameter scope is a text of words, and counts as an array of them (§6.1.3.1.8). */
bool policy_is_words(const char *parameter);

/* The values of a parameter or of an operator "value": NULL when it is none that has values. */
json_t *policy_set_of(const char *parameter, const json_t *value);
/* The form in which such a parameter stands in metadata. */
json_t *policy_set_written(const char *parameter, json_t *set);

bool policy_set_has(const json_t *set, const json_t *value);
bool policy_is_subset(const json_t *part, const json_t *whole);
json_t *policy_union(const json_t *a, const json_t *b);
json_t *policy_intersection(const json_t *a, const json_t *b);
