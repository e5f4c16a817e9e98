/* Passwords: the check by a bind (RFC 4513 §5.1.3) and the change (RFC 3062). */
#include "common/net/ldap_conn.h"

#include <string.h>

struct secret_args {
	const char *dn;
	struct berval secret;
};

/*
 * RFC 4513 §5.1.2: a name with an empty password is an unauthenticated bind, which servers
 * answer with success.  Also, with NUL the server might see less than we do.
 */
static int take_secret(struct op *op, struct str dn, struct str password, struct secret_args *ret_args)
{
	if (password.len == 0 || password.len > LDAP_SECRET_MAX_LEN || str_index(password, '\0') >= 0)
		return op_fail(op, ERR_INVALID_VALUE, "a password is empty, too long or has a NUL");
	if (ldap_text(op, dn, &ret_args->dn) < 0)
		return op->error.code;
	ret_args->secret = (struct berval){ .bv_val = (char *)(uintptr_t)password.p, .bv_len = password.len };
	return 0;
}

static int send_password(LDAP *ld, const void *args, int *ret_msgid)
{
	const struct secret_args *s = args;
	struct berval user = { .bv_val = (char *)(uintptr_t)s->dn, .bv_len = strlen(s->dn) };
	struct berval secret = s->secret;

	return ldap_passwd(ld, &user, NULL, &secret, NULL, NULL, ret_msgid);
}

int ldap_set_password(struct op *op, struct ldap_pool *p, struct str dn, struct str new_password)
{
	struct secret_args args;
	const struct ldap_request request = {
		.send = send_password, .args = &args, .is_write = true, .role = LDAP_ROLE_SERVICE
	};
	struct ldap_reply reply;
	int result;

	if (take_secret(op, dn, new_password, &args) < 0 || ldap_run(op, p, &request, &reply) < 0)
		return op->error.code;
	result = ldap_reply_error(op, &reply);
	ldap_reply_done(&reply);
	return result;
}

static int send_check(LDAP *ld, const void *args, int *ret_msgid)
{
	const struct secret_args *s = args;

	return ldap_conn_send_bind(ld, s->dn, s->secret, ret_msgid);
}

/*
 * A connection of the pool keeps the identity of the last check, but is used for nothing but
 * the next bind, which replaces it (RFC 4511 §4.2.1).
 *
 * Only two answers say something about the password.  invalidCredentials is also what a locked
 * account gives.  A server that refuses because it is busy, wants TLS or has a limit knows
 * nothing about it: that must neither let in nor count as a failed attempt.
 */
int ldap_check_password(struct op *op, struct ldap_pool *p, struct str dn, struct str password, bool *ret_ok)
{
	struct secret_args args;
	const struct ldap_request request = { .send = send_check, .args = &args, .role = LDAP_ROLE_CHECK };
	struct ldap_reply reply;
	int result = 0;

	if (take_secret(op, dn, password, &args) < 0 || ldap_run(op, p, &request, &reply) < 0)
		return op->error.code;
	if (reply.code == LDAP_SUCCESS || reply.code == LDAP_INVALID_CREDENTIALS)
		*ret_ok = reply.code == LDAP_SUCCESS;
	else
		result = ldap_reply_error(op, &reply);
	ldap_reply_done(&reply);
	return result;
}
