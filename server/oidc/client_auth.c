#include "server/oidc/client_auth.h"

#include "common/crypto/keyring.h"
#include "common/crypto/x509.h"
#include "server/oidc/client_assertion.h"
#include "server/oidc/client_jws.h"
#include "server/oidc/used_jti.h"

#define ASSERTION_TYPE "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

struct attempt {
	const struct client_auth_context *context;
	const struct client_credentials *given;
	const struct client *client;
	struct x509_cert certificate;
	bool has_certificate;
};

static int refuse(struct op *op, const char *detail)
{
	return op_fail_detail(op, ERR_INVALID_CLIENT, "client authentication failed", "%s", detail);
}

static int check_secret(struct op *op, const struct attempt *a, struct str secret)
{
	return client_secret_matches(op, a->client, secret) ? 0 : refuse(op, "wrong secret");
}

/* ---- assertions ---- */

/* The secret itself, and the one after it: the only use that there is for them. */
static int verify_hs256(struct op *op, const struct attempt *a, struct str *ret_payload)
{
	const struct str sealed[] = { a->client->secret_sealed, a->client->secret_sealed_next };
	bool opened = false;

	for (size_t i = 0; i < ARRAY_LEN(sealed); i++) {
		struct str secret;

		if (str_is_null(sealed[i]) ||
		    !aead_open(op->arena, keyring_key(op->keys, KEY_AT_REST), CLIENT_SECRET_PURPOSE, a->client->id, sealed[i], &secret))
			continue;
		if (jws_verify_hs256(op, a->given->assertion, JWS_TYP_JWT_OR_NONE, secret, ret_payload))
			return 0;
		opened = true;
	}
	return refuse(op, opened ? "the assertion's MAC is not good" : "there is no secret that could be opened");
}

static int verify_assertion(struct op *op, const struct attempt *a, struct str *ret_payload)
{
	const struct client_jws jws = { a->given->assertion, JWS_TYP_JWT_OR_NONE, client_algs(a->client, a->client->assertion_alg) };

	if (a->client->auth_method == CLIENT_AUTH_SECRET_JWT)
		return verify_hs256(op, a, ret_payload);
	return client_jws_verify(op, a->context->settings->remote_keys, a->client, &jws, ERR_INVALID_CLIENT, ret_payload);
}

static int check_assertion(struct op *op, const struct attempt *a)
{
	const struct assertion_place place = { a->context->settings, a->client, a->given->endpoint, a->given->endpoint_is_audience };
	struct client_assertion assertion;
	struct str payload;
	const char *fault;
	bool first = false;
	int r = verify_assertion(op, a, &payload);

	if (r < 0)
		return r;
	fault = client_assertion_read(op, &place, payload, &assertion);
	if (fault)
		return op_fail_detail(op, ERR_INVALID_CLIENT, arena_printf(op->arena, "client assertion: %s", fault).p, "%s", fault);
	r = used_jti_claim(op, &(struct used_jti){ "client-assertion", a->client->id, assertion.jti, assertion.exp_s }, &first);
	if (r >= 0 && !first)
		return op_fail(op, ERR_INVALID_CLIENT, "client assertion: it has been used before");
	return r;
}

/* Who claims to be there: not verified yet. */
static struct str assertion_subject(struct op *op, struct str assertion)
{
	_json_ json_t *claims = NULL;
	struct str payload;

	if (!jws_peek_unverified(op, assertion, &payload))
		return STR_NULL;
	claims = json_read(payload, ASSERTION_DEPTH, NULL);
	return arena_dup(op->arena, json_get_str(claims, "sub"));
}

/* ---- mutual TLS ---- */

