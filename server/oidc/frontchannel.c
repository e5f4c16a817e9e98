#include "server/oidc/frontchannel.h"

#include "common/base/buf.h"
#include "common/base/url.h"

#define URL_MAX_BYTES 2048
#define ORIGINS_MAX_BYTES 2000 /* what a Content-Security-Policy takes, and a proxy's buffer for headers */

struct str frontchannel_url(struct arena *a, struct str uri, struct str issuer, struct str sid)
{
	struct buf b = buf_new(a, URL_MAX_BYTES);
	bool first = str_index(uri, '?') < 0;

	buf_add(&b, uri);
	if (first)
		buf_add_char(&b, '?');
	form_append(&b, &first, STR("iss"), issuer);
	form_append(&b, &first, STR("sid"), sid);
	return buf_str(&b);
}

static bool add_origin(struct buf *b, struct str origin)
{
	if (str_is_null(origin) || b->len + origin.len + 1 > ORIGINS_MAX_BYTES)
		return false;
	if (scope_has(buf_str(b), origin))
		return true;
	if (b->len > 0)
		buf_add_char(b, ' ');
	buf_add(b, origin);
	return true;
}

struct frontchannel frontchannel_of(struct op *op, const struct snapshot *snapshot, struct str issuer, struct str_list clients, struct str sid)
{
	struct str *urls = ARENA_ARRAY(op->arena, struct str, FRONTCHANNEL_FRAMES_MAX);
	struct buf origins = buf_new(op->arena, ORIGINS_MAX_BYTES);
	size_t n = 0;

	for (size_t i = 0; i < clients.n && n < FRONTCHANNEL_FRAMES_MAX; i++) {
		const struct client *c = snapshot_client(snapshot, clients.p[i]);

		if (c && !str_is_null(c->frontchannel_logout_uri) && add_origin(&origins, uri_origin(op->arena, c->frontchannel_logout_uri)))
			urls[n++] = frontchannel_url(op->arena, c->frontchannel_logout_uri, issuer, sid);
	}
	return (struct frontchannel){ { urls, n }, n > 0 ? buf_str(&origins) : STR_NULL };
}
