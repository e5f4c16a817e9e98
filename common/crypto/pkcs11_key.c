/* Keys in a token: made, found by their label, signing. */
#include "common/base/base64.h"
#include "common/base/fiber.h"
#include "common/base/random.h"
#include "common/crypto/digest.h"
#include "common/crypto/pkcs11_impl.h"

#include <string.h>

#define RSA_BITS 3072
#define LABEL_RANDOM_BYTES 16
#define ATTRIBUTE_MAX_LEN 1024
#define DIGEST_INFO_LEN 19
#define HALVES 2

static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;

/* The curve as an OID (P-256) and by the name that v3.0 gives Ed25519. */
static CK_BYTE p256[] = { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 };
static CK_BYTE ed25519[] = { 0x13, 0x0c, 'e', 'd', 'w', 'a', 'r', 'd', 's', '2', '5', '5', '1', '9' };
static CK_BYTE exponent[] = { 1, 0, 1 };
static CK_ULONG modulus_bits = RSA_BITS;

static const CK_RSA_PKCS_PSS_PARAMS pss = { CKM_SHA256, CKG_MGF1_SHA256, SHA256_LEN };

static const struct kind {
	enum jws_alg alg;
	CK_MECHANISM_TYPE make, sign;
	CK_BYTE *curve; /* NULL: RSA */
	CK_ULONG curve_len;
} kinds[] = {
	{ JWS_ES256, CKM_EC_KEY_PAIR_GEN, CKM_ECDSA, p256, sizeof(p256) },
	{ JWS_PS256, CKM_RSA_PKCS_KEY_PAIR_GEN, CKM_RSA_PKCS_PSS, NULL, 0 },
	{ JWS_RS256, CKM_RSA_PKCS_KEY_PAIR_GEN, CKM_RSA_PKCS, NULL, 0 },
	{ JWS_EDDSA, CKM_EC_EDWARDS_KEY_PAIR_GEN, CKM_EDDSA, ed25519, sizeof(ed25519) },
};

static const struct kind *kind_of(enum jws_alg alg)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (kinds[i].alg == alg)
			return &kinds[i];
	return NULL;
}

static CK_ATTRIBUTE label_attribute(struct str label)
{
	return (CK_ATTRIBUTE){ CKA_LABEL, (void *)(uintptr_t)label.p, label.len };
}

static CK_RV make_pair(struct pkcs11_token *t, CK_SESSION_HANDLE session, const struct kind *kind, struct str label, CK_OBJECT_HANDLE *ret_public)
{
	CK_MECHANISM mechanism = { kind->make, NULL, 0 };
	CK_ATTRIBUTE public[] = {
		label_attribute(label),
		{ CKA_TOKEN, &yes, sizeof(yes) },
		{ CKA_VERIFY, &yes, sizeof(yes) },
		{ CKA_EC_PARAMS, kind->curve, kind->curve_len },
		{ CKA_PUBLIC_EXPONENT, exponent, sizeof(exponent) },
	};
	CK_ATTRIBUTE private[] = {
		label_attribute(label),
		{ CKA_TOKEN, &yes, sizeof(yes) },
		{ CKA_PRIVATE, &yes, sizeof(yes) },
		{ CKA_SIGN, &yes, sizeof(yes) },
		{ CKA_SENSITIVE, &yes, sizeof(yes) },
		{ CKA_EXTRACTABLE, &no, sizeof(no) },
	};
	CK_ULONG n_public = kind->curve ? 4 : 5;
	CK_OBJECT_HANDLE private_object;

	if (!kind->curve)
		public[3] = (CK_ATTRIBUTE){ CKA_MODULUS_BITS, &modulus_bits, sizeof(modulus_bits) };
	return t->f->C_GenerateKeyPair(session, &mechanism, public, n_public, private, ARRAY_LEN(private), ret_public, &private_object);
}

static bool get_attribute(struct pkcs11_token *t, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *a)
{
	return t->f->C_GetAttributeValue(session, object, a, 1) == CKR_OK && a->ulValueLen <= ATTRIBUTE_MAX_LEN;
}

/* An unsigned number without leading zeros. */
static void set_number(struct arena *a, json_t *object, const char *name, struct str bytes)
{
	while (bytes.len > 0 && bytes.p[0] == '\0')
		bytes = str_skip(bytes, 1);
	json_set_str(object, name, base64url_encode(a, bytes));
}

