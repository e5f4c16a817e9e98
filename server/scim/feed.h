/*
 * feed.h: a source that states who should exist: an HR system with a token of its own.
 *
 * It acts in the name of its service account, whose scopes bound what it may do as they bound every administrator; beside
 * that in its own unit, and on the attributes that it is the authority of.
 */
#pragma once

#include "common/db/db.h"
#include "server/governance/principal.h"

#define SCIM_TOKEN_PREFIX "senfeed_"

enum { SCIM_OF_NAMES = 1, SCIM_OF_PERSONAL = 2, SCIM_OF_POSTS = 4, SCIM_OF_ACTIVE = 8, SCIM_OF_GROUPS = 16, SCIM_OF_ALL_ = 31 };

struct scim_feed {
	struct str id, code, name;
	struct principal principal;
	struct str unit_path;
	unsigned authority;
	struct str default_unit, default_title, default_kind; /* STR_NULL: none */
	struct str basis;
	struct str base;            /* "https://…/scim/v2" */
};

/* ERR_INVALID_TOKEN; ERR_TOO_MANY_REQUESTS with retry_after_s. */
int scim_feed_enter(struct op *op, struct str token, struct scim_feed *ret_feed) _must_check_;
/* Keyed hash of a token. */
struct str scim_token_hash(struct op *op, struct str token);
/* "names" … ; 0: no such. */
unsigned scim_authority_of(struct str name);

/*
 * One more whom the feed stops: in the open transaction, before it is done.  Beyond the policy of the personnel office
 * (vanished_max_n, vanished_max_percent within 24 hours, dated departures by themselves): ERR_HELD, until a second person
 * releases it.
 */
int scim_guard_stop(struct op *op, const struct scim_feed *feed, struct str person_id, bool dated) _must_check_;
/* After the transaction was rolled back for ERR_HELD: whom it was about. */
void scim_guard_note(struct op *op, const struct scim_feed *feed, struct str person_id);
