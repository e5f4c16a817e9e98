#include "server/http/auth_header.h"

#include "common/base/base64.h"
#include "common/base/url.h"

/* credentials = auth-scheme [ 1*SP ( token68 / … ) ]; the scheme without case (RFC 9110 §11.1) */
static bool take_scheme(struct str header, struct str scheme, struct str *ret_rest)
{
	if (header.len <= scheme.len || header.p[scheme.len] != ' ' ||
	    !str_equal_nocase(str_n(header.p, scheme.len), scheme))
		return false;

	struct str rest = str_skip(header, scheme.len);

	while (str_starts(rest, STR(" ")))
		rest = str_skip(rest, 1);
	*ret_rest = rest;
	return true;
}

static bool is_b64token_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
	       c == '_' || c == '~' || c == '+' || c == '/';
}

/* b64token = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"=" */
static bool is_b64token(struct str s)
{
	size_t i = 0;

	while (i < s.len && is_b64token_char(s.p[i]))
		i++;
	if (i == 0)
		return false;
	while (i < s.len && s.p[i] == '=')
		i++;
	return i == s.len;
}

static struct str token_of(struct str header, struct str scheme)
{
	struct str token;

	if (!take_scheme(header, scheme, &token) || !is_b64token(token))
		return STR_NULL;
	return token;
}

struct str auth_bearer(struct str header)
{
	return token_of(header, STR("Bearer"));
}

struct str auth_dpop(struct str header)
{
	return token_of(header, STR("DPoP"));
}

/* Whatever follows it, and be it nothing. */
static bool is_scheme(struct str header, struct str scheme)
{
	struct str rest;

	return str_equal_nocase(header, scheme) || take_scheme(header, scheme, &rest);
}

bool auth_is_bearer(struct str header)
{
	return is_scheme(header, STR("Bearer"));
}

bool auth_is_dpop(struct str header)
{
	return is_scheme(header, STR("DPoP"));
}

bool auth_is_basic(struct str header)
{
	return is_scheme(header, STR("Basic"));
}

bool auth_lacks_token(struct str header)
{
	struct str token = STR_NULL;

	if (!auth_is_bearer(header) && !auth_is_dpop(header))
		return false;
	return (!take_scheme(header, STR("Bearer"), &token) && !take_scheme(header, STR("DPoP"), &token)) || str_is_empty(token) ||
	       str_index(token, ' ') >= 0;
}

bool auth_basic(struct arena *a, struct str header, struct str *ret_user, struct str *ret_password)
{
	struct str encoded, pair, user, password;

	if (!take_scheme(header, STR("Basic"), &encoded) || !base64_decode(a, encoded, &pair))
		return false;

	ptrdiff_t colon = str_index(pair, ':');

	if (colon < 0 || !form_unescape(a, str_n(pair.p, (size_t)colon), &user) ||
	    !form_unescape(a, str_skip(pair, (size_t)colon + 1), &password))
		return false;
	*ret_user = user;
	*ret_password = password;
	return true;
}
