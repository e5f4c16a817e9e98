#include "provisioning/mail/message.h"

#include "common/base/base64.h"
#include "common/base/buf.h"
#include "common/base/text.h"
#include "common/base/utf8.h"
#include "common/net/smtp_client.h"

#include <time.h>

#define MESSAGE_MAX_BYTES ((size_t)1024 * 1024)
#define SUBJECT_MAX_BYTES 400
#define NAME_MAX_BYTES 200
#define ID_MAX_LEN 64
/*
 * RFC 2047 §2: a line with encoded words has 76 characters at most.  "Subject: =?UTF-8?B?" and "?=" are 21 of them, the base64 of
 * 39 bytes 52; on the lines after it there is more room, which is left.
 */
#define WORD_MAX_BYTES 39
#define BODY_LINE_BYTES 57 /* 76 characters of base64 */

/* One line of characters that are seen. */
static struct str plain_line(struct arena *a, struct str s, size_t max)
{
	struct buf b = buf_new(a, max + 1);
	struct str rest = s;
	uint32_t c;
	size_t len;

	while ((len = utf8_decode(rest, &c)) > 0 && b.len + len <= max) {
		if (c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x2028 || c == 0x2029)
			buf_add_char(&b, ' ');
		else
			buf_add(&b, str_n(rest.p, len));
		rest = str_skip(rest, len);
	}
	return str_trim(buf_str(&b));
}

/* The longest beginning of whole characters. */
static size_t word_len(struct str s)
{
	size_t n = 0, len;
	uint32_t c;

	while ((len = utf8_decode(str_skip(s, n), &c)) > 0 && n + len <= WORD_MAX_BYTES)
		n += len;
	return n;
}

/* Encoded words on lines of their own, after the first. */
static void add_words(struct arena *a, struct buf *b, struct str line)
{
	for (bool is_first = true; line.len > 0; is_first = false) {
		size_t n = word_len(line);

		assert(n > 0);
		buf_printf(b, "%s=?UTF-8?B?%.*s?=", is_first ? "" : "\r\n ", STR_ARG(base64_encode(a, str_n(line.p, n))));
		line = str_skip(line, n);
	}
}

/* RFC 5322 §3.3; the names are English whatever the locale. */
static void add_date(struct buf *b, int64_t now_s)
{
	static const char days[][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	static const char months[][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	const int64_t offset_s = 7 * 3600; /* Việt Nam, without summer time */
	time_t t = (time_t)(now_s + offset_s);
	struct tm tm = { 0 };

	gmtime_r(&t, &tm);
	buf_printf(b, "Date: %s, %d %s %04d %02d:%02d:%02d +0700\r\n", days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

/* As RFC 2045 §6.8 wants it: line breaks are CRLF before they are encoded. */
static struct str canonical(struct arena *a, struct str text)
{
	struct buf b = buf_new(a, MESSAGE_MAX_BYTES / 2);

	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.p[i];

		if (c == '\n')
			buf_add_c(&b, "\r\n");
		else if (c == '\r')
			continue;
		else
			buf_add_char(&b, c == '\0' || (c < 0x20 && c != '\t') || c == 0x7F ? ' ' : (char)c);
	}
	return buf_ok(&b) ? buf_str(&b) : STR_NULL;
}

static void add_body(struct arena *a, struct buf *b, struct str body)
{
	while (body.len > 0) {
		size_t n = body.len < BODY_LINE_BYTES ? body.len : BODY_LINE_BYTES;

		buf_add(b, base64_encode(a, str_n(body.p, n)));
		buf_add_c(b, "\r\n");
		body = str_skip(body, n);
	}
}

static bool id_is_good(struct str id)
{
	for (size_t i = 0; i < id.len; i++) {
		char c = id.p[i];

		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-'))
			return false;
	}
	return id.len > 0 && id.len <= ID_MAX_LEN;
}

int mail_message_write(struct op *op, const struct mail_message *m, struct str *ret_text)
{
	struct buf b = buf_new(op->arena, MESSAGE_MAX_BYTES);
	struct str name, domain, body;

	if (!smtp_address_is_good(m->from) || !smtp_address_is_good(m->to) || !id_is_good(m->id))
		return op_fail(op, ERR_BAD_REQUEST, "not an address that a message can be sent from or to");
	if (!utf8_is_valid(m->from_name) || !utf8_is_valid(m->subject) || !utf8_is_valid(m->text))
		return op_fail(op, ERR_INVALID_VALUE, "a text of the message is not UTF-8");
	name = plain_line(op->arena, m->from_name, NAME_MAX_BYTES);
	domain = str_skip(m->from, (size_t)str_index(m->from, '@') + 1);
	body = canonical(op->arena, m->text);
	if (str_is_null(body))
		return op_fail(op, ERR_LIMIT, "the message is too long");
	add_date(&b, m->date_s);
	buf_add_c(&b, "From: ");
	add_words(op->arena, &b, name);
	buf_printf(&b, "%s<%.*s>\r\nTo: <%.*s>\r\nMessage-ID: <%.*s@%.*s>\r\nSubject: ", name.len > 0 ? "\r\n " : "", STR_ARG(m->from), STR_ARG(m->to),
	           STR_ARG(m->id), STR_ARG(domain));
	add_words(op->arena, &b, plain_line(op->arena, m->subject, SUBJECT_MAX_BYTES));
	buf_add_c(&b, "\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\nContent-Transfer-Encoding: base64\r\nContent-Language: vi\r\n"
	              "Auto-Submitted: auto-generated\r\n\r\n"); /* RFC 3834 §5: no out-of-office answers to it */
	add_body(op->arena, &b, body);
	*ret_text = buf_str(&b);
	return buf_ok(&b) ? 0 : op_fail(op, ERR_LIMIT, "the message is too long");
}
