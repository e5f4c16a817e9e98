/*
 * A platform whose accounts live in an LDAP server of its own: inetOrgPerson entries
 * uid=<login>,<people_base> (RFC 2798), roles as groups (ldap/groups.h), which knows nothing of us.
 * One attribute (id_attr) carries the account id.
 *
 * Off = out of every group and disable_attr set.
 */
#include "provisioning/connectors/registry.h"

#include "common/base/err.h"
#include "common/net/ldap_filter.h"
#include "provisioning/attributes.h"
#include "provisioning/ldap/adopt.h"
#include "provisioning/ldap/members.h"
#include "provisioning/ldap/stable.h"
#include "provisioning/ldap/watch.h"

#include <stdlib.h>

static void ldap_close(void *instance)
{
	struct ldap_platform *p = instance;

	ldap_pool_free(p->pool);
	free(p->id_attr);
	free(p->disable_attr);
	free(p->member_of);
	free(p);
}

static int ldap_open(struct op *op, const struct connector_config *config, void **ret_instance)
{
	struct ldap_platform *p = calloc(1, sizeof(*p));

	if (!p || asprintf(&p->id_attr, "%.*s", STR_ARG(config->id_attr)) < 0 ||
	    asprintf(&p->disable_attr, "%.*s", STR_ARG(config->disable_attr)) < 0)
		abort();
	if (!str_is_empty(config->member_of) && asprintf(&p->member_of, "%.*s", STR_ARG(config->member_of)) < 0)
		abort();
	p->config = config;
	p->schema = ldap_schema(config->schema);
	/* By name too: the attribute that disables may be an operational one, and the one that names groups mostly is. */
	p->read_attrs[0] = "*";
	p->read_attrs[1] = p->disable_attr;
	p->read_attrs[2] = "entryUUID";
	p->read_attrs[3] = p->member_of;
	if (ldap_map_open(op, config, &p->pool) < 0) {
		ldap_close(p);
		return op->error.code;
	}
	p->roles = (struct ldap_folder){ .config = config, .pool = p->pool, .base = config->groups_base, .kind = ldap_group_kind(config->groups),
		                         .one = "role", .many = "roles", .member_of = p->member_of, .is_ad = p->schema->is_ad };
	*ret_instance = p;
	return 0;
}

