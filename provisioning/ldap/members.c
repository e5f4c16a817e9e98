#include "provisioning/ldap/members.h"

#include "common/base/err.h"
#include "common/crypto/digest.h"
#include "common/net/ldap_filter.h"
#include "provisioning/attributes.h"

#include <stdlib.h>
#include <string.h>

#define GROUP_BYTES ((size_t)64 * 1024 * 1024)
#define SCRATCH_BYTES ((size_t)64 * 1024)

struct place {
	uint64_t hash;
	struct role_member *member;
};

struct reading {
	const struct ldap_folder *of;
	struct place *places; /* of who is expected, sorted */
	size_t n;
	struct str *others;
	size_t n_others;
};

uint64_t ldap_dn_hash(struct arena *a, struct str dn)
{
	char *p = arena_alloc(a, dn.len + 1);
	uint8_t digest[SHA256_LEN];
	uint64_t hash;
	size_t n = 0;

	dn = attributes_lower(a, dn);
	for (size_t i = 0; i < dn.len; i++)
		if (dn.p[i] != ' ' || (n > 0 && p[n - 1] != ','))
			p[n++] = dn.p[i];
	sha256(str_n(p, n), digest);
	memcpy(&hash, digest, sizeof(hash));
	return hash;
}

static int by_hash(const void *x, const void *y)
{
	const struct place *a = x, *b = y;

	return a->hash < b->hash ? -1 : a->hash > b->hash;
}

static bool take_other(struct reading *r, struct op *op, struct str member)
{
	struct str *other = &r->others[r->n_others];

	if (r->of->kind->by_uid) {
		if (ldap_dn_child(op, "uid", member, r->of->config->people_base, other) < 0)
			return false;
	} else {
		*other = arena_dup(op->arena, member);
	}
	r->n_others++;
	return true;
}

static int take_group(void *context, struct op *op, const struct ldap_entry *entry)
{
	struct reading *r = context;
	const struct ldap_attr *members = ldap_entry_attr(entry, r->of->kind->member);
	_cleanup_(arena_freep) struct arena *scratch = arena_new(SCRATCH_BYTES);
	uint64_t placeholder = ldap_dn_hash(scratch, r->of->config->placeholder_member);

	r->others = ARENA_ARRAY(op->arena, struct str, members->n_values + 1);
	r->n_others = 0;
	for (size_t i = 0; i < members->n_values; i++) {
		struct place key = { 0 }, *found;

		arena_reset(scratch);
		key.hash = ldap_dn_hash(scratch, members->values[i]);
		found = bsearch(&key, r->places, r->n, sizeof(key), by_hash);
		if (found)
			found->member->is_there = true;
		else if (key.hash != placeholder && !take_other(r, op, members->values[i]))
			return op->error.code;
	}
	return 0;
}

enum verdict ldap_members(struct call *c, struct ldap_pool *pool, const struct ldap_folder *folder, struct group_members *m)
{
	static const struct ldap_pages_size size = { 20, GROUP_BYTES };
	const char *const attrs[] = { folder->kind->member, NULL };
	struct ldap_list_of what = { folder->base, STR_NULL, attrs };
	struct reading r = { .of = folder, .places = ARENA_ARRAY(c->op->arena, struct place, m->n + 1), .n = m->n };
	struct ldap_pages *pages;
	int result;

	for (size_t i = 0; i < m->n; i++)
		r.places[i] = (struct place){ ldap_dn_hash(c->op->arena, folder->kind->by_uid ? m->expected[i].login : m->expected[i].ext_id), &m->expected[i] };
	if (m->n > 1)
		qsort(r.places, m->n, sizeof(*r.places), by_hash);
	if (ldap_filter_eq(c->op, "cn", m->group.name, &what.filter) < 0 || ldap_pages_open(c->op, pool, &size, &pages) < 0)
		return ldap_verdict(c, false);
	result = ldap_pages_next(c->op, pages, &what, take_group, &r);
	ldap_pages_close(pages);
	if (result < 0)
		return ldap_verdict(c, false);
	m->others = r.others;
	m->n_others = r.n_others;
	return VERDICT_DONE;
}
