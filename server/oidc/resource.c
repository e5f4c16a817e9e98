#include "server/oidc/resource.h"

#include "common/base/url.h"

int resource_check(struct op *op, const struct client *client, struct str resources)
{
	struct str part;
	struct url u;

	while (str_split(&resources, ' ', &part)) {
		if (!url_parse(part, &u) || u.has_fragment || u.has_userinfo)
			return op_fail(op, ERR_INVALID_TARGET, "resource must be an absolute URI without fragment");
		if (!str_list_has(client->resources, part))
			return op_fail(op, ERR_INVALID_TARGET, "the client may not name this resource");
	}
	return 0;
}

struct str resource_limit(struct arena *a, const struct client *client, struct str granted)
{
	struct str kept = STR_NULL, part;

	while (str_split(&granted, ' ', &part))
		if (str_list_has(client->resources, part))
			kept = str_is_null(kept) ? part : arena_printf(a, "%.*s %.*s", STR_ARG(kept), STR_ARG(part));
	return kept;
}

int resource_narrow(struct op *op, struct str granted, struct str requested, struct str *ret_audience)
{
	struct str rest = str_is_null(requested) ? granted : requested, first;

	*ret_audience = STR_NULL;
	if (!str_split(&rest, ' ', &first))
		return 0;
	if (!str_is_null(requested) && !str_is_null(rest))
		return op_fail(op, ERR_INVALID_TARGET, "an access token is for one resource: ask for each in a request of its own");
	if (!scope_has(granted, first))
		return op_fail(op, ERR_INVALID_TARGET, "this resource was not granted");
	*ret_audience = first;
	return 0;
}
