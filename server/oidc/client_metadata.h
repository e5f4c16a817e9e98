/*
 * client_metadata.h: client metadata as registered, checked and read into a struct client.
 *
 * RFC 7591 §2, OpenID Connect Registration 1.0 §2, the logout specifications, RFC 9101 §10.5,
 * RFC 9126 §6, RFC 9396 §10, RFC 9449 §5.2, RFC 8705 §2.1.2 and §3.4, RFC 9701 §6, JARM §3, CIBA
 * §4; our own members begin with "sen_":
 *
 *   sen_pkce                 "required" (default) or "optional" (confidential clients only)
 *   sen_profile              "", "fapi2" or "fapi2_message_signing": FAPI 2.0 as a switch
 *   sen_consent              the official is asked: a client that is not the province's own
 *   sen_sector               for pairwise subjects, where no sector_identifier_uri says it
 *   sen_may_introspect       also the tokens of other clients
 *   sen_access_token_s       10 to 600; sen_access_token_format "jwt" (default) or "opaque"
 *   sen_rotate_refresh       false: a refresh token stays the same
 *   sen_ssf_subjects         "own" (default): security events of officials known to the client, or of "all"
 *   sen_resources            RFC 8707 audiences; sen_exchange_audiences: for RFC 8693
 *   sen_may_act              the one client that may act for people with this client's tokens (may_act, RFC 8693 §4.4)
 *   sen_legacy_assertion_audience   assertions may name the token endpoint as audience
 *
 * Redirect URIs are compared byte for byte, so only plain ones are taken: https, or http to a
 * loopback address literal; no user info, fragment, wildcard or "..", at most 512 bytes of ASCII.  A native application
 * may have one of a scheme of its own too, a domain name in reverse: com.example.app:/cb (RFC 8252 §7.1, §8.4).
 * Pure.
 */
#pragma once

#include "common/base/json.h"
#include "server/oidc/client.h"

#define CLIENT_METADATA_MAX_BYTES ((size_t)32768)
#define CLIENT_METADATA_DEPTH 8

enum client_registrant {
	REGISTRANT_OPERATOR, /* a file of senctl: unknown members are mistakes */
	REGISTRANT_CLIENT,   /* dynamic registration: unknown and "sen_" members, grant and response types not offered fall away (RFC 7591 §2) */
};

/*
 * Checks everything; ret_normal is a new reference with the known members and every default
 * written out: what is stored.  ERR_INVALID_REDIRECT_URI, ERR_INVALID_CLIENT_METADATA with the
 * member's name as argument "member".
 */
int client_metadata_check(struct op *op, const json_t *metadata, enum client_registrant by, json_t **ret_normal) _must_check_;

/* The members that are there, each by itself: of a part that will be laid over other metadata. */
int client_metadata_check_members(struct op *op, const json_t *part) _must_check_;

/* What client_metadata_check() made, into the fields of c; strings in op->arena. */
int client_metadata_read(struct op *op, const json_t *normal, struct client *c) _must_check_;

bool client_redirect_uri_is_plain(struct str uri) _must_check_;
bool client_redirect_uri_is_private(struct str uri) _must_check_; /* of a private-use scheme */
