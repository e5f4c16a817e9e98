/*
 * field.h: the header fields of one request, as the parser found them, in order.
 *
 * Names compare without case (RFC 9110 §5.1).  Pure.
 */
#pragma once

#include "common/base/str.h"

struct field {
	struct str name;
	struct str value;
};

struct fields {
	const struct field *list;
	size_t n;
};

/* The first field of this name, STR_NULL when absent. */
struct str field_get(const struct fields *fields, struct str name) _pure_;
size_t field_count(const struct fields *fields, struct str name) _pure_;
/* tchar (RFC 9110 §5.6.2) */
bool field_is_tchar(char c) _pure_;
/* "text/html" of "Text/HTML; charset=utf-8", as written. */
struct str media_type(struct str content_type) _pure_;
/* No charset parameter, or utf-8. */
bool media_type_is_utf8(struct str content_type) _pure_;
