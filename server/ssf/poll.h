/*
 * poll.h: poll-based delivery of security events, RFC 8936.
 *
 * What has not been acknowledged is handed out again.  setErrs ends a SET as refused, with audit.
 */
#pragma once

#include "server/ssf/stream_store.h"

#define POLL_EVENTS_MAX 50
#define POLL_RECEIPTS_MAX 500

struct ssf_poll {
	int64_t max_events;   /* 0: acknowledge only */
	bool waits;           /* returnImmediately is not true */
	const struct outbox_receipt *receipts;
	size_t n_receipts;
};
/* RFC 8936 §2.2.  ERR_INVALID_REQUEST. */
int ssf_poll_read(struct op *op, const json_t *json, struct ssf_poll *ret_poll) _must_check_;
/* Writes down what the receiver says of earlier SETs. */
int ssf_poll_settle(struct op *op, const struct ssf_stream *s, const struct ssf_poll *poll) _must_check_;
/* §2.3: {"sets":{jti: SET}, "moreAvailable"}; a new reference.  *ret_n: how many SETs are in it. */
int ssf_poll_answer(struct op *op, struct str issuer, const struct client *client, const struct ssf_stream *s, const struct ssf_poll *poll,
                    json_t **ret_answer, size_t *ret_n) _must_check_;
