/*
 * Platform zero: the accounts' directory.  uid=<login>,<people_base>, inetOrgPerson with our
 * auxiliary class (schema/ldap/).  Passwords are none of its business: userPassword is never
 * read nor written.
 *
 * Off = pwdAccountLockedTime 000001010000Z, which the ppolicy overlay takes for "locked for
 * good" (draft-behera-ldap-password-policy-10 §5.3.3), and out of every group, in this order.  A lock with another time is not
 * ours and stays.
 *
 * With groups_base each role is a group cn=<PLATFORM:ROLE> too, with units_base each unit is one cn=<code> (ldap/unit.h); whose
 * main post is there is a member.  Units are kept by provisioning/units; one that is not there yet is made here.
 * Accounts are never deleted: what was signed with a name must stay with it.
 *
 * Entries that were there before us are known again by the rules of the directory's mapping, and keep their place, password and names.
 */
#include "provisioning/connectors/registry.h"

#include "common/base/err.h"
#include "common/net/ldap_filter.h"
#include "provisioning/attributes.h"
#include "provisioning/ldap/adopt.h"
#include "provisioning/ldap/standing.h"
#include "provisioning/ldap/watch.h"

#include <stdlib.h>

#define LOCKED_FOR_GOOD "000001010000Z"
#define ID_ATTR "senAccountId"
#define CLASS "senOfficial"

struct directory {
	const struct connector_config *config;
	struct ldap_pool *pool;
	struct ldap_folder folders[LDAP_FOLDERS_MAX];
	size_t n_folders;
	char *member_of; /* or NULL */
	const char *read_attrs[5];
};

static void directory_close(void *instance)
{
	struct directory *d = instance;

	ldap_pool_free(d->pool);
	free(d->member_of);
	free(d);
}

static void add_folder(struct directory *d, struct str base, bool is_units)
{
	if (str_is_empty(base))
		return;
	d->folders[d->n_folders++] = (struct ldap_folder){ .config = d->config, .pool = d->pool, .base = base, .kind = ldap_group_kind(STR("groupOfNames")),
		                                           .one = is_units ? "unit" : "role", .many = is_units ? "units" : "roles",
		                                           .is_units = is_units, .member_of = d->member_of };
}

static int directory_open(struct op *op, const struct connector_config *config, void **ret_instance)
{
	struct directory *d = calloc(1, sizeof(*d));

	if (!d)
		abort();
	d->config = config;
	if (!str_is_empty(config->member_of) && asprintf(&d->member_of, "%.*s", STR_ARG(config->member_of)) < 0)
		abort();
	d->read_attrs[0] = "*";
	d->read_attrs[1] = "pwdAccountLockedTime";
	d->read_attrs[2] = "entryUUID";
	d->read_attrs[3] = d->member_of;
	if (ldap_map_open(op, config, &d->pool) < 0) {
		directory_close(d);
		return op->error.code;
	}
	add_folder(d, config->groups_base, false);
	add_folder(d, config->units_base, true);
	*ret_instance = d;
	return 0;
}

/* "40.17230|Chuyên viên", as schema/ldap describes senPost. */
static struct str post_value(struct arena *a, const struct desired *want)
{
	if (str_is_empty(want->post))
		return STR("");
	return arena_printf(a, "%.*s|%.*s", STR_ARG(want->unit_code), STR_ARG(want->post));
}

static void want_on(struct ldap_wanted *w, const struct desired *want)
{
	struct str *roles = ARENA_ARRAY(w->arena, struct str, want->n_roles);

	for (size_t i = 0; i < want->n_roles; i++)
		roles[i] = want->roles[i].code;
	ldap_want(w, ID_ATTR, want->account_id);
	ldap_want_person(w, want);
	ldap_want(w, "employeeNumber", want->employee_code);
	ldap_want(w, "senUnitCode", want->unit_code);
	ldap_want(w, "senUnitName", want->unit_name);
	ldap_want(w, "senPost", post_value(w->arena, want));
	ldap_want_list(w, "senRole", roles, want->n_roles);
	ldap_want(w, "senStatus", want->status);
}

