#include "provisioning/ldap/map.h"

#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/base/text.h"
#include "common/net/ldap_filter.h"

#include <string.h>

#define CHANGE_MAX_BYTES 8192

/* Result codes (RFC 4511 §4.1.9) that mean something of their own. */
enum {
	CODE_STRONGER_AUTH = 8,
	CODE_CONFIDENTIALITY = 13,
	CODE_NO_SUCH_ATTRIBUTE = 16,
	CODE_CONSTRAINT = 19,
	CODE_VALUE_EXISTS = 20,
	CODE_INAPPROPRIATE_AUTH = 48,
	CODE_INVALID_CREDENTIALS = 49,
	CODE_NO_ACCESS = LDAP_NO_ACCESS,
	CODE_OTHER = 80,
};

void ldap_want_list(struct ldap_wanted *w, const char *name, const struct str *values, size_t n)
{
	assert(w->n < LDAP_WANTED_MAX);
	if (w->leaves && desired_leaves(w->leaves, name))
		return;
	w->attrs[w->n++] = (struct ldap_attr){ str_c(name), values, n };
}

void ldap_want(struct ldap_wanted *w, const char *name, struct str value)
{
	struct str *values = ARENA_ARRAY(w->arena, struct str, 1);

	values[0] = value;
	ldap_want_list(w, name, values, str_is_empty(value) ? 0 : 1);
}

void ldap_want_person(struct ldap_wanted *w, const struct desired *want)
{
	ldap_want(w, "cn", want->full_name);
	/* sn must be there; a person may have no family name. */
	ldap_want(w, "sn", str_is_empty(want->ho) ? want->full_name : want->ho);
	ldap_want(w, "givenName", want->ten);
	ldap_want(w, "displayName", want->full_name);
	ldap_want(w, "mail", want->mail);
	ldap_want(w, "title", want->post);
}

/* As attributes hold it (RFC 4517 §3.3.3: TRUE and FALSE). */
static void want_value(struct ldap_wanted *w, struct str path, const struct mapping_value *v)
{
	const char *name = arena_cstr(w->arena, path);

	switch (v->type) {
	case MAPPING_LIST:
		ldap_want_list(w, name, v->items, v->n);
		break;
	case MAPPING_BOOLEAN:
		ldap_want(w, name, v->number ? STR("TRUE") : STR("FALSE"));
		break;
	case MAPPING_INTEGER:
		ldap_want(w, name, arena_printf(w->arena, "%lld", (long long)v->number));
		break;
	default:
		ldap_want(w, name, v->text);
	}
}

void ldap_want_mapped(struct ldap_wanted *w, const struct desired *want, bool is_new)
{
	for (size_t i = 0; i < want->n_values; i++)
		if (is_new || want->values[i].row->owner == MAPPING_OURS)
			want_value(w, want->values[i].row->path, &want->values[i].value);
}

bool ldap_attr_has(const struct ldap_attr *attr, struct str value)
{
	for (size_t i = 0; i < attr->n_values; i++)
		if (str_equal(attr->values[i], value))
			return true;
	return false;
}

bool ldap_entry_has_class(const struct ldap_entry *entry, struct str class)
{
	const struct ldap_attr *classes = ldap_entry_attr(entry, "objectClass");

	for (size_t i = 0; i < classes->n_values; i++)
		if (str_equal_nocase(classes->values[i], class))
			return true;
	return false;
}

static bool same_values(const struct ldap_attr *a, const struct ldap_attr *b)
{
	if (a->n_values != b->n_values)
		return false;
	for (size_t i = 0; i < a->n_values; i++) {
		bool is_there = false;

		for (size_t k = 0; k < b->n_values && !is_there; k++)
			is_there = text_equal_nfc(a->values[i], b->values[k]);
		if (!is_there)
			return false;
	}
	return true;
}

size_t ldap_changes(const struct ldap_wanted *w, const struct ldap_entry *entry, struct ldap_change *ret_changes)
{
	size_t n = 0;

	for (size_t i = 0; i < w->n; i++) {
		const char *name = arena_cstr(w->arena, w->attrs[i].name);

		if (!same_values(&w->attrs[i], ldap_entry_attr(entry, name)))
			ret_changes[n++] = (struct ldap_change){ LDAP_CHANGE_REPLACE, w->attrs[i] };
	}
	return n;
}

static struct str values_of(struct arena *a, const struct ldap_attr *attr)
{
	struct buf b = buf_new(a, CHANGE_MAX_BYTES);

