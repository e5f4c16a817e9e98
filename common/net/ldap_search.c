#include "common/net/ldap_search.h"

#include <string.h>

static const struct ldap_attr no_attr;

const struct ldap_attr *ldap_entry_attr(const struct ldap_entry *e, const char *name)
{
	for (size_t i = 0; i < e->n_attrs; i++)
		if (str_equal_nocase(e->attrs[i].name, str_c(name)))
			return &e->attrs[i];
	return &no_attr;
}

struct str ldap_entry_value(const struct ldap_entry *e, const char *name)
{
	const struct ldap_attr *attr = ldap_entry_attr(e, name);

	return attr->n_values > 0 ? attr->values[0] : STR_NULL;
}

int ldap_send_search(LDAP *ld, const void *args, int *ret_msgid)
{
	const struct ldap_search_args *s = args;
	LDAPControl *controls[] = { s->page, NULL };
	struct timeval limit = { .tv_sec = s->time_limit_s };

	return ldap_search_ext(ld, s->base, s->scope, s->filter, s->attrs, 0, s->page ? controls : NULL, NULL, &limit,
	                       s->size_limit, ret_msgid);
}

int ldap_make_search(struct op *op, int timeout_ms, struct str base, struct str filter, struct ldap_search_args *ret_args)
{
	/* The server stops as well when nobody waits any more. */
	ret_args->time_limit_s = timeout_ms / 1000 + 1;
	ret_args->base = "";
	if (base.len > 0 && ldap_text(op, base, &ret_args->base) < 0) /* empty: the root DSE */
		return op->error.code;
	return ldap_text(op, filter, &ret_args->filter);
}

static struct str copy_value(struct arena *a, const struct berval *v)
{
	return arena_dup(a, str_n(v->bv_val ? v->bv_val : "", v->bv_len));
}

/* false: past the arena's budget. */
static bool copy_attr(struct arena *a, const struct berval *name, const struct berval *values, struct ldap_attr *ret)
{
	struct str *copies;
	size_t n = 0;

	while (values && values[n].bv_val)
		n++;
	copies = ARENA_ARRAY(a, struct str, n + 1);
	for (size_t i = 0; i < n; i++) {
		if (arena_overflowed(a))
			return false;
		copies[i] = copy_value(a, &values[i]);
	}
	*ret = (struct ldap_attr){ .name = copy_value(a, name), .values = copies, .n_values = n };
	return !arena_overflowed(a);
}

static void attr_append(struct arena *a, struct ldap_entry *e, size_t *cap, const struct ldap_attr *attr)
{
	struct ldap_attr *attrs = (struct ldap_attr *)(uintptr_t)e->attrs;

	if (e->n_attrs == *cap) {
		*cap = *cap > 0 ? *cap * 2 : 16;
		attrs = ARENA_ARRAY(a, struct ldap_attr, *cap);
		if (e->n_attrs > 0)
			memcpy(attrs, e->attrs, e->n_attrs * sizeof(*attrs));
		e->attrs = attrs;
	}
	attrs[e->n_attrs++] = *attr;
}

int ldap_copy_entry(struct op *op, struct arena *a, LDAP *ld, LDAPMessage *message, struct ldap_entry *ret)
{
	struct ldap_entry entry = { 0 };
	struct berval name;
	BerElement *ber = NULL;
	BerVarray values = NULL;
	size_t cap = 0;
	int code;

	code = ldap_get_dn_ber(ld, message, &ber, &name);
	if (code == LDAP_SUCCESS)
		entry.dn = copy_value(a, &name);
	while (code == LDAP_SUCCESS && !arena_overflowed(a)) {
		struct ldap_attr attr;

		code = ldap_get_attribute_ber(ld, message, ber, &name, &values);
		if (code != LDAP_SUCCESS || !name.bv_val)
			break;
		if (copy_attr(a, &name, values, &attr))
			attr_append(a, &entry, &cap, &attr);
		ldap_memfree(values);
		values = NULL;
	}
	ldap_memfree(values);
	ber_free(ber, 0);
	if (code != LDAP_SUCCESS)
		return op_fail_detail(op, ERR_TARGET, "an entry of the directory cannot be read", "%s",
		                      ldap_err2string(code));
	if (arena_overflowed(a))
		return op_fail(op, ERR_LIMIT, "the entries of the directory are too large");
	*ret = entry;
	return 0;
}

static int libldap_scope(enum ldap_scope scope)
{
	switch (scope) {
	case LDAP_BASE:
		return LDAP_SCOPE_BASE;
	case LDAP_ONE:
		return LDAP_SCOPE_ONELEVEL;
	case LDAP_SUB:
		return LDAP_SCOPE_SUBTREE;
	}
	assert(!"scope");
	return LDAP_SCOPE_BASE;
}

/* The entries of a chain, after the server's result has been found good. */
static int copy_entries(struct op *op, LDAP *ld, LDAPMessage *chain, size_t limit,
                        const struct ldap_entry **ret_entries, size_t *ret_n)
{
	int count = ldap_count_entries(ld, chain);
	struct ldap_entry *entries;
	size_t n = 0;

	if (count < 0 || (size_t)count > limit)
		return op_fail(op, ERR_LIMIT, "the directory has more entries than expected");
	entries = ARENA_ARRAY(op->arena, struct ldap_entry, (size_t)count + 1);
	for (LDAPMessage *m = ldap_first_entry(ld, chain); m; m = ldap_next_entry(ld, m)) {
		assert(n < (size_t)count);
		if (ldap_copy_entry(op, op->arena, ld, m, &entries[n++]) < 0)
			return op->error.code;
	}
	*ret_entries = entries;
	*ret_n = n;
	return 0;
}

int ldap_search(struct op *op, struct ldap_pool *p, struct str base, enum ldap_scope scope, struct str filter,
                const char *const *attrs, size_t limit, const struct ldap_entry **ret_entries, size_t *ret_n)
{
	struct ldap_search_args args = { .scope = libldap_scope(scope), .attrs = (char **)(uintptr_t)attrs };
	const struct ldap_request request = { .send = ldap_send_search, .args = &args, .role = LDAP_ROLE_SERVICE };
	struct ldap_reply reply;
	int result;

	assert(limit < INT32_MAX);
	args.size_limit = limit > 0 ? (int)limit : 1;
	if (ldap_make_search(op, p->timeout_ms, base, filter, &args) < 0 || ldap_run(op, p, &request, &reply) < 0)
		return op->error.code;
	result = ldap_reply_error(op, &reply);
	if (result == 0)
		result = copy_entries(op, reply.conn.ld, reply.message, limit, ret_entries, ret_n);
	ldap_reply_done(&reply);
	return result;
}
