/*
 * Active Directory: samba-ad-dc, as tests/connectors/ad starts it, looked at with ldapsearch.  SEN_TEST_LDAP_URI, _BASE, _BIND_DN,
 * _PASSWORD_FILE, _CA; it listens on 127.0.0.1:636.  SEN_TEST_AD_MEMBER_OF: the attribute that config.member_of names, or empty.
 */
#include "common/base/buf.h"
#include "tests/connectors/stand_ldap.h"
#include "tests/connectors/stand_slapd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PORT 636
#define OTHERS_AT_ONCE 400

static const char *const group_names[] = { "MC", "TK", "LD", "ADMIN" };

struct str stand_ldap_folder(struct arena *a)
{
	return arena_printf(a, "OU=kit,%.*s", STR_ARG(stand_ldap_env("SEN_TEST_LDAP_BASE")));
}

const char *stand_ldap_member_attr(void)
{
	return "member";
}

static struct str user_dn(struct arena *a, const char *login)
{
	return arena_printf(a, "CN=%s,OU=users,%.*s", login, STR_ARG(stand_ldap_folder(a)));
}

/* "m12" is none of ours: a contact, since members have to exist. */
struct str stand_ldap_member(struct arena *a, const char *login)
{
	if (login[0] == 'm' && login[1] >= '0' && login[1] <= '9')
		return arena_printf(a, "CN=%s,OU=others,%.*s", login, STR_ARG(stand_ldap_folder(a)));
	return user_dn(a, login);
}

static bool is_there(struct arena *a, struct str dn)
{
	const char *const argv[] = { "sh", "-c", "ldapsearch -x -LLL -H ldaps://127.0.0.1 -D \"$0\" -y \"$1\" -s base -b \"$2\" dn 2>/dev/null || true",
		                     stand_ldap_env("SEN_TEST_LDAP_BIND_DN").p, stand_ldap_env("SEN_TEST_LDAP_PASSWORD_FILE").p, arena_cstr(a, dn), NULL };

	return stand_ldap_count(stand_command(a, argv, STR_NULL), "dn:") > 0;
}

static struct str ou_ldif(struct arena *a, struct str dn)
{
	return arena_printf(a, "dn: %.*s\nchangetype: add\nobjectClass: organizationalUnit\n\n", STR_ARG(dn));
}

static void make_others(void)
{
	for (size_t i = 0; i < LDAP_MANY; i += OTHERS_AT_ONCE) {
		struct arena *a = arena_new((size_t)1024 * 1024);
		struct buf b = buf_new(a, (size_t)128 * 1024);

		for (size_t k = i; k < LDAP_MANY && k < i + OTHERS_AT_ONCE; k++)
			buf_printf(&b, "dn: %.*s\nchangetype: add\nobjectClass: contact\n\n", STR_ARG(stand_ldap_member(a, arena_printf(a, "m%zu", k).p)));
		stand_ldap_modify(buf_str(&b));
		arena_free(a);
	}
}

static void make_folder(struct arena *a)
{
	struct str f = stand_ldap_folder(a);

	if (is_there(a, f))
		return;
	stand_ldap_modify(arena_printf(a, "%.*s%.*s%.*s%.*s", STR_ARG(ou_ldif(a, f)), STR_ARG(ou_ldif(a, arena_printf(a, "OU=users,%.*s", STR_ARG(f)))),
	                               STR_ARG(ou_ldif(a, arena_printf(a, "OU=groups,%.*s", STR_ARG(f)))),
	                               STR_ARG(ou_ldif(a, arena_printf(a, "OU=others,%.*s", STR_ARG(f))))));
	make_others();
}

/* All below it that the filter names, not itself. */
static struct str deletions(struct arena *a, const char *ou, const char *filter)
{
	struct str found = stand_ldap_search(a, arena_printf(a, "OU=%s,%.*s", ou, STR_ARG(stand_ldap_folder(a))),
	                                     arena_printf(a, "(&%s(!(objectClass=organizationalUnit)))", filter), "dn");
	struct buf b = buf_new(a, (size_t)64 * 1024);
	struct str rest = found, line;

