/*
 * An LDAP server: inetOrgPerson entries and groups of one kind (LDAP_GROUPS), looked at with ldapsearch.  LDAP_MEMBER_OF: the server keeps that
 * attribute.  SEN_TEST_LDAP_* as in
 * tests/ldap/ldap_test.h; the stand works in a folder of its own below the base.
 */
#include "tests/connectors/stand_ldap.h"
#include "tests/connectors/stand_slapd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef LDAP_MEMBER_OF
#define LDAP_MEMBER_OF ""
#endif
/* Of each kind of groups its own: they are run side by side. */
#define FOLDER "kit-" LDAP_GROUPS

static bool is_posix(void)
{
	return strcmp(LDAP_GROUPS, "posixGroup") == 0;
}

const char *stand_ldap_member_attr(void)
{
	return is_posix() ? "memberUid" : strcmp(LDAP_GROUPS, "groupOfUniqueNames") == 0 ? "uniqueMember" : "member";
}

static const char *const group_names[] = { "MC", "TK", "LD", "ADMIN" };

struct str stand_ldap_folder(struct arena *a)
{
	return arena_printf(a, "ou=" FOLDER ",%.*s", STR_ARG(stand_ldap_env("SEN_TEST_LDAP_PLATFORM_BASE")));
}

static struct str user_dn(struct arena *a, const char *login)
{
	return arena_printf(a, "uid=%s,ou=users,%.*s", login, STR_ARG(stand_ldap_folder(a)));
}

struct str stand_ldap_member(struct arena *a, const char *login)
{
	return is_posix() ? arena_dup_c(a, login) : user_dn(a, login);
}

/* What a group needs besides its name. */
static struct str group_rest(struct arena *a, size_t i)
{
	if (is_posix())
		return arena_printf(a, "gidNumber: %zu", 5000 + i);
	return arena_printf(a, "%s: %.*s", stand_ldap_member_attr(), STR_ARG(stand_ldap_env("SEN_TEST_LDAP_BIND_DN")));
}

static struct str folder_ldif(struct arena *a)
{
	struct str f = stand_ldap_folder(a), all = arena_printf(a,
		"dn: %.*s\nchangetype: add\nobjectClass: organizationalUnit\nou: " FOLDER "\n\n"
		"dn: ou=users,%.*s\nchangetype: add\nobjectClass: organizationalUnit\nou: users\n\n"
		"dn: ou=away,ou=users,%.*s\nchangetype: add\nobjectClass: organizationalUnit\nou: away\n\n"
		"dn: ou=elsewhere,%.*s\nchangetype: add\nobjectClass: organizationalUnit\nou: elsewhere\n\n"
		"dn: ou=groups,%.*s\nchangetype: add\nobjectClass: organizationalUnit\nou: groups\n\n", STR_ARG(f), STR_ARG(f), STR_ARG(f), STR_ARG(f), STR_ARG(f));

	for (size_t i = 0; i < ARRAY_LEN(group_names); i++)
		all = arena_printf(a, "%.*sdn: cn=%s,ou=groups,%.*s\nchangetype: add\nobjectClass: %s\ncn: %s\n%.*s\n\n",
		                   STR_ARG(all), group_names[i], STR_ARG(f), LDAP_GROUPS, group_names[i], STR_ARG(group_rest(a, i)));
	return all;
}

static void remove_folder(struct arena *a)
{
	const char *const arguments[] = { "-r", "-c", stand_ldap_folder(a).p };
	struct str found = stand_ldap_search(a, stand_ldap_env("SEN_TEST_LDAP_PLATFORM_BASE"), STR("(ou=" FOLDER ")"), "ou");

	if (stand_ldap_count(found, "dn:") > 0)
		(void)stand_ldap_tool(a, "ldapdelete", arguments, 3, STR_NULL);
}

static void wipe(void)
{
	struct arena *a = arena_new(UNIT_ARENA_BYTES);

	remove_folder(a);
	stand_ldap_modify(folder_ldif(a));
	arena_free(a);
}

static int begin(struct arena *a, struct connector_config *config)
{
	int port = stand_ldap_server(a, config);

	config->kind = STR("ldap");
	config->people_base = arena_printf(a, "ou=users,%.*s", STR_ARG(stand_ldap_folder(a)));
	config->groups_base = arena_printf(a, "ou=groups,%.*s", STR_ARG(stand_ldap_folder(a)));
	config->id_attr = STR("employeeNumber");
	config->member_of = STR(LDAP_MEMBER_OF);
	config->disable_attr = STR("employeeType");
	config->disable_value = STR("disabled");
	config->ca_file = STR("");
	config->schema = STR("rfc2798");
	config->groups = STR(LDAP_GROUPS);
	config->gid_first = 5000;
	return port;
}

static void set_port(struct arena *a, struct connector_config *config, int port)
{
	config->uri = arena_printf(a, "ldap://127.0.0.1:%d", port);
}

static void end(void)
{
	struct arena *a = arena_new(UNIT_ARENA_BYTES);

	remove_folder(a);
	arena_free(a);
}

static struct str roles_of(struct arena *a, const char *login)
{
	struct str filter = arena_printf(a, "(&(objectClass=%s)(%s=%.*s))", LDAP_GROUPS, stand_ldap_member_attr(), STR_ARG(stand_ldap_member(a, login)));

	return stand_ldap_values(a, stand_ldap_search(a, stand_ldap_folder(a), filter, "cn"), "cn");
}

