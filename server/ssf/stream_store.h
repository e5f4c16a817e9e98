/* stream_store.h: the rows sen.ssf_stream and sen.ssf_excluded; every statement names the receiver that asks. */
#pragma once

#include "common/db/db.h"
#include "server/ssf/stream.h"

/* ERR_CONFLICT: the receiver has SSF_STREAMS_MAX already. */
int ssf_stream_add(struct op *op, const struct ssf_stream *s) _must_check_;
/* ERR_NOT_FOUND: the receiver has no such stream, or id is none. */
int ssf_stream_get(struct op *op, struct str client_id, struct str id, struct ssf_stream *ret_stream) _must_check_;
int ssf_stream_list(struct op *op, struct str client_id, const struct ssf_stream **ret_streams, size_t *ret_n) _must_check_;
/* Delivery, events and description.  ERR_NOT_FOUND. */
int ssf_stream_set(struct op *op, const struct ssf_stream *s) _must_check_;
int ssf_stream_set_status(struct op *op, const struct ssf_stream *s, struct str status, struct str reason) _must_check_;
/* With what waits for it. */
int ssf_stream_del(struct op *op, struct str client_id, struct str id) _must_check_;

/* ERR_LIMIT: too many already.  Twice is once. */
int ssf_exclude(struct op *op, const struct ssf_stream *s, struct str sub) _must_check_;
int ssf_include(struct op *op, const struct ssf_stream *s, struct str sub) _must_check_;

/* Puts a verification event into the outbox.  ERR_TOO_MANY_REQUESTS: asked for less than SSF_VERIFY_EVERY_S ago. */
int ssf_verify(struct op *op, const struct ssf_stream *s, struct str state) _must_check_;
