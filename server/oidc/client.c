#include "server/oidc/client.h"

#include "common/base/buf.h"
#include "common/base/url.h"
#include "common/crypto/keyring.h"
#include "common/model/subject.h"
#include "server/oidc/client_metadata.h"

#define SCOPE_MAX_BYTES 1000
#define LINK_MAX_BYTES 4096

/* RFC 8252 §7.3: "The authorization server MUST allow any port to be specified at the time of the request". */
static bool loopback_equal(struct str registered, struct str uri)
{
	struct url r, u;

	return url_parse(registered, &r) && url_parse(uri, &u) && str_equal(r.scheme, STR("http")) &&
	       url_host_is_loopback_ip(&r) && str_equal(u.scheme, r.scheme) && str_equal(u.host, r.host) &&
	       u.host_is_ipv6 == r.host_is_ipv6 && str_equal(u.path, r.path) && str_equal(u.query, r.query) &&
	       str_is_null(u.query) == str_is_null(r.query) && !u.has_userinfo && !u.has_fragment;
}

bool client_may(const struct client *c, enum client_grant grant)
{
	return (c->grants & (unsigned)grant) != 0;
}

bool client_has_redirect_uri(const struct client *c, struct str uri)
{
	if (str_list_has(c->redirect_uris, uri))
		return true;
	/* Only native applications, which are public clients, listen on a port of the moment. */
	for (size_t i = 0; c->auth_method == CLIENT_AUTH_NONE && i < c->redirect_uris.n; i++)
		if (loopback_equal(c->redirect_uris.p[i], uri))
			return true;
	return false;
}

bool client_has_post_logout_uri(const struct client *c, struct str uri)
{
	return str_list_has(c->post_logout_uris, uri);
}

bool client_may_scope(const struct client *c, struct str scope)
{
	return scope_has(c->scope, scope);
}

struct str client_title(const struct client *c)
{
	return str_is_null(c->platform_name) ? c->name : c->platform_name;
}

struct str client_start_link(struct arena *a, const struct client *c, struct str issuer)
{
	struct buf b = buf_new(a, LINK_MAX_BYTES);
	bool first;

	if (str_is_null(c->initiate_login_uri))
		return STR_NULL;
	buf_add(&b, c->initiate_login_uri);
	first = str_index(c->initiate_login_uri, '?') < 0;
	if (first)
		buf_add_char(&b, '?');
	form_append(&b, &first, STR("iss"), issuer);
	return buf_str(&b);
}

bool scope_has(struct str scopes, struct str scope)
{
	struct str part;

	while (str_split(&scopes, ' ', &part))
		if (str_equal(part, scope))
			return true;
	return false;
}

struct str client_narrow_scope(struct arena *a, const struct client *c, struct str requested)
{
	return scope_narrow(a, c->scope, requested);
}

struct str scope_narrow(struct arena *a, struct str allowed, struct str requested)
{
	struct buf b = buf_new(a, SCOPE_MAX_BYTES);
	struct str part;

	while (str_split(&requested, ' ', &part)) {
		if (str_is_empty(part) || !scope_has(allowed, part) || scope_has(buf_str(&b), part))
			continue;
		if (b.len > 0)
			buf_add_char(&b, ' ');
		buf_add(&b, part);
	}
	return buf_str(&b);
}

struct str client_subject(struct op *op, const struct client *c, struct str account_id)
{
	return c->pairwise ? subject_pairwise(op, c->sector, account_id) : account_id;
}

bool client_secret_matches(struct op *op, const struct client *c, struct str secret)
{
	struct str hash = keyring_hash(op->arena, op->keys, KEY_CLIENT, "client_secret", secret);
	bool first = !str_is_empty(c->secret_hash) && str_equal_secret(hash, c->secret_hash);
	bool next = !str_is_empty(c->secret_hash_next) && str_equal_secret(hash, c->secret_hash_next);

	return first || next;
}

struct str uri_origin(struct arena *a, struct str uri)
{
	struct url u;

	if (client_redirect_uri_is_private(uri))
		return str_n(uri.p, (size_t)str_index(uri, ':') + 1);
	if (!url_parse(uri, &u))
		return STR_NULL;
	if (u.host_is_ipv6)
		return arena_printf(a, "%.*s://[%.*s]%s%.*s", STR_ARG(u.scheme), STR_ARG(u.host),
		                    str_is_null(u.port) ? "" : ":", STR_ARG(u.port));
	return arena_printf(a, "%.*s://%.*s%s%.*s", STR_ARG(u.scheme), STR_ARG(u.host),
	                    str_is_null(u.port) ? "" : ":", STR_ARG(u.port));
}
