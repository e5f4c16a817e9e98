/*
 * A platform whose accounts live in an LDAP server of its own: inetOrgPerson entries
 * uid=<login>,<people_base> (RFC 2798), roles as groupOfNames cn=<role code>,<groups_base>
 * (RFC 4519 §3.5), which knows nothing of us.  One attribute (id_attr) carries the account id.
 *
 * Off = out of every group and disable_attr set.  groupOfNames wants a member, so each group
 * keeps a placeholder.
 */
#include "provisioning/connectors/registry.h"

#include "common/base/err.h"
#include "common/net/ldap_filter.h"
#include "provisioning/attributes.h"
#include "provisioning/ldap_list.h"

#include <stdlib.h>

#define GROUPS_MAX 1000
/* objectClassViolation (RFC 4511 §4.1.9): the last member may not go. */
#define CODE_CLASS_VIOLATION 65

struct ldap_platform {
	const struct connector_config *config;
	struct ldap_pool *pool;
	char *id_attr, *disable_attr;
	const char *read_attrs[4];
};

/* An account as it stands there. */
struct standing {
	const struct ldap_entry *entry;
	const struct ldap_entry *groups; /* it is a member of */
	size_t n_groups;
};

static int ldap_open(struct op *op, const struct connector_config *config, void **ret_instance)
{
	struct ldap_platform *p = calloc(1, sizeof(*p));

	if (!p || asprintf(&p->id_attr, "%.*s", STR_ARG(config->id_attr)) < 0 ||
	    asprintf(&p->disable_attr, "%.*s", STR_ARG(config->disable_attr)) < 0)
		abort();
	p->config = config;
	/* By name too: the attribute that disables may be an operational one. */
	p->read_attrs[0] = "*";
	p->read_attrs[1] = p->disable_attr;
	if (ldap_map_open(op, config, &p->pool) < 0) {
		free(p->id_attr);
		free(p->disable_attr);
		free(p);
		return op->error.code;
	}
	*ret_instance = p;
	return 0;
}

static void ldap_close(void *instance)
{
	struct ldap_platform *p = instance;

	ldap_pool_free(p->pool);
	free(p->id_attr);
	free(p->disable_attr);
	free(p);
}

static void want_on(const struct ldap_platform *p, struct ldap_wanted *w, const struct desired *want, bool is_new)
{
	if (want->mapping) {
		ldap_want_mapped(w, want, is_new);
	} else {
		ldap_want_person(w, want);
		ldap_want(w, "ou", want->unit_name);
		ldap_want(w, "departmentNumber", want->unit_code);
	}
	ldap_want(w, p->id_attr, want->account_id);
}

/* What the configuration keeps for us is no value of a mapping. */
static enum verdict check_mapping(struct call *c)
{
	const struct ldap_platform *p = c->instance;

	for (size_t i = 0; c->want->active && i < c->want->n_values; i++) {
		struct str path = c->want->values[i].row->path;

		if (str_equal_nocase(path, str_c(p->id_attr)) || str_equal_nocase(path, str_c(p->disable_attr)))
			return call_fault(c, VERDICT_REFUSED, "mapping", "%.*s is set by the configuration", STR_ARG(path));
	}
	return VERDICT_DONE;
}

static bool is_off(const struct ldap_platform *p, const struct ldap_entry *entry)
{
	return ldap_attr_has(ldap_entry_attr(entry, p->disable_attr), p->config->disable_value);
}

static size_t entry_changes(struct call *c, const struct ldap_entry *entry,
                            struct ldap_change ret_changes[LDAP_WANTED_MAX])
{
	struct ldap_platform *p = c->instance;
	struct ldap_wanted w = { .arena = c->op->arena };

	if (c->want->active)
		want_on(p, &w, c->want, false);
	if (!c->want->active)
		ldap_want(&w, p->disable_attr, p->config->disable_value);
	else if (is_off(p, entry))
		ldap_want(&w, p->disable_attr, STR(""));
	return ldap_changes(&w, entry, ret_changes);
}

static enum verdict read_groups(struct call *c, struct standing *s)
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

static bool is_member(const struct standing *s, struct str role)
{
	for (size_t i = 0; i < s->n_groups; i++)
		if (str_equal_nocase(ldap_entry_value(&s->groups[i], "cn"), role))
			return true;
	return false;
}

