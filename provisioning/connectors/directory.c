/*
 * Platform zero: the accounts' directory.  uid=<login>,<people_base>, inetOrgPerson with our
 * auxiliary class (schema/ldap/).  Passwords are none of its business: userPassword is never
 * read nor written.
 *
 * Off = pwdAccountLockedTime 000001010000Z, which the ppolicy overlay takes for "locked for
 * good" (draft-behera-ldap-password-policy-10 §5.3.3).  A lock with another time is not ours and stays.
 * Accounts are never deleted: what was signed with a name must stay with it.
 */
#include "provisioning/connectors/registry.h"

#include "common/base/err.h"
#include "common/net/ldap_filter.h"
#include "provisioning/ldap/watch.h"

#include <stdlib.h>

#define LOCKED_FOR_GOOD "000001010000Z"

struct directory {
	const struct connector_config *config;
	struct ldap_pool *pool;
};

static const char *const read_attrs[] = { "*", "pwdAccountLockedTime", NULL };

static int directory_open(struct op *op, const struct connector_config *config, void **ret_instance)
{
	struct directory *d = calloc(1, sizeof(*d));

	if (!d)
		abort();
	d->config = config;
	if (ldap_map_open(op, config, &d->pool) < 0) {
		free(d);
		return op->error.code;
	}
	*ret_instance = d;
	return 0;
}

static void directory_close(void *instance)
{
	struct directory *d = instance;

	ldap_pool_free(d->pool);
	free(d);
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
	ldap_want_person(w, want);
	ldap_want(w, "employeeNumber", want->employee_code);
	ldap_want(w, "senUnitCode", want->unit_code);
	ldap_want(w, "senUnitName", want->unit_name);
	ldap_want(w, "senPost", post_value(w->arena, want));
	ldap_want_list(w, "senRole", roles, want->n_roles);
	ldap_want(w, "senStatus", want->status);
}

static void want_off(struct ldap_wanted *w)
{
	ldap_want(w, "senStatus", STR("disabled"));
	ldap_want(w, "senRole", STR(""));
	ldap_want(w, "pwdAccountLockedTime", STR(LOCKED_FOR_GOOD));
}

static bool is_locked(const struct ldap_entry *entry)
{
	return ldap_attr_has(ldap_entry_attr(entry, "pwdAccountLockedTime"), STR(LOCKED_FOR_GOOD));
}

static size_t changes_of(struct call *c, const struct ldap_entry *entry,
                         struct ldap_change ret_changes[LDAP_WANTED_MAX + 1])
{
	struct ldap_wanted w = { .arena = c->op->arena, .leaves = c->want };

	if (c->want->active)
		want_on(&w, c->want);
	else
		want_off(&w);
	if (c->want->active && is_locked(entry) && !desired_leaves(c->want, "active"))
		ldap_want(&w, "pwdAccountLockedTime", STR(""));
	return ldap_changes(&w, entry, ret_changes);
}

static void observe(struct call *c, const struct ldap_entry *entry, struct observed *ret)
{
	struct ldap_change changes[LDAP_WANTED_MAX + 1];

	*ret = (struct observed){
		.ext_id = entry->dn,
		.is_known = true,
		.active = !is_locked(entry),
		.matches = changes_of(c, entry, changes) == 0,
	};
}

static bool is_ours(const struct call *c, const struct ldap_entry *entry)
{
	return str_equal_nocase(ldap_entry_value(entry, "senAccountId"), c->want->account_id);
}

static enum verdict directory_look_up(struct call *c, struct observed *ret)
{
	struct directory *d = c->instance;
	const struct ldap_entry *entry = NULL;
	enum verdict verdict = ldap_find(c, d->pool, d->config->people_base, "senAccountId", read_attrs, &entry);

	if (verdict == VERDICT_ABSENT)
		verdict = ldap_find_unmarked(c, d->pool, d->config->people_base, "uid", "senAccountId", read_attrs, &entry);
	if (verdict == VERDICT_DONE)
		observe(c, entry, ret);
	return verdict;
}

static enum verdict directory_create(struct call *c, struct observed *ret)
{
	static const struct str classes[] = { { "inetOrgPerson", 13 }, { "senOfficial", 11 } };
	struct directory *d = c->instance;
	struct ldap_wanted w = { .arena = c->op->arena };
	struct ldap_attr attrs[LDAP_WANTED_MAX + 1];
	struct str dn;
	int64_t began_us;
	bool failed;
	size_t n;

