#include "provisioning/ldap/stable.h"

#include "common/base/err.h"
#include "common/net/ldap_filter.h"
#include "provisioning/attributes.h"

struct str ldap_stable_id(struct arena *a, const struct ldap_entry *entry)
{
	struct str id = ldap_entry_value(entry, "entryUUID");

	return str_is_empty(id) ? ldap_guid(a, entry) : attributes_lower(a, id);
}

bool ldap_is_ours(const struct call *c, const struct ldap_entry *entry, const char *id_attr)
{
	struct str owner = ldap_entry_value(entry, id_attr), id = ldap_stable_id(c->op->arena, entry);
	bool is_marked = str_equal_nocase(owner, c->want->account_id);

	if (str_is_empty(c->stable_id) || str_is_null(id))
		return is_marked;
	return str_equal(id, c->stable_id) && (is_marked || str_is_empty(owner));
}

/* Everything that the server holds around base; base itself, when it does not say. */
static struct str tree_of(struct call *c, struct ldap_pool *pool, struct str base)
{
	static const char *const attrs[] = { "namingContexts", NULL };
	const struct ldap_entry *root;
	const struct ldap_attr *trees;
	struct str inner = attributes_lower(c->op->arena, base);
	size_t n = 0;

	if (ldap_search(c->op, pool, STR(""), LDAP_BASE, STR("(objectClass=*)"), attrs, 1, &root, &n) < 0 || n == 0) {
		op_forgive(c->op);
		return base;
	}
	trees = ldap_entry_attr(root, "namingContexts");
	for (size_t i = 0; i < trees->n_values; i++)
		if (!str_is_empty(trees->values[i]) && str_ends(inner, attributes_lower(c->op->arena, trees->values[i])))
			return trees->values[i];
	return base;
}

static enum verdict search_below(struct call *c, const struct ldap_identity *who, struct str base, struct str filter, const struct ldap_entry **ret_entry)
{
	const struct ldap_entry *entries;
	int64_t began_us = trace_begin(c);
	size_t n = 0;

	op_forgive(c->op);
	if (ldap_search(c->op, who->pool, base, LDAP_SUB, filter, who->attrs, 1, &entries, &n) < 0)
		return ldap_verdict(c, false);
	trace_query(c, began_us, "ldap", "search", filter, (int64_t)n);
	if (n == 0)
		return call_fault(c, VERDICT_ABSENT, "absent", "no entry");
	*ret_entry = &entries[0];
	return VERDICT_DONE;
}

static bool is_about_the_server(enum verdict verdict)
{
	return verdict == VERDICT_DOWN || verdict == VERDICT_IN_DOUBT || verdict == VERDICT_NOT_DONE;
}

static enum verdict find_stable(struct call *c, const struct ldap_identity *who, const struct ldap_entry **ret_entry)
{
	enum verdict verdict;
	struct str filter, tree;

	/* <GUID=…> is a name that can be read by. */
	if (str_starts(c->stable_id, STR("<")))
		return ldap_read(c, who->pool, c->stable_id, who->attrs, ret_entry);
	if (ldap_filter_eq(c->op, "entryUUID", c->stable_id, &filter) < 0)
		return ldap_verdict(c, false);
	tree = tree_of(c, who->pool, who->people_base);
	verdict = search_below(c, who, tree, filter, ret_entry);
	/* Not all of it may be for us to see. */
	if (verdict == VERDICT_DONE || is_about_the_server(verdict) || str_equal(tree, who->people_base))
		return verdict;
	return search_below(c, who, who->people_base, filter, ret_entry);
}

enum verdict ldap_look_for(struct call *c, const struct ldap_identity *who, const struct ldap_entry **ret_entry)
{
	enum verdict verdict = VERDICT_ABSENT;

	if (!str_is_empty(c->stable_id)) {
		verdict = find_stable(c, who, ret_entry);
		if (verdict == VERDICT_DONE && !ldap_is_ours(c, *ret_entry, who->id_attr))
			return call_fault(c, VERDICT_CONFLICT, "conflict", "%.*s was ours and carries the id of another account", STR_ARG((*ret_entry)->dn));
	}
	if (verdict == VERDICT_ABSENT)
		verdict = ldap_find(c, who->pool, who->people_base, who->id_attr, who->attrs, ret_entry);
	if (verdict == VERDICT_ABSENT)
		verdict = ldap_find_unmarked(c, who->pool, who->people_base, who->login_attr, who->id_attr, who->attrs, ret_entry);
	return verdict;
}

enum verdict ldap_take_down_twin(struct call *c, const struct ldap_identity *who, const struct ldap_entry *known,
                                 size_t (*changes_of)(struct call *c, const struct ldap_entry *entry, struct ldap_change *ret_changes))
{
	struct ldap_change changes[LDAP_WANTED_MAX + 1];
	const struct ldap_entry *twin = NULL;
	enum verdict verdict;
	size_t n;

	if (c->want->active || !str_is_empty(ldap_entry_value(known, who->id_attr)))
		return VERDICT_DONE;
	verdict = ldap_find(c, who->pool, who->people_base, who->id_attr, who->attrs, &twin);
	if (verdict == VERDICT_ABSENT) {
		op_forgive(c->op);
		return VERDICT_DONE;
	}
	n = verdict == VERDICT_DONE ? changes_of(c, twin, changes) : 0;
	if (n == 0)
		return verdict;
	ldap_note_changes(c, twin, changes, n);
	return ldap_modify(c->op, who->pool, twin->dn, changes, n) < 0 ? ldap_verdict(c, true) : VERDICT_DONE;
}

enum verdict ldap_write_verdict(struct call *c, struct str dn, struct str people_base)
{
	enum verdict verdict = ldap_verdict(c, true);

	if (verdict == VERDICT_CONFLICT)
		return call_fault(c, VERDICT_REFUSED, "data", "%.*s", STR_ARG(c->op->error.detail));
	if (verdict == VERDICT_AUTH && ldap_result_code(c->op) == LDAP_NO_ACCESS &&
	    !str_ends(attributes_lower(c->op->arena, dn), attributes_lower(c->op->arena, people_base)))
		return call_fault(c, VERDICT_REFUSED, "moved", "moved to %.*s, where we may not write", STR_ARG(dn));
	return verdict;
}
