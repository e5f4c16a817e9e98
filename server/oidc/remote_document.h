/*
 * remote_document.h: documents at addresses that clients registered, fetched while a request waits.
 *
 * A fetch blocks its caller for the HTTP client's time-out at most; only a few run at a time and the others are
 * refused at once, so that slow clients cannot hold the threads that serve everybody.  Thread-safe.
 */
#pragma once

#include "common/net/http_client.h"

struct remote_documents;
struct remote_documents *remote_documents_new(struct http_client *http);
void remote_documents_free(struct remote_documents *d); /* accepts NULL */

/* accept: of the request's header field.  ERR_UNAVAILABLE with the reason in the detail; ERR_OVERLOADED. */
int remote_document_get(struct op *op, struct remote_documents *d, struct str uri, const char *accept, struct str *ret_text) _must_check_;
