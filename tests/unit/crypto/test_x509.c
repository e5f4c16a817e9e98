/* Certificates as proxies hand them on; made with openssl req, names with all that needs an escape. */
#include "common/base/url.h"
#include "common/crypto/x509.h"
#include "common/crypto/x509_name.h"
#include "tests/unit/crypto/crypto_test.h"

#include <string.h>

#define PEM \
	"-----BEGIN CERTIFICATE-----\n" \
	"MIICrjCCAlSgAwIBAgIUUZfkuPD/gVHnb2AiXpiTt5FUC20wCgYIKoZIzj0EAwIw\n" \
	"gYsxCzAJBgNVBAYTAlZOMR4wHAYDVQQKDBVVQk5EIHThu4luaCBOZ2jhu4cgQW4x\n" \
	"IDAeBgNVBAsMF1Bow7JuZyBDTlRULCBT4bufIEtIK0NOMRcwFQYDVQQDDA5jbGll\n" \
	"bnQuZXhhbXBsZTEhMB8GCSqGSIb3DQEJARYScXVhbnRyaUBleGFtcGxlLnZuMB4X\n" \
	"DTI2MTEyNjA4NTcwNVoXDTM2MTEyMzA4NTcwNVowgYsxCzAJBgNVBAYTAlZOMR4w\n" \
	"HAYDVQQKDBVVQk5EIHThu4luaCBOZ2jhu4cgQW4xIDAeBgNVBAsMF1Bow7JuZyBD\n" \
	"TlRULCBT4bufIEtIK0NOMRcwFQYDVQQDDA5jbGllbnQuZXhhbXBsZTEhMB8GCSqG\n" \
	"SIb3DQEJARYScXVhbnRyaUBleGFtcGxlLnZuMFkwEwYHKoZIzj0CAQYIKoZIzj0D\n" \
	"AQcDQgAEmIfV6VgPvaZDQ1FEMiRu4DYMGS21wkowMl9q2MnOY3/WjQgAmwsIH/Y+\n" \
	"kMeSfsmBIaXnJkNR7bOUq/aPtyHv7qOBkzCBkDBvBgNVHREEaDBmgg5jbGllbnQu\n" \
	"ZXhhbXBsZYINT3RoZXIuRXhhbXBsZYYZaHR0cHM6Ly9jbGllbnQuZXhhbXBsZS9p\n" \
	"ZIcEwAACB4cQIAENuAAAAAAAAAAAAAAAAYEScXVhbnRyaUBleGFtcGxlLnZuMB0G\n" \
	"A1UdDgQWBBTMOwkFGcoKpadg7RsR5QvhR4P93TAKBggqhkjOPQQDAgNIADBFAiBB\n" \
	"4dmVtL9A6cDjfGpaTp7xJUGDxiK3PmCv5VRpB87FCwIhAIRtyZoJkgcivwut1B6Z\n" \
	"y6BctLLgnnfbzuMdnCr/vzAr\n" \
	"-----END CERTIFICATE-----\n"

#define THUMBPRINT "IjqvcDVLiVWiY5ip3uO90aaluCF_gqV8zOzlAO65D7I"
#define SUBJECT "emailAddress=quantri@example.vn,CN=client.example,OU=Phòng CNTT\\, Sở KH\\+CN,O=UBND tỉnh Nghệ An,C=VN"
#define KEY                                                                                        \
	"\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"mIfV6VgPvaZDQ1FEMiRu4DYMGS21wkowMl9q2MnOY38\"," \
	"\"y\":\"1o0IAJsLCB_2PpDHkn7JgSGl5yZDUe2zlKv2j7ch7-4\""

static struct x509_cert read_cert(struct arena *a)
{
	struct op op = test_op(a);
	struct x509_cert cert;

	assert_int_equal(x509_read(&op, STR(PEM), &cert), 0);
	return cert;
}

