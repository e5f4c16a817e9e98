/*
 * log.h: JSON lines on standard error.  Only programs log (main, listener, worker loops):
 * library code returns errors.
 *
 * Values are escaped, control characters included; redaction is by construction: there is no
 * way to log a request body, a cookie or a header, only named fields.
 */
#pragma once

#include "common/base/str.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

struct log_field {
	const char *name;
	enum { LOG_STR, LOG_INT } type;
	struct str s;
	int64_t i;
};

#define L_STR(n, v) ((struct log_field){ .name = (n), .type = LOG_STR, .s = (v) })
#define L_C(n, v) L_STR(n, str_c(v))
#define L_INT(n, v) ((struct log_field){ .name = (n), .type = LOG_INT, .i = (v) })

void log_init(const char *program, enum log_level max_level);
/*
 * Lines of this thread wait, up to PIPE_BUF of them, for log_release(): for a thread that answers many requests in
 * one turn, and calls it before it waits for more.  A line above info takes those before it along at once.
 */
void log_hold(void);
void log_release(void);
/* Whether a line of this level is written: for lines that cost something to put together. */
bool log_wants(enum log_level level);
/* event: a stable id such as "request" or "db.reconnect".  At most one write(2) per line. */
void log_write(enum log_level level, const char *event, const struct log_field *fields, size_t n_fields);
#define log_event(level, event, ...)                                                        \
	log_write((level), (event), (const struct log_field[]){ __VA_ARGS__ },              \
	          sizeof((const struct log_field[]){ __VA_ARGS__ }) / sizeof(struct log_field))
