/*
 * frontchannel.h: relying parties told of a logout through the user's browser.
 *
 * OpenID Connect Front-Channel Logout 1.0: each that registered a frontchannel_logout_uri gets a frame with iss
 * and sid (§3).  Best effort: browsers keep a foreign frame from its cookies more and more, so that what must be
 * told goes through the outbox as well.  Pure.
 */
#pragma once

#include "server/oidc/snapshot.h"

#define FRONTCHANNEL_FRAMES_MAX 40

struct frontchannel {
	struct str_list urls;
	struct str origins; /* of these, each once, separated by SP; STR_NULL without any */
};

/* clients: ids. */
struct frontchannel frontchannel_of(struct op *op, const struct snapshot *snapshot, struct str issuer, struct str_list clients, struct str sid);
/* One of them; pure. */
struct str frontchannel_url(struct arena *a, struct str uri, struct str issuer, struct str sid);
