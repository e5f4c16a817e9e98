#include "server/oidc/client_metadata.h"

#include "common/base/url.h"
#include "server/oidc/client_members.h"

#include <string.h>

#define REDIRECT_URI_MAX_BYTES 512

static bool is_letter(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int bad(struct op *op, const struct client_member *m, const char *text)
{
	const char *named = arena_printf(op->arena, "%s: %s", m->name, text).p;

	(void)op_fail(op, m->kind == MEMBER_REDIRECTS ? ERR_INVALID_REDIRECT_URI : ERR_INVALID_CLIENT_METADATA, named);
	return op_fail_arg(op, "member", str_c(m->name));
}

static bool is_word(const char *words, struct str value)
{
	struct str rest = str_c(words), word;

	while (str_split(&rest, '|', &word))
		if (str_equal(word, value))
			return true;
	return false;
}

/* What could be read in two ways: a pattern, a path that moves. */
static bool is_ambiguous(struct str uri, struct str path)
{
	return str_index(uri, '*') >= 0 || str_contains(path, STR("..")) || str_contains(uri, STR("%2e")) || str_contains(uri, STR("%2E"));
}

/* A name or an address as a host: it goes into policies of pages too, where '\'', ';' and ',' say more. */
static bool is_plain_host(struct str host)
{
	for (size_t i = 0; i < host.len; i++)
		if (!is_letter(host.p[i]) && !(host.p[i] >= 'A' && host.p[i] <= 'Z') && !is_digit(host.p[i]) && str_index(STR(".-_:"), host.p[i]) < 0)
			return false;
	return host.len > 0;
}

static bool uri_is_safe(struct str uri, bool may_have_fragment)
{
	struct url u;

	if (uri.len > REDIRECT_URI_MAX_BYTES || !url_parse(uri, &u) || u.has_userinfo || (u.has_fragment && !may_have_fragment) ||
	    !is_plain_host(u.host) || is_ambiguous(uri, u.path))
		return false;
	return str_equal(u.scheme, STR("https")) || (str_equal(u.scheme, STR("http")) && url_host_is_loopback_ip(&u));
}

bool client_redirect_uri_is_plain(struct str uri)
{
	return uri_is_safe(uri, false);
}

/* label *( "." label ) of small letters, digits and inner '-', at least two; the first as top-level domains are. */
static bool is_reversed_domain(struct str name)
{
	struct str label;
	size_t n = 0;

	while (str_split(&name, '.', &label)) {
		if (str_is_empty(label) || label.p[0] == '-' || label.p[label.len - 1] == '-')
			return false;
		if (n++ == 0 && (label.len < 2 || !is_letter(label.p[0])))
			return false;
		for (size_t i = 0; i < label.len; i++)
			if (!is_letter(label.p[i]) && !is_digit(label.p[i]) && label.p[i] != '-')
				return false;
	}
	return n >= 2;
}

bool client_redirect_uri_is_private(struct str uri)
{
	ptrdiff_t colon = str_index(uri, ':');
	struct str rest;

	if (colon < 0 || uri.len > REDIRECT_URI_MAX_BYTES || !is_reversed_domain(str_n(uri.p, (size_t)colon)))
		return false;
	rest = str_skip(uri, (size_t)colon + 1);
	for (size_t i = 0; i < rest.len; i++)
		if (rest.p[i] <= ' ' || rest.p[i] > '~' || str_index(STR("\\\"<>#"), rest.p[i]) >= 0)
			return false;
	/* "only a single slash ("/") appears after the scheme component", for there is no authority. */
	return str_starts(rest, STR("/")) && !str_starts(rest, STR("//")) && !is_ambiguous(uri, rest);
}

static int check_text(struct op *op, const struct client_member *m, const json_t *value)
{
	struct str text = member_text(value);

	if (str_is_empty(text) || text.len > m->max)
		return bad(op, m, "must be a text that is not empty and not too long");
	switch (m->kind) {
	case MEMBER_WORD:
	case MEMBER_ALG:
	case MEMBER_WORDS:
		return is_word(m->words, text) ? 0 : bad(op, m, "not one of the values that are offered");
	case MEMBER_REDIRECTS:
	case MEMBER_URI:
	case MEMBER_URIS:
		if (m->kind == MEMBER_REDIRECTS && client_redirect_uri_is_private(text)) /* whose, is asked of the whole */
			return 0;
		return uri_is_safe(text, m->kind == MEMBER_URIS) ? 0 : bad(op, m, "must be https (or http to a loopback address literal), without fragment, user info, * and ..");
	default:
		return 0;
	}
}

static int check_array(struct op *op, const struct client_member *m, const json_t *value)
{
	const json_t *item;
	size_t i;

	if (!json_is_array(value) || json_array_size(value) > CLIENT_ITEMS_MAX)
		return bad(op, m, "must be an array of at most 20 texts");
	json_array_foreach(value, i, item) {
		int r = check_text(op, m, item);

		if (r < 0)
			return r;
	}
	return 0;
}

/* Only its shape and size: which keys are of use is looked at when one is needed. */
static int check_jwks(struct op *op, const struct client_member *m, const json_t *value)
{
	if (!json_is_array(json_object_get(value, "keys")) || json_array_size(json_object_get(value, "keys")) > CLIENT_ITEMS_MAX)
		return bad(op, m, "must be a JWK Set of at most 20 keys");
	return json_write(op->arena, value, false).len <= m->max ? 0 : bad(op, m, "too large");
}

static int check_member(struct op *op, const struct client_member *m, const json_t *value)
{
	switch (m->kind) {
	case MEMBER_BOOL:
		return json_is_boolean(value) ? 0 : bad(op, m, "must be true or false");
	case MEMBER_INT:
		return json_is_integer(value) && json_integer_value(value) >= 0 && json_integer_value(value) <= m->max
		               ? 0 : bad(op, m, "must be a whole number within its range");
	case MEMBER_REDIRECTS:
	case MEMBER_URIS:
	case MEMBER_WORDS:
	case MEMBER_LIST:
		return check_array(op, m, value);
	case MEMBER_JWKS:
		return check_jwks(op, m, value);
	default:
		return check_text(op, m, value);
	}
}

static const struct client_member *member_find(struct str name)
{
	for (size_t i = 0; i < n_client_members; i++)
		if (str_equal(name, str_c(client_members[i].name)))
			return &client_members[i];
	return NULL;
}

/* A name with a language tag ("client_name#vi", RFC 7591 §2.2) and what we do not know. */
static int check_names(struct op *op, const json_t *metadata, enum client_registrant by)
{
	const char *name;
	json_t *value;

	if (!json_is_object(metadata))
		return op_fail(op, ERR_INVALID_CLIENT_METADATA, "the metadata must be a JSON object");
	if (by == REGISTRANT_CLIENT)
		return 0;
	json_object_foreach((json_t *)(uintptr_t)metadata, name, value)
		if (!member_find(str_c(name)))
			return op_fail_detail(op, ERR_INVALID_CLIENT_METADATA, "there is a member that is not known", "%s", name);
	return 0;
}

/* RS256 is what a client that registers itself and says nothing may count on (Registration §2). */
static const char *default_text(const struct client_member *m, enum client_registrant by)
{
	if (by == REGISTRANT_CLIENT && str_equal(str_c(m->name), STR("id_token_signed_response_alg")))
		return "\"RS256\"";
	return m->fallback;
}

static json_t *default_of(const struct client_member *m, enum client_registrant by)
{
	const char *text = default_text(m, by);
	json_t *value = text ? json_loads(text, JSON_DECODE_ANY, NULL) : NULL;

	assert(!text || value);
	return value;
}

int client_metadata_check_members(struct op *op, const json_t *part)
{
	int r = check_names(op, part, REGISTRANT_OPERATOR);

	for (size_t i = 0; r >= 0 && i < n_client_members; i++) {
		json_t *value = json_object_get(part, client_members[i].name);

		if (value)
			r = check_member(op, &client_members[i], value);
	}
	return r;
}

/*
 * What a client sent of this member; a new reference or NULL.  "The authorization server MAY reject or
 * replace any of the client's requested field values" (RFC 7591 §2): clients list every grant they know.
 */
static json_t *sent_value(const struct client_member *m, const json_t *metadata)
{
	json_t *value = json_object_get(metadata, m->name), *offered, *item;
	size_t i;

	if (str_starts(str_c(m->name), STR("sen_")))
		return NULL;
	if (m->kind != MEMBER_WORDS || !json_is_array(value))
		return json_incref(value);
	offered = json_new_array();
	json_array_foreach(value, i, item)
		if (!json_is_string(item) || is_word(m->words, member_text(item)))
			json_array_append(offered, item);
	/* Nothing is left: the whole is refused, by the names that were sent. */
	if (json_array_size(offered) > 0)
		return offered;
	json_decref(offered);
	return json_incref(value);
}

int client_metadata_check(struct op *op, const json_t *metadata, enum client_registrant by, json_t **ret_normal)
{
	_json_ json_t *normal = json_new_object();
	struct client client = { 0 };
	int r = check_names(op, metadata, by);

	for (size_t i = 0; r >= 0 && i < n_client_members; i++) {
		const struct client_member *m = &client_members[i];
		_json_ json_t *value = by == REGISTRANT_CLIENT ? sent_value(m, metadata) : json_incref(json_object_get(metadata, m->name));
		bool is_there = value && !json_is_null(value);

		if (is_there)
			r = check_member(op, m, value);
		if (r >= 0 && is_there)
			json_set_take(normal, m->name, json_deep_copy(value));
		else if (r >= 0 && m->fallback)
			json_set_take(normal, m->name, default_of(m, by));
	}
	if (r >= 0)
		r = client_metadata_read(op, normal, &client);
	if (r < 0)
		return r;
	*ret_normal = TAKE_PTR(normal);
	return 0;
}
