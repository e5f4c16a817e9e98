#include "common/crypto/x509.h"

#include "common/base/base64.h"
#include "common/base/json.h"
#include "common/base/url.h"
#include "common/crypto/digest.h"
#include "common/crypto/jwk_family.h"
#include "common/crypto/x509_name.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

#define DER_MAX_LEN 8192
#define NAMES_MAX 32 /* of one kind; the rest is not looked at */
#define JWKS_MAX_LEN 65536
#define JWKS_MAX_DEPTH 6
#define PEM_BEGIN STR("-----BEGIN CERTIFICATE-----")
#define PEM_END STR("-----END CERTIFICATE-----")

DEFINE_CLEANUP(X509 *, x509_freep, X509_free);
DEFINE_CLEANUP(BIO *, bio_freep, BIO_free);
DEFINE_CLEANUP(GENERAL_NAMES *, general_names_freep, GENERAL_NAMES_free);

/* RFC 7468 §3: base64 in lines.  Spaces also where a proxy has put a tab or space for a line's end. */
static bool read_pem(struct arena *a, struct str text, struct str *ret_der)
{
	struct buf base64 = buf_new(a, X509_TEXT_MAX_LEN);

	while (text.len > 0 && (text.p[text.len - 1] == '\n' || text.p[text.len - 1] == '\r' || text.p[text.len - 1] == ' '))
		text.len--;
	if (!str_starts(text, PEM_BEGIN) || !str_ends(text, PEM_END) || text.len < PEM_BEGIN.len + PEM_END.len)
		return false;
	text = str_skip(text, PEM_BEGIN.len);
	text.len -= PEM_END.len;
	for (size_t i = 0; i < text.len; i++)
		if (text.p[i] != '\n' && text.p[i] != '\r' && text.p[i] != ' ' && text.p[i] != '\t')
			buf_add_char(&base64, text.p[i]);
	return base64_decode(a, buf_str(&base64), ret_der);
}

static bool read_der(struct arena *a, struct str text, struct str *ret_der)
{
	struct str plain;

	if (str_starts(text, STR("-----BEGIN%20")))
		return url_unescape(a, text, &plain) && read_pem(a, plain, ret_der);
	if (str_starts(text, STR("-----BEGIN ")))
		return read_pem(a, text, ret_der);
	if (text.len > 2 && text.p[0] == ':' && text.p[text.len - 1] == ':') /* RFC 9440 §2.1 */
		return base64_decode(a, str_n(text.p + 1, text.len - 2), ret_der);
	*ret_der = arena_dup(a, text);
	return true;
}

static X509 *decode(struct str der)
{
	const unsigned char *p = (const unsigned char *)der.p;
	X509 *x509;

	if (der.len == 0 || der.len > DER_MAX_LEN)
		return NULL;
	x509 = d2i_X509(NULL, &p, (long)der.len);
	if (x509 && p != (const unsigned char *)der.p + der.len) {
		X509_free(x509);
		return NULL;
	}
	return x509;
}

static struct str subject_of(struct arena *a, const X509 *x509)
{
	_cleanup_(bio_freep) BIO *bio = BIO_new(BIO_s_mem());
	char *text = NULL;
	long len;

	/* As RFC 2253 says, but with UTF-8 as it is (RFC 4514 §2.4). */
	if (!bio || X509_NAME_print_ex(bio, X509_get_subject_name(x509), 0, XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB) < 0)
		return STR_NULL;
	len = BIO_get_mem_data(bio, &text);
	return len >= 0 ? arena_dup(a, str_n(text ? text : "", (size_t)len)) : STR_NULL;
}

/* A NUL inside a name made "bank.example\0.attacker.example" pass for the bank (CVE-2009-2408). */
static struct str text_of(struct arena *a, const ASN1_STRING *value)
{
	struct str text = str_n(ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value));

	return str_is_printable_ascii(text) && text.len > 0 ? arena_dup(a, text) : STR_NULL;
}

static struct str address_of(struct arena *a, const ASN1_OCTET_STRING *value)
{
	char text[INET6_ADDRSTRLEN];
	int len = ASN1_STRING_length(value);

	if ((len != 4 && len != 16) || !inet_ntop(len == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(value), text, sizeof(text)))
		return STR_NULL;
	return arena_dup_c(a, text);
}

static struct str value_of(struct arena *a, const GENERAL_NAME *name)
{
	return name->type == GEN_IPADD ? address_of(a, name->d.iPAddress) : text_of(a, name->d.ia5);
}

static struct str_list names_of(struct arena *a, const GENERAL_NAMES *names, int type)
{
	struct str *list = ARENA_ARRAY(a, struct str, NAMES_MAX);
	size_t n = 0;

	for (int i = 0; i < sk_GENERAL_NAME_num(names) && n < NAMES_MAX; i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

		if (name->type != type)
			continue;
		list[n] = value_of(a, name);
		n += !str_is_null(list[n]);
	}
	return (struct str_list){ list, n };
}

