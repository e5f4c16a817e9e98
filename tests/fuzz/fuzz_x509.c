/*
 * x509_read and x509_name_normal: a certificate that is read has its own names and is registered by its
 * own x5c; the normal form of a name is the normal form of itself.
 */
#include "common/base/base64.h"
#include "common/crypto/x509.h"
#include "common/crypto/x509_name.h"
#include "tests/fuzz/fuzz.h"

static void try_list(struct arena *a, const struct x509_cert *c, enum x509_name kind, struct str_list list)
{
	for (size_t i = 0; i < list.n; i++) {
		CHECK(str_is_printable_ascii(list.p[i]) && list.p[i].len > 0);
		CHECK(x509_has_name(a, c, kind, list.p[i]));
	}
}

static void try_name(struct arena *a, struct str text)
{
	struct str normal = x509_name_normal(a, text);

	if (!str_is_null(normal) && normal.len <= 4096)
		CHECK(str_equal(x509_name_normal(a, normal), normal));
}

FUZZ_TARGET(a, input)
{
	struct x509_cert c, again;
	struct op op;
	struct str jwks;

	op_init(&op, a, NULL, NULL);
	try_name(a, input);
	if (x509_read(&op, input, &c) < 0) {
		CHECK(op.error.code == ERR_INVALID_VALUE);
		return;
	}
	CHECK(c.thumbprint.len == 43);
	try_list(a, &c, X509_DNS, c.dns);
	try_list(a, &c, X509_URI, c.uris);
	try_list(a, &c, X509_IP, c.ips);
	try_list(a, &c, X509_EMAIL, c.emails);
	try_name(a, c.subject);
	CHECK(x509_read(&op, c.der, &again) == 0 && str_equal(c.thumbprint, again.thumbprint));
	jwks = arena_printf(a, "{\"keys\":[{\"x5c\":[\"%.*s\"]}]}", STR_ARG(base64_encode(a, c.der)));
	CHECK(x509_is_registered(&op, &c, jwks));
	CHECK(!x509_is_registered(&op, &c, STR("{\"keys\":[{\"x5c\":[\"MIIB\"]}]}")));
}
