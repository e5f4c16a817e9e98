#include "common/net/ldap_conn.h"

#include "common/base/text.h"

#include <string.h>

#define CODE_ARG "ldap_code"

/* The root DSE, always readable (RFC 4512 §5.1): is there an LDAP server behind the socket? */
static int send_probe(LDAP *ld, const void *args, int *ret_msgid)
{
	char no_attrs[] = LDAP_NO_ATTRS, *attrs[] = { no_attrs, NULL };

	(void)args;
	return ldap_search_ext(ld, "", LDAP_SCOPE_BASE, "(objectClass=*)", attrs, 0, NULL, NULL, NULL, 1, ret_msgid);
}

bool ldap_pool_is_ready(struct ldap_pool *p, int timeout_ms)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new((size_t)16 * 1024);
	struct ldap_conn conn;
	struct ldap_reply reply = { 0 };
	struct op op;
	int msgid;

	op_init(&op, arena, NULL, NULL);
	if (ldap_pool_take(&op, p, LDAP_ROLE_SERVICE, timeout_ms, &conn) < 0)
		return false;
	reply.code = send_probe(conn.ld, NULL, &msgid);
	if (reply.code == LDAP_SUCCESS)
		ldap_conn_await(&op, conn.ld, msgid, timeout_ms, &reply);
	ldap_reply_done(&reply);
	if (reply.code < 0)
		ldap_pool_drop(&conn, true);
	else
		ldap_pool_give(&conn);
	return reply.code == LDAP_SUCCESS;
}

int ldap_local_error(struct op *op, int code, bool is_outcome_unknown)
{
	const char *reason = ldap_err2string(code);

	if (code == LDAP_FILTER_ERROR || code == LDAP_PARAM_ERROR || code == LDAP_ENCODING_ERROR)
		return op_fail_detail(op, ERR_BAD_REQUEST, "the request to the directory is malformed", "%s", reason);
	if (is_outcome_unknown)
		return op_fail_detail(op, ERR_OUTCOME_UNKNOWN, "the answer of the directory was lost", "%s", reason);
	return op_fail_detail(op, ERR_UNAVAILABLE, "the directory does not answer", "%s", reason);
}

/*
 * A request that could not be sent is incomplete at the server, which then cannot act on it;
 * one that was sent may have been acted on, so only reads are repeated.
 */
int ldap_run(struct op *op, struct ldap_pool *p, const struct ldap_request *request, struct ldap_reply *ret_reply)
{
	struct ldap_conn conn;

	for (;;) {
		struct ldap_reply reply = { 0 };
		bool is_sent, is_lost;
		int msgid;

		if (ldap_pool_take(op, p, request->role, p->timeout_ms, &conn) < 0)
			return op->error.code;
		reply.code = request->send(conn.ld, request->args, &msgid);
		is_sent = reply.code == LDAP_SUCCESS;
		if (is_sent)
			ldap_conn_await(op, conn.ld, msgid, p->timeout_ms, &reply);
		if (reply.code >= 0) {
			reply.conn = conn;
			*ret_reply = reply;
			return 0;
		}
		ldap_reply_done(&reply);
		is_lost = reply.code == LDAP_SERVER_DOWN || reply.code == LDAP_CONNECT_ERROR;
		ldap_pool_drop(&conn, is_lost);
		if (!is_lost || !conn.is_reused || (is_sent && request->is_write))
			return ldap_local_error(op, reply.code, is_sent && request->is_write);
	}
}

int ldap_reply_error(struct op *op, const struct ldap_reply *reply)
{
	enum err code = ERR_TARGET;

	switch (reply->code) {
	case LDAP_SUCCESS:
		return 0;
	case LDAP_NO_SUCH_OBJECT:
		code = ERR_NOT_FOUND;
		break;
	case LDAP_ALREADY_EXISTS:
		code = ERR_CONFLICT;
		break;
	case LDAP_SIZELIMIT_EXCEEDED:
	case LDAP_ADMINLIMIT_EXCEEDED:
		code = ERR_LIMIT;
		break;
	case LDAP_TIMELIMIT_EXCEEDED:
	case LDAP_BUSY:
	case LDAP_UNAVAILABLE:
		code = ERR_UNAVAILABLE;
		break;
	default:
		break;
	}
	op_fail_detail(op, code, "the directory refused the operation", "LDAP %d (%s): %.*s", reply->code,
	               ldap_err2string(reply->code), STR_ARG(reply->diagnostic));
	return ldap_note_code(op, reply->code);
}

int ldap_note_code(struct op *op, int code)
{
	/* The first fault stays, with its code. */
	if (op->error.n_args > 0)
		return op->error.code;
	return op_fail_arg(op, CODE_ARG, arena_printf(op->arena, "%d", code));
}

int64_t ldap_result_code(const struct op *op)
{
	uint64_t code;

	for (size_t i = 0; i < op->error.n_args; i++)
		if (str_equal(str_c(op->error.args[i].name), STR(CODE_ARG)) &&
		    str_to_u64(op->error.args[i].value, INT32_MAX, &code))
			return (int64_t)code;
	return 0;
}

int ldap_text(struct op *op, struct str s, const char **ret)
{
	if (s.len == 0 || str_index(s, '\0') >= 0 || !utf8_is_valid(s))
		return op_fail(op, ERR_BAD_REQUEST, "a text for the directory is empty, not UTF-8 or has a NUL");
	*ret = arena_cstr(op->arena, s);
	return 0;
}

