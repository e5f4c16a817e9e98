/*
 * page.h: HTML pages: templates (files, embedded at build), strings by key (lang/{vi,en}.ini),
 * static files with hashed names.
 *
 * Template language: {{name}} escaped value; {{t.key}} string of the language (escaped);
 * {{#name}}…{{/name}} section: true, or once per element of an array, or with an object's
 * members in reach; {{^name}}…{{/name}} when false, empty or missing; {{>partial}}.
 * There is no raw form.  A key or partial that does not exist fails the template test.
 */
#pragma once

#include "common/base/buf.h"
#include "common/base/json.h"

/* Renders template (file name without .html) inside the layout. model: members for {{…}}. */
struct str page_render(struct arena *a, const char *template_name, struct str lang, const json_t *model);
/* A document on paper: the template is all of it, with its style (paper.css) inside, so that it can be kept as one file; in Vietnamese. */
struct str page_paper(struct arena *a, const char *template_name, const json_t *model);
struct str page_paper_style(void);
/* A string in a language with {name} replaced from args; falls back to vi; the key itself when missing. */
struct page_arg {
	const char *name;
	struct str value;
};
struct str page_text(struct arena *a, struct str lang, const char *key, const struct page_arg *args, size_t n_args);
bool page_text_exists(const char *key);
/* "vi" or "en" for an Accept-Language header or ui_locales value; STR_NULL when neither is asked for. */
struct str page_lang_choose(struct str accept);

struct page_static {
	const char *path;   /* "/static/sen.3f2a….css" */
	const char *type;
	struct str body;
};
/* The embedded file behind a path, or NULL. */
const struct page_static *page_static_find(struct str path);
/* The path of a file by its plain name, for templates: {{static.sen.css}}. */
const char *page_static_path(const char *file);
/* What a page may do beside what all may; origins, separated by SP, or STR_NULL. */
struct page_policy {
	struct str forms;  /* a form may lead there */
	struct str frames; /* what stands there is shown in a frame */
	struct str images; /* an image may come from there */
	bool script;       /* one of our static scripts; inline script stays forbidden */
};
/* Content-Security-Policy of a page; origins that could end a directive are left out. */
struct str page_csp(struct arena *a, const struct page_policy *policy);