/* The lock alone of one that somebody has taken our id off: the rest may be refused, for want of the class, or since another has the id. */
static void want_off(struct ldap_wanted *w, const struct ldap_entry *entry)
{
	if (!str_is_empty(ldap_entry_value(entry, ID_ATTR))) {
		ldap_want(w, "senStatus", STR("disabled"));
		ldap_want(w, "senRole", STR(""));
	}
	ldap_want(w, "pwdAccountLockedTime", STR(LOCKED_FOR_GOOD));
}

static bool is_locked(const struct ldap_entry *entry)
{
	return ldap_attr_has(ldap_entry_attr(entry, "pwdAccountLockedTime"), STR(LOCKED_FOR_GOOD));
}

static size_t changes_of(struct call *c, const struct ldap_entry *entry,
                         struct ldap_change *ret_changes)
{
	static const struct str class = { CLASS, sizeof(CLASS) - 1 };
	struct ldap_wanted w = { .arena = c->op->arena, .leaves = c->want };
	size_t n;

	if (c->want->active)
		want_on(&w, c->want);
	else
		want_off(&w, entry);
	if (c->want->active && is_locked(entry) && !desired_leaves(c->want, "active"))
		ldap_want(&w, "pwdAccountLockedTime", STR(""));
	n = ldap_changes(&w, entry, ret_changes);
	if (n > 0 && c->want->active && str_is_empty(ldap_entry_value(entry, ID_ATTR)) && !ldap_entry_has_class(entry, class))
		ret_changes[n++] = (struct ldap_change){ LDAP_CHANGE_ADD, { STR("objectClass"), &class, 1 } };
	return n;
}

static struct ldap_standing standing_of(const struct call *c, const struct ldap_entry *entry)
{
	const struct directory *d = c->instance;
	struct ldap_standing s = { .entry = entry, .n = d->n_folders };

	for (size_t i = 0; i < s.n; i++)
		s.in[i] = ldap_membership_of(c->op->arena, &d->folders[i], c->want, entry);
	return s;
}

static void observe(struct call *c, const struct ldap_standing *s, struct observed *ret)
{
	struct ldap_change changes[LDAP_WANTED_MAX + 1];

	*ret = (struct observed){
		.ext_id = s->entry->dn,
		.stable_id = ldap_stable_id(c->op->arena, s->entry),
		.is_known = true,
		/* Membership is access too, for whoever reads the groups. */
		.active = !is_locked(s->entry) || (!c->want->active && ldap_standing_is_in_any(s)),
		.matches = changes_of(c, s->entry, changes) == 0 && ldap_standing_matches(c, s),
	};
}

/* The entry has been read. */
static enum verdict look_at(struct call *c, const struct ldap_entry *entry, struct observed *ret)
{
	struct ldap_standing s = standing_of(c, entry);
	enum verdict verdict = ldap_standing_read(c, &s);

	if (verdict == VERDICT_DONE)
		observe(c, &s, ret);
	return verdict;
}

static struct ldap_identity identity_of(const struct directory *d)
{
	return (struct ldap_identity){ d->pool, d->config->people_base, "uid", ID_ATTR, d->read_attrs };
}

static enum verdict directory_look_up(struct call *c, struct observed *ret)
{
	const struct ldap_identity who = identity_of(c->instance);
	const struct ldap_entry *entry = NULL;
	enum verdict verdict = ldap_look_for(c, &who, &entry);

	return verdict == VERDICT_DONE ? look_at(c, entry, ret) : verdict;
}

static enum verdict directory_create(struct call *c, struct observed *ret)
{
	static const struct str classes[] = { { "inetOrgPerson", 13 }, { CLASS, sizeof(CLASS) - 1 } };
	struct directory *d = c->instance;
	struct ldap_wanted w = { .arena = c->op->arena };
	struct ldap_attr attrs[LDAP_WANTED_MAX + 1];
	struct ldap_entry entry = { 0 };
	struct ldap_standing s;
	struct str dn;
	int64_t began_us;
	bool failed;
	size_t n;

