#include "common/base/err.h"
#include "provisioning/config.h"
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static char folder[64];

static int make_folder(void **state)
{
	(void)state;
	(void)snprintf(folder, sizeof(folder), "/tmp/sen-config.XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static const char *write_file(struct arena *a, const char *name, const char *text, mode_t mode)
{
	const char *path = arena_printf(a, "%s/%s", folder, name).p;
	FILE *f;

	unlink(path);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, mode), 0);
	return path;
}

static int drop_folder(void **state)
{
	static const char *const names[] = { "secret", "open", "conf" };
	char path[128];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		unlink(path);
	}
	return rmdir(folder);
}

#define BASE WITH_ISSUER("https://sso.example")
#define WITH_ISSUER(issuer)                                                                                       \
	"[database]\nconninfo = dbname=sen\n"                                                      \
	"[directory]\nuri = ldapi:///\nbind_dn = cn=p\npassword_file = secret\n"                   \
	"people_base = ou=people\nmail_domain = nghean.example\n"                                 \
	"[keys]\nmaster_secret_file = secret\n[oidc]\nissuer = " issuer "\n"
#define IN_DIRECTORY(keys) BASE "[connector.DIR]\nkind = directory\n[directory]\n" keys
#define SCIM "[connector.P02]\nkind = scim\nurl = https://p02.example/scim/v2\ntoken_file = secret\n"
#define WEBHOOK "[connector.P05]\nkind = webhook\n"
#define MAIL(keys) BASE "[mail]\nfrom = sen@nghean.example\n" keys
#define LDAP                                                                                       \
	"[connector.P03]\nkind = ldap\nuri = ldaps://p03.example\nbind_dn = cn=c\npassword_file = secret\n" \
	"people_base = ou=users\ngroups_base = ou=groups\n"

static int read_text(struct arena *a, const char *text, struct config *ret, struct str *ret_message)
{
	write_file(a, "secret", "s3cret\n", 0600);
	return config_read(a, write_file(a, "conf", text, 0644), ret, ret_message);
}

static const struct connector_config *connector_of(const struct config *config, const char *platform)
{
	for (size_t i = 0; i < config->n_connectors; i++)
		if (str_equal(config->connectors[i].platform, str_c(platform)))
			return &config->connectors[i];
	fail_msg("no connector for %s", platform);
	return NULL;
}

static void a_whole_configuration(void **state)
{
	struct config config;
	struct str message = STR_NULL;
	const struct connector_config *c;

	assert_int_equal(read_text(*state, BASE SCIM "ops_allowed = create, disable\n" LDAP, &config, &message), 0);
	assert_int_equal(config.n_connectors, 3);
	assert_str_equal(config.mail_domain, "nghean.example");
	c = connector_of(&config, "P02");
	assert_str_equal(c->token, "s3cret");
	assert_int_equal(c->ops_allowed, OP_ALLOWED_CREATE | OP_ALLOWED_DISABLE);
	assert_int_equal(c->timeout_ms, 10000);
	c = connector_of(&config, "P03");
	assert_str_equal(c->id_attr, "employeeNumber");
	assert_str_equal(c->placeholder_member, "cn=c");
	assert_str_equal(c->groups, "groupOfNames");
	assert_str_equal(c->schema, "rfc2798");
	/* Who signs is known to the whole program. */
	assert_ptr_equal(c->keys, &config.keys);
	assert_str_equal(c->keys->master_secret, "s3cret");
	/* Platform zero is always there, with the directory's own settings. */
	c = connector_of(&config, "DIR");
	assert_str_equal(c->kind, "directory");
	assert_str_equal(c->uri, "ldapi:///");
	assert_str_equal(c->people_base, "ou=people");
	assert_int_equal(c->ops_allowed, 7);
	assert_str_equal(c->groups_base, "");
	assert_str_equal(c->units_base, "");
}

static void the_directory_may_have_groups_and_units(void **state)
{
	struct config config;
	struct str message = STR_NULL;
	const struct connector_config *c;

	assert_int_equal(read_text(*state, IN_DIRECTORY("groups_base = ou=groups\nunits_base = ou=units\nmember_of = memberOf\n"), &config, &message), 0);
	c = connector_of(&config, "DIR");
	assert_str_equal(c->groups_base, "ou=groups");
	assert_str_equal(c->units_base, "ou=units");
	assert_str_equal(c->member_of, "memberOf");
	/* Somebody has to be in a group. */
	assert_str_equal(c->placeholder_member, "cn=p");
	assert_int_equal(read_text(*state, IN_DIRECTORY("groups_base = ou=groups\nplaceholder_member = cn=nobody\n"), &config, &message), 0);
	assert_str_equal(connector_of(&config, "DIR")->placeholder_member, "cn=nobody");
}