	while (str_split(&rest, '\n', &line))
		if (str_starts(line, STR("dn:")))
			buf_printf(&b, "%.*s\nchangetype: delete\n\n", STR_ARG(line));
	return buf_str(&b);
}

static void wipe(void)
{
	struct arena *a = arena_new(UNIT_ARENA_BYTES);
	struct str all;

	make_folder(a);
	all = arena_printf(a, "%.*s%.*s%.*s", STR_ARG(deletions(a, "others", "(objectClass=user)")), STR_ARG(deletions(a, "users", "(objectClass=*)")), STR_ARG(deletions(a, "groups", "(objectClass=*)")));
	for (size_t i = 0; i < ARRAY_LEN(group_names); i++)
		all = arena_printf(a, "%.*sdn: CN=%s,OU=groups,%.*s\nchangetype: add\nobjectClass: group\nsAMAccountName: %s\n\n", STR_ARG(all), group_names[i],
		                   STR_ARG(stand_ldap_folder(a)), group_names[i]);
	stand_ldap_modify(all);
	arena_free(a);
}

static int begin(struct arena *a, struct connector_config *config)
{
	const char *const cat[] = { "cat", stand_ldap_env("SEN_TEST_LDAP_PASSWORD_FILE").p, NULL };

	config->kind = STR("ldap");
	config->schema = STR("ad");
	config->groups = STR("group");
	config->member_of = stand_ldap_env("SEN_TEST_AD_MEMBER_OF");
	config->upn_domain = STR("thu.example");
	config->bind_dn = config->placeholder_member = stand_ldap_env("SEN_TEST_LDAP_BIND_DN");
	config->password = stand_command(a, cat, STR_NULL);
	config->people_base = arena_printf(a, "ou=users,%.*s", STR_ARG(stand_ldap_folder(a)));
	config->groups_base = arena_printf(a, "ou=groups,%.*s", STR_ARG(stand_ldap_folder(a)));
	config->id_attr = STR("employeeNumber");
	config->disable_attr = STR("employeeType");
	config->disable_value = STR("disabled");
	config->ca_file = stand_ldap_env("SEN_TEST_LDAP_CA");
	return PORT;
}

static void set_port(struct arena *a, struct connector_config *config, int port)
{
	config->uri = arena_printf(a, "ldaps://127.0.0.1:%d", port);
}

static void end(void)
{
}

static struct str roles_of(struct arena *a, struct str dn)
{
	struct str base = arena_printf(a, "OU=groups,%.*s", STR_ARG(stand_ldap_folder(a)));

	return stand_ldap_values(a, stand_ldap_search(a, base, arena_printf(a, "(member=%.*s)", STR_ARG(dn)), "cn"), "cn");
}

static struct str found(struct arena *a, const char *login)
{
	return stand_ldap_search(a, stand_ldap_folder(a), arena_printf(a, "(sAMAccountName=%s)", login), NULL);
}

static struct stand_account look(struct arena *a, const char *login)
{
	struct str entry = found(a, login), dn = stand_ldap_attr(a, entry, "dn");
	uint64_t bits = 0;

	(void)str_to_u64(stand_ldap_attr(a, entry, "userAccountControl"), UINT32_MAX, &bits);
	return (struct stand_account){
		.n = stand_ldap_count(entry, "dn:"),
		.active = dn.len > 0 && !(bits & 2),
		.full_name = stand_ldap_attr(a, entry, "displayName"),
		.unit_code = stand_ldap_attr(a, entry, "departmentNumber"),
		.post = stand_ldap_attr(a, entry, "title"),
		.phone = stand_ldap_attr(a, entry, "telephoneNumber"),
		.account_id = stand_ldap_attr(a, entry, "employeeNumber"),
		.roles = dn.len > 0 ? roles_of(a, dn) : STR(""),
	};
}

static struct str member_ldif(struct arena *a, struct str role, const char *what, struct str dn)
{
	return arena_printf(a, "dn: CN=%.*s,OU=groups,%.*s\nchangetype: modify\n%s: member\nmember: %.*s\n", STR_ARG(role), STR_ARG(stand_ldap_folder(a)), what, STR_ARG(dn));
}

