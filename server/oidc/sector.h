/*
 * sector.h: the document behind sector_identifier_uri.  OIDC Core §8.1, Registration 1.0 §5.
 *
 * It must list every redirect URI of the client, or anybody could take the subjects of somebody else's
 * sector.  Fetched once, at registration, from https only.  What went wrong is told to the log only: the
 * answer does not tell one closed address from another.
 */
#pragma once

#include "server/oidc/client.h"

struct remote_documents;

/* Without the member there is nothing to do.  ERR_INVALID_CLIENT_METADATA; ERR_OVERLOADED. */
int sector_check(struct op *op, struct remote_documents *documents, const struct client *c) _must_check_;
/* Does the document, a JSON array, list all of them?  Pure. */
bool sector_lists(struct str document, struct str_list redirect_uris) _must_check_;
