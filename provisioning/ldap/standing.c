#include "provisioning/ldap/standing.h"

#include "provisioning/ldap/unit.h"

/* What a unit is made with here; the rest of it comes from who keeps the units. */
static const struct ldap_group_more *new_unit(struct arena *a, const struct desired *want)
{
	const struct unit_facts unit = { .code = want->unit_code, .name = want->unit_name, .status = STR("active") };
	struct ldap_group_more *more = ARENA_NEW(a, struct ldap_group_more);
	struct ldap_attr *attrs = ARENA_ARRAY(a, struct ldap_attr, UNIT_ATTRS_MAX);

	*more = (struct ldap_group_more){ STR(UNIT_CLASS), attrs, unit_entry_attrs(a, &unit, attrs) };
	return more;
}

struct ldap_membership ldap_membership_of(struct arena *a, const struct ldap_folder *f, const struct desired *want, const struct ldap_entry *entry)
{
	struct str *names = ARENA_ARRAY(a, struct str, want->n_roles + 1);
	struct ldap_membership m = { .folder = f, .entry = entry, .wanted = names };

	if (!want->active)
		return m;
	if (f->is_units) {
		names[0] = want->unit_code;
		m.n_wanted = str_is_empty(want->unit_code) ? 0 : 1;
		m.more = new_unit(a, want);
		return m;
	}
	for (size_t i = 0; i < want->n_roles; i++)
		names[m.n_wanted++] = want->roles[i].code;
	return m;
}

enum verdict ldap_standing_read(struct call *c, struct ldap_standing *s)
{
	enum verdict verdict = VERDICT_DONE;

	for (size_t i = 0; verdict == VERDICT_DONE && i < s->n; i++)
		verdict = ldap_groups_read(c, &s->in[i]);
	return verdict;
}

bool ldap_standing_matches(const struct call *c, const struct ldap_standing *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (!ldap_groups_match(c, &s->in[i]))
			return false;
	return true;
}

enum verdict ldap_standing_bring(struct call *c, const struct ldap_standing *s)
{
	enum verdict verdict = VERDICT_DONE;

	for (size_t i = 0; verdict == VERDICT_DONE && i < s->n; i++)
		verdict = ldap_groups_bring(c, &s->in[i]);
	return verdict;
}

bool ldap_standing_is_in_any(const struct ldap_standing *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->in[i].n_groups > 0)
			return true;
	return false;
}
