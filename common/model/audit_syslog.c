#include "common/model/audit_syslog.h"

/* 32473 is the number for documentation (RFC 5612): the structure is ours, and no enterprise number is. */
#define SD_ID "sen@32473"
#define HOST_MAX 255
#define MSGID_MAX 32

/* PRINTUSASCII (§6); "-" is the NILVALUE. */
static void add_header_word(struct buf *b, struct str word, size_t max)
{
	if (word.len > max)
		word.len = max;
	for (size_t i = 0; i < word.len; i++)
		buf_add_char(b, word.p[i] > 0x20 && word.p[i] < 0x7f ? word.p[i] : '_');
	if (word.len == 0)
		buf_add_char(b, '-');
}

/* PARAM-VALUE (§6.3.3): '"', '\\' and ']' escaped; a control character would end the line for many a receiver. */
static void add_param(struct buf *b, const char *name, struct str value)
{
	if (str_is_null(value))
		return;
	buf_printf(b, " %s=\"", name);
	for (size_t i = 0; i < value.len; i++) {
		unsigned char c = (unsigned char)value.p[i];

		if (c == '"' || c == '\\' || c == ']')
			buf_add_char(b, '\\');
		buf_add_char(b, c < 0x20 || c == 0x7f ? ' ' : value.p[i]);
	}
	buf_add_char(b, '"');
}

void audit_syslog_write(struct buf *b, struct str host, const struct audit_line *line)
{
	buf_printf(b, "<%d>1 %.*s ", AUDIT_SYSLOG_PRI, STR_ARG(line->at));
	add_header_word(b, host, HOST_MAX);
	buf_add_c(b, " sen - ");
	add_header_word(b, line->action, MSGID_MAX);
	buf_add_c(b, " [" SD_ID);
	buf_printf(b, " chain=\"%lld\" seq=\"%lld\"", (long long)line->chain, (long long)line->seq);
	add_param(b, "actor", line->actor);
	add_param(b, "action", line->action);
	add_param(b, "account", line->account_id);
	add_param(b, "object", line->object);
	add_param(b, "request", line->request_id);
	add_param(b, "data", line->data);
	add_param(b, "hash", line->hash);
	buf_add_char(b, ']');
}