	for (size_t i = 0; i < attr->n_values; i++) {
		if (i > 0)
			buf_add_c(&b, ",");
		buf_add(&b, attr->values[i]);
	}
	return buf_str(&b);
}

void ldap_note_changes(struct call *c, const struct ldap_entry *entry, const struct ldap_change *changes, size_t n)
{
	struct arena *a = c->op->arena;

	for (size_t i = 0; i < n; i++) {
		const char *name = arena_cstr(a, changes[i].attr.name);

		call_change(c, name, values_of(a, ldap_entry_attr(entry, name)), values_of(a, &changes[i].attr));
	}
}

size_t ldap_new_entry(const struct ldap_wanted *w, const struct str *classes, size_t n_classes,
                      struct ldap_attr ret_attrs[LDAP_WANTED_MAX + 1])
{
	size_t n = 0;

	ret_attrs[n++] = (struct ldap_attr){ STR("objectClass"), classes, n_classes };
	for (size_t i = 0; i < w->n; i++)
		if (w->attrs[i].n_values > 0)
			ret_attrs[n++] = w->attrs[i];
	return n;
}

static enum verdict refusal(struct call *c)
{
	struct str detail = c->op->error.detail;
	enum verdict verdict = VERDICT_REFUSED;
	const char *class = "data";

	switch (ldap_result_code(c->op)) {
	case CODE_STRONGER_AUTH:
	case CODE_CONFIDENTIALITY:
	case CODE_INAPPROPRIATE_AUTH:
	case CODE_INVALID_CREDENTIALS:
	case CODE_NO_ACCESS:
		verdict = VERDICT_AUTH;
		class = "auth";
		break;
	/* Somebody changed the entry between our reading and writing. */
	case CODE_NO_SUCH_ATTRIBUTE:
	case CODE_VALUE_EXISTS:
		verdict = VERDICT_NOT_DONE;
		class = "race";
		break;
	case CODE_OTHER:
		verdict = VERDICT_NOT_DONE;
		class = "server";
		break;
	/* The server keeps some attribute unique. */
	case CODE_CONSTRAINT:
		verdict = VERDICT_CONFLICT;
		class = "conflict";
		break;
	default:
		break;
	}
	return call_fault(c, verdict, class, "%.*s", STR_ARG(detail));
}

enum verdict ldap_verdict(struct call *c, bool is_write)
{
	struct str detail = c->op->error.detail;

	c->status = ldap_result_code(c->op);
	switch (c->op->error.code) {
	case ERR_UNAVAILABLE:
		if (ldap_result_code(c->op) == CODE_INVALID_CREDENTIALS)
			return call_fault(c, VERDICT_AUTH, "auth", "%.*s", STR_ARG(detail));
		return call_fault(c, VERDICT_DOWN, "down", "%.*s", STR_ARG(detail));
	case ERR_OUTCOME_UNKNOWN:
		return call_fault(c, is_write ? VERDICT_IN_DOUBT : VERDICT_DOWN, "timeout", "%.*s", STR_ARG(detail));
	case ERR_OVERLOADED:
		return call_fault(c, VERDICT_NOT_DONE, "busy", "all connections to the platform are in use");
	case ERR_NOT_FOUND:
		return call_fault(c, VERDICT_ABSENT, "absent", "%.*s", STR_ARG(detail));
	case ERR_CONFLICT:
		return call_fault(c, VERDICT_CONFLICT, "conflict", "%.*s", STR_ARG(detail));
	case ERR_TARGET:
		return refusal(c);
	default:
		return call_fault(c, VERDICT_REFUSED, "data", "%s: %.*s", err_name(c->op->error.code), STR_ARG(detail));
	}
}

int ldap_map_open(struct op *op, const struct connector_config *config, struct ldap_pool **ret_pool)
{
	struct ldap_config ldap = {
		.uri = config->uri,
		.starttls = config->starttls,
		.ca_file = config->ca_file,
		.bind_dn = config->bind_dn,
		.password = config->password,
		.timeout_ms = (int)config->timeout_ms,
		.pool_size = (unsigned)config->concurrency,
	};

	return ldap_pool_new(op, &ldap, ret_pool);
}