static void test_what_is_in_it(void **state)
{
	struct x509_cert c = read_cert(*state);

	assert_str_equal(c.thumbprint, THUMBPRINT);
	assert_str_equal(c.subject, SUBJECT);
	assert_int_equal(c.dns.n, 2);
	assert_str_equal(c.dns.p[0], "client.example");
	assert_str_equal(c.dns.p[1], "Other.Example");
	assert_int_equal(c.uris.n, 1);
	assert_str_equal(c.uris.p[0], "https://client.example/id");
	assert_int_equal(c.ips.n, 2);
	assert_str_equal(c.ips.p[0], "192.0.2.7");
	assert_str_equal(c.ips.p[1], "2001:db8::1");
	assert_int_equal(c.emails.n, 1);
	assert_str_equal(c.emails.p[0], "quantri@example.vn");
	assert_int_equal(c.not_before_s, 1795683425);
	assert_int_equal(c.not_after_s - c.not_before_s, 3650 * 86400);
}

static void assert_same(struct arena *a, struct str text)
{
	struct op op = test_op(a);
	struct x509_cert c;

	assert_int_equal(x509_read(&op, text, &c), 0);
	assert_str_equal(c.thumbprint, THUMBPRINT);
}

/* nginx: $ssl_client_escaped_cert; RFC 9440: Client-Cert */
static void test_forms(void **state)
{
	struct arena *a = *state;
	struct x509_cert c = read_cert(a);
	struct buf escaped = buf_new(a, X509_TEXT_MAX_LEN);

	url_escape(&escaped, STR(PEM));
	assert_true(buf_ok(&escaped));
	assert_same(a, c.der);
	assert_same(a, buf_str(&escaped));
	assert_same(a, str_n(PEM, strlen(PEM) - 1));
	assert_same(a, arena_printf(a, ":%.*s:", STR_ARG(base64_encode(a, c.der))));
}

static void assert_refused(struct arena *a, struct str text)
{
	struct op op = test_op(a);
	struct x509_cert c;

	assert_int_equal(x509_read(&op, text, &c), ERR_INVALID_VALUE);
}

static void test_refused(void **state)
{
	struct arena *a = *state;
	struct str der = read_cert(a).der;

	assert_refused(a, STR(""));
	assert_refused(a, STR_NULL);
	assert_refused(a, STR("::"));
	assert_refused(a, STR(PEM PEM));
	assert_refused(a, STR("x" PEM));
	assert_refused(a, STR(PEM "x"));
	assert_refused(a, STR("-----BEGIN CERTIFICATE-----"));
	assert_refused(a, STR("-----BEGIN CERTIFICATE----------END CERTIFICATE-----"));
	assert_refused(a, STR("-----BEGIN%20CERTIFICATE-----%0"));
	assert_refused(a, arena_printf(a, "%.*sx", STR_ARG(der)));
	for (size_t len = 0; len < der.len; len += 11)
		assert_refused(a, str_n(der.p, len));
	assert_refused(a, str_n(arena_alloc(a, X509_TEXT_MAX_LEN + 1), X509_TEXT_MAX_LEN + 1));
}

/* The certificate with one text in it replaced by another of the same length. */
static struct x509_cert changed(struct arena *a, struct str from, struct str to)
{
	struct op op = test_op(a);
	struct x509_cert c = read_cert(a);
	char *der = (char *)(uintptr_t)arena_dup(a, c.der).p;
	size_t n = 0;

	assert_int_equal(from.len, to.len);
	for (size_t i = 0; i + from.len <= c.der.len; i++) {
		if (memcmp(der + i, from.p, from.len) == 0) {
			memcpy(der + i, to.p, to.len);
			n++;
		}
	}
	assert_true(n > 0);
	assert_int_equal(x509_read(&op, str_n(der, c.der.len), &c), 0);
	return c;
}