static struct stand_account look(struct arena *a, const char *login)
{
	struct str found = stand_ldap_search(a, stand_ldap_folder(a), arena_printf(a, "(uid=%s)", login), NULL);

	return (struct stand_account){
		.n = stand_ldap_count(found, "dn:"),
		.active = !str_equal(stand_ldap_attr(a, found, "employeeType"), STR("disabled")),
		.full_name = stand_ldap_attr(a, found, "displayName"),
		.unit_code = stand_ldap_attr(a, found, "departmentNumber"),
		.post = stand_ldap_attr(a, found, "title"),
		.phone = stand_ldap_attr(a, found, "telephoneNumber"),
		.account_id = stand_ldap_attr(a, found, "employeeNumber"),
		.roles = roles_of(a, login),
	};
}

static void take_roles(struct arena *a, const char *login)
{
	struct str roles = roles_of(a, login), role;

	while (roles.len > 0 && str_split(&roles, ',', &role))
		stand_ldap_modify(arena_printf(a, "dn: cn=%.*s,ou=groups,%.*s\nchangetype: modify\ndelete: %s\n%s: %.*s\n", STR_ARG(role),
		                               STR_ARG(stand_ldap_folder(a)), stand_ldap_member_attr(), stand_ldap_member_attr(), STR_ARG(stand_ldap_member(a, login))));
}

static struct str act_ldif(struct arena *a, enum stand_act what, const char *login)
{
	struct str dn = user_dn(a, login);

	switch (what) {
	case STAND_ADD_FOREIGN:
		return arena_printf(a, "dn: %.*s\nchangetype: add\nobjectClass: inetOrgPerson\nuid: %s\ncn: Người Khác\nsn: Người\n"
		                    "displayName: Người Khác\n", STR_ARG(dn), login);
	case STAND_RENAME:
		return arena_printf(a, "dn: %.*s\nchangetype: modify\nreplace: displayName\ndisplayName: Ai đó khác\n", STR_ARG(dn));
	case STAND_GIVE_ROLE:
		return arena_printf(a, "dn: cn=TK,ou=groups,%.*s\nchangetype: modify\nadd: %s\n%s: %.*s\n", STR_ARG(stand_ldap_folder(a)),
		                    stand_ldap_member_attr(), stand_ldap_member_attr(), STR_ARG(stand_ldap_member(a, login)));
	case STAND_ENABLE:
		return arena_printf(a, "dn: %.*s\nchangetype: modify\ndelete: employeeType\n", STR_ARG(dn));
	case STAND_SET_PHONE:
		return arena_printf(a, "dn: %.*s\nchangetype: modify\nreplace: telephoneNumber\ntelephoneNumber: 0238 111 222\n", STR_ARG(dn));
	case STAND_DELETE:
		return arena_printf(a, "dn: %.*s\nchangetype: delete\n", STR_ARG(dn));
	case STAND_UNMARK:
		return arena_printf(a, "dn: %.*s\nchangetype: modify\ndelete: employeeNumber\n", STR_ARG(dn));
	case STAND_MISMARK:
		return arena_printf(a, "dn: %.*s\nchangetype: modify\nreplace: employeeNumber\nemployeeNumber: " STAND_OTHERS_ID "\n", STR_ARG(dn));
	case STAND_MOVE:
		return arena_printf(a, "dn: %.*s\nchangetype: modrdn\nnewrdn: uid=%s\ndeleteoldrdn: 0\nnewsuperior: ou=away,ou=users,%.*s\n", STR_ARG(dn), login,
		                    STR_ARG(stand_ldap_folder(a)));
	case STAND_HIDE:
		return arena_printf(a, "dn: %.*s\nchangetype: modify\nreplace: employeeNumber\n-\nreplace: employeeType\n\ndn: %.*s\nchangetype: modrdn\nnewrdn: uid=%s-khac\n"
		                    "deleteoldrdn: 1\nnewsuperior: ou=elsewhere,%.*s\n", STR_ARG(dn), STR_ARG(dn), login, STR_ARG(stand_ldap_folder(a)));
	case STAND_RELABEL:
	case STAND_TAKE_ROLE:
	default:
		return STR_NULL;
	}
}

static void act(enum stand_act what, const char *login)
{
	struct arena *a = arena_new(UNIT_ARENA_BYTES);

	if (what == STAND_TAKE_ROLE || what == STAND_DELETE || what == STAND_HIDE)
		take_roles(a, login);
	if (what != STAND_TAKE_ROLE)
		stand_ldap_modify(act_ldif(a, what, login));
	arena_free(a);
}

static size_t count(void)
{
	struct arena *a = arena_new(UNIT_ARENA_BYTES);
	size_t n = stand_ldap_count(stand_ldap_search(a, stand_ldap_folder(a), STR("(objectClass=inetOrgPerson)"), "uid"), "dn:");

	arena_free(a);
	return n;
}

static void spoil_password(struct arena *a, struct connector_config *config)
{
	(void)a;
	config->password = STR("spoilt");
}

static const struct stand stand = {
	.name_path = "cn",
	.name = "LDAP", .keeps_phone = true, .knows_roles = false, /* a group that is missing is made */ .renames = false, .can_lose_id = true, .can_move = true, .can_hide = true,
	.own = { &scenarios_ldap },
	.begin = begin, .set_port = set_port, .end = end, .wipe = wipe, .look = look, .act = act, .count = count,
	.spoil_password = spoil_password,
};
const struct stand *const kit_stand = &stand;
