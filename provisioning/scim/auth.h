/*
 * auth.h: how we show a SCIM platform who we are: a bearer token from a file, Basic, or tokens of an OAuth 2.0
 * server (client credentials, RFC 6749 §4.4); a client certificate (mutual TLS) comes with any of them, or alone.
 *
 * A token is renewed before it ends, and once when the platform answers 401.  Secrets stand in no log, trace or fault.
 */
#pragma once

#include "common/net/http_client.h"
#include "provisioning/connector.h"

#include <pthread.h>

#define SCIM_AUTH_MAX_BYTES 8192

struct scim_auth {
	const struct connector_config *config;
	struct http_client *http;
	pthread_mutex_t lock;
	char header[SCIM_AUTH_MAX_BYTES]; /* the Authorization; empty: none */
	size_t header_len;
	bool is_renewable;                /* the header comes from a token server */
	int64_t renew_ms;                 /* clock_mono_ms() */
	uint64_t serial;                  /* of the header: one more with each token */
};

/* NULL, or what is wrong with the keys of the section. */
const char *scim_auth_fault(const struct connector_config *config);
/* http is the platform's; its token server is reached by the same rules. */
void scim_auth_init(struct scim_auth *auth, const struct connector_config *config, struct http_client *http);
void scim_auth_done(struct scim_auth *auth);
/* The Authorization for a request now, in the call's arena; empty: none. */
enum verdict scim_auth_header(struct call *c, struct scim_auth *auth, struct str *ret_header, uint64_t *ret_serial);
/* The platform refused that one.  true: there may be a better one now. */
bool scim_auth_refused(struct scim_auth *auth, uint64_t serial);