/* CVE-2009-2408: what stands before a NUL is no name of its own. */
static void test_cve_2009_2408_nul_in_a_name(void **state)
{
	struct x509_cert c = changed(*state, STR("client.example"), STR("client.e\0ample"));

	assert_int_equal(c.dns.n, 1);
	assert_false(x509_has_name(*state, &c, X509_DNS, STR("client.e")));
	assert_false(x509_has_name(*state, &c, X509_DNS, STR("client.e\0ample")));
	assert_int_equal(c.uris.n, 0);
	assert_false(x509_has_name(*state, &c, X509_SUBJECT, STR("emailAddress=quantri@example.vn,CN=client.e")));
}

static void test_names(void **state)
{
	static const struct {
		enum x509_name kind;
		const char *text;
		bool is_there;
	} cases[] = {
		{ X509_SUBJECT, SUBJECT, true },
		{ X509_SUBJECT, "EMAILADDRESS = quantri@example.vn , cn=client.example, ou=Ph\\C3\\B2ng CNTT\\2C Sở KH\\2bCN,o=UBND tỉnh Nghệ An,c=VN", true },
		{ X509_SUBJECT, "CN=client.example", false },
		{ X509_SUBJECT, "CN=client.example,OU=Phòng CNTT\\, Sở KH\\+CN,O=UBND tỉnh Nghệ An,C=VN", false },
		/* the other order */
		{ X509_SUBJECT, "C=VN,O=UBND tỉnh Nghệ An,OU=Phòng CNTT\\, Sở KH\\+CN,CN=client.example,emailAddress=quantri@example.vn", false },
		/* one value that contains what looks like two */
		{ X509_SUBJECT, "emailAddress=quantri@example.vn,CN=client.example,OU=Phòng CNTT, Sở KH\\+CN,O=UBND tỉnh Nghệ An,C=VN", false },
		{ X509_SUBJECT, "", false },
		{ X509_SUBJECT, "client.example", false },
		{ X509_DNS, "client.example", true },
		{ X509_DNS, "CLIENT.example", true },
		{ X509_DNS, "other.example", true },
		{ X509_DNS, "example", false },
		{ X509_DNS, "*.example", false },
		{ X509_DNS, "quantri@example.vn", false },
		{ X509_DNS, "", false },
		{ X509_URI, "https://client.example/id", true },
		{ X509_URI, "https://client.example/ID", false },
		{ X509_IP, "192.0.2.7", true },
		{ X509_IP, "192.0.2.8", false },
		{ X509_IP, "192.0.2", false },
		{ X509_IP, "2001:db8::1", true },
		{ X509_IP, "2001:0DB8:0:0:0:0:0:1", true },
		{ X509_IP, "::ffff:192.0.2.7", false },
		{ X509_IP, "client.example", false },
		{ X509_EMAIL, "quantri@example.vn", true },
		{ X509_EMAIL, "client.example", false },
	};
	struct x509_cert c = read_cert(*state);

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (x509_has_name(*state, &c, cases[i].kind, str_c(cases[i].text)) != cases[i].is_there)
			fail_msg("%d: %s", cases[i].kind, cases[i].text);
	assert_false(x509_has_name(*state, &c, X509_DNS, STR_NULL));
}

static void assert_normal(struct arena *a, const char *text, const char *normal)
{
	struct str s = x509_name_normal(a, str_c(text));

	if (!normal && !str_is_null(s))
		fail_msg("accepted: %s", text);
	if (normal)
		assert_str_equal(s, normal);
}

