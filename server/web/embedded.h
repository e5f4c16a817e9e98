/*
 * embedded.h: the files of templates/, static/ and lang/ as C data, written by embed.py at build.
 */
#pragma once

#include "server/web/lang.h"
#include "server/web/page.h"

struct embedded_template {
	const char *name; /* file name without ".html" */
	struct str text;
};

extern const struct embedded_template embedded_templates[];
extern const size_t n_embedded_templates;

struct embedded_file {
	const char *name; /* "sen.css" */
	struct page_static file;
};

extern const struct embedded_file embedded_files[];
extern const size_t n_embedded_files;

/* Sorted bytewise by key. */
extern const struct lang_entry embedded_strings[];
extern const size_t n_embedded_strings;