static bool read_time(const ASN1_TIME *time, int64_t *ret_s)
{
	struct tm tm;

	if (ASN1_TIME_to_tm(time, &tm) != 1)
		return false;
	*ret_s = timegm(&tm);
	return true;
}

static bool read_names(struct arena *a, X509 *x509, struct x509_cert *c)
{
	int critical = -1;
	_cleanup_(general_names_freep) GENERAL_NAMES *names = X509_get_ext_d2i(x509, NID_subject_alt_name, &critical, NULL);

	if (!names && critical != -1) /* malformed, or there twice */
		return false;
	c->dns = names_of(a, names, GEN_DNS);
	c->uris = names_of(a, names, GEN_URI);
	c->ips = names_of(a, names, GEN_IPADD);
	c->emails = names_of(a, names, GEN_EMAIL);
	c->subject = subject_of(a, x509);
	return !str_is_null(c->subject);
}

int x509_read(struct op *op, struct str text, struct x509_cert *ret_cert)
{
	_cleanup_(x509_freep) X509 *x509 = NULL;
	struct x509_cert c = { 0 };

	if (text.len > X509_TEXT_MAX_LEN || !read_der(op->arena, text, &c.der))
		return op_fail(op, ERR_INVALID_VALUE, "the certificate is neither PEM nor DER");
	x509 = decode(c.der);
	if (!x509 || !X509_get0_pubkey(x509) || !read_names(op->arena, x509, &c) ||
	    !read_time(X509_get0_notBefore(x509), &c.not_before_s) || !read_time(X509_get0_notAfter(x509), &c.not_after_s))
		return algs_fail(op, ERR_INVALID_VALUE, "the certificate cannot be read");
	c.thumbprint = base64url_encode(op->arena, sha256_str(op->arena, c.der));
	*ret_cert = c;
	return 0;
}

/* As bytes, so that every spelling of the address is the same (RFC 8705 §2.1.2). */
static bool has_address(struct arena *a, struct str_list list, struct str expected)
{
	unsigned char wanted[16], found[16];
	int family = str_index(expected, ':') >= 0 ? AF_INET6 : AF_INET;
	size_t len = family == AF_INET6 ? 16 : 4;

	if (str_index(expected, '\0') >= 0 || inet_pton(family, arena_cstr(a, expected), wanted) != 1)
		return false;
	for (size_t i = 0; i < list.n; i++)
		if (inet_pton(family, arena_cstr(a, list.p[i]), found) == 1 && memcmp(wanted, found, len) == 0)
			return true;
	return false;
}

static bool has_host(struct str_list list, struct str expected)
{
	for (size_t i = 0; i < list.n; i++)
		if (str_equal_nocase(list.p[i], expected))
			return true;
	return false;
}

static bool has_subject(struct arena *a, const struct x509_cert *cert, struct str expected)
{
	struct str wanted = x509_name_normal(a, expected), found = x509_name_normal(a, cert->subject);

	return !str_is_null(wanted) && !str_is_null(found) && str_equal(wanted, found);
}

bool x509_has_name(struct arena *a, const struct x509_cert *cert, enum x509_name kind, struct str expected)
{
	if (str_is_empty(expected))
		return false;
	switch (kind) {
	case X509_SUBJECT:
		return has_subject(a, cert, expected);
	case X509_DNS:
		return has_host(cert->dns, expected);
	case X509_URI:
		return str_list_has(cert->uris, expected);
	case X509_IP:
		return has_address(a, cert->ips, expected);
	case X509_EMAIL:
		return str_list_has(cert->emails, expected);
	}
	return false;
}

static bool is_same_key(struct op *op, const X509 *x509, const json_t *object)
{
	_cleanup_(jwk_freep) struct jwk *key = NULL;
	bool is_same;

	if (jwk_from_json(op, object, JWS_ALG_NONE_, &key) < 0) {
		op_forgive(op);
		return false;
	}
	is_same = EVP_PKEY_eq(X509_get0_pubkey(x509), key->pkey) == 1;
	ERR_clear_error();
	return is_same;
}

bool x509_is_registered(struct op *op, const struct x509_cert *cert, struct str jwks)
{
	_json_ json_t *document = jwks.len <= JWKS_MAX_LEN ? json_read(jwks, JWKS_MAX_DEPTH, NULL) : NULL;
	_cleanup_(x509_freep) X509 *x509 = decode(cert->der);
	const json_t *object;
	size_t i;

	json_array_foreach(json_object_get(document, "keys"), i, object) {
		const json_t *chain = json_object_get(object, "x5c");
		const char *first = json_string_value(json_array_get(chain, 0));
		struct str der;

		if (!chain && x509 && is_same_key(op, x509, object))
			return true;
		/* RFC 7517 §4.7: base64, not base64url; the first is the one with the key. */
		if (first && base64_decode(op->arena, str_c(first), &der) && str_equal(der, cert->der))
			return true;
	}
	return false;
}
