/*
 * smtp_client.h: hands messages to a mail server (RFC 5321), on libcurl, blocking, for a thread of its own.
 *
 * smtps://, or smtp:// with STARTTLS demanded (RFC 3207); the certificate must bear the name in the URL.  Without TLS only where the
 * configuration says so, to this machine.  Signs in with PLAIN or LOGIN; no proxy from the environment.  Never tries twice by itself.
 * Errors: ERR_UNAVAILABLE (certainly not taken), ERR_TARGET (the server said no: stage and code), ERR_OUTCOME_UNKNOWN (all of the
 * message is sent, the answer was lost), ERR_CONFIG (TLS, or our name and password), ERR_BAD_REQUEST (an address that cannot be sent).
 */
#pragma once

#include "common/base/op.h"

#include <stdatomic.h>

struct smtp_config {
	struct str url;           /* smtp://host[:port] or smtps://host[:port] */
	bool is_plain;            /* smtp:// without TLS; the caller has seen that the host is this machine */
	struct str user, password; /* empty user: not signed in */
	struct str ca_file;       /* empty: the system's */
	struct str our_name;      /* of EHLO: a host's name or address */
	int connect_timeout_ms, total_timeout_ms;
	const atomic_bool *is_stopping; /* ends a message that is not wholly sent yet; or NULL */
};

/* How far a message came. */
enum smtp_stage {
	SMTP_CONNECTING, /* up to the greeting, EHLO and STARTTLS */
	SMTP_SIGNING_IN,
	SMTP_SENDER,
	SMTP_RECIPIENT,
	SMTP_TEXT,       /* DATA, and while it is being sent */
	SMTP_SENT        /* all of it; the server's answer decides */
};

struct smtp_mail {
	struct str from, to; /* addresses */
	struct str text;     /* whole, with CRLF */
	bool is_last;        /* for now: the connection is given back after it */
};
struct smtp_answer {
	enum smtp_stage stage;
	int code;            /* of the last reply; 0: none */
	struct str words;    /* of a reply that says no, printable ASCII; or STR_NULL */
};

struct smtp_client; /* one connection, kept between messages; of one thread */

/* In op->arena; config's strings are copied. */
int smtp_client_open(struct op *op, const struct smtp_config *config, struct smtp_client **ret_client) _must_check_;
/* Accepts NULL. */
void smtp_client_close(struct smtp_client *c);
/* The answer is given with errors, too. */
int smtp_send(struct op *op, struct smtp_client *c, const struct smtp_mail *mail, struct smtp_answer *ret_answer) _must_check_;

/* A mailbox that we send to or from: dot-atom @ host name, ASCII (RFC 5321 §4.1.2), at most 254 bytes. */
bool smtp_address_is_good(struct str address) _pure_;
