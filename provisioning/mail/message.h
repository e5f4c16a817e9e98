/*
 * message.h: a notice as a message (RFC 5322, RFC 2045, RFC 2047, RFC 3834).  Pure.
 *
 * Whatever the texts hold, there are the header fields that are written here and no others: control characters become spaces, texts
 * travel as encoded words and base64, addresses are checked.  No line is longer than 76 characters but one with a long address.
 */
#pragma once

#include "common/base/op.h"

struct mail_message {
	struct str from, to;   /* addresses (smtp_address_is_good()) */
	struct str from_name;  /* may be empty */
	struct str id;         /* the left side of Message-ID: letters, digits, '-'; the right side is the domain of from */
	int64_t date_s;
	struct str subject;
	struct str text;       /* lines with LF */
};

/* CRLF throughout.  ERR_BAD_REQUEST: an address or the id; ERR_INVALID_VALUE: a text that is not UTF-8; ERR_LIMIT: too long. */
int mail_message_write(struct op *op, const struct mail_message *m, struct str *ret_text) _must_check_;
