/*
 * outbox_answer.h: what an answer to a message means.  Pure.
 *
 * Back-Channel Logout 1.0 §2.8: 200 (or 204) is done; 400 with an error in JSON says that the
 * relying party will never take it.  All else may pass: a redirect, which is never followed, and a
 * 400 of something in between as well.  RFC 8935 §2.2 to §2.4 for pushed events: 202, and 400 with "err".
 * CIBA Core 1.0 §10.2 for pings: any answer of the client's own but a 5xx is its last word, for it can poll.
 */
#pragma once

#include "common/model/outbox_store.h"
#include "common/net/http_client.h"
#include "provisioning/retry.h"

struct outbox_answer {
	enum outbox_outcome outcome;
	enum breaker_event event;
	bool tells_nothing;       /* about the destination: nothing was sent */
	int64_t delay_cap_ms;     /* of OUTBOX_RETRY */
	int64_t pause_s;          /* the destination asks for; -1: it does not */
	struct str detail;
};

/* err: what http_client_call() returned with op; answer: where it returned 0; kind: of outbox_store.h. */
struct outbox_answer outbox_answer_read(struct op *op, int err, const struct http_answer *answer, const char *kind);
