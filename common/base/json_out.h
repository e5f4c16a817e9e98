/*
 * json_out.h: an object written straight into its text, for what is made once and sent: tokens and
 * answers.  json.h is for what is read, or built in more than one order.
 *
 * Text values are valid UTF-8, or the program ends; each name is given once, by the caller.
 */
#pragma once

#include "common/base/buf.h"

struct json_out {
	struct buf b;
};

struct json_out json_out_begin(struct arena *a);
/* name: a constant that needs no escape.  STR_NULL: no such member. */
void json_out_str(struct json_out *o, const char *name, struct str value);
void json_out_int(struct json_out *o, const char *name, int64_t value);
void json_out_bool(struct json_out *o, const char *name, bool value);
/* json: text of a JSON value that is known to be one, or STR_NULL. */
void json_out_raw(struct json_out *o, const char *name, struct str json);
/* s as a JSON string. */
void json_quote(struct buf *b, struct str s);
/* An array of the words, which are separated by SP. */
void json_out_words(struct json_out *o, const char *name, struct str words);
/* The object's text; nothing may be added any more. */
struct str json_out_end(struct json_out *o);
