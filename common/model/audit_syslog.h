/*
 * audit_syslog.h: an audit record as a syslog message (RFC 5424): what it says as structured data, so that nothing has to be
 * taken apart again.  Pure.
 */
#pragma once

#include "common/base/buf.h"

/* Facility 13 (log audit), severity 6 (informational). */
#define AUDIT_SYSLOG_PRI 110

struct audit_line {
	struct str at;      /* "2026-11-24T03:15:00.123456Z" */
	int64_t chain, seq;
	struct str actor, action, account_id, object, request_id; /* account_id STR_NULL: nobody */
	struct str data;    /* JSON */
	struct str hash;    /* hex */
};

/* host: of the installation; anything that does not fit the header becomes '-' or '_'.  One line, without its end. */
void audit_syslog_write(struct buf *b, struct str host, const struct audit_line *line);
