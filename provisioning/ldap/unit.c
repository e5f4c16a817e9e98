#include "provisioning/ldap/unit.h"

#include "common/base/text.h"
#include "common/net/ldap_filter.h"

const char *const unit_attrs[] = { "objectClass", "senUnitCode", "senUnitName", "senUnitKind", "senUnitParent", "senUnitStatus", NULL };

static const struct {
	const char *name;
	size_t offset;
} places[UNIT_ATTRS_MAX] = {
	{ "senUnitCode", offsetof(struct unit_facts, code) },     { "senUnitName", offsetof(struct unit_facts, name) },
	{ "senUnitKind", offsetof(struct unit_facts, kind) },     { "senUnitParent", offsetof(struct unit_facts, parent) },
	{ "senUnitStatus", offsetof(struct unit_facts, status) },
};

static struct str value_of(const struct unit_facts *u, size_t i)
{
	const char *base = (const char *)u;

	return *(const struct str *)(const void *)(base + places[i].offset);
}

static struct ldap_attr attr_of(struct arena *a, const struct unit_facts *u, size_t i)
{
	struct str *value = ARENA_NEW(a, struct str);

	*value = value_of(u, i);
	return (struct ldap_attr){ str_c(places[i].name), value, 1 };
}

size_t unit_entry_attrs(struct arena *a, const struct unit_facts *u, struct ldap_attr ret[UNIT_ATTRS_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < UNIT_ATTRS_MAX; i++)
		if (!str_is_empty(value_of(u, i)))
			ret[n++] = attr_of(a, u, i);
	return n;
}

bool unit_entry_read(struct arena *a, const struct ldap_entry *entry, struct str base, struct str *ret_code, struct unit_facts *ret)
{
	/* One that somebody has moved below another is none of ours any more. */
	if (!ldap_entry_has_class(entry, STR(UNIT_CLASS)) || !ldap_dn_is_child(a, entry->dn, base, ret_code))
		return false;
	*ret = (struct unit_facts){
		.code = arena_dup(a, ldap_entry_value(entry, "senUnitCode")),
		.name = arena_dup(a, ldap_entry_value(entry, "senUnitName")),
		.kind = arena_dup(a, ldap_entry_value(entry, "senUnitKind")),
		.parent = arena_dup(a, ldap_entry_value(entry, "senUnitParent")),
		.status = arena_dup(a, ldap_entry_value(entry, "senUnitStatus")),
	};
	return true;
}

static bool is_same(struct str is, struct str want)
{
	return str_is_empty(is) ? str_is_empty(want) : !str_is_empty(want) && text_equal_nfc(is, want);
}

size_t unit_entry_changes(struct arena *a, const struct unit_facts *is, const struct unit_facts *want, struct ldap_change ret[2 * UNIT_ATTRS_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < UNIT_ATTRS_MAX; i++) {
		if (is_same(value_of(is, i), value_of(want, i)))
			continue;
		if (!str_is_empty(value_of(is, i)))
			ret[n++] = (struct ldap_change){ LDAP_CHANGE_DELETE, attr_of(a, is, i) };
		if (!str_is_empty(value_of(want, i)))
			ret[n++] = (struct ldap_change){ LDAP_CHANGE_ADD, attr_of(a, want, i) };
	}
	return n;
}