static json_t *read_rsa(struct arena *a, struct pkcs11_token *t, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object)
{
	CK_BYTE n[ATTRIBUTE_MAX_LEN], e[ATTRIBUTE_MAX_LEN];
	CK_ATTRIBUTE modulus = { CKA_MODULUS, n, sizeof(n) }, public_exponent = { CKA_PUBLIC_EXPONENT, e, sizeof(e) };
	json_t *key;

	if (!get_attribute(t, session, object, &modulus) || !get_attribute(t, session, object, &public_exponent))
		return NULL;
	key = json_new_object();
	json_set_str(key, "kty", STR("RSA"));
	set_number(a, key, "n", str_n(n, modulus.ulValueLen));
	set_number(a, key, "e", str_n(e, public_exponent.ulValueLen));
	return key;
}

/* CKA_EC_POINT is the point in an OCTET STRING: 04 41 04 x y, or 04 20 and the 32 bytes of Ed25519. */
static json_t *read_curve(struct arena *a, struct pkcs11_token *t, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object)
{
	CK_BYTE p[ATTRIBUTE_MAX_LEN];
	CK_ATTRIBUTE point = { CKA_EC_POINT, p, sizeof(p) };
	json_t *key;

	if (!get_attribute(t, session, object, &point))
		return NULL;
	key = json_new_object();
	if (point.ulValueLen == 67 && p[0] == 0x04 && p[1] == 0x41 && p[2] == 0x04) {
		json_set_str(key, "kty", STR("EC"));
		json_set_str(key, "crv", STR("P-256"));
		json_set_str(key, "x", base64url_encode(a, str_n(p + 3, 32)));
		json_set_str(key, "y", base64url_encode(a, str_n(p + 35, 32)));
	} else if (point.ulValueLen == 34 && p[0] == 0x04 && p[1] == 0x20) {
		json_set_str(key, "kty", STR("OKP"));
		json_set_str(key, "crv", STR("Ed25519"));
		json_set_str(key, "x", base64url_encode(a, str_n(p + 2, 32)));
	}
	return key;
}

int pkcs11_generate(struct op *op, struct pkcs11_token *t, enum jws_alg alg, struct str *ret_label, json_t **ret_public)
{
	const struct kind *kind = kind_of(alg);
	struct str label = random_token(op->arena, STR("sen-"), LABEL_RANDOM_BYTES);
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE object = CK_INVALID_HANDLE;
	json_t *public;
	CK_RV code;
	int r;

	assert(kind && label.len == PKCS11_LABEL_LEN);
	r = pkcs11_take(op, t, &session);
	if (r < 0)
		return r;
	code = make_pair(t, session, kind, label, &object);
	if (code != CKR_OK) {
		pkcs11_drop(t, session);
		return pkcs11_fail(op, "C_GenerateKeyPair", code);
	}
	public = kind->curve ? read_curve(op->arena, t, session, object) : read_rsa(op->arena, t, session, object);
	pkcs11_give(t, session);
	if (!public)
		return pkcs11_fail(op, "the public key cannot be read", CKR_GENERAL_ERROR);
	*ret_label = label;
	*ret_public = public;
	return 0;
}

static CK_RV find_objects(struct pkcs11_token *t, CK_SESSION_HANDLE session, CK_OBJECT_CLASS class, struct str label, CK_OBJECT_HANDLE *ret_object)
{
	CK_ATTRIBUTE template[] = { { CKA_CLASS, &class, sizeof(class) }, label_attribute(label) };
	CK_ULONG n = 0;
	CK_RV code = t->f->C_FindObjectsInit(session, template, ARRAY_LEN(template));

	if (code != CKR_OK)
		return code;
	code = t->f->C_FindObjects(session, ret_object, 1, &n);
	t->f->C_FindObjectsFinal(session);
	return code == CKR_OK && n != 1 ? CKR_KEY_HANDLE_INVALID : code;
}

static CK_RV object_of(struct pkcs11_key *key, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE *ret_object)
{
	unsigned now = atomic_load(&key->token->generation);
	CK_RV code;

	if (atomic_load(&key->generation) == now) {
		*ret_object = atomic_load(&key->object);
		return CKR_OK;
	}
	code = find_objects(key->token, session, CKO_PRIVATE_KEY, str_n(key->label, PKCS11_LABEL_LEN), ret_object);
	if (code == CKR_OK) {
		atomic_store(&key->object, *ret_object);
		atomic_store(&key->generation, now);
	}
	return code;
}

