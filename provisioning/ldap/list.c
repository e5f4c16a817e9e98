#include "provisioning/ldap/list.h"

#include "common/base/err.h"
#include "common/net/ldap_filter.h"
#include "provisioning/attributes.h"
#include "provisioning/ldap/members.h"
#include "provisioning/ldap/ranged.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define ROLES_MAX 1000
#define ROLE_MAX_BYTES 64
#define GROUP_BYTES ((size_t)64 * 1024 * 1024)
#define MEMBERS_FIRST 1024
#define ACCOUNT_ROLES_MAX 64

struct member {
	uint64_t dn; /* of its hash */
	uint32_t role;
};

struct session {
	struct ldap_pages *people;
	const char *member_attr;
	struct ldap_pool *ranges; /* where values come a range at a time; or NULL */
	char roles[ROLES_MAX][ROLE_MAX_BYTES + 1];
	size_t n_roles;
	struct member *members; /* sorted by dn once all are there */
	size_t n_members, n_room;
	uint64_t n_pages;
};

static void add_member(struct session *s, uint64_t dn)
{
	if (s->n_members == s->n_room) {
		s->n_room = s->n_room > 0 ? 2 * s->n_room : MEMBERS_FIRST;
		s->members = reallocarray(s->members, s->n_room, sizeof(*s->members));
		if (!s->members)
			abort();
	}
	s->members[s->n_members++] = (struct member){ dn, (uint32_t)s->n_roles };
}

static void add_members(struct session *s, const struct ldap_attr *members)
{
	_cleanup_(arena_freep) struct arena *scratch = arena_new((size_t)64 * 1024);

	for (size_t i = 0; i < members->n_values; i++) {
		arena_reset(scratch);
		add_member(s, ldap_dn_hash(scratch, members->values[i]));
	}
}

static int add_members_of_range(void *context, const struct ldap_attr *members)
{
	add_members(context, members);
	return 0;
}

static int take_group(void *context, struct op *op, const struct ldap_entry *entry)
{
	struct session *s = context;
	struct str role = ldap_entry_value(entry, "cn");
	int result = 0;

	/* Of no role of ours, which are short. */
	if (str_is_empty(role) || role.len > ROLE_MAX_BYTES)
		return 0;
	if (s->n_roles == ROLES_MAX)
		return op_fail(op, ERR_LIMIT, "there are too many groups");
	memcpy(s->roles[s->n_roles], role.p, role.len);
	if (s->ranges)
		result = ldap_ranged(op, s->ranges, entry->dn, s->member_attr, add_members_of_range, s);
	else
		add_members(s, ldap_entry_attr(entry, s->member_attr));
	s->n_roles++;
	return result;
}

static int by_dn(const void *x, const void *y)
{
	const struct member *a = x, *b = y;

	return a->dn < b->dn ? -1 : a->dn > b->dn;
}

static int read_groups(struct op *op, const struct ldap_listing *listing, struct session *s)
{
	static const struct ldap_pages_size size = { 20, GROUP_BYTES };
	const bool is_ranged = listing->schema && listing->schema->is_ad;
	const char *const attrs[] = { "cn", is_ranged ? NULL : listing->groups->member, NULL };
	const struct ldap_list_of of = { listing->groups_base, ldap_filter_present(op->arena, listing->groups->member), attrs };
	struct ldap_pages *groups;
	int result;

	s->member_attr = listing->groups->member;
	s->ranges = is_ranged ? listing->pool : NULL;
	if (ldap_pages_open(op, listing->pool, &size, &groups) < 0)
		return op->error.code;
	do
		result = ldap_pages_next(op, groups, &of, take_group, s);
	while (result == 0 && !ldap_pages_is_last(groups));
	ldap_pages_close(groups);
	if (s->n_members > 1)
		qsort(s->members, s->n_members, sizeof(*s->members), by_dn);
	return result;
}

void ldap_list_end(void *instance, void *session)
{
	struct session *s = session;

	(void)instance;
	if (!s)
		return;
	ldap_pages_close(s->people);
	free(s->members);
	free(s);
}

static int begin(struct op *op, const struct ldap_listing *listing, struct session **ret_session)
{
	static const struct ldap_pages_size size = { LDAP_PAGE_ENTRIES, LDAP_ENTRY_BYTES };
	struct session *s = calloc(1, sizeof(*s));
	int result;

	if (!s)
		abort();
	*ret_session = s;
	result = str_is_null(listing->groups_base) || listing->member_of ? 0 : read_groups(op, listing, s);
	return result < 0 ? result : ldap_pages_open(op, listing->pool, &size, &s->people);
}

static const struct member *first_of(const struct session *s, uint64_t dn)
{
	size_t low = 0, high = s->n_members;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (s->members[middle].dn < dn)
			low = middle + 1;
		else
			high = middle;
	}
	return low < s->n_members && s->members[low].dn == dn ? &s->members[low] : NULL;
}

