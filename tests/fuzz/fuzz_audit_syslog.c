/*
 * audit_syslog_write(): whatever a record holds, the message is one line with one structure in it, and what stands between its quotation
 * marks is escaped.  The input is fields separated by NUL.
 */
#include "common/model/audit_syslog.h"
#include "tests/fuzz/fuzz.h"

/* 1*(SP name="value") "]" at the end; value without bare '"', '\\', ']'. */
static bool is_structure(struct str s)
{
	size_t i = 0;

	while (i < s.len && s.p[i] == ' ') {
		for (i++; i < s.len && s.p[i] >= 'a' && s.p[i] <= 'z';)
			i++;
		if (i + 1 >= s.len || s.p[i] != '=' || s.p[i + 1] != '"')
			return false;
		for (i += 2; i < s.len && s.p[i] != '"'; i++) {
			if (s.p[i] == ']')
				return false;
			if (s.p[i] == '\\')
				i++;
		}
		i++;
	}
	return i + 1 == s.len && s.p[i] == ']';
}

FUZZ_TARGET(a, input)
{
	struct buf b = buf_new(a, 16 * input.len + 4096);
	struct str rest = input, host = STR(""), mark = STR("[sen@32473"), text;
	struct audit_line line = { .at = STR("2026-11-24T03:15:00Z"), .chain = 1, .seq = 2 };
	struct str *fields[] = { &host, &line.actor, &line.action, &line.object, &line.data };
	size_t at = 0;

	for (size_t i = 0; i < ARRAY_LEN(fields) && str_split(&rest, '\0', fields[i]); i++)
		;
	audit_syslog_write(&b, host, &line);
	CHECK(buf_ok(&b));
	text = buf_str(&b);
	for (size_t i = 0; i < text.len; i++)
		CHECK((unsigned char)text.p[i] >= 0x20 && text.p[i] != 0x7f);
	while (at < text.len && !str_starts(str_skip(text, at), mark))
		at++;
	CHECK(is_structure(str_skip(text, at + mark.len)));
}
