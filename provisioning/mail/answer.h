/*
 * answer.h: what came of handing a message to the mail server, in the outbox' words (outbox_answer.h).  Pure.
 *
 * A 5xx on the recipient or the text is its end; before that (greeting, sign-in, sender), or when it is about what we may (5.7.x on a
 * recipient), it waits until that is mended.
 * 4xx waits.  A message that was sent wholly and whose answer was lost may have arrived: it is sent again with the same Message-ID, for
 * the other choice loses some, but not before an hour has passed, two hours the next time, and so on.
 */
#pragma once

#include "common/net/smtp_client.h"
#include "provisioning/outbox_answer.h"

/* err: what smtp_send() returned with op.  attempts: with this one. */
struct outbox_answer mail_answer_read(struct op *op, int err, const struct smtp_answer *answer, int64_t attempts);
