#include "common/base/log.h"

#include "common/base/clock.h"
#include "common/base/utf8.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* PIPE_BUF: up to here one write(2) is not mixed with another's, even on a pipe. */
#define LINE_MAX_BYTES 4096
#define VALUE_MAX_BYTES 1024
#define TAIL_TRUNCATED ",\"truncated\":true"
#define TAIL "}\n"
#define TAIL_BYTES (sizeof(TAIL_TRUNCATED) + sizeof(TAIL))

struct line {
	char p[LINE_MAX_BYTES];
	size_t len;
	bool is_full;
};

/* Whole lines only. */
static _Thread_local struct {
	char p[LINE_MAX_BYTES];
	size_t len;
	bool is_holding;
} held;

/* Set once at the start of a program. */
static const char *program_name = "";
static enum log_level max_logged = LOG_LEVEL_INFO;

void log_init(const char *program, enum log_level max_level)
{
	program_name = program;
	max_logged = max_level;
}

static void add(struct line *l, struct str s)
{
	if (l->is_full || s.len > LINE_MAX_BYTES - TAIL_BYTES - l->len) {
		l->is_full = true;
		return;
	}
	memcpy(l->p + l->len, s.p, s.len);
	l->len += s.len;
}

/* Controls (also those of C1), and what reorders or breaks a line on a screen. */
static bool is_unsafe(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code <= 0x9f) || code == '"' || code == '\\' ||
	       (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

/* One character as JSON; a broken byte becomes U+FFFD. Returns the bytes taken from s. */
static size_t add_char(struct line *l, struct str s)
{
	uint32_t code = 0;
	size_t n = utf8_decode(s, &code);

	if (n > 0 && !is_unsafe(code)) {
		add(l, str_n(s.p, n));
		return n;
	}

	char escape[8];
	int len = snprintf(escape, sizeof(escape), "\\u%04" PRIx32, n > 0 ? code : (uint32_t)0xfffd);

	add(l, str_n(escape, (size_t)len));
	return n > 0 ? n : 1;
}

/* How many bytes at the beginning need no look: printable ASCII but '"' and '\\'. */
static size_t plain_bytes(struct str s, size_t max)
{
	size_t n = 0;

	while (n < s.len && n < max && s.p[n] >= 0x20 && s.p[n] < 0x7f && s.p[n] != '"' && s.p[n] != '\\')
		n++;
	return n;
}

static void add_quoted(struct line *l, struct str s)
{
	size_t taken = 0;

	add(l, STR("\""));
	while (taken < s.len && taken < VALUE_MAX_BYTES) {
		size_t plain = plain_bytes(str_skip(s, taken), VALUE_MAX_BYTES - taken);

		add(l, str_n(s.p + taken, plain));
		taken += plain > 0 ? plain : add_char(l, str_skip(s, taken));
	}
	if (taken < s.len)
		add(l, STR("..."));
	add(l, STR("\""));
}

/* A name of ours, which needs no escape. */
static void add_name(struct line *l, const char *name)
{
	add(l, l->len > 1 ? STR(",\"") : STR("\""));
	add(l, str_c(name));
	add(l, STR("\":"));
}

/* False, and nothing added, when there is no room for it. */
static bool add_field(struct line *l, const struct log_field *f)
{
	size_t before = l->len;
	char digits[STR_I64_MAX];

	add_name(l, f->name);
	if (f->type == LOG_INT) {
		add(l, str_of_i64(f->i, digits));
	} else if (str_is_null(f->s)) {
		add(l, STR("null"));
	} else {
		add_quoted(l, f->s);
	}
	if (!l->is_full)
		return true;
	l->len = before;
	l->is_full = false;
	return false;
}

/* RFC 3339, UTC, milliseconds.  A view of what this thread writes next time; a second is formatted once. */
static struct str format_time(void)
{
	static _Thread_local char text[32];
	static _Thread_local int64_t second = -1;
	static _Thread_local size_t len;
	int64_t now_us = clock_now_us();
	time_t now_s = (time_t)(now_us / 1000000);
	unsigned ms = (unsigned)(now_us / 1000 % 1000);
	struct tm tm;

	if (now_s != second) {
		gmtime_r(&now_s, &tm);
		len = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S.000Z", &tm);
		second = now_s;
	}
	text[len - 4] = (char)('0' + ms / 100);
	text[len - 3] = (char)('0' + ms / 10 % 10);
	text[len - 2] = (char)('0' + ms % 10);
	return str_n(text, len);
}

static void write_out(const char *p, size_t len)
{
	/* Nobody to tell when it fails. */
	while (len > 0 && write(STDERR_FILENO, p, len) < 0 && errno == EINTR)
		;
}

static void write_held(void)
{
	write_out(held.p, held.len);
	held.len = 0;
}

static void emit(enum log_level level, const struct line *l)
{
	if (l->len > sizeof(held.p) - held.len)
		write_held();
	if (!held.is_holding) {
		write_out(l->p, l->len);
		return;
	}
	memcpy(held.p + held.len, l->p, l->len);
	held.len += l->len;
	if (level < LOG_LEVEL_INFO)
		write_held();
}

void log_hold(void)
{
	held.is_holding = true;
}

void log_release(void)
{
	write_held();
	held.is_holding = false;
}

bool log_wants(enum log_level level)
{
	return level <= max_logged;
}

void log_write(enum log_level level, const char *event, const struct log_field *fields, size_t n_fields)
{
	static const char *const level_names[] = { "error", "warn", "info", "debug" };
	_uninitialized_ struct line l;
	bool is_complete = true;

	if (!log_wants(level))
		return;

	struct log_field head[] = {
		L_STR("time", format_time()),
		L_C("level", level_names[level]),
		L_C("program", program_name),
		L_C("event", event),
	};

	l.len = 0;
	l.is_full = false;
	add(&l, STR("{"));
	for (size_t i = 0; i < ARRAY_LEN(head); i++)
		is_complete &= add_field(&l, &head[i]);
	for (size_t i = 0; i < n_fields; i++)
		is_complete &= add_field(&l, &fields[i]);

	struct str tail = is_complete ? STR(TAIL) : STR(TAIL_TRUNCATED TAIL);

	memcpy(l.p + l.len, tail.p, tail.len);
	l.len += tail.len;
	emit(level, &l);
}
