/* ssf.h: what the endpoints of the Shared Signals Framework share: who asks, and for which stream. */
#pragma once

#include "server/handlers/handlers.h"
#include "server/ssf/stream_store.h"

/* Access token of a client for itself, with scope ssf.manage (ssf.read is enough for the second): rq->client. */
int guard_ssf_manage(struct request *rq);
int guard_ssf_read(struct request *rq);

/* The only parameter of queries. */
enum { P_STREAM_ID };
PARAM_LIST(ssf_params);

/* The caller's stream that the query or the body names.  ERR_NOT_FOUND, ERR_INVALID_REQUEST. */
int ssf_stream_named(struct request *rq, struct ssf_stream *ret_stream) _must_check_;

/* h_ssf_discovery.c */
int h_ssf_configuration(struct request *rq);
int h_ssf_resource(struct request *rq);
/* h_ssf_stream.c */
int h_ssf_stream_create(struct request *rq);
int h_ssf_stream_get(struct request *rq);
int h_ssf_stream_update(struct request *rq);
int h_ssf_stream_replace(struct request *rq);
int h_ssf_stream_delete(struct request *rq);
/* h_ssf_status.c */
int h_ssf_status_get(struct request *rq);
int h_ssf_status_set(struct request *rq);
/* h_ssf_subject.c */
int h_ssf_subject_add(struct request *rq);
int h_ssf_subject_remove(struct request *rq);
/* h_ssf_verify.c */
int h_ssf_verify(struct request *rq);
/* h_ssf_poll.c */
int h_ssf_poll(struct request *rq);
