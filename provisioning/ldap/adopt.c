#include "provisioning/ldap/adopt.h"

#include "common/base/err.h"
#include "common/net/ldap_filter.h"

#define PERSON STR("inetOrgPerson")
#define CHANGES_MAX 4
/* Which the class demands; what it is comes with the next change. */
#define STATUS "senStatus"

bool ldap_is_named(const struct ldap_entry *entry, const char *login_attr, struct str login)
{
	const struct ldap_attr *names = ldap_entry_attr(entry, login_attr);

	for (size_t i = 0; i < names->n_values; i++)
		if (str_equal_nocase(names->values[i], login))
			return true;
	return false;
}

/* Two entries of one user name, and nobody could sign in with it. */
static enum verdict name_is_free(struct call *c, const struct ldap_identity *who)
{
	static const char *const attrs[] = { "1.1", NULL };
	const struct ldap_entry *entries;
	struct str filter;
	size_t n = 0;

	if (ldap_filter_eq(c->op, who->login_attr, c->want->login, &filter) < 0)
		return ldap_verdict(c, false);
	if (ldap_search(c->op, who->pool, who->people_base, LDAP_SUB, filter, attrs, 1, &entries, &n) < 0 && c->op->error.code != ERR_LIMIT)
		return ldap_verdict(c, false);
	if (n == 0 && c->op->error.code != ERR_LIMIT)
		return VERDICT_DONE;
	op_forgive(c->op);
	return call_fault(c, VERDICT_CONFLICT, "conflict", "another entry has the user name %.*s", STR_ARG(c->want->login));
}

/* What makes it an account of the directory. */
static enum verdict directory_changes(struct call *c, const struct ldap_adoption *how, const struct ldap_entry *entry, struct ldap_change *changes, size_t *n)
{
	struct str *class = ARENA_NEW(c->op->arena, struct str), *status = ARENA_NEW(c->op->arena, struct str);
	enum verdict verdict;

	*class = str_c(how->class);
	*status = str_is_empty(c->want->status) ? STR("pending") : c->want->status;
	if (!ldap_entry_has_class(entry, PERSON))
		return call_fault(c, VERDICT_REFUSED, "data", "%.*s is no inetOrgPerson", STR_ARG(entry->dn));
	if (!ldap_entry_has_class(entry, *class))
		changes[(*n)++] = (struct ldap_change){ LDAP_CHANGE_ADD, { STR("objectClass"), class, 1 } };
	if (str_is_empty(ldap_entry_value(entry, STATUS)))
		changes[(*n)++] = (struct ldap_change){ LDAP_CHANGE_ADD, { STR(STATUS), status, 1 } };
	/* Decided from a listing: by its own name. */
	if (str_is_empty(c->want->login) || ldap_is_named(entry, how->who->login_attr, c->want->login))
		return VERDICT_DONE;
	verdict = name_is_free(c, how->who);
	if (verdict == VERDICT_DONE)
		changes[(*n)++] = (struct ldap_change){ LDAP_CHANGE_ADD, { str_c(how->who->login_attr), &c->want->login, 1 } };
	return verdict;
}

/* Our id is added, never put in the place of another: a second one at the same time loses. */
enum verdict ldap_adopt_entry(struct call *c, const struct ldap_adoption *how, struct observed *ret)
{
	const struct ldap_identity *who = how->who;
	struct ldap_change changes[CHANGES_MAX];
	const struct ldap_entry *entry;
	enum verdict verdict = ldap_read(c, who->pool, c->ext_id, who->attrs, &entry);
	struct str owner;
	size_t n = 0;

	if (verdict != VERDICT_DONE)
		return verdict;
	owner = ldap_entry_value(entry, who->id_attr);
	if (!str_is_empty(owner) && !str_equal_nocase(owner, c->want->account_id))
		return call_fault(c, VERDICT_CONFLICT, "conflict", "the entry belongs to another account of ours");
	if (str_is_empty(owner))
		changes[n++] = (struct ldap_change){ LDAP_CHANGE_ADD, { str_c(who->id_attr), &c->want->account_id, 1 } };
	if (how->class)
		verdict = directory_changes(c, how, entry, changes, &n);
	if (verdict != VERDICT_DONE)
		return verdict;
	if (n > 0 && ldap_modify(c->op, who->pool, c->ext_id, changes, n) < 0)
		return ldap_verdict(c, true);
	*ret = (struct observed){ .ext_id = ldap_schema_ext_id(c->op->arena, how->schema, entry), .stable_id = ldap_stable_id(c->op->arena, entry) };
	return VERDICT_DONE;
}