static bool groups_match(const struct call *c, const struct standing *s)
{
	size_t n_roles = c->want->active ? c->want->n_roles : 0;

	for (size_t i = 0; i < s->n_groups; i++)
		if (!role_is_wanted(c->want, ldap_entry_value(&s->groups[i], "cn")))
			return false;
	for (size_t i = 0; i < n_roles; i++)
		if (!is_member(s, c->want->roles[i].code))
			return false;
	return true;
}

static void observe(struct call *c, const struct standing *s, struct observed *ret)
{
	struct ldap_change changes[LDAP_WANTED_MAX];

	*ret = (struct observed){
		.ext_id = s->entry->dn,
		.is_known = true,
		/* Membership is access: somebody in a role is not off. */
		.active = !is_off(c->instance, s->entry) || (!c->want->active && s->n_groups > 0),
		.matches = entry_changes(c, s->entry, changes) == 0 && groups_match(c, s),
	};
}

static enum verdict ldap_look_up(struct call *c, struct observed *ret)
{
	struct ldap_platform *p = c->instance;
	struct standing s = { 0 };
	struct str dn;
	enum verdict verdict = ldap_find(c, p->pool, p->config->people_base, p->id_attr, p->read_attrs, &s.entry);

	if (verdict == VERDICT_DONE) {
		verdict = read_groups(c, &s);
		if (verdict == VERDICT_DONE)
			observe(c, &s, ret);
		return verdict;
	}
	if (verdict != VERDICT_ABSENT)
		return verdict;
	if (ldap_dn_child(c->op, "uid", c->want->login, p->config->people_base, &dn) < 0)
		return ldap_verdict(c, false);
	verdict = ldap_read(c, p->pool, dn, p->read_attrs, &s.entry);
	if (verdict == VERDICT_DONE)
		return call_fault(c, VERDICT_CONFLICT, "conflict", "the user name belongs to an entry that is not ours");
	return verdict;
}

/* The entry at ext_id with its groups. */
static enum verdict read_standing(struct call *c, struct standing *ret)
{
	struct ldap_platform *p = c->instance;
	enum verdict verdict = ldap_read(c, p->pool, c->ext_id, p->read_attrs, &ret->entry);

	if (verdict != VERDICT_DONE)
		return verdict;
	if (!str_equal_nocase(ldap_entry_value(ret->entry, p->id_attr), c->want->account_id))
		return call_fault(c, VERDICT_ABSENT, "absent", "the entry is not ours any more");
	return read_groups(c, ret);
}

static enum verdict ldap_read_back(struct call *c, struct observed *ret)
{
	struct standing s = { 0 };
	enum verdict verdict = read_standing(c, &s);

	if (verdict == VERDICT_DONE)
		observe(c, &s, ret);
	return verdict;
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

/* Out of what is not wanted first: access that ends must not wait for access that begins. */
static enum verdict groups_bring(struct call *c, const struct standing *s)
{
	size_t n_roles = c->want->active ? c->want->n_roles : 0;
	enum verdict verdict = VERDICT_DONE;

	for (size_t i = 0; i < s->n_groups && verdict == VERDICT_DONE; i++) {
		const struct ldap_entry *group = &s->groups[i];

		if (!role_is_wanted(c->want, ldap_entry_value(group, "cn")))
			verdict = group_leave(c, group->dn, s->entry->dn);
	}
	for (size_t i = 0; i < n_roles && verdict == VERDICT_DONE; i++)
		if (!is_member(s, c->want->roles[i].code))
			verdict = group_join(c, c->want->roles[i].code, s->entry->dn);
	/* The entry was there a moment ago; it is a group that is missing now. */
	if (verdict == VERDICT_ABSENT || verdict == VERDICT_CONFLICT)
		return call_fault(c, VERDICT_NOT_DONE, "race", "%.*s", STR_ARG(c->op->error.detail));
	return verdict;
}

static enum verdict ldap_create(struct call *c, struct observed *ret)
{
	static const struct str class = { "inetOrgPerson", 13 };
	struct ldap_platform *p = c->instance;
	struct ldap_wanted w = { .arena = c->op->arena };
	struct ldap_attr attrs[LDAP_WANTED_MAX + 1];
	struct ldap_entry entry = { 0 };
	struct standing s = { .entry = &entry };
	size_t n;