/* RFC 4514 §4 has the first ones. */
static void test_normal_form(void **state)
{
	struct arena *a = *state;

	assert_normal(a, "UID=jsmith,DC=example,DC=net", "UID=jsmith,DC=example,DC=net");
	assert_normal(a, "OU=Sales+CN=J.  Smith,DC=example,DC=net", "OU=Sales+CN=J.  Smith,DC=example,DC=net");
	assert_normal(a, "CN=James \\\"Jim\\\" Smith\\, III,DC=example", "CN=James \\22Jim\\22 Smith\\2C III,DC=example");
	assert_normal(a, "CN=Before\\0dAfter,DC=example", "CN=Before\\0DAfter,DC=example");
	assert_normal(a, "1.3.6.1.4.1.1466.0=#04024869", "1.3.6.1.4.1.1466.0=#04024869");
	assert_normal(a, "CN=Lu\\C4\\8Di\\C4\\87", "CN=Lučić");
	/* a "#" that is a character, not the beginning of a hexadecimal form */
	assert_normal(a, "CN=\\#04024869", "CN=\\2304024869");
	assert_normal(a, "CN=\\ a\\ ", "CN=\\20a\\20");
	assert_normal(a, " cn = a b  , c=VN", "CN=a b,C=VN");
	assert_normal(a, "CN=", "CN=");
	assert_normal(a, "", NULL);
	assert_normal(a, "CN", NULL);
	assert_normal(a, "=a", NULL);
	assert_normal(a, "CN=a,", NULL);
	assert_normal(a, "CN=a,,C=VN", NULL);
	assert_normal(a, "CN=a\\", NULL);
	assert_normal(a, "CN=a\\00b", NULL);
	assert_normal(a, "CN=a\\xyz", NULL);
	assert_normal(a, "CN=\"a\"", NULL);
	assert_normal(a, "CN=a;C=VN", NULL);
	assert_normal(a, "CN=\\C4", NULL);
	assert_normal(a, "CN=\xff", NULL);
}

static void test_registered(void **state)
{
	struct arena *a = *state;
	struct op op = test_op(a);
	struct x509_cert c = read_cert(a), other;
	struct str base64 = base64_encode(a, c.der);
	_cleanup_(jwk_freep) struct jwk *stranger = test_key(&op);
	_json_ json_t *object = jwk_public_json(stranger);
	struct str foreign = json_write(a, object, true);

	assert_true(x509_is_registered(&op, &c, STR("{\"keys\":[{" KEY "}]}")));
	assert_true(x509_is_registered(&op, &c, arena_printf(a, "{\"keys\":[{\"kty\":\"X\"},{" KEY ",\"x5c\":[\"%.*s\"]}]}", STR_ARG(base64))));
	/* with another key in the JWK, the certificate is what counts, and the other way round */
	assert_false(x509_is_registered(&op, &c, STR("{\"keys\":[{" KEY ",\"x5c\":[\"MIIB\"]}]}")));
	assert_false(x509_is_registered(&op, &c, STR("{\"keys\":[{" KEY ",\"x5c\":[]}]}")));
	assert_false(x509_is_registered(&op, &c, arena_printf(a, "{\"keys\":[%.*s]}", STR_ARG(foreign))));
	assert_false(x509_is_registered(&op, &c, arena_printf(a, "{\"keys\":[{" KEY ",\"x5c\":[\"MIIB\",\"%.*s\"]}]}", STR_ARG(base64))));
	assert_false(x509_is_registered(&op, &c, STR("{\"keys\":[{" KEY ",\"use\":\"enc\"}]}")));
	assert_false(x509_is_registered(&op, &c, STR("{\"keys\":{}}")));
	assert_false(x509_is_registered(&op, &c, STR("")));
	assert_false(x509_is_registered(&op, &c, STR_NULL));
	/* a certificate of the same key that is not the one registered by x5c */
	other = changed(a, STR("https://client.example/id"), STR("https://client.example/ie"));
	assert_false(x509_is_registered(&op, &other, arena_printf(a, "{\"keys\":[{" KEY ",\"x5c\":[\"%.*s\"]}]}", STR_ARG(base64))));
	assert_true(x509_is_registered(&op, &other, STR("{\"keys\":[{" KEY "}]}")));
	assert_int_equal(op.error.code, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(test_what_is_in_it),
		UNIT_TEST(test_forms),
		UNIT_TEST(test_refused),
		UNIT_TEST(test_cve_2009_2408_nul_in_a_name),
		UNIT_TEST(test_names),
		UNIT_TEST(test_normal_form),
		UNIT_TEST(test_registered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
