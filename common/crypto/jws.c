#include "common/crypto/jws.h"

#include "common/base/base64.h"
#include "common/base/buf.h"
#include "common/crypto/jwk_family.h"

/* A header is flat, but for ignored members such as jwk and x5c. */
#define HEADER_MAX_DEPTH 4
#define KID_MAX_LEN 64

/* RFC 7515 §7.1: BASE64URL(header) '.' BASE64URL(payload) '.' BASE64URL(signature) */
struct jws_parts {
	struct str header, payload, signature;
	struct str signed_part; /* header '.' payload */
};

/* base64url characters: what may stand in a header or in a query of the store without escapes. */
static bool is_token(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
		      c == '_'))
			return false;
	}
	return s.len > 0;
}

int jws_sign(struct op *op, const struct jwk *key, const char *typ, struct str payload, struct str *ret_compact)
{
	struct buf b = buf_new(op->arena, JWS_MAX_LEN);
	struct str header, signature = STR_NULL;

	/* typ is a constant of ours and kid is base64url, so nothing needs escaping. */
	assert(typ && str_is_printable_ascii(str_c(typ)) && str_index(str_c(typ), '"') < 0 &&
	       str_index(str_c(typ), '\\') < 0);
	if (payload.len == 0 || payload.len > JWS_MAX_LEN)
		return op_fail(op, ERR_LIMIT, "the payload of the token is empty or too large");
	header = arena_printf(op->arena, "{\"alg\":\"%s\",\"kid\":\"%.*s\",\"typ\":\"%s\"}", key->family->name,
	                      STR_ARG(jwk_kid(key)), typ);
	buf_add(&b, base64url_encode(op->arena, header));
	buf_add_char(&b, '.');
	buf_add(&b, base64url_encode(op->arena, payload));
	if (!buf_ok(&b))
		return op_fail(op, ERR_LIMIT, "the token is too large");
	if (jwk_sign(op, key, buf_str(&b), &signature) < 0)
		return op->error.code;
	buf_add_char(&b, '.');
	buf_add(&b, base64url_encode(op->arena, signature));
	if (!buf_ok(&b))
		return op_fail(op, ERR_LIMIT, "the token is too large");
	*ret_compact = buf_str(&b);
	return 0;
}

/*
 * Exactly three parts, none empty: five are a JWE, an empty payload is the detached form
 * (RFC 7515 appendix F), an empty signature is an unsecured token (RFC 7519 §6).
 */
static bool split(struct str compact, struct jws_parts *ret)
{
	struct str rest = compact;

	if (compact.len == 0 || compact.len > JWS_MAX_LEN)
		return false;
	if (!str_split(&rest, '.', &ret->header) || !str_split(&rest, '.', &ret->payload) ||
	    !str_split(&rest, '.', &ret->signature) || !str_is_null(rest))
		return false;
	ret->signed_part = (struct str){ compact.p, ret->header.len + 1 + ret->payload.len };
	return ret->header.len > 0 && ret->payload.len > 0 && ret->signature.len > 0;
}

/*
 * Members that change what is signed or how it is read, none of which we understand: crit
 * (RFC 7515 §4.1.11), b64 (RFC 7797), zip and enc (RFC 7516).
 */
static bool has_refused_member(const json_t *header)
{
	static const char *const names[] = { "crit", "b64", "zip", "enc" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (json_object_get(header, names[i]))
			return true;
	return false;
}

/* RFC 8725 §3.11: explicit typing.  Byte-exact: one spelling for each kind of token. */
static bool has_typ(const json_t *header, const char *typ)
{
	if (!typ)
		return json_object_get(header, "typ") == NULL;
	return str_equal(json_get_str(header, "typ"), str_c(typ));
}

/* kid is what others sent: before it reaches a store it has a small alphabet and length. */
static bool read_kid(const json_t *header, struct str *ret_kid)
{
	struct str kid = json_get_str(header, "kid");

	if (!json_object_get(header, "kid")) {
		*ret_kid = STR_NULL;
		return true;
	}
	if (str_is_null(kid) || kid.len > KID_MAX_LEN || !is_token(kid))
		return false;
	*ret_kid = kid;
	return true;
}

/* A new reference to a header that passes all rules that do not need the key. */
static json_t *read_header(struct arena *a, struct str part, const char *typ, struct str *ret_kid)
{
	_json_ json_t *header = NULL;
	struct str text;

	if (!base64url_decode(a, part, &text))
		return NULL;
	header = json_read(text, HEADER_MAX_DEPTH, NULL); /* refuses duplicate members */
	if (!json_is_object(header) || has_refused_member(header) || !has_typ(header, typ) ||
	    !read_kid(header, ret_kid))
		return NULL;
	return TAKE_PTR(header);
}

/*
 * RFC 8725 §3.1, §3.2: the algorithm is the one our record of the key says; the header has to
 * agree and decides nothing.  Keys in or named by the header (jwk, jku, x5c, x5u) are not
 * looked at (CVE-2018-0114).
 */
bool jws_verify(struct op *op, struct str compact, const char *typ,
                const struct jwk *(*find)(void *context, struct str kid), void *context, struct str *ret_payload)
{
	_json_ json_t *header = NULL;
	struct jws_parts parts;
	struct str kid = STR_NULL, signature, payload;
	const struct jwk *key;

	if (!split(compact, &parts))
		return false;
	header = read_header(op->arena, parts.header, typ, &kid);
	if (!header)
		return false;
	key = find(context, kid);
	if (!key || !str_equal(json_get_str(header, "alg"), str_c(key->family->name)))
		return false;
	if (!base64url_decode(op->arena, parts.signature, &signature) ||
	    !base64url_decode(op->arena, parts.payload, &payload))
		return false;
	if (!jwk_verify(key, parts.signed_part, signature))
		return false;
	*ret_payload = payload;
	return true;
}