bool ldap_is_attr_name(struct str name)
{
	for (size_t i = 0; i < name.len; i++) {
		char c = name.p[i];
		bool is_alnum = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');

		if (!is_alnum && (i == 0 || !strchr("-.;", c) || c == '\0'))
			return false;
	}
	return name.len > 0;
}

/* Sends the request of a write and turns the answer into an error. */
static int run_write(struct op *op, struct ldap_pool *p, int (*send)(LDAP *ld, const void *args, int *ret_msgid),
                     const void *args)
{
	const struct ldap_request request = { .send = send, .args = args, .is_write = true, .role = LDAP_ROLE_SERVICE };
	struct ldap_reply reply;
	int result;

	if (ldap_run(op, p, &request, &reply) < 0)
		return op->error.code;
	result = ldap_reply_error(op, &reply);
	ldap_reply_done(&reply);
	return result;
}

/* libldap's structures have no const; it only reads them. */
static int make_mod(struct op *op, int kind, const struct ldap_attr *attr, LDAPMod *ret_mod)
{
	struct berval *values = ARENA_ARRAY(op->arena, struct berval, attr->n_values + 1);
	struct berval **list = ARENA_ARRAY(op->arena, struct berval *, attr->n_values + 1);

	if (!ldap_is_attr_name(attr->name))
		return op_fail(op, ERR_BAD_REQUEST, "not the name of an attribute");
	if (attr->n_values == 0 && kind == LDAP_MOD_ADD)
		return op_fail(op, ERR_BAD_REQUEST, "an attribute to add has no values");
	for (size_t i = 0; i < attr->n_values; i++) {
		struct str copy = arena_dup(op->arena, attr->values[i]);

		if (str_is_null(copy))
			return op_fail(op, ERR_BAD_REQUEST, "a value of an attribute is missing");
		values[i] = (struct berval){ .bv_val = (char *)(uintptr_t)copy.p, .bv_len = copy.len };
		list[i] = &values[i];
	}
	*ret_mod = (LDAPMod){
		.mod_op = kind | LDAP_MOD_BVALUES,
		.mod_type = (char *)(uintptr_t)arena_cstr(op->arena, attr->name),
		.mod_bvalues = attr->n_values > 0 ? list : NULL,
	};
	return 0;
}

struct write_args {
	const char *dn;
	LDAPMod **mods; /* NULL-terminated */
};

static int send_add(LDAP *ld, const void *args, int *ret_msgid)
{
	const struct write_args *w = args;

	return ldap_add_ext(ld, w->dn, w->mods, NULL, NULL, ret_msgid);
}

static int send_modify(LDAP *ld, const void *args, int *ret_msgid)
{
	const struct write_args *w = args;

	return ldap_modify_ext(ld, w->dn, w->mods, NULL, NULL, ret_msgid);
}

static int send_delete(LDAP *ld, const void *args, int *ret_msgid)
{
	const struct write_args *w = args;

	return ldap_delete_ext(ld, w->dn, NULL, NULL, ret_msgid);
}

int ldap_add(struct op *op, struct ldap_pool *p, struct str dn, const struct ldap_attr *attrs, size_t n_attrs)
{
	struct write_args w = { .mods = ARENA_ARRAY(op->arena, LDAPMod *, n_attrs + 1) };
	LDAPMod *mods = ARENA_ARRAY(op->arena, LDAPMod, n_attrs + 1);

	if (ldap_text(op, dn, &w.dn) < 0)
		return op->error.code;
	for (size_t i = 0; i < n_attrs; i++) {
		if (make_mod(op, LDAP_MOD_ADD, &attrs[i], &mods[i]) < 0)
			return op->error.code;
		w.mods[i] = &mods[i];
	}
	return run_write(op, p, send_add, &w);
}

int ldap_modify(struct op *op, struct ldap_pool *p, struct str dn, const struct ldap_change *changes, size_t n_changes)
{
	static const int kinds[] = {
		[LDAP_CHANGE_ADD] = LDAP_MOD_ADD,
		[LDAP_CHANGE_DELETE] = LDAP_MOD_DELETE,
		[LDAP_CHANGE_REPLACE] = LDAP_MOD_REPLACE,
	};
	struct write_args w = { .mods = ARENA_ARRAY(op->arena, LDAPMod *, n_changes + 1) };
	LDAPMod *mods = ARENA_ARRAY(op->arena, LDAPMod, n_changes + 1);

	if (ldap_text(op, dn, &w.dn) < 0)
		return op->error.code;
	for (size_t i = 0; i < n_changes; i++) {
		assert((size_t)changes[i].kind < ARRAY_LEN(kinds));
		if (make_mod(op, kinds[changes[i].kind], &changes[i].attr, &mods[i]) < 0)
			return op->error.code;
		w.mods[i] = &mods[i];
	}
	return run_write(op, p, send_modify, &w);
}

int ldap_delete(struct op *op, struct ldap_pool *p, struct str dn)
{
	struct write_args w = { 0 };

	if (ldap_text(op, dn, &w.dn) < 0)
		return op->error.code;
	return run_write(op, p, send_delete, &w);
}
