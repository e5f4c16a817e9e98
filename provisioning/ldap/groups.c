#include "provisioning/ldap/schema.h"

#include "common/base/err.h"
#include "common/base/text.h"
#include "common/net/ldap_filter.h"

#include <inttypes.h>

#define GROUPS_MAX 1000
/* objectClassViolation (RFC 4511 §4.1.9): the last member may not go. */
#define CODE_CLASS_VIOLATION 65
#define CODE_UNWILLING 53
#define GID_MAX 0x7FFFFFFF

const struct ldap_group_kind *ldap_group_kind(struct str class)
{
	static const struct ldap_group_kind kinds[] = {
		{ "groupOfNames", "member", false, true, false },
		{ "groupOfUniqueNames", "uniqueMember", false, true, false },
		{ "posixGroup", "memberUid", true, false, true },
		{ "group", "member", false, false, false },
	};

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (str_equal_nocase(class, str_c(kinds[i].class)))
			return &kinds[i];
	return NULL;
}

/* As groups name the account. */
static struct str member_of(const struct ldap_platform *p, const struct ldap_standing *s)
{
	return p->groups->by_uid ? ldap_entry_value(s->entry, "uid") : s->entry->dn;
}

/* Where the server says on the entry in which groups it is. */
static enum verdict read_from_entry(struct call *c, struct ldap_standing *s)
{
	const struct ldap_platform *p = c->instance;
	const struct ldap_attr *dns = ldap_entry_attr(s->entry, p->member_of);
	struct ldap_entry *groups = ARENA_ARRAY(c->op->arena, struct ldap_entry, dns->n_values + 1);
	size_t n = 0;

	for (size_t i = 0; i < dns->n_values; i++) {
		struct ldap_attr *cn = ARENA_NEW(c->op->arena, struct ldap_attr);
		struct str *value = ARENA_NEW(c->op->arena, struct str);

		if (!ldap_dn_is_child(c->op->arena, dns->values[i], p->config->groups_base, value))
			continue;
		*cn = (struct ldap_attr){ STR("cn"), value, 1 };
		groups[n++] = (struct ldap_entry){ dns->values[i], cn, 1 };
	}
	s->groups = groups;
	s->n_groups = n;
	return VERDICT_DONE;
}

enum verdict ldap_groups_read(struct call *c, struct ldap_standing *s)
{
	static const char *const attrs[] = { "cn", NULL };
	struct ldap_platform *p = c->instance;
	struct str filter;

