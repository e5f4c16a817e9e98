#include "provisioning/ldap/schema.h"

#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/base/random.h"
#include "common/base/text.h"
#include "common/net/ldap_filter.h"
#include "provisioning/ldap/stable.h"
#include "provisioning/match.h"

#include <inttypes.h>

#define UAC "userAccountControl"
#define UAC_DISABLED 2
#define UAC_NORMAL 512
#define UAC_MAX UINT32_MAX
#define GUID_BYTES 16
#define PASSWORD_BYTES 48

const struct ldap_schema *ldap_schema(struct str name)
{
	static const struct str person_classes[] = { { "inetOrgPerson", 13 } };
	static const struct str user_classes[] = { { "top", 3 }, { "person", 6 }, { "organizationalPerson", 20 }, { "user", 4 } };
	static const struct ldap_schema schemas[] = {
		{ "rfc2798", { "(objectClass=inetOrgPerson)", 27 }, "uid", "uid", person_classes, ARRAY_LEN(person_classes), 256, false },
		/* Machines are users too, there. */
		{ "ad", { "(&(objectClass=user)(!(objectClass=computer)))", 46 }, "sAMAccountName", "cn", user_classes, ARRAY_LEN(user_classes), 20, true },
	};

	for (size_t i = 0; i < ARRAY_LEN(schemas); i++)
		if (str_equal(name, str_c(schemas[i].name)))
			return &schemas[i];
	return NULL;
}

/* The first three parts are little-endian ([MS-DTYP] §2.3.4). */
static struct str guid_text(struct arena *a, struct str guid)
{
	static const uint8_t order[GUID_BYTES] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };
	struct buf b = buf_new(a, 64);

	buf_add_c(&b, "<GUID=");
	for (size_t i = 0; i < GUID_BYTES; i++)
		buf_printf(&b, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", (unsigned)(uint8_t)guid.p[order[i]]);
	buf_add_c(&b, ">");
	return buf_str(&b);
}

struct str ldap_guid(struct arena *a, const struct ldap_entry *entry)
{
	struct str guid = ldap_entry_value(entry, "objectGUID");

	return guid.len == GUID_BYTES ? guid_text(a, guid) : STR_NULL;
}

struct str ldap_schema_ext_id(struct arena *a, const struct ldap_schema *s, const struct ldap_entry *entry)
{
	return s->is_ad ? ldap_guid(a, entry) : arena_dup(a, entry->dn);
}

void ldap_schema_want(const struct ldap_schema *s, struct ldap_wanted *w, const struct desired *want)
{
	if (!s->is_ad) {
		ldap_want_person(w, want);
		ldap_want(w, "ou", want->unit_name);
	} else {
		/* cn is the entry's name. */
		ldap_want(w, "sn", str_is_empty(want->ho) ? want->full_name : want->ho);
		ldap_want(w, "givenName", want->ten);
		ldap_want(w, "displayName", want->full_name);
		ldap_want(w, "mail", want->mail);
		ldap_want(w, "title", want->post);
		ldap_want(w, "department", want->unit_name);
	}
	ldap_want(w, "departmentNumber", want->unit_code);
}

/* What the entry is named by is no attribute to be written. */
void ldap_schema_want_mapped(const struct ldap_schema *s, struct ldap_wanted *w, const struct desired *want, bool is_new)
{
	size_t n = 0;

	ldap_want_mapped(w, want, is_new);
	if (!s->is_ad)
		return;
	for (size_t i = 0; i < w->n; i++)
		if (!str_equal_nocase(w->attrs[i].name, str_c(s->rdn_attr)))
			w->attrs[n++] = w->attrs[i];
	w->n = n;
}

/* "…" in UTF-16LE, as unicodePwd wants it. */
static struct str random_password(struct arena *a)
{
	struct str text = random_token(a, STR("aA1-"), PASSWORD_BYTES);
	size_t n = text.len + 2;
	char *p = arena_alloc(a, 2 * n);

	for (size_t i = 0; i < n; i++)
		p[2 * i] = i == 0 || i == n - 1 ? '"' : text.p[i - 1];
	return str_n(p, 2 * n);
}

void ldap_schema_want_new(const struct ldap_platform *p, struct ldap_wanted *w, const struct desired *want)
{
	ldap_want(w, p->schema->login_attr, want->login);
	if (!p->schema->is_ad)
		return;
	if (!str_is_empty(p->config->upn_domain))
		ldap_want(w, "userPrincipalName", arena_printf(w->arena, "%.*s@%.*s", STR_ARG(want->login), STR_ARG(p->config->upn_domain)));
	ldap_want(w, "unicodePwd", random_password(w->arena));
	ldap_want(w, UAC, arena_printf(w->arena, "%d", UAC_NORMAL));
}

static uint32_t account_control(const struct ldap_entry *entry)
{
	uint64_t bits = UAC_NORMAL;

	(void)str_to_u64(ldap_entry_value(entry, UAC), UAC_MAX, &bits);
	return (uint32_t)bits;
}

bool ldap_schema_is_off(const struct ldap_platform *p, const struct ldap_entry *entry)
{
	if (p->schema->is_ad)
		return account_control(entry) & UAC_DISABLED;
	return ldap_attr_has(ldap_entry_attr(entry, p->disable_attr), p->config->disable_value);
}

void ldap_schema_want_state(const struct ldap_platform *p, struct ldap_wanted *w, const struct ldap_entry *entry, bool off)
{
	uint32_t bits;

	if (!p->schema->is_ad) {
		ldap_want(w, p->disable_attr, off ? p->config->disable_value : STR(""));
		return;
	}
	bits = (account_control(entry) & ~(uint32_t)UAC_DISABLED) | (off ? UAC_DISABLED : 0);
	ldap_want(w, UAC, arena_printf(w->arena, "%" PRIu32, bits));
}

enum verdict ldap_match(struct call *c, const struct ldap_identity *who, const struct ldap_schema *s, size_t rule_index, struct candidates *all)
{
	const struct match_rule *rule = &c->want->mapping->rules[rule_index];
	const char *attrs[] = { who->login_attr, who->id_attr, "objectGUID", NULL };
	/* Mappings say uid where they mean the user name. */
	const char *path = str_equal_nocase(rule->path, STR("uid")) ? who->login_attr : arena_cstr(c->op->arena, rule->path);
	const struct ldap_entry *entries;
	struct str filter;
	size_t n = 0;

	op_forgive(c->op);
	if (ldap_filter_eq(c->op, path, c->want->matches[rule_index].text, &filter) < 0)
		return ldap_verdict(c, false);
	if (ldap_search(c->op, who->pool, who->people_base, LDAP_SUB, filter, attrs, CANDIDATES_MAX, &entries, &n) < 0) {
		if (c->op->error.code == ERR_LIMIT)
			return call_fault(c, VERDICT_REFUSED, "disputed", "more than %d entries have that %.*s", CANDIDATES_MAX, STR_ARG(rule->path));
		return ldap_verdict(c, false);
	}
	for (size_t i = 0; i < n; i++) {
		struct str owner = ldap_entry_value(&entries[i], who->id_attr);

		match_add(all, (struct candidate){ .ext_id = ldap_schema_ext_id(c->op->arena, s, &entries[i]),
			                           .label = ldap_entry_value(&entries[i], who->login_attr), .rule = rule,
			                           .is_linked = !str_is_empty(owner) && !str_equal_nocase(owner, c->want->account_id) });
	}
	return VERDICT_DONE;
}