enum verdict ldap_read(struct call *c, struct ldap_pool *pool, struct str dn, const char *const *attrs,
                       const struct ldap_entry **ret_entry)
{
	const struct ldap_entry *entries;
	size_t n = 0;
	int64_t began_us = trace_begin(c);

	op_forgive(c->op);
	if (ldap_search(c->op, pool, dn, LDAP_BASE, STR("(objectClass=*)"), attrs, 1, &entries, &n) < 0)
		return ldap_verdict(c, false);
	trace_query(c, began_us, "ldap", "read", dn, (int64_t)n);
	/* An entry that access rules hide is absent to us. */
	if (n == 0)
		return call_fault(c, VERDICT_ABSENT, "absent", "no entry");
	*ret_entry = &entries[0];
	return VERDICT_DONE;
}

enum verdict ldap_find(struct call *c, struct ldap_pool *pool, struct str base, const char *id_attr,
                       const char *const *attrs, const struct ldap_entry **ret_entry)
{
	const struct ldap_entry *entries;
	struct str filter;
	size_t n = 0;
	int64_t began_us = trace_begin(c);

	op_forgive(c->op);
	if (ldap_filter_eq(c->op, id_attr, c->want->account_id, &filter) < 0)
		return ldap_verdict(c, false);
	if (ldap_search(c->op, pool, base, LDAP_SUB, filter, attrs, 10, &entries, &n) < 0) {
		if (c->op->error.code == ERR_LIMIT)
			return call_fault(c, VERDICT_REFUSED, "disputed", "more than 10 entries carry our id");
		if (c->op->error.code == ERR_NOT_FOUND)
			return call_fault(c, VERDICT_REFUSED, "config", "there is no %.*s", STR_ARG(base));
		return ldap_verdict(c, false);
	}
	trace_query(c, began_us, "ldap", "search", filter, (int64_t)n);
	if (n > 1)
		return call_fault(c, VERDICT_REFUSED, "disputed", "%zu entries carry our id", n);
	if (n == 0)
		return call_fault(c, VERDICT_ABSENT, "absent", "no entry");
	*ret_entry = &entries[0];
	return VERDICT_DONE;
}

static enum verdict is_at_known(struct call *c, struct ldap_pool *pool, const char *id_attr, const char *const *attrs, const struct ldap_entry **ret_entry)
{
	enum verdict verdict = ldap_read(c, pool, c->ext_id, attrs, ret_entry);

	if (verdict != VERDICT_DONE || str_equal_nocase(ldap_entry_value(*ret_entry, id_attr), c->want->account_id))
		return verdict;
	return call_fault(c, VERDICT_CONFLICT, "conflict", "%.*s does not carry our id", STR_ARG((*ret_entry)->dn));
}

/* Moved and without our id: it would still sign in by its name. */
static enum verdict is_named_so(struct call *c, struct ldap_pool *pool, struct str base, const char *login_attr)
{
	static const char *const attrs[] = { "1.1", NULL };
	const struct ldap_entry *entries;
	struct str filter;
	size_t n = 0;

	op_forgive(c->op);
	if (ldap_filter_eq(c->op, login_attr, c->want->login, &filter) < 0)
		return ldap_verdict(c, false);
	if (ldap_search(c->op, pool, base, LDAP_SUB, filter, attrs, 1, &entries, &n) < 0 && c->op->error.code != ERR_LIMIT)
		return ldap_verdict(c, false);
	if (n > 0 || c->op->error.code == ERR_LIMIT)
		return call_fault(c, VERDICT_CONFLICT, "conflict", "an entry with our user name does not carry our id");
	return call_fault(c, VERDICT_ABSENT, "absent", "no entry");
}

enum verdict ldap_find_unmarked(struct call *c, struct ldap_pool *pool, struct str base, const char *login_attr, const char *id_attr,
                                const char *const *attrs, const struct ldap_entry **ret_entry)
{
	const bool is_named_by_login = strcmp(login_attr, "uid") == 0;
	enum verdict verdict = VERDICT_ABSENT;
	struct str dn;

	if (!str_is_null(c->ext_id))
		verdict = is_at_known(c, pool, id_attr, attrs, ret_entry);
	if (verdict != VERDICT_ABSENT)
		return verdict;
	op_forgive(c->op);
	if (!is_named_by_login)
		return is_named_so(c, pool, base, login_attr);
	if (ldap_dn_child(c->op, "uid", c->want->login, base, &dn) < 0)
		return ldap_verdict(c, false);
	verdict = ldap_read(c, pool, dn, attrs, ret_entry);
	if (verdict == VERDICT_DONE)
		return call_fault(c, VERDICT_CONFLICT, "conflict", "the user name belongs to an entry that is not ours");
	return verdict == VERDICT_ABSENT && !str_is_null(c->ext_id) ? is_named_so(c, pool, base, login_attr) : verdict;
}
