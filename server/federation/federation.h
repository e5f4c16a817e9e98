/*
 * federation.h: the province in a federation (OpenID Federation 1.0): its settings, const after start.
 *
 * The province is an OpenID provider and the intermediate authority of its platforms.
 */
#pragma once

#include "server/federation/trust_chain.h"
#include "server/oidc/oidc.h"

#define TRUST_ANCHORS_MAX 8

struct federation;

struct federation_config {
	struct str authority_hints;    /* comma-separated */
	struct str organization_name;  /* empty: not told */
	struct str trust_anchors_file; /* {entity identifier: JWK Set}; empty: nothing is resolved */
};

/* *ret NULL without authority_hints: the province is in no federation.  ERR_CONFIG. */
int federation_new(struct op *op, const struct federation_config *config, const struct oidc_settings *oidc,
                   struct federation **ret) _must_check_;
void federation_free(struct federation *f); /* accepts NULL */

struct str federation_id(const struct federation *f); /* the issuer */
const struct oidc_settings *federation_oidc(const struct federation *f);
struct str_list federation_hints(const struct federation *f);
struct str federation_organization(const struct federation *f);
bool federation_resolves(const struct federation *f); /* there are trust anchors */
const struct trust_anchor *federation_anchor(const struct federation *f, struct str id); /* NULL: not trusted */

/* A resolution holds a thread for as long as strangers take to answer: few at a time.  ERR_OVERLOADED. */
int federation_enter(struct op *op, struct federation *f) _must_check_;
void federation_leave(struct federation *f);
