#include "common/model/subject.h"

#include "common/base/base64.h"
#include "common/base/url.h"
#include "common/crypto/keyring.h"

struct str subject_sector(struct arena *a, struct str set_by_hand, struct str sector_uri, struct str_list redirect_uris)
{
	struct str host = STR_NULL;
	struct url u;

	if (!str_is_null(set_by_hand))
		return set_by_hand;
	if (url_parse(sector_uri, &u))
		return arena_dup(a, u.host);
	for (size_t i = 0; i < redirect_uris.n; i++) {
		if (!url_parse(redirect_uris.p[i], &u) || (!str_is_null(host) && !str_equal(host, u.host)))
			return STR_NULL;
		host = u.host;
	}
	return arena_dup(a, host);
}

struct str subject_pairwise(struct op *op, struct str sector, struct str account_id)
{
	return base64url_encode(op->arena, keyring_mac(op->arena, op->keys, KEY_PAIRWISE, "sub",
	                                               (const struct str[]){ sector, account_id }, 2));
}
