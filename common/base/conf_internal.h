/* conf_internal.h: between the parts of conf: reading a file, one value, printing. */
#pragma once

#include "common/base/conf.h"

/* Where values come from: strings live in arena, relative paths begin at folder. */
struct conf_place {
	struct arena *arena;
	struct str folder; /* of the configuration file, without the final slash */
};

/* Refuses with what is wrong with the value in *ret_problem, such as "is not a whole number". */
bool conf_value_set(const struct conf_place *place, const struct conf_key *key, struct str text, void *target,
                    struct str *ret_problem) _must_check_;

/*
 * The content of a file of up to max_bytes, without NUL and in UTF-8. is_secret: refused when
 * group or others have any right on it.
 */
bool conf_file_read(struct arena *a, const char *path, bool is_secret, struct str *ret_text,
                    struct str *ret_problem) _must_check_;

/* Number of insertions, deletions and changes of a byte from a to b; large when a text is too long. */
size_t conf_distance(struct str a, struct str b);