static void want_on(const struct ldap_platform *p, struct ldap_wanted *w, const struct desired *want, bool is_new)
{
	if (want->mapping)
		ldap_schema_want_mapped(p->schema, w, want, is_new);
	else
		ldap_schema_want(p->schema, w, want);
	w->leaves = NULL;
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

static size_t entry_changes(struct call *c, const struct ldap_entry *entry,
                            struct ldap_change *ret_changes)
{
	struct ldap_platform *p = c->instance;
	struct ldap_wanted w = { .arena = c->op->arena, .leaves = c->want };

	if (c->want->active)
		want_on(p, &w, c->want, false);
	if (!c->want->active || (ldap_schema_is_off(p, entry) && !desired_leaves(c->want, "active")))
		ldap_schema_want_state(p, &w, entry, !c->want->active);
	return ldap_changes(&w, entry, ret_changes);
}

static struct str ext_id_of(const struct call *c, const struct ldap_entry *entry)
{
	const struct ldap_platform *p = c->instance;

	return ldap_schema_ext_id(c->op->arena, p->schema, entry);
}

static struct ldap_membership roles_of(const struct call *c, const struct ldap_entry *entry)
{
	const struct ldap_platform *p = c->instance;
	size_t n = c->want->active ? c->want->n_roles : 0;
	struct str *names = ARENA_ARRAY(c->op->arena, struct str, n + 1);

	for (size_t i = 0; i < n; i++)
		names[i] = c->want->roles[i].code;
	return (struct ldap_membership){ .folder = &p->roles, .entry = entry, .wanted = names, .n_wanted = n };
}

static enum verdict read_roles(struct call *c, const struct ldap_entry *entry, struct ldap_membership *ret)
{
	*ret = roles_of(c, entry);
	return ldap_groups_read(c, ret);
}

static void observe(struct call *c, const struct ldap_membership *s, struct observed *ret)
{
	struct ldap_change changes[LDAP_WANTED_MAX];

	*ret = (struct observed){
		.ext_id = ext_id_of(c, s->entry),
		.stable_id = ldap_stable_id(c->op->arena, s->entry),
		.is_known = true,
		/* Membership is access: somebody in a role is not off. */
		.active = !ldap_schema_is_off(c->instance, s->entry) || (!c->want->active && s->n_groups > 0),
		.matches = entry_changes(c, s->entry, changes) == 0 && ldap_groups_match(c, s),
	};
}

static struct ldap_identity identity_of(const struct ldap_platform *p)
{
	return (struct ldap_identity){ p->pool, p->config->people_base, p->schema->login_attr, p->id_attr, p->read_attrs };
}

static enum verdict ldap_look_up(struct call *c, struct observed *ret)
{
	const struct ldap_identity who = identity_of(c->instance);
	struct ldap_membership s = { 0 };
	const struct ldap_entry *entry = NULL;
	enum verdict verdict = ldap_look_for(c, &who, &entry);

	if (verdict == VERDICT_DONE)
		verdict = read_roles(c, entry, &s);
	if (verdict == VERDICT_DONE)
		observe(c, &s, ret);
	return verdict;
}

/* The entry at ext_id with its groups. */
static enum verdict read_standing(struct call *c, struct ldap_membership *ret)
{
	struct ldap_platform *p = c->instance;
	const struct ldap_entry *entry = NULL;
	enum verdict verdict = ldap_read(c, p->pool, c->ext_id, p->read_attrs, &entry);

	if (verdict != VERDICT_DONE)
		return verdict;
	if (!ldap_is_ours(c, entry, p->id_attr))
		return call_fault(c, VERDICT_ABSENT, "absent", "the entry is not ours any more");
	return read_roles(c, entry, ret);
}

static enum verdict ldap_read_back(struct call *c, struct observed *ret)
{
	struct ldap_membership s = { 0 };
	enum verdict verdict = read_standing(c, &s);

	if (verdict == VERDICT_DONE)
		observe(c, &s, ret);
	return verdict;
}

static enum verdict ldap_create(struct call *c, struct observed *ret)
{
	struct ldap_platform *p = c->instance;
	struct ldap_wanted w = { .arena = c->op->arena };
	struct ldap_attr attrs[LDAP_WANTED_MAX + 1];
	struct ldap_entry entry = { 0 };
	const struct ldap_entry *there = &entry;
	struct ldap_membership s;
	int64_t began_us;
	bool failed;
	size_t n;

	if (check_mapping(c) != VERDICT_DONE)
		return VERDICT_REFUSED;
	if (!call_has_time(c, p->config->timeout_ms))
		return call_fault(c, VERDICT_NOT_DONE, "lease", "no time left within the lease");
	if (c->want->login.len > p->schema->login_max)
		return call_fault(c, VERDICT_REFUSED, "data", "a %s has at most %zu characters", p->schema->login_attr, p->schema->login_max);
	if (ldap_dn_child(c->op, p->schema->rdn_attr, c->want->login, p->config->people_base, &entry.dn) < 0)
		return ldap_verdict(c, true);
	ldap_schema_want_new(p, &w, c->want);
	want_on(p, &w, c->want, true);
	n = ldap_new_entry(&w, p->schema->classes, p->schema->n_classes, attrs);
	entry.attrs = attrs;
	entry.n_attrs = n;
	began_us = trace_begin(c);
	failed = ldap_add(c->op, p->pool, entry.dn, attrs, n) < 0;
	trace_query(c, began_us, "ldap", "add", entry.dn, (int64_t)n);
	if (failed) {
		enum verdict verdict = ldap_verdict(c, true);

		return verdict == VERDICT_ABSENT ? call_fault(c, VERDICT_REFUSED, "config", "people_base is not there")
		                                 : verdict;
	}
	/* From here on it exists, whatever becomes of the groups: the next attempt is an update. */
	if (p->schema->is_ad && ldap_read(c, p->pool, entry.dn, p->read_attrs, &there) != VERDICT_DONE)
		return call_fault(c, VERDICT_IN_DOUBT, "timeout", "what came of the new entry is not known");
	*ret = (struct observed){ .ext_id = ext_id_of(c, there) };
	c->ext_id = ret->ext_id;
	s = roles_of(c, there);
	return ldap_groups_bring(c, &s);
}

static enum verdict ldap_update(struct call *c, struct observed *ret)
{
	struct ldap_platform *p = c->instance;
	const struct ldap_identity who = identity_of(p);
	struct ldap_membership s = { 0 };
	struct ldap_change changes[LDAP_WANTED_MAX];
	enum verdict verdict = check_mapping(c);
	int64_t began_us;
	bool failed;
	size_t n;

	if (verdict == VERDICT_DONE)
		verdict = read_standing(c, &s);
	if (verdict != VERDICT_DONE)
		return verdict;
	if (c->want->active && !c->want->login_is_theirs && !desired_leaves(c->want, "uid") &&
	    !str_equal_nocase(ldap_entry_value(s.entry, p->schema->login_attr), c->want->login))
		return call_fault(c, VERDICT_REFUSED, "rename", "the user name differs; entries are not renamed");
	if (!call_has_time(c, p->config->timeout_ms))
		return call_fault(c, VERDICT_NOT_DONE, "lease", "no time left within the lease");
	n = entry_changes(c, s.entry, changes);
	ldap_note_changes(c, s.entry, changes, n);
	began_us = trace_begin(c);
	failed = n > 0 && ldap_modify(c->op, p->pool, c->ext_id, changes, n) < 0;
	if (n > 0)
		trace_query(c, began_us, "ldap", "modify", c->ext_id, (int64_t)n);
	if (failed)
		return ldap_write_verdict(c, s.entry->dn, p->config->people_base);
	verdict = ldap_take_down_twin(c, &who, s.entry, entry_changes);
	if (verdict != VERDICT_DONE)
		return verdict;
	if (n == 0 && ldap_groups_match(c, &s)) {
		observe(c, &s, ret);
		return VERDICT_DONE;
	}
	return ldap_groups_bring(c, &s);
}

/* Out of the groups first: a server need not keep references right. */
static enum verdict ldap_remove(struct call *c, _unused_ struct observed *ret)
{
	struct ldap_platform *p = c->instance;
	struct ldap_membership s = { 0 };
	enum verdict verdict = read_standing(c, &s);

	if (verdict != VERDICT_DONE)
		return verdict;
	/* What cannot be undone is done to nothing that somebody has taken our id off. */
	if (str_is_empty(ldap_entry_value(s.entry, p->id_attr)))
		return call_fault(c, VERDICT_REFUSED, "disputed", "our id is gone: it is not deleted for what else it is known by");
	if (!call_has_time(c, p->config->timeout_ms))
		return call_fault(c, VERDICT_NOT_DONE, "lease", "no time left within the lease");
	verdict = ldap_groups_bring(c, &s);
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
	return !ldap_schema_is_off(instance, entry);
}

static struct ldap_listing listing_of(const struct ldap_platform *p)
{
	return (struct ldap_listing){ .pool = p->pool, .people_base = p->config->people_base, .people_filter = p->schema->people_filter,
		                      .folders = { &p->roles }, .n_folders = 1, .attrs = p->read_attrs, .id_attr = p->id_attr,
		                      .schema = p->schema, .show = show };
}

static enum verdict ldap_list_accounts(struct call *c, struct list_page *page)
{
	const struct ldap_listing listing = listing_of(c->instance);

	return ldap_list_page(c, &listing, page);
}

static enum verdict ldap_follow_changes(struct call *c, struct str cursor, void **ret_session)
{
	const struct ldap_platform *p = c->instance;
	const struct ldap_watching what = { p->config, listing_of(p) };

	return ldap_watch(c, &what, cursor, ret_session);
}

static enum verdict ldap_platform_match(struct call *c, size_t rule, struct candidates *all)
{
	const struct ldap_platform *p = c->instance;
	const struct ldap_identity who = identity_of(p);

	return ldap_match(c, &who, p->schema, rule, all);
}

static enum verdict ldap_adopt(struct call *c, struct observed *ret)
{
	const struct ldap_platform *p = c->instance;
	const struct ldap_identity who = identity_of(p);

	return ldap_adopt_entry(c, &(struct ldap_adoption){ &who, p->schema, NULL }, ret);
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
	.match = ldap_platform_match,
	.adopt = ldap_adopt,
	.follow = ldap_follow_changes,
	.follow_next = ldap_watch_next,
	.follow_cursor = ldap_watch_cursor,
	.follow_end = ldap_watch_end,
	.members = ldap_watch_members,
};
