/*
 * template.h: the template language of page.h: a renderer of text with {{tags}} over json_t.
 *
 *   {{name}} {{.}}            value, escaped; a name that ends in "url" must hold a path, http(s)
 *                             or an application's own scheme (RFC 8252 §7.1), else it gives "#"
 *   {{t.key}} {{static.file}} string of the language, path of a static file
 *   {{#name}}…{{/name}}       when true; per element of an array; with an object's members in reach
 *   {{^name}}…{{/name}}       when false, null, missing or empty
 *   {{>name}} {{! comment}}
 *
 * There is no raw form.  Names are looked up from the innermost object outwards.  Sections and
 * partials nest TEMPLATE_DEPTH_MAX deep; a page is at most TEMPLATE_TAGS_MAX tags, those of each
 * element of an array counted anew.  Thread-safe.
 */
#pragma once

#include "common/base/buf.h"
#include "common/base/json.h"

#define TEMPLATE_DEPTH_MAX 16
#define TEMPLATE_TAGS_MAX 200000

struct template_env {
	/* STR_NULL: there is no such key, file, template. */
	struct str (*text)(const void *context, struct str key);
	struct str (*file)(const void *context, struct str name);
	struct str (*partial)(const void *context, struct str name);
	const void *context;
	const json_t *globals; /* in reach everywhere; may be NULL */
};

/*
 * Appends the rendered text to out.  0, or ERR_INTERNAL with a static reason: a tag that does
 * not close, sections that cross, an unknown key, file or partial, too deep, too many tags, out too small.
 */
int template_render(struct buf *out, const struct template_env *env, struct str text, const json_t *model,
                    const char **ret_reason) _must_check_;

/* & < > " ' as character references: for text and for attribute values in quotes. */
void html_escape(struct buf *out, struct str s);
