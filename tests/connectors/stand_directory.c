/*
 * Platform zero: slapd with our schema and the ppolicy overlay, roles and units as groups.  A role counts when it stands on the
 * account and the account in its group, a unit likewise: what look() tells is what both say.  SEN_TEST_LDAP_* as in
 * tests/ldap/ldap_test.h; the stand works in a folder of its own below the base.  DIRECTORY_MEMBER_OF: the server keeps that attribute
 * (overlay memberof), and config.member_of names it.
 */
#include "tests/connectors/stand_directory.h"
#include "tests/connectors/stand_ldap.h"

#include <stdlib.h>
#include <string.h>

#define LOCK "pwdAccountLockedTime"
#ifndef DIRECTORY_MEMBER_OF
#define DIRECTORY_MEMBER_OF ""
#endif

static const char *const group_names[] = { "MC", "TK", "LD", "ADMIN" };
/* What the class of our accounts brings, and goes with it. */
static const char *const our_attrs[] = { "senAccountId", "senStatus", "senUnitCode", "senUnitName", "senPost", "senRole" };

struct str stand_directory_folder(struct arena *a)
{
	return arena_printf(a, "ou=kitdir,%.*s", STR_ARG(stand_ldap_env("SEN_TEST_LDAP_BASE")));
}

struct str stand_directory_user(struct arena *a, const char *login)
{
	return arena_printf(a, "uid=%s,ou=users,%.*s", login, STR_ARG(stand_directory_folder(a)));
}

static struct str folder_ldif(struct arena *a)
{
	static const char *const below[] = { "ou=users", "ou=away,ou=users", "ou=elsewhere", "ou=groups", "ou=units" };
	struct str f = stand_directory_folder(a);
	struct str all = arena_printf(a, "dn: %.*s\nchangetype: add\nobjectClass: organizationalUnit\n\n", STR_ARG(f));

	for (size_t i = 0; i < ARRAY_LEN(below); i++)
		all = arena_printf(a, "%.*sdn: %s,%.*s\nchangetype: add\nobjectClass: organizationalUnit\n\n", STR_ARG(all), below[i], STR_ARG(f));
	for (size_t i = 0; i < ARRAY_LEN(group_names); i++)
		all = arena_printf(a, "%.*sdn: cn=%s,ou=groups,%.*s\nchangetype: add\nobjectClass: groupOfNames\nmember: %.*s\n\n", STR_ARG(all), group_names[i],
		                   STR_ARG(f), STR_ARG(stand_ldap_env("SEN_TEST_LDAP_BIND_DN")));
	return all;
}