/* What the token gets: the message for EdDSA, its digest, or the digest with its name (RFC 8017 §9.2). */
static struct str to_be_signed(struct arena *a, enum jws_alg alg, struct str message)
{
	static const uint8_t digest_info[DIGEST_INFO_LEN] = {
		0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20,
	};
	uint8_t *input;

	if (alg == JWS_EDDSA)
		return message;
	if (alg != JWS_RS256)
		return sha256_str(a, message);
	input = arena_alloc(a, DIGEST_INFO_LEN + SHA256_LEN);
	memcpy(input, digest_info, DIGEST_INFO_LEN);
	sha256(message, input + DIGEST_INFO_LEN);
	return str_n(input, DIGEST_INFO_LEN + SHA256_LEN);
}

static CK_RV sign_once(struct pkcs11_key *key, CK_SESSION_HANDLE session, enum jws_alg alg, struct str input, struct str signature)
{
	const struct kind *kind = kind_of(alg);
	bool is_pss = alg == JWS_PS256;
	CK_MECHANISM mechanism = { kind->sign, is_pss ? (void *)(uintptr_t)&pss : NULL, is_pss ? sizeof(pss) : 0 };
	CK_ULONG len = signature.len;
	CK_OBJECT_HANDLE object;
	CK_RV code = object_of(key, session, &object);

	if (code == CKR_OK)
		code = key->token->f->C_SignInit(session, &mechanism, object);
	if (code == CKR_OK)
		code = key->token->f->C_Sign(session, (CK_BYTE *)(uintptr_t)input.p, input.len, (CK_BYTE *)(uintptr_t)signature.p, &len);
	return code == CKR_OK && len != signature.len ? CKR_GENERAL_ERROR : code;
}

struct signing {
	struct op *op;
	struct pkcs11_key *key;
	enum jws_alg alg;
	struct str message, signature;
	int result;
};

/* A token that was away and is back works again: everything known of it is forgotten once. */
static int sign_now(const struct signing *s)
{
	struct op *op = s->op;
	struct pkcs11_key *key = s->key;
	struct str input = to_be_signed(op->arena, s->alg, s->message);
	CK_RV code = CKR_OK;

	for (int attempt = 0; attempt < 2; attempt++) {
		CK_SESSION_HANDLE session;
		int r = pkcs11_take(op, key->token, &session);

		if (r < 0)
			return r;
		code = sign_once(key, session, s->alg, input, s->signature);
		if (code == CKR_OK) {
			pkcs11_give(key->token, session);
			return 0;
		}
		pkcs11_drop(key->token, session);
	}
	return pkcs11_fail(op, "C_Sign", code);
}

static void sign_blocking(void *arg)
{
	struct signing *s = arg;

	s->result = sign_now(s);
}

int pkcs11_sign(struct op *op, struct pkcs11_key *key, enum jws_alg alg, struct str message, uint8_t *ret_signature, size_t len)
{
	struct signing s = { op, key, alg, message, str_n(ret_signature, len), 0 };

	fiber_block(sign_blocking, &s);
	return s.result;
}

int pkcs11_destroy(struct op *op, struct pkcs11_token *t, struct str label)
{
	static const CK_OBJECT_CLASS classes[HALVES] = { CKO_PRIVATE_KEY, CKO_PUBLIC_KEY };
	CK_SESSION_HANDLE session;
	CK_RV code = CKR_OK;
	int r = pkcs11_take(op, t, &session);

	if (r < 0)
		return r;
	for (size_t i = 0; i < HALVES && code == CKR_OK; i++) {
		CK_OBJECT_HANDLE object;

		code = find_objects(t, session, classes[i], label, &object);
		if (code == CKR_OK)
			code = t->f->C_DestroyObject(session, object);
		else if (code == CKR_KEY_HANDLE_INVALID)
			code = CKR_OK;
	}
	if (code != CKR_OK) {
		pkcs11_drop(t, session);
		return pkcs11_fail(op, "C_DestroyObject", code);
	}
	pkcs11_give(t, session);
	return 0;
}
