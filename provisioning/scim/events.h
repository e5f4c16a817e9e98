/*
 * events.h: security events of a SCIM platform (RFC 9967), fetched where they wait for us (RFC 8936 §2.4).
 *
 * Two kinds are of use: what became of a request that was answered 202, and that somebody changed an account there.  An
 * event is acknowledged once it has taken effect: heard by who waits for it, or written down as something to look at.
 */
#pragma once

#include "provisioning/scim/http.h"

#define SCIM_EVENT_PREFIX "urn:ietf:params:scim:event:"
#define SCIM_EVENT_ASYNC SCIM_EVENT_PREFIX "misc:asyncresp"

/* Claims of a SET, signed or not; NULL: it is none. */
json_t *scim_event_claims(struct arena *a, struct str body);
/* The answer of one operation, as Bulk has it (RFC 7644 §3.7.3), as that of x; x->status 0: it has none. */
void scim_take_outcome(struct call *c, struct scim_exchange *x, const json_t *outcome);
/* Fetches what is there; true: the outcome of this transaction is among it, and stands in x. */
bool scim_events_await(struct call *c, struct str txn, struct scim_exchange *x);
void scim_events_forget(struct scim *s, struct str txn);
/* Accounts that were changed there (connector.h). */
enum verdict scim_notices(struct call *c, struct notices *notices);