	if (p->member_of)
		return read_from_entry(c, s);
	if (ldap_filter_eq(c->op, p->groups->member, member_of(p, s), &filter) < 0 ||
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

/* One above the highest that any group there has; at least config.gid_first. */
static enum verdict next_gid(struct call *c, struct str *ret)
{
	static const char *const attrs[] = { "gidNumber", NULL };
	const struct ldap_platform *p = c->instance;
	const struct ldap_entry *groups;
	uint64_t next = (uint64_t)p->config->gid_first, gid;
	size_t n;

	if (ldap_search(c->op, p->pool, p->config->groups_base, LDAP_SUB, STR("(gidNumber=*)"), attrs, GROUPS_MAX, &groups, &n) < 0)
		return ldap_verdict(c, false);
	for (size_t i = 0; i < n; i++)
		if (str_to_u64(ldap_entry_value(&groups[i], "gidNumber"), GID_MAX, &gid) && gid >= next)
			next = gid + 1;
	*ret = arena_printf(c->op->arena, "%" PRIu64, next);
	return VERDICT_DONE;
}

/* Somebody else may have taken the same number at the same time: then ours goes again. */
static enum verdict keep_gid(struct call *c, struct str group_dn, struct str gid)
{
	static const char *const attrs[] = { "cn", NULL };
	const struct ldap_platform *p = c->instance;
	const struct ldap_entry *groups;
	struct str filter;
	size_t n;

	if (ldap_filter_eq(c->op, "gidNumber", gid, &filter) < 0 ||
	    ldap_search(c->op, p->pool, p->config->groups_base, LDAP_SUB, filter, attrs, GROUPS_MAX, &groups, &n) < 0)
		return ldap_verdict(c, true);
	if (n <= 1)
		return VERDICT_DONE;
	if (ldap_delete(c->op, p->pool, group_dn) < 0)
		return ldap_verdict(c, true);
	return call_fault(c, VERDICT_NOT_DONE, "race", "another group took the number %.*s at the same time", STR_ARG(gid));
}

static enum verdict group_create(struct call *c, struct str group_dn, struct str role, struct str member)
{
	struct ldap_platform *p = c->instance;
	const struct ldap_group_kind *kind = p->groups;
	const struct str class = str_c(kind->class);
	struct str members[] = { member, p->config->placeholder_member }, gid = STR_NULL;
	struct ldap_attr attrs[] = {
		{ STR("objectClass"), &class, 1 },
		{ STR("cn"), &role, 1 },
		{ str_c(kind->member), members, kind->wants_member ? 2 : 1 },
		{ STR("gidNumber"), &gid, 1 },
	};
	const bool is_ad = p->schema->is_ad;
	enum verdict verdict;

	op_forgive(c->op);
	if (kind->wants_gid && p->config->gid_first == 0)
		return call_fault(c, VERDICT_REFUSED, "no_group", "there is no group %.*s, and no gid_first to make one", STR_ARG(role));
	verdict = kind->wants_gid ? next_gid(c, &gid) : VERDICT_DONE;
	if (verdict != VERDICT_DONE)
		return verdict;
	if (is_ad)
		attrs[3] = (struct ldap_attr){ STR("sAMAccountName"), &role, 1 };
	if (ldap_add(c->op, p->pool, group_dn, attrs, kind->wants_gid || is_ad ? 4 : 3) == 0)
		return kind->wants_gid ? keep_gid(c, group_dn, gid) : VERDICT_DONE;
	/* Made by another thread just now: the next attempt finds it. */
	if (c->op->error.code == ERR_CONFLICT)
		return call_fault(c, VERDICT_NOT_DONE, "race", "the group came to be at the same time");
	return ldap_verdict(c, true);
}

static enum verdict group_join(struct call *c, struct str role, struct str member)
{
	struct ldap_platform *p = c->instance;
	struct ldap_change change = { LDAP_CHANGE_ADD, { str_c(p->groups->member), &member, 1 } };
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
	const struct str attr = str_c(p->groups->member);
	struct ldap_change changes[] = {
		{ LDAP_CHANGE_DELETE, { attr, &member, 1 } },
		{ LDAP_CHANGE_ADD, { attr, &p->config->placeholder_member, 1 } },
	};

	if (ldap_modify(c->op, p->pool, group_dn, changes, 1) == 0)
		return VERDICT_DONE;
	/* Active Directory's word for "it is no member": somebody was faster. */
	if (p->schema->is_ad && ldap_result_code(c->op) == CODE_UNWILLING)
		return call_fault(c, VERDICT_NOT_DONE, "race", "%.*s", STR_ARG(c->op->error.detail));
	if (!p->groups->wants_member || ldap_result_code(c->op) != CODE_CLASS_VIOLATION)
		return ldap_verdict(c, true);
	op_forgive(c->op);
	if (ldap_modify(c->op, p->pool, group_dn, changes, ARRAY_LEN(changes)) == 0)
		return VERDICT_DONE;
	return ldap_verdict(c, true);
}

enum verdict ldap_groups_bring(struct call *c, const struct ldap_standing *s)
{
	size_t n_roles = c->want->active ? c->want->n_roles : 0;
	struct str member = member_of(c->instance, s);
	enum verdict verdict = VERDICT_DONE;

	if (desired_leaves(c->want, "roles"))
		return VERDICT_DONE;
	for (size_t i = 0; i < s->n_groups && verdict == VERDICT_DONE; i++) {
		const struct ldap_entry *group = &s->groups[i];

		if (role_is_wanted(c->want, ldap_entry_value(group, "cn")))
			continue;
		call_change(c, "role", ldap_entry_value(group, "cn"), STR_NULL);
		verdict = group_leave(c, group->dn, member);
	}
	for (size_t i = 0; i < n_roles && verdict == VERDICT_DONE; i++) {
		if (is_member(s, c->want->roles[i].code))
			continue;
		call_change(c, "role", STR_NULL, c->want->roles[i].code);
		verdict = group_join(c, c->want->roles[i].code, member);
	}
	/* The entry was there a moment ago; it is a group that is missing now. */
	if (verdict == VERDICT_ABSENT || verdict == VERDICT_CONFLICT)
		return call_fault(c, VERDICT_NOT_DONE, "race", "%.*s", STR_ARG(c->op->error.detail));
	return verdict;
}
