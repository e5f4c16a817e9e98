#include "provisioning/ldap/list.h"

#include "common/base/err.h"
#include "common/net/ldap_filter.h"
#include "provisioning/attributes.h"
#include "provisioning/ldap/members.h"
#include "provisioning/ldap/ranged.h"
#include "provisioning/ldap/stable.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define GROUPS_MAX 200000
#define MEMBERSHIPS_MAX ((size_t)64 * 1024 * 1024)
#define NAME_MAX_BYTES 64
#define GROUP_BYTES ((size_t)64 * 1024 * 1024)
#define ROOM_FIRST 1024
#define ACCOUNT_GROUPS_MAX 512

struct group {
	uint8_t folder;
	char name[NAME_MAX_BYTES + 1];
};

struct member {
	uint64_t dn; /* of its hash */
	uint32_t group;
};

struct session {
	struct ldap_pages *people;
	struct ldap_pool *ranges; /* where values come a range at a time; or NULL */
	const struct ldap_folder *folder; /* that is being read */
	uint8_t folder_index;
	struct group *groups;
	size_t n_groups, groups_room;
	struct member *members; /* sorted by dn once all are there */
	size_t n_members, members_room;
	uint64_t n_pages;
};

static void *grown(void *p, size_t n, size_t *room, size_t size)
{
	if (n < *room)
		return p;
	*room = *room > 0 ? 2 * *room : ROOM_FIRST;
	p = reallocarray(p, *room, size);
	if (!p)
		abort();
	return p;
}

static int add_members(void *context, const struct ldap_attr *members)
{
	_cleanup_(arena_freep) struct arena *scratch = arena_new((size_t)64 * 1024);
	struct session *s = context;

	for (size_t i = 0; i < members->n_values && s->n_members < MEMBERSHIPS_MAX; i++) {
		arena_reset(scratch);
		s->members = grown(s->members, s->n_members, &s->members_room, sizeof(*s->members));
		s->members[s->n_members++] = (struct member){ ldap_dn_hash(scratch, members->values[i]), (uint32_t)s->n_groups };
	}
	return 0;
}

static int take_group(void *context, struct op *op, const struct ldap_entry *entry)
{
	struct session *s = context;
	struct str name = ldap_entry_value(entry, "cn");
	const char *attr = s->folder->kind->member;
	struct group *g;
	int result = 0;

	/* Of no name of ours, which are short. */
	if (str_is_empty(name) || name.len > NAME_MAX_BYTES)
		return 0;
	if (s->n_groups == GROUPS_MAX)
		return op_fail(op, ERR_LIMIT, "there are too many groups");
	s->groups = grown(s->groups, s->n_groups, &s->groups_room, sizeof(*s->groups));
	g = &s->groups[s->n_groups];
	*g = (struct group){ .folder = s->folder_index };
	memcpy(g->name, name.p, name.len);
	if (s->ranges)
		result = ldap_ranged(op, s->ranges, entry->dn, attr, add_members, s);
	else
		result = add_members(s, ldap_entry_attr(entry, attr));
	if (s->n_members == MEMBERSHIPS_MAX)
		return op_fail(op, ERR_LIMIT, "there are too many members of groups");
	s->n_groups++;
	return result;
}

static int by_dn(const void *x, const void *y)
{
	const struct member *a = x, *b = y;

	return a->dn < b->dn ? -1 : a->dn > b->dn;
}

static int read_folder(struct op *op, const struct ldap_listing *listing, struct session *s)
{
	static const struct ldap_pages_size size = { 20, GROUP_BYTES };
	const struct ldap_folder *f = s->folder;
	const char *const attrs[] = { "cn", f->is_ad ? NULL : f->kind->member, NULL };
	const struct ldap_list_of of = { f->base, ldap_filter_present(op->arena, f->kind->member), attrs };
	struct ldap_pages *groups;
	int result;

	s->ranges = f->is_ad ? listing->pool : NULL;
	if (ldap_pages_open(op, listing->pool, &size, &groups) < 0)
		return op->error.code;
	do
		result = ldap_pages_next(op, groups, &of, take_group, s);
	while (result == 0 && !ldap_pages_is_last(groups));
	ldap_pages_close(groups);
	return result;
}

/* Of those that the entries themselves do not tell. */
static int read_groups(struct op *op, const struct ldap_listing *listing, struct session *s)
{
	int result = 0;

	for (size_t i = 0; result == 0 && i < listing->n_folders; i++) {
		s->folder = listing->folders[i];
		s->folder_index = (uint8_t)i;
		if (!s->folder->member_of)
			result = read_folder(op, listing, s);
	}
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
	free(s->groups);
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
	result = read_groups(op, listing, s);
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
static size_t groups_of(struct arena *a, const struct session *s, struct str member, size_t folder, struct str ret[ACCOUNT_GROUPS_MAX])
{
	uint64_t hash = ldap_dn_hash(a, member);
	const struct member *m = first_of(s, hash);
	size_t n = 0;

	for (; m && m < s->members + s->n_members && m->dn == hash && n < ACCOUNT_GROUPS_MAX; m++)
		if (s->groups[m->group].folder == folder)
			ret[n++] = attributes_lower(a, str_c(s->groups[m->group].name));
	return n;
}

static size_t groups_of_entry(struct arena *a, const struct ldap_folder *f, const struct ldap_entry *entry, struct str ret[ACCOUNT_GROUPS_MAX])
{
	const struct ldap_attr *dns = ldap_entry_attr(entry, f->member_of);
	struct str name;
	size_t n = 0;

	for (size_t i = 0; i < dns->n_values && n < ACCOUNT_GROUPS_MAX; i++)
		if (ldap_dn_is_child(a, dns->values[i], f->base, &name))
			ret[n++] = attributes_lower(a, name);
	return n;
}

static void show_groups(struct arena *a, const struct ldap_listing *listing, const struct session *s, const struct ldap_entry *entry, json_t *document)
{
	for (size_t i = 0; i < listing->n_folders; i++) {
		const struct ldap_folder *f = listing->folders[i];
		struct str names[ACCOUNT_GROUPS_MAX];
		size_t n = f->member_of ? groups_of_entry(a, f, entry, names)
		                        : groups_of(a, s, f->kind->by_uid ? ldap_entry_value(entry, "uid") : entry->dn, i, names);

		attributes_list(a, document, f->many, names, n);
	}
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
	ret->stable_id = ldap_stable_id(a, entry);
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
	show_groups(a, of->listing, of->session, entry, document);
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
