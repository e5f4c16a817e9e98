#include "common/net/ldap_conn.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/time.h>

/* One protocol message, so one entry: libldap refuses what announces more. */
#define MESSAGE_MAX_BYTES ((size_t)256 * 1024)
#define KEEPALIVE_IDLE_S 30
#define SYSTEM_CA_FILE "/etc/ssl/certs/ca-certificates.crt"

static struct timeval timeval_of(int timeout_ms)
{
	return (struct timeval){ .tv_sec = timeout_ms / 1000, .tv_usec = (timeout_ms % 1000) * 1000 };
}

static bool set(LDAP *ld, int option, const void *value)
{
	return ldap_set_option(ld, option, value) == LDAP_OPT_SUCCESS;
}

/*
 * Everything on the handle, since ldap.conf and the environment may say otherwise; and in the
 * end a new context, without which libldap goes on with the old one.
 */
static bool set_tls(LDAP *ld, const char *ca_file)
{
	const int demand = LDAP_OPT_X_TLS_DEMAND, tls_1_2 = LDAP_OPT_X_TLS_PROTOCOL_TLS1_2, is_server = 0;

	return set(ld, LDAP_OPT_X_TLS_REQUIRE_CERT, &demand) &&
	       set(ld, LDAP_OPT_X_TLS_CACERTFILE, ca_file ? ca_file : SYSTEM_CA_FILE) &&
	       set(ld, LDAP_OPT_X_TLS_CACERTDIR, NULL) && set(ld, LDAP_OPT_X_TLS_CIPHER_SUITE, NULL) &&
	       set(ld, LDAP_OPT_X_TLS_PROTOCOL_MIN, &tls_1_2) && set(ld, LDAP_OPT_X_TLS_NEWCTX, &is_server);
}

static bool has_tls(const struct ldap_pool *p)
{
	return p->is_ldaps || p->starttls;
}

bool ldap_conn_allow(LDAP *ld, size_t bytes)
{
	ber_len_t max = bytes;
	Sockbuf *sockbuf = NULL;

	return ldap_get_option(ld, LDAP_OPT_SOCKBUF, &sockbuf) == LDAP_OPT_SUCCESS && sockbuf &&
	       ber_sockbuf_ctrl(sockbuf, LBER_SB_OPT_SET_MAX_INCOMING, &max) >= 0;
}

static bool set_options(LDAP *ld, const struct ldap_pool *p, int timeout_ms)
{
	const int version = LDAP_VERSION3, never = LDAP_DEREF_NEVER, unlimited = LDAP_NO_LIMIT;
	const int keepalive_s = KEEPALIVE_IDLE_S;
	struct timeval timeout = timeval_of(timeout_ms);

	if (!ldap_conn_allow(ld, MESSAGE_MAX_BYTES))
		return false;
	return set(ld, LDAP_OPT_PROTOCOL_VERSION, &version) && set(ld, LDAP_OPT_REFERRALS, LDAP_OPT_OFF) &&
	       set(ld, LDAP_OPT_NETWORK_TIMEOUT, &timeout) && set(ld, LDAP_OPT_TIMEOUT, &timeout) &&
	       set(ld, LDAP_OPT_DEREF, &never) && set(ld, LDAP_OPT_SIZELIMIT, &unlimited) &&
	       set(ld, LDAP_OPT_TIMELIMIT, &unlimited) && set(ld, LDAP_OPT_RESTART, LDAP_OPT_ON) &&
	       set(ld, LDAP_OPT_X_KEEPALIVE_IDLE, &keepalive_s) &&
	       (!has_tls(p) || set_tls(ld, p->ca_file));
}

int ldap_conn_handle(struct op *op, const struct ldap_pool *p, int timeout_ms, LDAP **ret_ld)
{
	LDAP *ld = NULL;
	int code = ldap_initialize(&ld, p->uri);

	if (code != LDAP_SUCCESS)
		return op_fail_detail(op, ERR_CONFIG, "the address of the directory cannot be used", "%s",
		                      ldap_err2string(code));
	if (!set_options(ld, p, timeout_ms)) {
		ldap_conn_close(ld);
		return op_fail(op, ERR_CONFIG, "the settings for the directory cannot be used, e.g. the CA file");
	}
	*ret_ld = ld;
	return 0;
}

/*
 * libldap polls before it reads, but then reads to the end of a message on a blocking socket:
 * a server that stops in the middle would hold the thread for ever.
 */
static bool set_socket_timeouts(LDAP *ld, int timeout_ms)
{
	struct timeval timeout = timeval_of(timeout_ms);
	int fd = -1;

	return ldap_get_option(ld, LDAP_OPT_DESC, &fd) == LDAP_OPT_SUCCESS && fd >= 0 &&
	       setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) == 0 &&
	       setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)) == 0;
}

/*
 * What was agreed, before anything is sent: libldap on GnuTLS ignores the minimum version, and
 * a priority string instead of it leaks memory with each connection.
 */
static bool has_good_version(LDAP *ld)
{
	char *version = NULL; /* "TLS1.3", or "TLSv1.3" of OpenSSL */
	bool is_good;

	if (ldap_get_option(ld, LDAP_OPT_X_TLS_VERSION, &version) != LDAP_OPT_SUCCESS || !version)
		return false;
	is_good = str_ends(str_c(version), STR("1.2")) || str_ends(str_c(version), STR("1.3"));
	ldap_memfree(version);
	return is_good;
}

