/*
 * store.h: notices on their way into messages, and what a message tells (schema/migrations: notice, outbox).
 *
 * Gathering is one transaction: who has notices that are due, what becomes of each (digest.h), and that each message is put into the
 * outbox with the notices in it.  Of several provisioners one gathers at a time; a notice is in one message.
 */
#pragma once

#include "common/model/outbox_store.h"
#include "provisioning/mail/digest.h"
#include "provisioning/mail/wording.h"

#define OUTBOX_MAIL "mail"
#define MAIL_RELAY "relay" /* the destination of all */

struct gathered {
	size_t n_notices;  /* looked at */
	size_t n_messages; /* put into the outbox */
	bool has_more;     /* right now */
};

/* Nothing is gathered, and no error, while another one is at it. */
int mail_gather(struct op *op, const struct digest_rules *rules, struct gathered *ret) _must_check_;

struct mail_content {
	struct str login, mailbox;  /* of the account; of whom is written to: the left side of the address */
	const struct mail_line *lines;
	size_t n;                   /* 0: all has been read, or the account must not be told any more */
};

/* What the message of this row of the outbox tells now. */
int mail_content_read(struct op *op, const struct outbox_item *item, struct mail_content *ret) _must_check_;
