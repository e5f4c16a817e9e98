/*
 * conf.h: configuration files (INI, read with libinih) into a struct, by one const table.
 *
 * The same table prints --dump-config and the sample file.  An unknown section or key, a bad
 * value, a missing required key or a secret file that others may read refuses the start,
 * with file and line.
 */
#pragma once

#include "common/base/arena.h"
#include "common/base/buf.h"

enum conf_type {
	CONF_STR,      /* struct str */
	CONF_INT,      /* int64_t, between min and max */
	CONF_BOOL,     /* bool: true/false/yes/no/1/0 */
	CONF_PATH,     /* struct str; a relative path is taken from the file's folder */
	CONF_SECRET,   /* struct str: the key names a file ("…_file"); the field gets its content without the final newline.
	                * Refused when group or others may read it, or when it is empty. */
	CONF_TEXT,     /* struct str: likewise, but no secret, and the whole content */
};

struct conf_key {
	const char *section; /* a trailing ".*" takes any name: see conf_section */
	const char *key;
	enum conf_type type;
	size_t offset;       /* of the field in the target struct */
	const char *fallback; /* default as text; NULL: required */
	int64_t min, max;
	const char *help;    /* one line for the sample file */
};

/* A section of a repeated kind, e.g. [connector.P02]: its own struct per name. */
struct conf_section {
	struct str name;     /* "P02" */
	void *target;        /* struct of the caller's size, zeroed, filled */
	unsigned line;       /* of its heading: for faults that lie in more than one key */
};

struct conf_table {
	const struct conf_key *keys;
	size_t n_keys;
	/* Repeated sections: keys whose section is "<prefix>.*" are filled into structs of repeat_size; NULL = none. */
	const char *repeat_prefix;
	size_t repeat_size;
};

/*
 * Reads path into target (zeroed by the caller).  0, or ERR_CONFIG with a message such as
 * "sen.conf:12: unknown key 'isuer' in [server]; did you mean 'issuer'?" in *ret_message.
 * Strings live in a.
 */
int conf_read(struct arena *a, const struct conf_table *table, const char *path, void *target,
              struct conf_section **ret_sections, size_t *ret_n_sections, struct str *ret_message) _must_check_;
/* The sample file: every key with its help, commented out when it has a default. */
void conf_sample(struct buf *b, const struct conf_table *table);
/* The values in force, secrets as "(from file)". */
void conf_dump(struct buf *b, const struct conf_table *table, const void *target,
               const struct conf_section *sections, size_t n_sections);