/*
 * libldap 2.5 runs the handshake on a non-blocking socket and, without LDAP_OPT_CONNECT_ASYNC,
 * in a loop that neither waits nor ends: a silent server would take a whole core for ever.  So
 * the connection is made in clear, also for ldaps, and the handshake follows as a step of its
 * own with that option set, in which libldap keeps to the network time-out.
 */
static int start_tls(LDAP *ld, bool is_ldaps)
{
	const int hard = LDAP_OPT_X_TLS_HARD;
	int fd = -1, flags, code;

	if (ldap_get_option(ld, LDAP_OPT_DESC, &fd) != LDAP_OPT_SUCCESS || (flags = fcntl(fd, F_GETFL)) < 0)
		return LDAP_LOCAL_ERROR;
	/* Should libldap ever connect this handle again by itself, then not in clear. */
	if (!set(ld, LDAP_OPT_X_TLS, &hard) || !set(ld, LDAP_OPT_CONNECT_ASYNC, LDAP_OPT_ON))
		return LDAP_LOCAL_ERROR;
	if (is_ldaps && fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return LDAP_LOCAL_ERROR;
	code = is_ldaps ? ldap_install_tls(ld) : ldap_start_tls_s(ld, NULL, NULL);
	if (code != LDAP_SUCCESS)
		return code;
	/* The certificate has been checked by now, since it is demanded. */
	if (!ldap_tls_inplace(ld) || !has_good_version(ld))
		return LDAP_CONNECT_ERROR;
	if (fcntl(fd, F_SETFL, flags) < 0 || !set(ld, LDAP_OPT_CONNECT_ASYNC, LDAP_OPT_OFF))
		return LDAP_LOCAL_ERROR;
	return LDAP_SUCCESS;
}

int ldap_conn_send_bind(LDAP *ld, const char *dn, struct berval password, int *ret_msgid)
{
	return ldap_sasl_bind(ld, dn, LDAP_SASL_SIMPLE, &password, NULL, NULL, ret_msgid);
}

static void bind_service(struct op *op, const struct ldap_pool *p, LDAP *ld, int timeout_ms,
                         struct ldap_reply *reply)
{
	int msgid;

	reply->code = ldap_conn_send_bind(ld, p->bind_dn, p->password, &msgid);
	if (reply->code == LDAP_SUCCESS)
		ldap_conn_await(op, ld, msgid, timeout_ms, reply);
}

int ldap_conn_open(struct op *op, const struct ldap_pool *p, enum ldap_role role, int timeout_ms, LDAP **ret_ld)
{
	struct ldap_reply reply = { .code = LDAP_SUCCESS };
	const char *step = "connect";
	LDAP *ld;

	if (ldap_conn_handle(op, p, timeout_ms, &ld) < 0)
		return op->error.code;
	reply.code = ldap_connect(ld);
	if (reply.code == LDAP_SUCCESS && !set_socket_timeouts(ld, timeout_ms))
		reply.code = LDAP_LOCAL_ERROR;
	if (reply.code == LDAP_SUCCESS && has_tls(p)) {
		step = p->is_ldaps ? "TLS" : "StartTLS";
		reply.code = start_tls(ld, p->is_ldaps);
	}
	if (reply.code == LDAP_SUCCESS && role == LDAP_ROLE_SERVICE) {
		step = "bind of the service account";
		bind_service(op, p, ld, timeout_ms, &reply);
	}
	ldap_reply_done(&reply);
	if (reply.code != LDAP_SUCCESS) {
		ldap_conn_close(ld);
		op_fail_detail(op, ERR_UNAVAILABLE, "the directory cannot be reached", "%s: %s", step,
		               ldap_err2string(reply.code));
		return reply.code > 0 ? ldap_note_code(op, reply.code) : op->error.code;
	}
	*ret_ld = ld;
	return 0;
}

void ldap_conn_close(LDAP *ld)
{
	ldap_unbind_ext(ld, NULL, NULL);
}

/* Text of the server, for the log: foreign, so no longer than a line. */
static struct str copy_diagnostic(struct arena *a, char *text)
{
	struct str s = str_c(text);

	if (s.len > 256)
		s.len = 256;
	s = arena_dup(a, s);
	ldap_memfree(text);
	return s;
}

void ldap_conn_await(struct op *op, LDAP *ld, int msgid, int timeout_ms, struct ldap_reply *ret_reply)
{
	struct timeval timeout = timeval_of(timeout_ms);
	LDAPMessage *message = NULL;
	char *diagnostic = NULL;
	int type = ldap_result(ld, msgid, LDAP_MSG_ALL, &timeout, &message), parsed;

	*ret_reply = (struct ldap_reply){ .code = LDAP_TIMEOUT };
	if (type > 0) {
		ret_reply->message = message;
		parsed = ldap_parse_result(ld, message, &ret_reply->code, NULL, &diagnostic, NULL,
		                           &ret_reply->controls, 0);
		if (parsed != LDAP_SUCCESS)
			ret_reply->code = LDAP_DECODING_ERROR;
		if (diagnostic)
			ret_reply->diagnostic = copy_diagnostic(op->arena, diagnostic);
	} else if (type < 0) {
		if (ldap_get_option(ld, LDAP_OPT_RESULT_CODE, &ret_reply->code) != LDAP_OPT_SUCCESS ||
		    ret_reply->code >= 0)
			ret_reply->code = LDAP_SERVER_DOWN;
	}
}

void ldap_reply_done(struct ldap_reply *reply)
{
	if (reply->message)
		ldap_msgfree(reply->message);
	if (reply->controls)
		ldap_controls_free(reply->controls);
	if (reply->conn.ld)
		ldap_pool_give(&reply->conn);
	reply->message = NULL;
	reply->controls = NULL;
}