static struct str act_ldif(struct arena *a, enum stand_act what, const char *login, struct str dn)
{
	switch (what) {
	case STAND_ADD_FOREIGN:
		return arena_printf(a, "dn: %.*s\nchangetype: add\nobjectClass: user\nsAMAccountName: %s\ndisplayName: Người Khác\nuserAccountControl: 544\n", STR_ARG(user_dn(a, login)), login);
	case STAND_RENAME:
		return arena_printf(a, "dn: %.*s\nchangetype: modify\nreplace: displayName\ndisplayName: Ai đó khác\n", STR_ARG(dn));
	case STAND_GIVE_ROLE:
		return member_ldif(a, STR("TK"), "add", dn);
	case STAND_ENABLE:
		return arena_printf(a, "dn: %.*s\nchangetype: modify\nreplace: userAccountControl\nuserAccountControl: 512\n", STR_ARG(dn));
	case STAND_SET_PHONE:
		return arena_printf(a, "dn: %.*s\nchangetype: modify\nreplace: telephoneNumber\ntelephoneNumber: 0238 111 222\n", STR_ARG(dn));
	case STAND_DELETE:
		return arena_printf(a, "dn: %.*s\nchangetype: delete\n", STR_ARG(dn));
	case STAND_UNMARK:
		return arena_printf(a, "dn: %.*s\nchangetype: modify\ndelete: employeeNumber\n", STR_ARG(dn));
	case STAND_MISMARK:
		return arena_printf(a, "dn: %.*s\nchangetype: modify\nreplace: employeeNumber\nemployeeNumber: %s\n", STR_ARG(dn), STAND_OTHERS_ID);
	case STAND_MOVE:
		return arena_printf(a, "dn: %.*s\nchangetype: modrdn\nnewrdn: CN=%s\ndeleteoldrdn: 1\nnewsuperior: OU=others,%.*s\n", STR_ARG(dn), login,
		                    STR_ARG(stand_ldap_folder(a)));
	case STAND_HIDE:
		return arena_printf(a, "dn: %.*s\nchangetype: modify\nreplace: employeeNumber\n-\nreplace: userPrincipalName\nuserPrincipalName: %s-khac@thu.example\n-\n"
		                    "replace: userAccountControl\nuserAccountControl: 512\n-\nreplace: sAMAccountName\nsAMAccountName: %s-khac\n\ndn: %.*s\nchangetype: modrdn\n"
		                    "newrdn: CN=%s-khac\ndeleteoldrdn: 1\nnewsuperior: OU=others,%.*s\n", STR_ARG(dn), login, login, STR_ARG(dn), login,
		                    STR_ARG(stand_ldap_folder(a)));
	case STAND_TAKE_ROLE:
	default:
		return STR_NULL;
	}
}

static void act(enum stand_act what, const char *login)
{
	struct arena *a = arena_new(UNIT_ARENA_BYTES);
	struct str dn = stand_ldap_attr(a, found(a, login), "dn"), roles = what == STAND_TAKE_ROLE ? roles_of(a, dn) : STR(""), role;

	while (roles.len > 0 && str_split(&roles, ',', &role))
		stand_ldap_modify(member_ldif(a, role, "delete", dn));
	if (what != STAND_TAKE_ROLE)
		stand_ldap_modify(act_ldif(a, what, login, dn));
	arena_free(a);
}

static size_t count(void)
{
	struct arena *a = arena_new(UNIT_ARENA_BYTES);
	size_t n = stand_ldap_count(stand_ldap_search(a, stand_ldap_folder(a), STR("(objectClass=user)"), "cn"), "dn:");

	arena_free(a);
	return n;
}

static void spoil_password(struct arena *a, struct connector_config *config)
{
	(void)a;
	config->password = STR("spoilt");
}

static const struct stand stand = {
	.name_path = "displayName",
	.name = "Active Directory", .keeps_phone = true, .knows_roles = false, .renames = false, .login_max = 20, .can_lose_id = true, .can_move = true,
	.can_hide = true,
	.own = { &scenarios_ldap },
	.begin = begin, .set_port = set_port, .end = end, .wipe = wipe, .look = look, .act = act, .count = count,
	.spoil_password = spoil_password,
};
const struct stand *const kit_stand = &stand;
