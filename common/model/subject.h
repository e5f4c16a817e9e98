/*
 * subject.h: who an account is towards one relying party: "sub" (OIDC Core §2, §8).
 *
 * Public: the account's id.  Pairwise: another value in each sector, from which neither the
 * account nor its subject elsewhere can be told without our key.  Pure.
 */
#pragma once

#include "common/base/op.h"

/*
 * OIDC Core §8.1: what was set by hand, else the host of sector_identifier_uri, else the one host
 * of all redirect URIs; STR_NULL when they have several.
 */
struct str subject_sector(struct arena *a, struct str set_by_hand, struct str sector_uri, struct str_list redirect_uris);

struct str subject_pairwise(struct op *op, struct str sector, struct str account_id);
