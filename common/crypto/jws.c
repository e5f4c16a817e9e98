#include "common/crypto/jws.h"

#include "common/base/base64.h"
#include "common/base/buf.h"
#include "common/crypto/digest.h"
#include "common/crypto/jwk_family.h"

/* A header is flat, but for ignored members such as jwk and x5c. */
#define HEADER_MAX_DEPTH 4
#define KID_MAX_LEN 128
#define USUAL_HEAD_AND_SIGNATURE ((size_t)256)
#define HS256_SECRET_MIN_LEN 32 /* RFC 7518 §3.2: as long as the hash at least */

/* RFC 7515 §7.1: BASE64URL(header) '.' BASE64URL(payload) '.' BASE64URL(signature) */
struct jws_parts {
	struct str header, payload, signature;
	struct str signed_part; /* header '.' payload */
};

static int sign_into(struct op *op, const struct jwk *key, const char *typ, struct str payload, struct buf b, struct str *ret_compact)
{
	struct buf header = buf_new(op->arena, JWS_MAX_LEN);
	struct str signature = STR_NULL;

	/* typ is a constant of ours and kid is base64url, so nothing needs escaping. */
	assert(typ && str_is_printable_ascii(str_c(typ)) && str_index(str_c(typ), '"') < 0 &&
	       str_index(str_c(typ), '\\') < 0);
	if (!key)
		return op_fail(op, ERR_UNAVAILABLE, "there is no signing key of this algorithm yet");
	if (payload.len == 0 || payload.len > b.max)
		return op_fail(op, ERR_LIMIT, "the payload of the token is empty or too large");
	buf_add_c(&header, "{\"alg\":\"");
	buf_add_c(&header, key->family->name);
	buf_add_c(&header, "\",\"kid\":\"");
	buf_add(&header, jwk_kid(key));
	buf_add_c(&header, "\",\"typ\":\"");
	buf_add_c(&header, typ);
	buf_add_c(&header, "\"}");
	buf_add(&b, base64url_encode(op->arena, buf_str(&header)));
	buf_add_char(&b, '.');
	buf_add(&b, base64url_encode(op->arena, payload));
	if (!buf_ok(&header) || !buf_ok(&b))
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

/* A token with a signature of ES256 does not move while it grows. */
static struct buf room(struct arena *a, struct str payload, size_t max)
{
	return buf_new_sized(a, payload.len < max ? payload.len / 3 * 4 + USUAL_HEAD_AND_SIGNATURE : 0, max);
}

int jws_sign(struct op *op, const struct jwk *key, const char *typ, struct str payload, struct str *ret_compact)
{
	return sign_into(op, key, typ, payload, room(op->arena, payload, JWS_MAX_LEN), ret_compact);
}

int jws_sign_document(struct op *op, const struct jwk *key, const char *typ, struct str payload, struct str *ret_compact)
{
	return sign_into(op, key, typ, payload, room(op->arena, payload, JWS_DOCUMENT_MAX_LEN), ret_compact);
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

/* Media types compare without case, and may leave "application/" out (RFC 7515 §4.1.9). */
static bool typ_is(struct str typ, struct str expected)
{
	struct str application = STR("application/");

	if (typ.len > application.len && str_equal_nocase(str_n(typ.p, application.len), application))
		typ = str_skip(typ, application.len);
	return !str_is_null(typ) && str_equal_nocase(typ, expected);
}

/* RFC 8725 §3.11: explicit typing. */
static bool has_typ(const json_t *header, const char *typ)
{
	bool is_absent = json_object_get(header, "typ") == NULL;
	struct str rest = typ ? str_c(typ) : STR_NULL, one;

	if (!typ)
		return is_absent;
	while (str_split(&rest, '|', &one)) {
		if (str_equal(one, STR(JWS_TYP_JWT_OR_NONE)) &&
		    (is_absent || typ_is(json_get_str(header, "typ"), STR("JWT"))))
			return true;
		if (typ_is(json_get_str(header, "typ"), one))
			return true;
	}
	return false;
}

/* kid is what others sent, and clients name their keys as they like: it has an alphabet and a length. */
static bool read_kid(const json_t *header, struct str *ret_kid)
{
	struct str kid = json_get_str(header, "kid");

	if (!json_object_get(header, "kid")) {
		*ret_kid = STR_NULL;
		return true;
	}
	if (str_is_empty(kid) || kid.len > KID_MAX_LEN || !str_is_printable_ascii(kid))
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

/* The parts that are signed, and the header; false: it is no token that any key could make good. */
static bool read_token(struct arena *a, struct str compact, const char *typ, struct jws_parts *ret_parts,
                       json_t **ret_header, struct str *ret_kid)
{
	if (!split(compact, ret_parts))
		return false;
	*ret_header = read_header(a, ret_parts->header, typ, ret_kid);
	return *ret_header != NULL;
}

static bool is_signed_by(struct op *op, const struct jws_parts *parts, const struct jwk *key, struct str *ret_payload)
{
	struct str signature, payload;

	if (!base64url_decode(op->arena, parts->signature, &signature) || !base64url_decode(op->arena, parts->payload, &payload) ||
	    !jwk_verify(key, parts->signed_part, signature))
		return false;
	*ret_payload = payload;
	return true;
}

/*
 * RFC 8725 §3.1, §3.2: a key has one algorithm, and find() knows which the caller accepts; the
 * header is only compared.  Keys in or named by the header (jwk, jku, x5c, x5u) are not looked
 * at (CVE-2018-0114).
 */
bool jws_verify(struct op *op, struct str compact, const char *typ,
                const struct jwk *(*find)(void *context, struct str kid, enum jws_alg alg), void *context,
                struct str *ret_payload)
{
	_json_ json_t *header = NULL;
	struct jws_parts parts;
	struct str kid = STR_NULL;
	const struct jwk *key;
	enum jws_alg alg;

	if (!read_token(op->arena, compact, typ, &parts, &header, &kid))
		return false;
	alg = jws_alg_from_name(json_get_str(header, "alg"));
	key = alg == JWS_ALG_NONE_ ? NULL : find(context, kid, alg);
	return key && jwk_alg(key) == alg && is_signed_by(op, &parts, key, ret_payload);
}

bool jws_verify_hs256(struct op *op, struct str compact, const char *typ, struct str secret, struct str *ret_payload)
{
	_json_ json_t *header = NULL;
	struct jws_parts parts;
	struct str kid, signature, payload;
	uint8_t mac[SHA256_LEN];

	if (secret.len < HS256_SECRET_MIN_LEN || !read_token(op->arena, compact, typ, &parts, &header, &kid) ||
	    !str_equal(json_get_str(header, "alg"), STR("HS256")))
		return false;
	if (!base64url_decode(op->arena, parts.signature, &signature) || !base64url_decode(op->arena, parts.payload, &payload))
		return false;
	hmac_sha256(secret, parts.signed_part, mac);
	if (!str_equal_secret(signature, str_n(mac, sizeof(mac))))
		return false;
	*ret_payload = payload;
	return true;
}

bool jws_verify_embedded(struct op *op, struct str compact, const char *typ, unsigned algs, struct jws_embedded *ret)
{
	_json_ json_t *header = NULL;
	_cleanup_(jwk_freep) struct jwk *key = NULL;
	struct jws_parts parts;
	struct str kid;
	enum jws_alg alg;

	if (!read_token(op->arena, compact, typ, &parts, &header, &kid))
		return false;
	alg = jws_alg_from_name(json_get_str(header, "alg"));
	if (alg == JWS_ALG_NONE_ || !(algs & JWS_ALG_BIT(alg)))
		return false;
	if (jwk_from_json(op, json_object_get(header, "jwk"), alg, &key) < 0) {
		op_forgive(op);
		return false;
	}
	if (!is_signed_by(op, &parts, key, &ret->payload))
		return false;
	ret->thumbprint = arena_dup(op->arena, jwk_kid(key));
	return true;
}

bool jws_peek_unverified(struct op *op, struct str compact, struct str *ret_payload)
{
	struct jws_parts parts;

	return split(compact, &parts) && base64url_decode(op->arena, parts.payload, ret_payload);
}
