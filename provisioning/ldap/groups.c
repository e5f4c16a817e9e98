#include "provisioning/ldap/groups.h"

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
static struct str member_name(const struct ldap_membership *m)
{
	return m->folder->kind->by_uid ? ldap_entry_value(m->entry, "uid") : m->entry->dn;
}

enum verdict ldap_groups_read(struct call *c, struct ldap_membership *m)
{
	static const char *const attrs[] = { "cn", NULL };
	const struct ldap_folder *f = m->folder;
	struct str filter;

	if (ldap_filter_eq(c->op, f->kind->member, member_name(m), &filter) < 0 ||
	    ldap_search(c->op, f->pool, f->base, LDAP_SUB, filter, attrs, GROUPS_MAX, &m->groups, &m->n_groups) < 0) {
		if (c->op->error.code == ERR_NOT_FOUND)
			return call_fault(c, VERDICT_REFUSED, "config", "the folder of %s is not there: %.*s", f->many, STR_ARG(f->base));
		return ldap_verdict(c, false);
	}
	return VERDICT_DONE;
}

static bool is_wanted(const struct ldap_membership *m, struct str cn)
{
	for (size_t i = 0; i < m->n_wanted; i++)
		if (str_equal_nocase(m->wanted[i], cn))
			return true;
	return false;
}

static bool is_member(const struct ldap_membership *m, struct str name)
{
	for (size_t i = 0; i < m->n_groups; i++)
		if (str_equal_nocase(ldap_entry_value(&m->groups[i], "cn"), name))
			return true;
	return false;
}

bool ldap_groups_match(const struct call *c, const struct ldap_membership *m)
{
	if (desired_leaves(c->want, m->folder->many))
		return true;
	for (size_t i = 0; i < m->n_groups; i++)
		if (!is_wanted(m, ldap_entry_value(&m->groups[i], "cn")))
			return false;
	for (size_t i = 0; i < m->n_wanted; i++)
		if (!is_member(m, m->wanted[i]))
			return false;
	return true;
}

/* One above the highest that any group there has; at least config.gid_first. */
static enum verdict next_gid(struct call *c, const struct ldap_folder *f, struct str *ret)
{
	static const char *const attrs[] = { "gidNumber", NULL };
	const struct ldap_entry *groups;
	uint64_t next = (uint64_t)f->config->gid_first, gid;
	size_t n;

	if (ldap_search(c->op, f->pool, f->base, LDAP_SUB, STR("(gidNumber=*)"), attrs, GROUPS_MAX, &groups, &n) < 0)
		return ldap_verdict(c, false);
	for (size_t i = 0; i < n; i++)
		if (str_to_u64(ldap_entry_value(&groups[i], "gidNumber"), GID_MAX, &gid) && gid >= next)
			next = gid + 1;
	*ret = arena_printf(c->op->arena, "%" PRIu64, next);
	return VERDICT_DONE;
}

/* Somebody else may have taken the same number at the same time: then ours goes again. */
static enum verdict keep_gid(struct call *c, const struct ldap_folder *f, struct str group_dn, struct str gid)
{
	static const char *const attrs[] = { "cn", NULL };
	const struct ldap_entry *groups;
	struct str filter;
	size_t n;

	if (ldap_filter_eq(c->op, "gidNumber", gid, &filter) < 0 ||
	    ldap_search(c->op, f->pool, f->base, LDAP_SUB, filter, attrs, GROUPS_MAX, &groups, &n) < 0)
		return ldap_verdict(c, true);
	if (n <= 1)
		return VERDICT_DONE;
	if (ldap_delete(c->op, f->pool, group_dn) < 0)
		return ldap_verdict(c, true);
	return call_fault(c, VERDICT_NOT_DONE, "race", "another group took the number %.*s at the same time", STR_ARG(gid));
}

static enum verdict group_add(struct call *c, const struct ldap_membership *m, struct str group_dn, struct str name, struct str gid)
{
	const struct ldap_folder *f = m->folder;
	const struct ldap_group_kind *kind = f->kind;
	const struct str classes[] = { str_c(kind->class), m->more ? m->more->class : STR("") };
	struct str members[] = { member_name(m), f->config->placeholder_member };
	struct ldap_attr attrs[4 + LDAP_GROUP_MORE_MAX] = {
		{ STR("objectClass"), classes, m->more ? 2 : 1 },
		{ STR("cn"), &name, 1 },
		{ str_c(kind->member), members, kind->wants_member ? 2 : 1 },
	};
	size_t n = 3;