	if (!call_has_time(c, d->config->timeout_ms))
		return call_fault(c, VERDICT_NOT_DONE, "lease", "no time left within the lease");
	if (ldap_dn_child(c->op, "uid", c->want->login, d->config->people_base, &dn) < 0)
		return ldap_verdict(c, true);
	ldap_want(&w, "uid", c->want->login);
	ldap_want(&w, "senAccountId", c->want->account_id);
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
	*ret = (struct observed){ .ext_id = dn };
	return VERDICT_DONE;
}

static enum verdict directory_read_back(struct call *c, struct observed *ret)
{
	struct directory *d = c->instance;
	const struct ldap_entry *entry = NULL;
	enum verdict verdict = ldap_read(c, d->pool, c->ext_id, read_attrs, &entry);

	if (verdict != VERDICT_DONE)
		return verdict;
	/* The name went to somebody else; ours is elsewhere or gone. */
	if (!is_ours(c, entry))
		return call_fault(c, VERDICT_ABSENT, "absent", "the entry is not ours any more");
	observe(c, entry, ret);
	return VERDICT_DONE;
}

/* Reads, writes what differs: for a change as well as for taking down. */
static enum verdict directory_update(struct call *c, struct observed *ret)
{
	struct directory *d = c->instance;
	const struct ldap_entry *entry = NULL;
	struct ldap_change changes[LDAP_WANTED_MAX + 1];
	enum verdict verdict = ldap_read(c, d->pool, c->ext_id, read_attrs, &entry);
	int64_t began_us;
	bool failed;
	size_t n;

	if (verdict != VERDICT_DONE)
		return verdict;
	if (!is_ours(c, entry))
		return call_fault(c, VERDICT_ABSENT, "absent", "the entry is not ours any more");
	if (c->want->active && !desired_leaves(c->want, "uid") && !str_equal_nocase(ldap_entry_value(entry, "uid"), c->want->login))
		return call_fault(c, VERDICT_REFUSED, "rename", "the user name differs; entries are not renamed");
	if (!call_has_time(c, d->config->timeout_ms))
		return call_fault(c, VERDICT_NOT_DONE, "lease", "no time left within the lease");
	n = changes_of(c, entry, changes);
	ldap_note_changes(c, entry, changes, n);
	began_us = trace_begin(c);
	failed = n > 0 && ldap_modify(c->op, d->pool, c->ext_id, changes, n) < 0;
	if (n > 0)
		trace_query(c, began_us, "ldap", "modify", c->ext_id, (int64_t)n);
	if (failed) {
		verdict = ldap_verdict(c, true);
		return verdict == VERDICT_CONFLICT ? call_fault(c, VERDICT_REFUSED, "data", "%.*s",
		                                                STR_ARG(c->op->error.detail))
		                                   : verdict;
	}
	/* What it says after the write is read back by the caller. */
	if (n == 0)
		observe(c, entry, ret);
	return VERDICT_DONE;
}

static json_t *directory_expect(struct arena *a, void *instance, const struct desired *want)
{
	struct ldap_wanted w = { .arena = a };
	json_t *document = json_new_object();

	(void)instance;
	if (want->active) {
		want_on(&w, want);
	} else {
		ldap_want(&w, "senStatus", STR("disabled"));
		ldap_want(&w, "senRole", STR(""));
	}
	ldap_expected(a, &w, document);
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
	return (struct ldap_listing){ .pool = d->pool, .people_base = d->config->people_base, .people_filter = STR("(objectClass=inetOrgPerson)"),
		                      .attrs = read_attrs, .id_attr = "senAccountId", .show = show };
}

static enum verdict directory_list(struct call *c, struct list_page *page)
{
	const struct ldap_listing listing = listing_of(c->instance);

	return ldap_list_page(c, &listing, page);
}

static enum verdict directory_follow(struct call *c, struct str cursor, void **ret_session)
{
	const struct directory *d = c->instance;
	const struct ldap_watching what = { d->config, listing_of(d), STR_NULL };

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
	.follow = directory_follow,
	.follow_next = ldap_watch_next,
	.follow_cursor = ldap_watch_cursor,
	.follow_end = ldap_watch_end,
};