static void the_directory_may_have_a_section(void **state)
{
	struct config config;
	struct str message = STR_NULL;

	assert_int_equal(read_text(*state, BASE "[worker]\nlease_s = 8\n[connector.DIR]\nkind = directory\nconcurrency = 9\n",
	                           &config, &message), 0);
	assert_int_equal(config.n_connectors, 1);
	assert_int_equal(connector_of(&config, "DIR")->concurrency, 9);
	assert_int_equal(connector_of(&config, "DIR")->timeout_ms, 2000);
	assert_str_equal(connector_of(&config, "DIR")->bind_dn, "cn=p");
}

static void notices_may_be_sent_by_e_mail(void **state)
{
	struct config config;
	struct str message = STR_NULL;

	assert_int_equal(read_text(*state, BASE, &config, &message), 0);
	assert_str_equal(config.mail.smtp_url, "");
	assert_int_equal(read_text(*state, MAIL("smtp_url = smtp://mail.example:587\nuser = sen\npassword_file = secret\n"), &config, &message), 0);
	assert_true(config.mail.starttls);
	assert_false(mail_settings_are_plain(&config.mail));
	assert_str_equal(config.mail.password, "s3cret");
	assert_str_equal(config.mail.link, "https://sso.example");
	assert_str_equal(config.mail.from_name, "Hệ thống đăng nhập một lần");
	assert_int_equal(config.mail.gather_s, 600);
	assert_int_equal(config.mail.daily_max, 6);
	assert_int_equal(read_text(*state, MAIL("smtp_url = smtps://mail.example\nstarttls = false\nlink = https://cong.nghean.example/\n"), &config, &message), 0);
	assert_false(mail_settings_are_plain(&config.mail));
	assert_int_equal(read_text(*state, MAIL("smtp_url = smtp://127.0.0.1:25/\nstarttls = false\n"), &config, &message), 0);
	assert_true(mail_settings_are_plain(&config.mail));
}

struct fault {
	const char *text, *message;
};

static void expect_faults(struct arena *a, const struct fault *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct config config = { 0 };
		struct str message = STR("");

		assert_int_equal(read_text(a, cases[i].text, &config, &message), ERR_CONFIG);
		if (!str_contains(message, str_c(cases[i].message)))
			fail_msg("%zu: %.*s", i, STR_ARG(message));
		assert_false(str_contains(message, STR("s3cret")));
		assert_int_equal(config.n_connectors, 0);
	}
}

