/* lang.h: strings by key, from the files in lang/, embedded at build.  Thread-safe. */
#pragma once

#include "server/web/page.h"

struct lang_entry {
	const char *key;
	struct str vi, en;
};

/* The entry of a key, or NULL. */
const struct lang_entry *lang_find(struct str key);
/* In lang, else in vi; STR_NULL when there is no such key. */
struct str lang_text(struct str lang, struct str key);
/* text with each {name} that args has replaced; others stay as they are. */
struct str lang_fill(struct arena *a, struct str text, const struct page_arg *args, size_t n_args);
