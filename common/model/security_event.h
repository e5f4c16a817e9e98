/*
 * security_event.h: Security Event Tokens (RFC 8417) of the Shared Signals Framework 1.0 §4, from rows of the
 * outbox: one event, "sub_id" (RFC 9493) as the receiver knows the official, neither "sub" nor "exp".
 *
 * jti is the row's id: a SET that is sent again is the same one.  Both programs make them: one to
 * push (RFC 8935), one to be polled (RFC 8936).
 */
#pragma once

#include "common/crypto/jwk.h"
#include "common/model/outbox_store.h"

#define SET_SESSION_REVOKED "https://schemas.openid.net/secevent/caep/event-type/session-revoked"
#define SET_CREDENTIAL_CHANGE "https://schemas.openid.net/secevent/caep/event-type/credential-change"
#define SET_ACCOUNT_DISABLED "https://schemas.openid.net/secevent/risc/event-type/account-disabled"
#define SET_ACCOUNT_ENABLED "https://schemas.openid.net/secevent/risc/event-type/account-enabled"
#define SET_VERIFICATION "https://schemas.openid.net/secevent/ssf/event-type/verification"

struct event_receiver {
	struct str issuer;     /* ours */
	struct str stream_id;
	struct str client_id;  /* aud */
	enum jws_alg alg;      /* that of the client's ID tokens */
	struct str sector;     /* of pairwise subjects; STR_NULL: the subject is public */
};

/* What the receiver calls the item's account. */
struct str security_event_subject(struct op *op, const struct event_receiver *to, const struct outbox_item *item);
/* Signed with op->keys.  ERR_UNAVAILABLE: there is no key of that algorithm; ERR_INTERNAL: the row cannot be read. */
int security_event_make(struct op *op, const struct event_receiver *to, const struct outbox_item *item, struct str *ret_set) _must_check_;