/* member: as groups name it. */
static void show_roles(struct arena *a, const struct session *s, struct str member, json_t *document)
{
	uint64_t hash = ldap_dn_hash(a, member);
	const struct member *m = first_of(s, hash);
	struct str roles[ACCOUNT_ROLES_MAX];
	size_t n = 0;

	for (; m && m < s->members + s->n_members && m->dn == hash && n < ACCOUNT_ROLES_MAX; m++)
		roles[n++] = attributes_lower(a, str_c(s->roles[m->role]));
	attributes_list(a, document, "roles", roles, n);
}

static void show_roles_of_entry(struct arena *a, const struct ldap_listing *listing, const struct ldap_entry *entry, json_t *document)
{
	const struct ldap_attr *dns = ldap_entry_attr(entry, listing->member_of);
	struct str *roles = ARENA_ARRAY(a, struct str, dns->n_values + 1), role;
	size_t n = 0;

	for (size_t i = 0; i < dns->n_values; i++)
		if (ldap_dn_is_child(a, dns->values[i], listing->groups_base, &role))
			roles[n++] = attributes_lower(a, role);
	attributes_list(a, document, "roles", roles, n);
}

struct listing_of {
	struct call *call;
	const struct ldap_listing *listing;
	const struct session *session;
	struct list_page *page;
};

static struct str copied(struct arena *a, struct str s)
{
	return str_is_empty(s) ? STR_NULL : arena_dup(a, s);
}

void ldap_list_entry(struct arena *a, const struct ldap_listing *listing, void *instance, const struct ldap_entry *entry, json_t *document, struct listed *ret)
{
	ret->ext_id = listing->schema ? ldap_schema_ext_id(a, listing->schema, entry) : arena_dup(a, entry->dn);
	ret->account_id = copied(a, ldap_entry_value(entry, listing->id_attr));
	ret->login = copied(a, ldap_entry_value(entry, listing->schema ? listing->schema->login_attr : "uid"));
	ret->etag = STR_NULL;
	ret->active = listing->show(a, instance, entry, document);
}

static int take_entry(void *context, struct op *op, const struct ldap_entry *entry)
{
	struct listing_of *of = context;
	struct arena *a = of->call->op->arena;
	_json_ json_t *document = json_new_object();
	struct listed *l = &of->page->accounts[of->page->n];

	/* A server that gives more than it was asked for. */
	if (of->page->n == LDAP_PAGE_ENTRIES)
		return op_fail(op, ERR_LIMIT, "the page is larger than asked for");
	ldap_list_entry(a, of->listing, of->call->instance, entry, document, l);
	if (!str_is_null(of->listing->groups_base) && of->listing->member_of)
		show_roles_of_entry(a, of->listing, entry, document);
	else if (!str_is_null(of->listing->groups_base))
		show_roles(a, of->session, of->listing->groups->by_uid ? ldap_entry_value(entry, "uid") : entry->dn, document);
	l->document = json_write(a, document, true);
	of->page->n++;
	return 0;
}

static enum verdict list_verdict(struct call *c)
{
	if (c->op->error.code == ERR_LIMIT)
		return call_fault(c, VERDICT_REFUSED, "limit", "the server's limit ends the list: %.*s", STR_ARG(c->op->error.detail));
	if (c->op->error.code == ERR_NOT_FOUND)
		return call_fault(c, VERDICT_REFUSED, "config", "an entry to list below is not there");
	return ldap_verdict(c, false);
}

enum verdict ldap_list_page(struct call *c, const struct ldap_listing *listing, struct list_page *page)
{
	const struct ldap_list_of what = { listing->people_base, listing->people_filter, listing->attrs };
	struct listing_of of = { .call = c, .listing = listing, .page = page };
	struct session *s = page->session;

	if (!s && !str_is_null(page->cursor))
		return call_fault(c, VERDICT_ABSENT, "cursor", "the connection of the list is gone");
	if (!s && begin(c->op, listing, &s) < 0) {
		ldap_list_end(c->instance, s);
		return list_verdict(c);
	}
	page->session = s;
	page->accounts = ARENA_ARRAY(c->op->arena, struct listed, LDAP_PAGE_ENTRIES);
	page->n = 0;
	page->total = -1;
	page->proof = LIST_BY_END;
	of.session = s;
	if (ldap_pages_next(c->op, s->people, &what, take_entry, &of) < 0)
		return list_verdict(c);
	page->next = ldap_pages_is_last(s->people) ? STR_NULL : arena_printf(c->op->arena, "%" PRIu64, ++s->n_pages);
	return VERDICT_DONE;
}

void ldap_expected(struct arena *a, const struct ldap_wanted *w, json_t *document)
{
	for (size_t i = 0; i < w->n; i++)
		attributes_list(a, document, arena_cstr(a, w->attrs[i].name), w->attrs[i].values, w->attrs[i].n_values);
}

void ldap_shown(struct arena *a, const struct ldap_wanted *w, const struct ldap_entry *entry, json_t *document)
{
	for (size_t i = 0; i < w->n; i++) {
		const char *name = arena_cstr(a, w->attrs[i].name);
		const struct ldap_attr *attr = ldap_entry_attr(entry, name);

		attributes_list(a, document, name, attr->values, attr->n_values);
	}
}
