#include "server/senctl/ctl.h"

#include "common/base/url.h"

#include <sys/stat.h>

#define KEY(section_, key_, type_, field_, fallback_, help_)                                              \
	{ .section = section_, .key = key_, .type = type_, .offset = offsetof(struct senctl_config, field_), \
	  .fallback = fallback_, .help = help_ }

static const struct conf_key keys[] = {
	KEY("server", "issuer", CONF_STR, issuer, NULL, "address of the sign-in server, as in its own configuration"),
	KEY("server", "api", CONF_STR, api, "", "base of the administration API; empty: the issuer followed by /api/v1"),
	KEY("server", "ca_file", CONF_PATH, ca_file, "", "certificates of the issuer's CA; empty: the system's"),
	KEY("database", "conninfo", CONF_STR, db_conninfo, "", "for operators: libpq keywords, role sen_owner"),
	KEY("database", "password_file", CONF_SECRET, db_password, "", "its password; empty: none needed"),
	KEY("keys", "master_secret_file", CONF_SECRET, master_secret, "", "for operators: the same as the server's"),
	KEY("keys", "pkcs11_module", CONF_PATH, pkcs11.module, "", "for operators: as the server has it"),
	KEY("keys", "pkcs11_token", CONF_STR, pkcs11.token, "sen", "for operators: as the server has it"),
	KEY("keys", "pkcs11_pin_file", CONF_SECRET, pkcs11.pin, "", "for operators: as the server has it"),
	KEY("schema", "folder", CONF_PATH, schema_folder, "", "for operators: folder of the migrations"),
	KEY("directory", "uri", CONF_STR, ldap_uri, "", "for doctor: the directory of accounts"),
	KEY("directory", "bind_dn", CONF_STR, ldap_bind_dn, "", "for doctor: a service account of it"),
	KEY("directory", "password_file", CONF_SECRET, ldap_password, "", "for doctor: its password"),
};

const struct conf_table senctl_conf_table = { .keys = keys, .n_keys = ARRAY_LEN(keys) };

/* Where it is looked for without --config: the person's own file, else the machine's. */
static const char *default_path(struct ctl *c)
{
	const char *named = getenv("SENCTL_CONFIG"), *base = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	const char *own = NULL;
	struct stat st;

	if (named)
		return named;
	if (base)
		own = arena_printf(c->arena, "%s/sen/senctl.conf", base).p;
	else if (home)
		own = arena_printf(c->arena, "%s/.config/sen/senctl.conf", home).p;
	return own && stat(own, &st) == 0 ? own : "/etc/sen/senctl.conf";
}

/* https, or http to this machine; tokens go there. */
static bool is_safe_address(struct str address)
{
	struct url u;

	if (!url_parse(address, &u) || u.has_userinfo || u.has_fragment || !str_is_null(u.query) || str_ends(address, STR("/")))
		return false;
	return str_equal(u.scheme, STR("https")) || (str_equal(u.scheme, STR("http")) && url_host_is_loopback_ip(&u));
}

int ctl_configure(struct ctl *c)
{
	struct conf_section *sections;
	struct str message = STR("");
	size_t n_sections;

	if (!c->config_path)
		c->config_path = default_path(c);
	if (conf_read(c->arena, &senctl_conf_table, c->config_path, &c->config, &sections, &n_sections, &message) < 0)
		return ctl_usage_error(c, "%.*s", STR_ARG(message));
	if (str_is_empty(c->config.api))
		c->config.api = arena_printf(c->arena, "%.*s/api/v1", STR_ARG(c->config.issuer));
	if (!is_safe_address(c->config.issuer) || !is_safe_address(c->config.api))
		return ctl_usage_error(c, "%s: %s", c->config_path,
		                       ctl_say(c, "issuer và api phải là địa chỉ https (http chỉ cho địa chỉ loopback), không có dấu / ở cuối",
		                               "issuer and api must be https (http only on a loopback address), without a slash at the end"));
	return EXIT_OK;
}

int cmd_config(struct ctl *c)
{
	bool sample = false;
	const struct ctl_option options[] = { { "sample", NULL, &sample, false } };
	struct buf b = buf_new(c->arena, 1 << 16);
	int r = ctl_options(c, options, ARRAY_LEN(options), 0, 0);

	if (r != EXIT_OK)
		return r;
	if (sample) {
		conf_sample(&b, &senctl_conf_table);
	} else {
		r = ctl_configure(c);
		if (r != EXIT_OK)
			return r;
		conf_dump(&b, &senctl_conf_table, &c->config, NULL, 0);
	}
	ctl_print(c, "%.*s", STR_ARG(str_trim(buf_str(&b))));
	return EXIT_OK;
}