	if (check_mapping(c) != VERDICT_DONE)
		return VERDICT_REFUSED;
	if (!call_has_time(c, p->config->timeout_ms))
		return call_fault(c, VERDICT_NOT_DONE, "lease", "no time left within the lease");
	if (ldap_dn_child(c->op, "uid", c->want->login, p->config->people_base, &entry.dn) < 0)
		return ldap_verdict(c, true);
	ldap_want(&w, "uid", c->want->login);
	want_on(p, &w, c->want, true);
	n = ldap_new_entry(&w, &class, 1, attrs);
	if (ldap_add(c->op, p->pool, entry.dn, attrs, n) < 0) {
		enum verdict verdict = ldap_verdict(c, true);

		return verdict == VERDICT_ABSENT ? call_fault(c, VERDICT_REFUSED, "config", "people_base is not there")
		                                 : verdict;
	}
	/* From here on it exists, whatever becomes of the groups: the next attempt is an update. */
	*ret = (struct observed){ .ext_id = entry.dn };
	c->ext_id = entry.dn;
	return groups_bring(c, &s);
}

static enum verdict ldap_update(struct call *c, struct observed *ret)
{
	struct ldap_platform *p = c->instance;
	struct standing s = { 0 };
	struct ldap_change changes[LDAP_WANTED_MAX];
	enum verdict verdict = check_mapping(c);
	size_t n;

	if (verdict == VERDICT_DONE)
		verdict = read_standing(c, &s);
	if (verdict != VERDICT_DONE)
		return verdict;
	if (c->want->active && !str_equal_nocase(ldap_entry_value(s.entry, "uid"), c->want->login))
		return call_fault(c, VERDICT_REFUSED, "rename", "the user name differs; entries are not renamed");
	if (!call_has_time(c, p->config->timeout_ms))
		return call_fault(c, VERDICT_NOT_DONE, "lease", "no time left within the lease");
	n = entry_changes(c, s.entry, changes);
	if (n == 0 && groups_match(c, &s)) {
		observe(c, &s, ret);
		return VERDICT_DONE;
	}
	if (n > 0 && ldap_modify(c->op, p->pool, c->ext_id, changes, n) < 0) {
		verdict = ldap_verdict(c, true);
		return verdict == VERDICT_CONFLICT ? call_fault(c, VERDICT_REFUSED, "data", "%.*s",
		                                                STR_ARG(c->op->error.detail))
		                                   : verdict;
	}
	return groups_bring(c, &s);
}

/* Out of the groups first: a server need not keep references right. */
static enum verdict ldap_remove(struct call *c, _unused_ struct observed *ret)
{
	struct ldap_platform *p = c->instance;
	struct standing s = { 0 };
	enum verdict verdict = read_standing(c, &s);

	if (verdict != VERDICT_DONE)
		return verdict;
	if (!call_has_time(c, p->config->timeout_ms))
		return call_fault(c, VERDICT_NOT_DONE, "lease", "no time left within the lease");
	verdict = groups_bring(c, &s);
	if (verdict != VERDICT_DONE)
		return verdict;
	return ldap_delete(c->op, p->pool, c->ext_id) < 0 ? ldap_verdict(c, true) : VERDICT_DONE;
}

static json_t *ldap_expect(struct arena *a, void *instance, const struct desired *want)
{
	struct ldap_wanted w = { .arena = a };
	struct str *roles = ARENA_ARRAY(a, struct str, want->n_roles + 1);
	size_t n_roles = want->active ? want->n_roles : 0;
	json_t *document = json_new_object();

	if (want->active)
		want_on(instance, &w, want, false);
	ldap_expected(a, &w, document);
	for (size_t i = 0; i < n_roles; i++)
		roles[i] = attributes_lower(a, want->roles[i].code);
	attributes_list(a, document, "roles", roles, n_roles);
	return document;
}

static bool show(struct arena *a, void *instance, const struct ldap_entry *entry, json_t *document)
{
	static const struct desired nobody;
	struct ldap_wanted w = { .arena = a };

	want_on(instance, &w, &nobody, false);
	ldap_shown(a, &w, entry, document);
	return !is_off(instance, entry);
}

static enum verdict ldap_list_accounts(struct call *c, struct list_page *page)
{
	const struct ldap_platform *p = c->instance;
	const struct ldap_listing listing = { p->pool, p->config->people_base, p->config->groups_base, p->read_attrs, p->id_attr, show };

	return ldap_list_page(c, &listing, page);
}

const struct connector connector_ldap = {
	.kind = "ldap",
	.open = ldap_open,
	.close = ldap_close,
	.look_up = ldap_look_up,
	.create = ldap_create,
	.update = ldap_update,
	.disable = ldap_update,
	.read_back = ldap_read_back,
	.remove = ldap_remove,
	.list = ldap_list_accounts,
	.list_end = ldap_list_end,
	.expect = ldap_expect,
};
