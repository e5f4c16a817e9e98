/*
 * stream.h: event streams of the Shared Signals Framework 1.0 §8.1.1: what a receiver may ask for and what
 * it is told.  Pure, but for sealing the Authorization of a push endpoint.
 */
#pragma once

#include "common/base/json.h"
#include "server/oidc/client.h"

#define SSF_SCOPE_MANAGE "ssf.manage"
#define SSF_SCOPE_READ "ssf.read"
#define SSF_PUSH "urn:ietf:rfc:8935"
#define SSF_POLL "urn:ietf:rfc:8936"
#define SSF_VERIFY_EVERY_S 5 /* min_verification_interval */
#define SSF_STREAMS_MAX 8    /* of one receiver */
#define SSF_REASON_MAX 256

struct ssf_stream {
	struct str id, client_id;
	bool is_push;
	struct str endpoint_url;   /* of push */
	struct str authorization;  /* sealed; STR_NULL: none */
	struct str_list events_requested;
	struct str description;    /* STR_NULL: none */
	struct str status;         /* enabled, paused, disabled */
	struct str status_reason;
};

enum ssf_change { SSF_CREATE, SSF_UPDATE, SSF_REPLACE };

/*
 * The stream after a request: SSF_UPDATE leaves alone what is absent (§8.1.1.3), SSF_REPLACE takes it away
 * (§8.1.1.4).  s holds id and client, and for a change the stream as it is; members that the transmitter
 * supplies must be as they are.  ERR_INVALID_REQUEST.
 */
int ssf_stream_read(struct op *op, struct str issuer, const json_t *json, enum ssf_change change, struct ssf_stream *s) _must_check_;

/* The configuration as the receiver sees it; never the Authorization.  A new reference. */
json_t *ssf_stream_json(struct arena *a, struct str issuer, const struct ssf_stream *s);
json_t *ssf_status_json(const struct ssf_stream *s);

/*
 * RFC 9493: the subject as this receiver knows it: iss_sub of ours.  *ret_sub is STR_NULL for what is well
 * formed but names nobody that we know: the receiver is told nothing (§8.1.3.2).  ERR_INVALID_REQUEST.
 */
int ssf_subject_read(struct op *op, struct str issuer, const json_t *subject, struct str *ret_sub) _must_check_;

/* /.well-known/ssf-configuration, §7.1.  A new reference. */
json_t *ssf_metadata_json(struct arena *a, struct str issuer);
/* RFC 9728: the endpoints above as a protected resource.  A new reference. */
json_t *ssf_resource_json(struct arena *a, struct str issuer);