	if (kind->wants_gid)
		attrs[n++] = (struct ldap_attr){ STR("gidNumber"), &gid, 1 };
	else if (f->is_ad)
		attrs[n++] = (struct ldap_attr){ STR("sAMAccountName"), &name, 1 };
	for (size_t i = 0; m->more && i < m->more->n && i < LDAP_GROUP_MORE_MAX; i++)
		attrs[n++] = m->more->attrs[i];
	if (ldap_add(c->op, f->pool, group_dn, attrs, n) == 0)
		return kind->wants_gid ? keep_gid(c, f, group_dn, gid) : VERDICT_DONE;
	/* Made by another thread just now: the next attempt finds it. */
	if (c->op->error.code == ERR_CONFLICT)
		return call_fault(c, VERDICT_NOT_DONE, "race", "the group came to be at the same time");
	return ldap_verdict(c, true);
}

static enum verdict group_create(struct call *c, const struct ldap_membership *m, struct str group_dn, struct str name)
{
	const struct ldap_folder *f = m->folder;
	enum verdict verdict = VERDICT_DONE;
	struct str gid = STR_NULL;

	op_forgive(c->op);
	if (f->kind->wants_gid && f->config->gid_first == 0)
		return call_fault(c, VERDICT_REFUSED, "no_group", "there is no group %.*s, and no gid_first to make one", STR_ARG(name));
	if (f->kind->wants_gid)
		verdict = next_gid(c, f, &gid);
	return verdict == VERDICT_DONE ? group_add(c, m, group_dn, name, gid) : verdict;
}

static enum verdict group_join(struct call *c, const struct ldap_membership *m, struct str name)
{
	const struct ldap_folder *f = m->folder;
	const struct str member = member_name(m);
	struct ldap_change change = { LDAP_CHANGE_ADD, { str_c(f->kind->member), &member, 1 } };
	struct str group_dn;

	if (ldap_dn_child(c->op, "cn", name, f->base, &group_dn) < 0)
		return ldap_verdict(c, true);
	if (ldap_modify(c->op, f->pool, group_dn, &change, 1) == 0)
		return VERDICT_DONE;
	if (c->op->error.code == ERR_NOT_FOUND)
		return group_create(c, m, group_dn, name);
	return ldap_verdict(c, true);
}

static enum verdict group_leave(struct call *c, const struct ldap_membership *m, struct str group_dn)
{
	const struct ldap_folder *f = m->folder;
	const struct str attr = str_c(f->kind->member), member = member_name(m);
	struct ldap_change changes[] = {
		{ LDAP_CHANGE_DELETE, { attr, &member, 1 } },
		{ LDAP_CHANGE_ADD, { attr, &f->config->placeholder_member, 1 } },
	};

	if (ldap_modify(c->op, f->pool, group_dn, changes, 1) == 0)
		return VERDICT_DONE;
	/* Active Directory's word for "it is no member": somebody was faster. */
	if (f->is_ad && ldap_result_code(c->op) == CODE_UNWILLING)
		return call_fault(c, VERDICT_NOT_DONE, "race", "%.*s", STR_ARG(c->op->error.detail));
	if (!f->kind->wants_member || ldap_result_code(c->op) != CODE_CLASS_VIOLATION)
		return ldap_verdict(c, true);
	op_forgive(c->op);
	if (ldap_modify(c->op, f->pool, group_dn, changes, ARRAY_LEN(changes)) == 0)
		return VERDICT_DONE;
	return ldap_verdict(c, true);
}

/* Of many groups: the lease may end between them. */
static enum verdict may_write(struct call *c, const struct ldap_folder *f)
{
	if (call_has_time(c, f->config->timeout_ms))
		return VERDICT_DONE;
	return call_fault(c, VERDICT_NOT_DONE, "lease", "no time left within the lease");
}

enum verdict ldap_groups_bring(struct call *c, const struct ldap_membership *m)
{
	const char *one = m->folder->one;
	enum verdict verdict = VERDICT_DONE;

	if (desired_leaves(c->want, m->folder->many))
		return VERDICT_DONE;
	for (size_t i = 0; i < m->n_groups && verdict == VERDICT_DONE; i++) {
		const struct ldap_entry *group = &m->groups[i];

		if (is_wanted(m, ldap_entry_value(group, "cn")))
			continue;
		call_change(c, one, ldap_entry_value(group, "cn"), STR_NULL);
		verdict = may_write(c, m->folder);
		if (verdict == VERDICT_DONE)
			verdict = group_leave(c, m, group->dn);
	}
	for (size_t i = 0; i < m->n_wanted && verdict == VERDICT_DONE; i++) {
		if (is_member(m, m->wanted[i]))
			continue;
		call_change(c, one, STR_NULL, m->wanted[i]);
		verdict = may_write(c, m->folder);
		if (verdict == VERDICT_DONE)
			verdict = group_join(c, m, m->wanted[i]);
	}
	/* The entry was there a moment ago; it is a group that is missing now. */
	if (verdict == VERDICT_ABSENT || verdict == VERDICT_CONFLICT)
		return call_fault(c, VERDICT_NOT_DONE, "race", "%.*s", STR_ARG(c->op->error.detail));
	return verdict;
}