static int check_tls_name(struct op *op, const struct attempt *a)
{
	const struct client *c = a->client;
	const struct {
		enum x509_name kind;
		struct str expected;
	} names[] = {
		{ X509_SUBJECT, c->tls_subject_dn }, { X509_DNS, c->tls_san_dns }, { X509_URI, c->tls_san_uri },
		{ X509_IP, c->tls_san_ip },          { X509_EMAIL, c->tls_san_email },
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (!str_is_null(names[i].expected))
			return x509_has_name(op->arena, &a->certificate, names[i].kind, names[i].expected) ? 0 : refuse(op, "another name in the certificate");
	return refuse(op, "no name is registered");
}

/* RFC 8705 §2.2: a certificate in the client's metadata, or in the document at its jwks_uri. */
static int check_tls_certificate(struct op *op, const struct attempt *a)
{
	static const char other[] = "the certificate is not a registered one";

	if (str_is_null(a->client->jwks_uri))
		return x509_is_registered(op, &a->certificate, a->client->jwks) ? 0 : refuse(op, other);
	/* Once with what is cached, once with what is there now: the client may have a new certificate. */
	for (int i = 0; i < 2; i++) {
		_cleanup_(remote_set_releasep) struct remote_set *held = NULL;
		int r = remote_keys_take(op, a->context->settings->remote_keys, a->client->jwks_uri, i > 0, &held);

		if (r < 0)
			return r;
		if (x509_is_registered(op, &a->certificate, remote_set_text(held)))
			return 0;
	}
	return refuse(op, other);
}

static int check_tls(struct op *op, const struct attempt *a)
{
	if (!a->has_certificate)
		return refuse(op, "no client certificate");
	/* The proxy checks a chain; that the certificate is in time is said here, also for self-signed ones. */
	if (a->certificate.not_before_s > op->now_s || a->certificate.not_after_s < op->now_s)
		return refuse(op, "the certificate is not valid at this time");
	if (a->client->auth_method == CLIENT_AUTH_TLS)
		return check_tls_name(op, a);
	return check_tls_certificate(op, a);
}

/* ---- which one ---- */

/* RFC 6749 §2.3: "The client MUST NOT use more than one authentication method in each request." */
static int read_method(struct op *op, const struct client_credentials *g, struct str *ret_id)
{
	unsigned n = (unsigned)g->has_basic + !str_is_null(g->client_secret) + !str_is_null(g->assertion);

	if (n > 1 || (g->has_basic && !str_is_null(g->client_id) && !str_equal(g->client_id, g->basic_id)))
		return op_fail(op, ERR_INVALID_REQUEST, "more than one way of client authentication");
	if (str_is_null(g->assertion) != str_is_null(g->assertion_type))
		return op_fail(op, ERR_INVALID_REQUEST, "client_assertion and client_assertion_type come together");
	*ret_id = g->has_basic ? g->basic_id : g->client_id;
	if (str_is_null(g->assertion))
		return str_is_null(*ret_id) ? op_fail(op, ERR_INVALID_CLIENT, "client authentication is missing") : 0;
	if (!str_equal(g->assertion_type, STR(ASSERTION_TYPE)))
		return op_fail(op, ERR_INVALID_CLIENT, "client_assertion_type is not " ASSERTION_TYPE);
	*ret_id = assertion_subject(op, g->assertion);
	if (str_is_null(*ret_id) || (!str_is_null(g->client_id) && !str_equal(g->client_id, *ret_id)))
		return op_fail(op, ERR_INVALID_CLIENT, "client assertion: sub must be the client_id");
	return 0;
}

static int check_method(struct op *op, const struct attempt *a)
{
	const struct client_credentials *g = a->given;
	bool alone = !g->has_basic && str_is_null(g->client_secret) && str_is_null(g->assertion);
	static const char other[] = "the method is not the registered one";

	switch (a->client->auth_method) {
	case CLIENT_AUTH_BASIC:
		return g->has_basic ? check_secret(op, a, g->basic_secret) : refuse(op, other);
	case CLIENT_AUTH_POST:
		return !str_is_null(g->client_secret) ? check_secret(op, a, g->client_secret) : refuse(op, other);
	case CLIENT_AUTH_SECRET_JWT:
	case CLIENT_AUTH_PRIVATE_KEY_JWT:
		return !str_is_null(g->assertion) ? check_assertion(op, a) : refuse(op, other);
	case CLIENT_AUTH_TLS:
	case CLIENT_AUTH_SELF_SIGNED_TLS:
		return alone ? check_tls(op, a) : refuse(op, other);
	case CLIENT_AUTH_NONE:
		return alone ? 0 : refuse(op, other);
	default:
		return refuse(op, other);
	}
}

int client_authenticate(struct op *op, const struct client_auth_context *context, const struct client_credentials *credentials,
                        const struct client **ret_client, struct str *ret_x5t)
{
	struct attempt a = { .context = context, .given = credentials };
	struct str id;
	int r = read_method(op, credentials, &id);

	if (r < 0)
		return r;
	a.client = snapshot_client(context->snapshot, id);
	*ret_client = a.client;
	if (!a.client)
		return refuse(op, "unknown client");
	if (!str_is_null(credentials->certificate)) {
		r = x509_read(op, credentials->certificate, &a.certificate);
		if (r < 0)
			return r;
		a.has_certificate = true;
		*ret_x5t = a.certificate.thumbprint;
	}
	return check_method(op, &a);
}