static void remove_folder(struct arena *a)
{
	const char *const arguments[] = { "-r", "-c", stand_directory_folder(a).p };
	struct str found = stand_ldap_search(a, stand_ldap_env("SEN_TEST_LDAP_BASE"), STR("(ou=kitdir)"), "ou");

	if (stand_ldap_count(found, "dn:") > 0)
		(void)stand_ldap_tool(a, "ldapdelete", arguments, ARRAY_LEN(arguments), STR_NULL);
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

	config->platform = STR("DIR");
	config->kind = STR("directory");
	config->people_base = arena_printf(a, "ou=users,%.*s", STR_ARG(stand_directory_folder(a)));
	config->groups_base = arena_printf(a, "ou=groups,%.*s", STR_ARG(stand_directory_folder(a)));
	config->units_base = arena_printf(a, "ou=units,%.*s", STR_ARG(stand_directory_folder(a)));
	config->member_of = STR(DIRECTORY_MEMBER_OF);
	config->ca_file = STR("");
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

struct str stand_directory_groups(struct arena *a, const char *folder, const char *login)
{
	struct str base = arena_printf(a, "ou=%s,%.*s", folder, STR_ARG(stand_directory_folder(a)));

	return stand_ldap_values(a, stand_ldap_search(a, base, arena_printf(a, "(member=%.*s)", STR_ARG(stand_directory_user(a, login))), "cn"), "cn");
}

static struct str both(struct arena *a, struct str on_account, struct str in_groups)
{
	return str_equal(on_account, in_groups) ? on_account
	                                        : arena_printf(a, "%.*s, but in groups %.*s", STR_ARG(on_account), STR_ARG(in_groups));
}

static struct stand_account look(struct arena *a, const char *login)
{
	struct str filter = arena_printf(a, "(uid=%s)", login), folder = stand_directory_folder(a);
	struct str found = stand_ldap_search(a, folder, filter, NULL);
	struct str lock = stand_ldap_attr(a, stand_ldap_search(a, folder, filter, LOCK), LOCK);
	struct str post = stand_ldap_attr(a, found, "senPost"), code;
	struct str roles = stand_directory_groups(a, "groups", login), units = stand_directory_groups(a, "units", login);
	struct stand_account account = { .n = stand_ldap_count(found, "dn:"), .active = !str_equal(lock, STR("000001010000Z")) };

	account.full_name = stand_ldap_attr(a, found, "displayName");
	account.account_id = stand_ldap_attr(a, found, "senAccountId");
	account.unit_name = stand_ldap_attr(a, found, "senUnitName");
	account.phone = stand_ldap_attr(a, found, "telephoneNumber");
	account.post = str_split(&post, '|', &code) ? post : STR("");
	/* A unit is left with the roles; what the account says of it stays. */
	account.unit_code = account.active ? both(a, stand_ldap_attr(a, found, "senUnitCode"), units) : STR_NULL;
	account.roles = str_is_empty(account.account_id) ? roles : both(a, stand_ldap_values(a, found, "senRole"), roles);
	if (!account.active)
		account.roles = arena_printf(a, "%.*s%.*s", STR_ARG(account.roles), STR_ARG(units));
	return account;
}

static struct str leave_ldif(struct arena *a, const char *folder, struct str groups, const char *login)
{
	struct str all = STR(""), name;

	while (groups.len > 0 && str_split(&groups, ',', &name))
		all = arena_printf(a, "%.*sdn: cn=%.*s,ou=%s,%.*s\nchangetype: modify\ndelete: member\nmember: %.*s\n\n", STR_ARG(all), STR_ARG(name), folder,
		                   STR_ARG(stand_directory_folder(a)), STR_ARG(stand_directory_user(a, login)));
	return all;
}

static void take_groups(struct arena *a, const char *folder, const char *login)
{
	struct str ldif = leave_ldif(a, folder, stand_directory_groups(a, folder, login), login);

	if (ldif.len > 0)
		stand_ldap_modify(ldif);
}

/* The class goes, with all that it brought. */
static struct str unmark_ldif(struct arena *a, const char *login)
{
	struct str found = stand_ldap_search(a, stand_directory_user(a, login), STR("(objectClass=*)"), NULL);
	struct str all = arena_printf(a, "dn: %.*s\nchangetype: modify\ndelete: objectClass\nobjectClass: senOfficial\n",
	                              STR_ARG(stand_directory_user(a, login)));

	for (size_t i = 0; i < ARRAY_LEN(our_attrs); i++)
		if (stand_ldap_count(found, arena_printf(a, "%s:", our_attrs[i]).p) > 0)
			all = arena_printf(a, "%.*s-\ndelete: %s\n", STR_ARG(all), our_attrs[i]);
	return all;
}

static struct str act_ldif(struct arena *a, enum stand_act what, const char *login)
{
	struct str dn = stand_directory_user(a, login);

	switch (what) {
	case STAND_ADD_FOREIGN:
		return arena_printf(a, "dn: %.*s\nchangetype: add\nobjectClass: inetOrgPerson\nuid: %s\ncn: Người Khác\nsn: Người\n"
		                    "displayName: Người Khác\n", STR_ARG(dn), login);
	case STAND_RENAME:
		return arena_printf(a, "dn: %.*s\nchangetype: modify\nreplace: displayName\ndisplayName: Ai đó khác\n", STR_ARG(dn));
	case STAND_GIVE_ROLE:
		return arena_printf(a, "dn: cn=TK,ou=groups,%.*s\nchangetype: modify\nadd: member\nmember: %.*s\n", STR_ARG(stand_directory_folder(a)), STR_ARG(dn));
	case STAND_ENABLE:
		return arena_printf(a, "dn: %.*s\nchangetype: modify\ndelete: " LOCK "\n", STR_ARG(dn));
	case STAND_SET_PHONE:
		return arena_printf(a, "dn: %.*s\nchangetype: modify\nreplace: telephoneNumber\ntelephoneNumber: 0238 111 222\n", STR_ARG(dn));
	case STAND_DELETE:
		return arena_printf(a, "dn: %.*s\nchangetype: delete\n", STR_ARG(dn));
	case STAND_UNMARK:
		return unmark_ldif(a, login);
	case STAND_MISMARK:
		return arena_printf(a, "dn: %.*s\nchangetype: modify\nreplace: senAccountId\nsenAccountId: " STAND_OTHERS_ID "\n", STR_ARG(dn));
	case STAND_MOVE:
		return arena_printf(a, "dn: %.*s\nchangetype: modrdn\nnewrdn: uid=%s\ndeleteoldrdn: 0\nnewsuperior: ou=away,ou=users,%.*s\n", STR_ARG(dn), login,
		                    STR_ARG(stand_directory_folder(a)));
	case STAND_HIDE:
		return arena_printf(a, "%.*s-\nreplace: pwdAccountLockedTime\n\ndn: %.*s\nchangetype: modrdn\nnewrdn: uid=%s-khac\ndeleteoldrdn: 1\nnewsuperior: ou=elsewhere,%.*s\n",
		                    STR_ARG(unmark_ldif(a, login)), STR_ARG(dn), login, STR_ARG(stand_directory_folder(a)));
	case STAND_RELABEL:
	case STAND_TAKE_ROLE:
	default:
		return STR_NULL;
	}
}

static void act(enum stand_act what, const char *login)
{
	struct arena *a = arena_new(UNIT_ARENA_BYTES);

	if (what == STAND_TAKE_ROLE || what == STAND_DELETE || what == STAND_MOVE || what == STAND_HIDE)
		take_groups(a, "groups", login);
	if (what == STAND_DELETE || what == STAND_MOVE || what == STAND_HIDE)
		take_groups(a, "units", login);
	if (what != STAND_TAKE_ROLE)
		stand_ldap_modify(act_ldif(a, what, login));
	arena_free(a);
}

static size_t count(void)
{
	struct arena *a = arena_new(UNIT_ARENA_BYTES);
	size_t n = stand_ldap_count(stand_ldap_search(a, stand_directory_folder(a), STR("(objectClass=inetOrgPerson)"), "uid"), "dn:");

	arena_free(a);
	return n;
}

static void spoil_password(struct arena *a, struct connector_config *config)
{
	(void)a;
	config->password = STR("spoilt");
}

static const struct stand stand = {
	.name = "the directory", .keeps_phone = true, .can_lose_id = true, .can_move = true, .can_hide = true, .is_directory = true,
	.name_path = "cn",
	.own = { &scenarios_directory, &scenarios_adoption },
	.begin = begin, .set_port = set_port, .end = end, .wipe = wipe, .look = look, .act = act, .count = count,
	.spoil_password = spoil_password,
};
const struct stand *const kit_stand = &stand;