	if (!call_has_time(c, d->config->timeout_ms))
		return call_fault(c, VERDICT_NOT_DONE, "lease", "no time left within the lease");
	if (ldap_dn_child(c->op, "uid", c->want->login, d->config->people_base, &dn) < 0)
		return ldap_verdict(c, true);
	ldap_want(&w, "uid", c->want->login);
	want_on(&w, c->want);
	n = ldap_new_entry(&w, classes, ARRAY_LEN(classes), attrs);
	began_us = trace_begin(c);
	failed = ldap_add(c->op, d->pool, dn, attrs, n) < 0;
	trace_query(c, began_us, "ldap", "add", dn, (int64_t)n);
	if (failed) {
		enum verdict verdict = ldap_verdict(c, true);

		/* No such object: it is the entry above that is missing. */
		return verdict == VERDICT_ABSENT ? call_fault(c, VERDICT_REFUSED, "config", "people_base is not there")
		                                 : verdict;
	}
	/* From here on it exists, whatever becomes of the groups: the next attempt is an update. */
	*ret = (struct observed){ .ext_id = dn };
	c->ext_id = dn;
	if (d->n_folders == 0)
		return VERDICT_DONE;
	entry.dn = dn;
	s = standing_of(c, &entry);
	call_change(c, "active", STR_NULL, STR("true"));
	return ldap_standing_bring(c, &s);
}

static enum verdict directory_read_back(struct call *c, struct observed *ret)
{
	struct directory *d = c->instance;
	const struct ldap_entry *entry = NULL;
	enum verdict verdict = ldap_read(c, d->pool, c->ext_id, d->read_attrs, &entry);

	if (verdict != VERDICT_DONE)
		return verdict;
	/* The name went to somebody else; ours is elsewhere or gone. */
	if (!ldap_is_ours(c, entry, ID_ATTR))
		return call_fault(c, VERDICT_ABSENT, "absent", "the entry is not ours any more");
	return look_at(c, entry, ret);
}

/*
 * Reads, writes what differs: for a change as well as for taking down.  The entry before its groups: whoever is locked cannot
 * sign in to use them.
 */
static enum verdict directory_update(struct call *c, struct observed *ret)
{
	struct directory *d = c->instance;
	const struct ldap_identity who = identity_of(d);
	const struct ldap_entry *entry = NULL;
	struct ldap_change changes[LDAP_WANTED_MAX + 1];
	struct ldap_standing s;
	enum verdict verdict = ldap_read(c, d->pool, c->ext_id, d->read_attrs, &entry);
	int64_t began_us;
	bool failed;
	size_t n;

	if (verdict != VERDICT_DONE)
		return verdict;
	if (!ldap_is_ours(c, entry, ID_ATTR))
		return call_fault(c, VERDICT_ABSENT, "absent", "the entry is not ours any more");
	if (c->want->active && !desired_leaves(c->want, "uid") && !ldap_is_named(entry, "uid", c->want->login))
		return call_fault(c, VERDICT_REFUSED, "rename", "the user name differs; entries are not renamed");
	if (!call_has_time(c, d->config->timeout_ms))
		return call_fault(c, VERDICT_NOT_DONE, "lease", "no time left within the lease");
	n = changes_of(c, entry, changes);
	ldap_note_changes(c, entry, changes, n);
	began_us = trace_begin(c);
	failed = n > 0 && ldap_modify(c->op, d->pool, c->ext_id, changes, n) < 0;
	if (n > 0)
		trace_query(c, began_us, "ldap", "modify", c->ext_id, (int64_t)n);
	if (failed)
		return ldap_write_verdict(c, entry->dn, d->config->people_base);
	verdict = ldap_take_down_twin(c, &who, entry, changes_of);
	s = standing_of(c, entry);
	if (verdict == VERDICT_DONE)
		verdict = ldap_standing_read(c, &s);
	if (verdict != VERDICT_DONE)
		return verdict;
	/* What it says after a write is read back by the caller. */
	if (n == 0 && ldap_standing_matches(c, &s)) {
		observe(c, &s, ret);
		return VERDICT_DONE;
	}
	return ldap_standing_bring(c, &s);
}

