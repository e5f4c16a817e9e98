#include "common/crypto/http_signature.h"

#include "common/base/base64.h"
#include "common/base/buf.h"
#include "common/crypto/digest.h"
#include "common/crypto/jwk_family.h"

#include <inttypes.h>

#define BASE_MAX_BYTES 16384

/* §2.3: what Signature-Input says under the label, and the last line of the base. */
static struct str params_of(struct arena *a, const struct http_signer *s, const struct http_component *components, size_t n, int64_t created_s)
{
	struct buf b = buf_new(a, BASE_MAX_BYTES);

	buf_add_char(&b, '(');
	for (size_t i = 0; i < n; i++)
		buf_printf(&b, "%s\"%s\"", i > 0 ? " " : "", components[i].name);
	buf_printf(&b, ");created=%" PRId64 ";keyid=\"%.*s\"", created_s, STR_ARG(s->key ? jwk_kid(s->key) : s->key_id));
	if (!s->leaves_out_alg)
		buf_printf(&b, ";alg=\"%s\"", s->key ? "ecdsa-p256-sha256" : "hmac-sha256");
	if (s->tag)
		buf_printf(&b, ";tag=\"%s\"", s->tag);
	return buf_ok(&b) ? buf_str(&b) : STR_NULL;
}

/* §2.5 */
static struct str base_of(struct arena *a, const struct http_component *components, size_t n, struct str params)
{
	struct buf b = buf_new(a, BASE_MAX_BYTES);

	for (size_t i = 0; i < n; i++)
		buf_printf(&b, "\"%s\": %.*s\n", components[i].name, STR_ARG(components[i].value));
	buf_printf(&b, "\"@signature-params\": %.*s", STR_ARG(params));
	return buf_ok(&b) ? buf_str(&b) : STR_NULL;
}

static bool are_clean(const struct http_signer *s, const struct http_component *components, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!str_is_printable_ascii(components[i].value))
			return false;
	return str_is_printable_ascii(s->key_id) && str_index(s->key_id, '"') < 0 && str_index(s->key_id, '\\') < 0;
}

int http_signature_make(struct op *op, const struct http_signer *signer, const struct http_component *components, size_t n,
                        int64_t created_s, struct http_signature *ret)
{
	struct str params = params_of(op->arena, signer, components, n, created_s);
	struct str base = base_of(op->arena, components, n, params), signature = STR_NULL;
	uint8_t mac[SHA256_LEN];

	if (!signer->key && signer->secret.len < HTTP_SIGNATURE_SECRET_MIN_LEN)
		return op_fail(op, ERR_UNAVAILABLE, "there is no key to sign the request with");
	if (str_is_null(params) || str_is_null(base))
		return op_fail(op, ERR_LIMIT, "the request is too large to be signed");
	if (!are_clean(signer, components, n))
		return op_fail(op, ERR_BAD_REQUEST, "what is to be signed is not printable ASCII");
	if (signer->key && jwk_sign(op, signer->key, base, &signature) < 0)
		return op->error.code;
	if (!signer->key) {
		hmac_sha256(signer->secret, base, mac);
		signature = arena_dup(op->arena, str_n(mac, sizeof(mac)));
	}
	ret->input = arena_printf(op->arena, "sen=%.*s", STR_ARG(params));
	ret->signature = arena_printf(op->arena, "sen=:%.*s:", STR_ARG(base64_encode(op->arena, signature)));
	return 0;
}

struct str http_content_digest(struct arena *a, struct str content)
{
	return arena_printf(a, "sha-256=:%.*s:", STR_ARG(base64_encode(a, sha256_str(a, content))));
}
