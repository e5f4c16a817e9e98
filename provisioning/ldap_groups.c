#include "provisioning/ldap_groups.h"

#include "common/base/err.h"
#include "common/net/ldap_filter.h"

#define GROUPS_MAX 1000
/* objectClassViolation (RFC 4511 §4.1.9): the last member may not go. */
#define CODE_CLASS_VIOLATION 65

enum verdict ldap_groups_read(struct call *c, struct ldap_standing *s)
{
	static const char *const attrs[] = { "cn", NULL };
	struct ldap_platform *p = c->instance;
	struct str filter;

	if (ldap_filter_eq(c->op, "member", s->entry->dn, &filter) < 0 ||
	    ldap_search(c->op, p->pool, p->config->groups_base, LDAP_SUB, filter, attrs, GROUPS_MAX, &s->groups,
	                &s->n_groups) < 0) {
		if (c->op->error.code == ERR_NOT_FOUND)
			return call_fault(c, VERDICT_REFUSED, "config", "groups_base is not there");
		return ldap_verdict(c, false);
	}
	return VERDICT_DONE;
}

static bool role_is_wanted(const struct desired *want, struct str cn)
{
	if (!want->active)
		return false;
	for (size_t i = 0; i < want->n_roles; i++)
		if (str_equal_nocase(want->roles[i].code, cn))
			return true;
	return false;
}

static bool is_member(const struct ldap_standing *s, struct str role)
{
	for (size_t i = 0; i < s->n_groups; i++)
		if (str_equal_nocase(ldap_entry_value(&s->groups[i], "cn"), role))
			return true;
	return false;
}

bool ldap_groups_match(const struct call *c, const struct ldap_standing *s)
{
	size_t n_roles = c->want->active ? c->want->n_roles : 0;

	if (desired_leaves(c->want, "roles"))
		return true;
	for (size_t i = 0; i < s->n_groups; i++)
		if (!role_is_wanted(c->want, ldap_entry_value(&s->groups[i], "cn")))
			return false;
	for (size_t i = 0; i < n_roles; i++)
		if (!is_member(s, c->want->roles[i].code))
			return false;
	return true;
}

static enum verdict group_create(struct call *c, struct str group_dn, struct str role, struct str member)
{
	static const struct str class = { "groupOfNames", 12 };
	struct ldap_platform *p = c->instance;
	struct str members[] = { p->config->placeholder_member, member };
	struct ldap_attr attrs[] = {
		{ STR("objectClass"), &class, 1 },
		{ STR("cn"), &role, 1 },
		{ STR("member"), members, ARRAY_LEN(members) },
	};

	op_forgive(c->op);
	if (ldap_add(c->op, p->pool, group_dn, attrs, ARRAY_LEN(attrs)) == 0)
		return VERDICT_DONE;
	/* Made by another thread just now: the next attempt finds it. */
	if (c->op->error.code == ERR_CONFLICT)
		return call_fault(c, VERDICT_NOT_DONE, "race", "the group came to be at the same time");
	return ldap_verdict(c, true);
}

static enum verdict group_join(struct call *c, struct str role, struct str member)
{
	struct ldap_platform *p = c->instance;
	struct ldap_change change = { LDAP_CHANGE_ADD, { STR("member"), &member, 1 } };
	struct str group_dn;

	if (ldap_dn_child(c->op, "cn", role, p->config->groups_base, &group_dn) < 0)
		return ldap_verdict(c, true);
	if (ldap_modify(c->op, p->pool, group_dn, &change, 1) == 0)
		return VERDICT_DONE;
	if (c->op->error.code == ERR_NOT_FOUND)
		return group_create(c, group_dn, role, member);
	return ldap_verdict(c, true);
}

static enum verdict group_leave(struct call *c, struct str group_dn, struct str member)
{
	struct ldap_platform *p = c->instance;
	struct ldap_change changes[] = {
		{ LDAP_CHANGE_DELETE, { STR("member"), &member, 1 } },
		{ LDAP_CHANGE_ADD, { STR("member"), &p->config->placeholder_member, 1 } },
	};

	if (ldap_modify(c->op, p->pool, group_dn, changes, 1) == 0)
		return VERDICT_DONE;
	if (ldap_result_code(c->op) != CODE_CLASS_VIOLATION)
		return ldap_verdict(c, true);
	op_forgive(c->op);
	if (ldap_modify(c->op, p->pool, group_dn, changes, ARRAY_LEN(changes)) == 0)
		return VERDICT_DONE;
	return ldap_verdict(c, true);
}

enum verdict ldap_groups_bring(struct call *c, const struct ldap_standing *s)
{
	size_t n_roles = c->want->active ? c->want->n_roles : 0;
	enum verdict verdict = VERDICT_DONE;

	if (desired_leaves(c->want, "roles"))
		return VERDICT_DONE;
	for (size_t i = 0; i < s->n_groups && verdict == VERDICT_DONE; i++) {
		const struct ldap_entry *group = &s->groups[i];

		if (role_is_wanted(c->want, ldap_entry_value(group, "cn")))
			continue;
		call_change(c, "role", ldap_entry_value(group, "cn"), STR_NULL);
		verdict = group_leave(c, group->dn, s->entry->dn);
	}
	for (size_t i = 0; i < n_roles && verdict == VERDICT_DONE; i++) {
		if (is_member(s, c->want->roles[i].code))
			continue;
		call_change(c, "role", STR_NULL, c->want->roles[i].code);
		verdict = group_join(c, c->want->roles[i].code, s->entry->dn);
	}
	/* The entry was there a moment ago; it is a group that is missing now. */
	if (verdict == VERDICT_ABSENT || verdict == VERDICT_CONFLICT)
		return call_fault(c, VERDICT_NOT_DONE, "race", "%.*s", STR_ARG(c->op->error.detail));
	return verdict;
}