static void faults_refuse_the_start(void **state)
{
	static const struct fault cases[] = {
		{ BASE "[connector.P02]\nkind = scmi\n", "conf:13: [connector.P02]: kind is none of" },
		{ BASE "[connector.P02]\nkind = scim\ntoken_file = secret\n", "url:" },
		{ BASE "[connector.P02]\nkind = scim\nurl = https://u:p@x/\ntoken_file = secret\n", "url:" },
		{ BASE "[connector.P02]\nkind = scim\nurl = https://x/?a\ntoken_file = secret\n", "url:" },
		{ BASE "[connector.P02]\nkind = scim\nurl = https://x/\n", "token_file" },
		{ BASE SCIM "events_url = /events\n", "events_url:" },
		{ BASE SCIM "events_url = https://hub.example/events\n", "events_url:" },
		{ BASE SCIM "events_url = http://p02.example/events\n", "events_url:" },
		{ BASE SCIM "update = post\n", "patch or put" },
		{ BASE SCIM "ops_allowed = create,remove\n", "ops_allowed" },
		{ BASE SCIM "timeout_ms = 20000\n", "lease_s" },
		{ BASE SCIM "concurrency = 65\n", "conf:17: " },
		{ BASE SCIM "tokn_file = x\n", "conf:17: unknown key 'tokn_file' in [connector.P02]; did you mean 'token_file'?" },
		{ BASE "[connector.P03]\nkind = ldap\nuri = ldaps://x\n", "conf:13: [connector.P03]: uri, bind_dn" },
		{ BASE LDAP "groups = netgroup\n", "groups must be" },
		{ BASE LDAP "schema = nis\n", "schema must be" },
		{ BASE "[connector.P03]\nkind = ldap\nuri = ldap://127.0.0.1\nbind_dn = cn=c\npassword_file = secret\npeople_base = ou=users\ngroups_base = ou=groups\n"
		  "schema = ad\n", "schema = ad needs ldaps:// or starttls" },
		{ BASE LDAP "schema = ad\nfollow_dn = cn=r\nfollow_password_file = secret\n", "cannot be followed" },
		{ BASE LDAP "follow_dn = cn=r\n", "follow_dn and follow_password_file" },
		{ IN_DIRECTORY("groups_base = ou=people\n"), "must stand beside each other" },
		{ IN_DIRECTORY("groups_base = ou=groups,ou=people\n"), "must stand beside each other" },
		{ IN_DIRECTORY("groups_base = ou=g\nunits_base = OU=units,ou=g\n"), "must stand beside each other" },
		{ BASE WEBHOOK "url = https://p05.example\n", "url:" },
		{ BASE WEBHOOK "url = https://p05.example/a#b\n", "url:" },
		{ BASE WEBHOOK "url = https://p05.example/a\nsignature = rsa\n", "es256 or hmac-sha256" },
		{ BASE WEBHOOK "url = https://p05.example/a\nsignature = hmac-sha256\nsecret_file = secret\n", "32 bytes" },
		{ BASE "[conector.P02]\nkind = scim\n", "conf:13: unknown section" },
		{ BASE "[log]\nlevel = loud\n", "[log] level" },
		{ WITH_ISSUER("https://sso.example/"), "[oidc] issuer" },
		{ WITH_ISSUER("https://sso.example?a"), "[oidc] issuer" },
		{ WITH_ISSUER("sso.example"), "[oidc] issuer" },
		{ BASE "[outbox]\ntimeout_ms = 20000\n", "conf:14: " },
		{ "[database]\nconninfo = x\n", "uri" },
		{ BASE "[connector.P02]\nkind = scim\nurl = https://x/\ntoken_file = open\n", "mode 0644" },
		{ BASE "[connector.P02]\nkind = scim\nurl = https://x/\ntoken_file = missing\n", "No such file" },
	};

	write_file(*state, "open", "token", 0644);
	expect_faults(*state, cases, ARRAY_LEN(cases));
}

static void faults_of_e_mail_refuse_the_start(void **state)
{
	static const struct fault cases[] = {
		{ MAIL("smtp_url = mail.example\n"), "[mail] smtp_url" },
		{ MAIL("smtp_url = https://mail.example\n"), "[mail] smtp_url" },
		{ MAIL("smtp_url = smtp://mail.example/x\n"), "[mail] smtp_url" },
		{ MAIL("smtp_url = smtp://a@mail.example\n"), "[mail] smtp_url" },
		{ MAIL("smtp_url = smtp://mail.example\nstarttls = false\n"), "starttls = false only to this machine" },
		{ MAIL("smtp_url = smtp://localhost\nstarttls = false\n"), "starttls = false only to this machine" },
		{ BASE "[mail]\nsmtp_url = smtps://mail.example\n", "[mail] from" },
		{ BASE "[mail]\nsmtp_url = smtps://mail.example\nfrom = Sen <sen@nghean.example>\n", "[mail] from" },
		{ MAIL("smtp_url = smtps://mail.example\nuser = sen\n"), "user and password_file" },
		{ MAIL("smtp_url = smtps://mail.example\npassword_file = secret\n"), "user and password_file" },
		{ MAIL("smtp_url = smtps://mail.example\nlink = sso.example\n"), "[mail] link" },
		{ MAIL("smtp_url = smtps://mail.example\ngather_s = -1\n"), "conf:16: " },
	};

	expect_faults(*state, cases, ARRAY_LEN(cases));
}

static void the_dump_has_no_secrets(void **state)
{
	struct buf b = buf_new(*state, 65536);
	struct str message;

	write_file(*state, "secret", "s3cret", 0600);
	assert_int_equal(config_dump(*state, write_file(*state, "conf", BASE SCIM, 0600), &b, &message), 0);
	assert_true(str_contains(buf_str(&b), STR("https://p02.example/scim/v2")));
	assert_false(str_contains(buf_str(&b), STR("s3cret")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(a_whole_configuration),
		UNIT_TEST(the_directory_may_have_a_section),
		UNIT_TEST(the_directory_may_have_groups_and_units),
		UNIT_TEST(notices_may_be_sent_by_e_mail),
		UNIT_TEST(faults_refuse_the_start),
		UNIT_TEST(faults_of_e_mail_refuse_the_start),
		UNIT_TEST(the_dump_has_no_secrets),
	};

	return cmocka_run_group_tests_name("provisioning/config", tests, make_folder, drop_folder);
}