/*
 * Whoever knows the entry's password is the account from then on.  Before it is activated, which sets another one, a rule may say so;
 * of an account that somebody signs in with, a person.
 */
static enum verdict directory_match(struct call *c, size_t rule, struct candidates *all)
{
	const struct ldap_identity who = identity_of(c->instance);

	all->is_for_a_person = !str_equal(c->want->status, STR("pending"));
	return ldap_match(c, &who, ldap_schema(STR("rfc2798")), rule, all);
}

static enum verdict directory_adopt(struct call *c, struct observed *ret)
{
	const struct ldap_identity who = identity_of(c->instance);

	return ldap_adopt_entry(c, &(struct ldap_adoption){ &who, ldap_schema(STR("rfc2798")), CLASS }, ret);
}

static json_t *directory_expect(struct arena *a, void *instance, const struct desired *want)
{
	struct ldap_wanted w = { .arena = a };
	const struct directory *d = instance;
	json_t *document = json_new_object();

	if (want->active) {
		want_on(&w, want);
	} else {
		ldap_want(&w, "senStatus", STR("disabled"));
		ldap_want(&w, "senRole", STR(""));
	}
	ldap_expected(a, &w, document);
	for (size_t i = 0; i < d->n_folders; i++) {
		const struct ldap_membership m = ldap_membership_of(a, &d->folders[i], want, NULL);
		struct str *names = ARENA_ARRAY(a, struct str, m.n_wanted + 1);

		for (size_t k = 0; k < m.n_wanted; k++)
			names[k] = attributes_lower(a, m.wanted[k]);
		attributes_list(a, document, d->folders[i].many, names, m.n_wanted);
	}
	return document;
}

static bool show(struct arena *a, void *instance, const struct ldap_entry *entry, json_t *document)
{
	static const struct desired nobody;
	struct ldap_wanted w = { .arena = a };

	(void)instance;
	want_on(&w, &nobody);
	ldap_shown(a, &w, entry, document);
	return !is_locked(entry);
}

static struct ldap_listing listing_of(const struct directory *d)
{
	struct ldap_listing l = { .pool = d->pool, .people_base = d->config->people_base, .people_filter = STR("(objectClass=inetOrgPerson)"),
		                  .n_folders = d->n_folders, .attrs = d->read_attrs, .id_attr = ID_ATTR, .show = show };

	for (size_t i = 0; i < d->n_folders; i++)
		l.folders[i] = &d->folders[i];
	return l;
}

static enum verdict directory_list(struct call *c, struct list_page *page)
{
	const struct ldap_listing listing = listing_of(c->instance);

	return ldap_list_page(c, &listing, page);
}

static enum verdict directory_follow(struct call *c, struct str cursor, void **ret_session)
{
	const struct directory *d = c->instance;
	const struct ldap_watching what = { d->config, listing_of(d) };

	return ldap_watch(c, &what, cursor, ret_session);
}

const struct connector connector_directory = {
	.kind = "directory",
	.open = directory_open,
	.close = directory_close,
	.look_up = directory_look_up,
	.create = directory_create,
	.update = directory_update,
	.disable = directory_update,
	.read_back = directory_read_back,
	.list = directory_list,
	.list_end = ldap_list_end,
	.expect = directory_expect,
	.match = directory_match,
	.adopt = directory_adopt,
	.follow = directory_follow,
	.follow_next = ldap_watch_next,
	.follow_cursor = ldap_watch_cursor,
	.follow_end = ldap_watch_end,
	.members = ldap_watch_members,
};
