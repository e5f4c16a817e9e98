#include "provisioning/config.h"

#include "common/base/err.h"
#include "common/base/url.h"
#include "common/crypto/http_signature.h"
#include "provisioning/connector.h"
#include "provisioning/ldap/schema.h"
#include "provisioning/scim/auth.h"
#include "provisioning/scim/profile.h"

#define FIELD(member) offsetof(struct config, member)
#define EACH(member) offsetof(struct connector_config, member)
#define CALLS_PER_OPERATION 4
#define DEFAULT_TIMEOUT_MS 10000

static const struct conf_key keys[] = {
	{ "database", "conninfo", CONF_STR, FIELD(db_conninfo), NULL, 0, 0,
	  "libpq keywords, without the password" },
	{ "database", "password_file", CONF_SECRET, FIELD(db_password), "", 0, 0, "file with the password" },
	{ "database", "audit_chain", CONF_INT, FIELD(audit_chain), "100", 0, 32767,
	  "number of this node's audit chain; each program of each node has its own" },
	{ "directory", "uri", CONF_STR, FIELD(dir_uri), NULL, 0, 0, "ldap://, ldaps:// or ldapi://" },
	{ "directory", "starttls", CONF_BOOL, FIELD(dir_starttls), "false", 0, 0, "StartTLS on ldap://" },
	{ "directory", "ca_file", CONF_PATH, FIELD(dir_ca_file), "", 0, 0, "empty: the system's" },
	{ "directory", "bind_dn", CONF_STR, FIELD(dir_bind_dn), NULL, 0, 0, "service account of the provisioner" },
	{ "directory", "password_file", CONF_SECRET, FIELD(dir_password), NULL, 0, 0, "file with its password" },
	{ "directory", "follow_dn", CONF_STR, FIELD(dir_follow_dn), "", 0, 0, "account that follows changes (RFC 4533), with the right to read; empty: not followed" },
	{ "directory", "follow_password_file", CONF_SECRET, FIELD(dir_follow_password), "", 0, 0, "file with its password" },
	{ "directory", "people_base", CONF_STR, FIELD(dir_people_base), NULL, 0, 0, "entry above the accounts" },
	{ "directory", "groups_base", CONF_STR, FIELD(dir_groups_base), "", 0, 0, "entry above one group for each role, cn=PLATFORM:ROLE; empty: roles are no groups" },
	{ "directory", "units_base", CONF_STR, FIELD(dir_units_base), "", 0, 0, "entry above one entry for each unit, cn=CODE, with its people as members; empty: units are no entries" },
	{ "directory", "placeholder_member", CONF_STR, FIELD(dir_placeholder_member), "", 0, 0, "member that keeps these from being empty; empty: bind_dn" },
	{ "directory", "member_of", CONF_STR, FIELD(dir_member_of), "", 0, 0, "attribute in which the server says which groups an entry is in (memberOf), for listings; empty: the groups are read" },
	{ "directory", "mail_domain", CONF_STR, FIELD(mail_domain), NULL, 0, 0,
	  "official e-mail address = user name @ this" },
	{ "planner", "threads", CONF_INT, FIELD(planner_threads), "2", 1, PLANNER_THREADS_MAX, "that work out what should be: as many as cores for a first plan of all" },
	{ "worker", "lease_s", CONF_INT, FIELD(lease_s), "60", 2, 3600,
	  "after this time without an answer the outcome of an operation counts as unknown" },
	{ "log", "level", CONF_STR, FIELD(log_level), "info", 0, 0, "error, warn, info or debug" },
	{ "http", "egress_allow", CONF_STR, FIELD(egress_allow), "", 0, 0,
	  "comma-separated networks that may be reached besides public addresses" },
	{ "http", "ca_file", CONF_PATH, FIELD(http_ca_file), "", 0, 0, "empty: the system's" },
	{ "keys", "master_secret_file", CONF_SECRET, FIELD(keys.master_secret), NULL, 0, 0,
	  "the same as the server's: messages to platforms are signed" },
	{ "keys", "pkcs11_module", CONF_PATH, FIELD(pkcs11.module), "", 0, 0, "as the server has it" },
	{ "keys", "pkcs11_token", CONF_STR, FIELD(pkcs11.token), "sen", 0, 0, "as the server has it" },
	{ "keys", "pkcs11_pin_file", CONF_SECRET, FIELD(pkcs11.pin), "", 0, 0, "as the server has it" },
	{ "oidc", "issuer", CONF_STR, FIELD(issuer), NULL, 0, 0, "public address of the server: who signs these messages" },
	{ "outbox", "concurrency", CONF_INT, FIELD(outbox_concurrency), "8", 1, 64, "messages on their way at a time" },
	{ "outbox", "timeout_ms", CONF_INT, FIELD(outbox_timeout_ms), "5000", 100, 10000, "of one message" },
	{ "mail", "smtp_url", CONF_STR, FIELD(mail.smtp_url), "", 0, 0, "notices are sent by e-mail through this server: smtp://host:587 or smtps://host:465; empty: they are not" },
	{ "mail", "starttls", CONF_BOOL, FIELD(mail.starttls), "true", 0, 0, "demanded on smtp://; false only to 127.0.0.1" },
	{ "mail", "ca_file", CONF_PATH, FIELD(mail.ca_file), "", 0, 0, "empty: the system's" },
	{ "mail", "user", CONF_STR, FIELD(mail.user), "", 0, 0, "our name at the server; empty: not signed in" },
	{ "mail", "password_file", CONF_SECRET, FIELD(mail.password), "", 0, 0, "file with its password" },
	{ "mail", "from", CONF_STR, FIELD(mail.from), "", 0, 0, "address that they come from, and bounces go to" },
	{ "mail", "from_name", CONF_STR, FIELD(mail.from_name), "Hệ thống đăng nhập một lần", 0, 0, "who sends them, in words" },
	{ "mail", "link", CONF_STR, FIELD(mail.link), "", 0, 0, "page that readers are told to open; empty: [oidc] issuer" },
	{ "mail", "timeout_s", CONF_INT, FIELD(mail.timeout_s), "60", 1, 300, "of one message, the server's answer included" },
	{ "mail", "gather_s", CONF_INT, FIELD(mail.gather_s), "600", 0, 86400, "notices of a person within this time are one message; urgent ones go at once" },
	{ "mail", "daily_max", CONF_INT, FIELD(mail.daily_max), "6", 1, 1000, "messages to a person in 24 hours; urgent ones go beyond" },
	{ "admin", "listen", CONF_STR, FIELD(admin_listen), "127.0.0.1:9102", 0, 0,
	  "address:port of /healthz, /readyz and /metrics" },
	{ "connector.*", "kind", CONF_STR, EACH(kind), NULL, 0, 0, "directory, scim, ldap, sql, webhook or form" },
	{ "connector.*", "timeout_ms", CONF_INT, EACH(timeout_ms), "0", 0, 300000,
	  "of one call; 0: a quarter of the lease, at most 10 s" },
	{ "connector.*", "concurrency", CONF_INT, EACH(concurrency), "4", 1, 64, "calls at a time" },
	{ "connector.*", "rate_per_s", CONF_INT, EACH(rate_per_s), "0", 0, 100000, "operations a second; 0: no limit" },
	{ "connector.*", "ops_allowed", CONF_STR, EACH(ops_text), "create,update,disable,delete", 0, 0,
	  "what may be done there at most; the rules of the platform (senctl provisioning) say what is" },
	{ "connector.*", "url", CONF_STR, EACH(url), "", 0, 0, "scim: base, e.g. https://host/scim/v2; webhook: where operations are posted to" },
	{ "connector.*", "token_file", CONF_SECRET, EACH(token), "", 0, 0, "scim: file with the bearer token" },
	{ "connector.*", "update", CONF_STR, EACH(update), "patch", 0, 0, "scim: patch or put" },
	{ "connector.*", "profile", CONF_STR, EACH(profile), "generic", 0, 0, "scim: generic, entra, aws or keycloak: what such servers can do" },
	{ "connector.*", "switches", CONF_STR, EACH(switches), "", 0, 0, "scim: what is otherwise at this one: name=word, … (docs/provisioning/scim-client.md)" },
	{ "connector.*", "auth", CONF_STR, EACH(auth), "bearer", 0, 0, "scim: bearer (token_file), basic (user, password_file), oauth2 (token_url, client_id, secret_file) or tls" },
	{ "connector.*", "token_url", CONF_STR, EACH(token_url), "", 0, 0, "scim: token endpoint of oauth2" },
	{ "connector.*", "client_id", CONF_STR, EACH(client_id), "", 0, 0, "scim: our name there" },
	{ "connector.*", "scope", CONF_STR, EACH(scope), "", 0, 0, "scim: asked for with oauth2" },
	{ "connector.*", "cert_file", CONF_PATH, EACH(cert_file), "", 0, 0, "scim: our certificate for mutual TLS, PEM" },
	{ "connector.*", "key_file", CONF_PATH, EACH(key_file), "", 0, 0, "scim: its key" },
	{ "connector.*", "group_prefix", CONF_STR, EACH(group_prefix), "sen-", 0, 0, "scim: groups with such a name are ours, one for each role" },
	{ "connector.*", "events_url", CONF_STR, EACH(events_url), "", 0, 0, "scim: where security events wait for us (RFC 8936, RFC 9967)" },
	{ "connector.*", "uri", CONF_STR, EACH(uri), "", 0, 0, "ldap: ldap://, ldaps:// or ldapi://" },
	{ "connector.*", "starttls", CONF_BOOL, EACH(starttls), "false", 0, 0, "ldap: StartTLS on ldap://" },
	{ "connector.*", "bind_dn", CONF_STR, EACH(bind_dn), "", 0, 0, "ldap: service account" },
	{ "connector.*", "password_file", CONF_SECRET, EACH(password), "", 0, 0, "ldap, sql, scim: file with its password" },
	{ "connector.*", "follow_dn", CONF_STR, EACH(follow_dn), "", 0, 0, "ldap: account that follows changes (RFC 4533), with the right to read; empty: not followed" },
	{ "connector.*", "follow_password_file", CONF_SECRET, EACH(follow_password), "", 0, 0, "ldap: file with its password" },
	{ "connector.*", "people_base", CONF_STR, EACH(people_base), "", 0, 0, "ldap: entry above the accounts" },
	{ "connector.*", "groups_base", CONF_STR, EACH(groups_base), "", 0, 0, "ldap: entry above the role groups" },
	{ "connector.*", "units_base", CONF_STR, EACH(units_base), "", 0, 0, "directory, with a uri of its own: as in [directory]" },
	{ "connector.*", "schema", CONF_STR, EACH(schema), "rfc2798", 0, 0, "ldap: rfc2798 (inetOrgPerson) or ad (Active Directory)" },
	{ "connector.*", "upn_domain", CONF_STR, EACH(upn_domain), "", 0, 0, "ldap: with ad: userPrincipalName of a new account is its user name @ this" },
	{ "connector.*", "id_attr", CONF_STR, EACH(id_attr), "employeeNumber", 0, 0,
	  "ldap: attribute that carries the account id" },
	{ "connector.*", "disable_attr", CONF_STR, EACH(disable_attr), "employeeType", 0, 0,
	  "ldap: attribute that disables an account" },
	{ "connector.*", "disable_value", CONF_STR, EACH(disable_value), "disabled", 0, 0, "ldap: its value" },
	{ "connector.*", "placeholder_member", CONF_STR, EACH(placeholder_member), "", 0, 0,
	  "ldap: member that keeps a group from being empty; empty: bind_dn" },
	{ "connector.*", "groups", CONF_STR, EACH(groups), "", 0, 0,
	  "ldap: what groups are: groupOfNames, groupOfUniqueNames, posixGroup or group; empty: group with schema = ad, else groupOfNames" },
	{ "connector.*", "member_of", CONF_STR, EACH(member_of), "", 0, 0, "ldap: attribute in which the server says which groups an entry is in, for listings; empty: the groups are read" },
	{ "connector.*", "gid_first", CONF_INT, EACH(gid_first), "0", 0, 0x7FFFFFFF, "ldap: lowest gidNumber of posixGroups that we make; 0: they must be there" },
	{ "connector.*", "driver", CONF_STR, EACH(driver), "postgresql", 0, 0, "sql: postgresql or mariadb" },
	{ "connector.*", "host", CONF_STR, EACH(host), "", 0, 0, "sql: name or address, or a unix socket; other hosts need TLS" },
	{ "connector.*", "port", CONF_INT, EACH(port), "0", 0, 65535, "sql: 0: the driver's own" },
	{ "connector.*", "database", CONF_STR, EACH(database), "", 0, 0, "sql: name of the database" },
	{ "connector.*", "user", CONF_STR, EACH(user), "", 0, 0, "sql: our user there, with rights for the statements only; scim: our user there" },
	{ "connector.*", "statements_file", CONF_TEXT, EACH(statements), "", 0, 0, "sql: file with the declared statements" },
	{ "connector.*", "signature", CONF_STR, EACH(signature), "es256", 0, 0, "webhook: es256 (our keys, published at the issuer's /jwks) or hmac-sha256" },
	{ "connector.*", "secret_file", CONF_SECRET, EACH(secret), "", 0, 0, "webhook: file with the secret of hmac-sha256, 32 bytes at least; scim: of oauth2" },
	{ "connector.*", "ca_file", CONF_PATH, EACH(ca_file), "", 0, 0, "empty: that of [http], or the system's" },
};

static const struct conf_table table = { keys, ARRAY_LEN(keys), "connector", sizeof(struct connector_config) };

static bool ops_read(struct str text, unsigned *ret_ops)
{
	static const struct {
		const char *word;
		unsigned bit;
	} words[] = {
		{ "create", OP_ALLOWED_CREATE },
		{ "update", OP_ALLOWED_UPDATE },
		{ "disable", OP_ALLOWED_DISABLE },
		{ "delete", OP_ALLOWED_DELETE },
	};
	struct str part;
	unsigned ops = 0;

	while (text.len > 0 && str_split(&text, ',', &part)) {
		unsigned bit = 0;

		for (size_t i = 0; i < ARRAY_LEN(words); i++)
			if (str_equal(str_trim(part), str_c(words[i].word)))
				bit = words[i].bit;
		if (bit == 0)
			return false;
		ops |= bit;
	}
	*ret_ops = ops;
	return true;
}

static const char *scim_fault(struct arena *a, const struct connector_config *c)
{
	struct scim_switches switches;
	struct url url, events;
	const char *fault;

	if (!url_parse(c->url, &url) || url.has_userinfo || url.has_fragment || !str_is_null(url.query))
		return "url: an absolute URL without query is needed";
	if (!str_equal(c->update, STR("patch")) && !str_equal(c->update, STR("put")))
		return "update must be patch or put";
	if (!str_is_empty(c->events_url) && (!url_parse(c->events_url, &events) || events.has_userinfo || events.has_fragment))
		return "events_url: an absolute URL is needed";
	/* Through anybody else they would have to be signed (RFC 9967 §5). */
	if (!str_is_empty(c->events_url) && (!str_equal_nocase(events.scheme, url.scheme) || !str_equal_nocase(events.host, url.host)))
		return "events_url: events come from the platform itself, at the host of url";
	fault = scim_profile_read(a, c->profile, c->switches, &switches);
	return fault ? fault : scim_auth_fault(c);
}

/* What stands there, and what can be done with it. */
static const char *ldap_schema_fault(const struct connector_config *c)
{
	const struct ldap_schema *schema = ldap_schema(c->schema);

	if (!schema)
		return "schema must be rfc2798 or ad";
	if (!ldap_group_kind(c->groups))
		return "groups must be groupOfNames, groupOfUniqueNames, posixGroup or group";
	/* Active Directory takes passwords in no other way, and knows no RFC 4533. */
	if (schema->is_ad && !c->starttls && !str_starts(c->uri, STR("ldaps://")))
		return "schema = ad needs ldaps:// or starttls";
	return schema->is_ad && !str_is_empty(c->follow_dn) ? "schema = ad cannot be followed" : NULL;
}

/* Is a the same as b, or below it? */
static bool is_within(struct str a, struct str b)
{
	return a.len >= b.len && str_equal_nocase(str_skip(a, a.len - b.len), b) && (a.len == b.len || a.p[a.len - b.len - 1] == ',');
}

/* What stands below one of them would be taken for one of its own. */
static const char *directory_fault(const struct connector_config *c)
{
	const struct str bases[] = { c->people_base, c->groups_base, c->units_base };

	for (size_t i = 0; i < ARRAY_LEN(bases); i++)
		for (size_t k = 0; k < ARRAY_LEN(bases); k++)
			if (i != k && !str_is_empty(bases[i]) && !str_is_empty(bases[k]) && is_within(bases[i], bases[k]))
				return "people_base, groups_base and units_base must stand beside each other";
	return NULL;
}

static const char *ldap_fault(const struct connector_config *c)
{
	if (str_is_empty(c->uri) || str_is_empty(c->bind_dn) || str_is_empty(c->password) ||
	    str_is_empty(c->people_base))
		return "uri, bind_dn, password_file and people_base are needed";
	if (str_is_empty(c->follow_dn) != str_is_empty(c->follow_password))
		return "follow_dn and follow_password_file belong together";
	if (!str_equal(c->kind, STR("ldap")))
		return directory_fault(c);
	if (str_is_empty(c->id_attr) || str_is_empty(c->disable_attr) || str_is_empty(c->disable_value))
		return "id_attr, disable_attr and disable_value are needed";
	return str_is_empty(c->groups_base) ? "groups_base is needed" : ldap_schema_fault(c);
}

static const char *sql_fault(const struct connector_config *c)
{
	if (!str_equal(c->driver, STR("postgresql")) && !str_equal(c->driver, STR("mariadb")))
		return "driver must be postgresql or mariadb";
	if (str_is_empty(c->host) || str_is_empty(c->database) || str_is_empty(c->user))
		return "host, database and user are needed";
	return str_is_empty(c->statements) ? "statements_file is needed" : NULL;
}

static const char *webhook_fault(const struct connector_config *c)
{
	bool is_hmac = str_equal(c->signature, STR("hmac-sha256"));
	struct url url;

	/* It is signed as it stands here. */
	if (!url_parse(c->url, &url) || url.has_userinfo || url.has_fragment || str_is_empty(url.path))
		return "url: an absolute URL with a path is needed";
	if (!is_hmac && !str_equal(c->signature, STR("es256")))
		return "signature must be es256 or hmac-sha256";
	return is_hmac && c->secret.len < HTTP_SIGNATURE_SECRET_MIN_LEN ? "secret_file: 32 bytes at least are needed" : NULL;
}

/* What lies outside one key: NULL, or what is wrong with the section. */
static const char *connector_fault(struct arena *a, const struct config *config, const struct connector_config *c)
{
	if (!connector_find(c->kind))
		return "kind is none of: directory, scim, ldap, sql, webhook, form";
	if (c->ops_allowed == 0)
		return "ops_allowed: only create, update, disable and delete, separated by commas";
	/* An operation must be able to end within its lease, else every one would end in doubt. */
	if (c->timeout_ms * CALLS_PER_OPERATION > config->lease_s * 1000)
		return "timeout_ms must be at most a quarter of [worker] lease_s";
	if (str_equal(c->kind, STR("sql")))
		return sql_fault(c);
	if (str_equal(c->kind, STR("webhook")))
		return webhook_fault(c);
	if (str_equal(c->kind, STR("form")))
		return NULL;
	return str_equal(c->kind, STR("scim")) ? scim_fault(a, c) : ldap_fault(c);
}

static int64_t default_timeout_ms(const struct config *config)
{
	int64_t quarter_ms = config->lease_s * 1000 / CALLS_PER_OPERATION;

	return quarter_ms < DEFAULT_TIMEOUT_MS ? quarter_ms : DEFAULT_TIMEOUT_MS;
}

static void fill_from_directory(const struct config *config, struct connector_config *c)
{
	if (!str_is_empty(c->uri))
		return;
	c->uri = config->dir_uri;
	c->starttls = config->dir_starttls;
	c->bind_dn = config->dir_bind_dn;
	c->password = config->dir_password;
	c->people_base = config->dir_people_base;
	c->ca_file = config->dir_ca_file;
	c->groups_base = config->dir_groups_base;
	c->units_base = config->dir_units_base;
	c->placeholder_member = config->dir_placeholder_member;
	c->member_of = config->dir_member_of;
	c->follow_dn = config->dir_follow_dn;
	c->follow_password = config->dir_follow_password;
}

static void add_directory(struct connector_config *c)
{
	c->platform = STR("DIR");
	c->kind = STR("directory");
	c->update = STR("patch");
	c->concurrency = 4;
	c->ops_text = STR("create,update,disable");
}

static bool has_directory(const struct conf_section *sections, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_equal(((const struct connector_config *)sections[i].target)->kind, STR("directory")))
			return true;
	return false;
}

static int finish(struct arena *a, const char *path, const struct config *config, struct connector_config *c,
                  struct str *ret_message)
{
	const char *fault;

	if (str_equal(c->kind, STR("directory")))
		fill_from_directory(config, c);
	if (str_is_empty(c->groups))
		c->groups = str_equal(c->schema, STR("ad")) ? STR("group") : STR("groupOfNames");
	if (str_is_empty(c->placeholder_member))
		c->placeholder_member = c->bind_dn;
	if (str_is_empty(c->ca_file))
		c->ca_file = config->http_ca_file;
	c->egress_allow = config->egress_allow;
	if (c->timeout_ms == 0)
		c->timeout_ms = default_timeout_ms(config);
	if (!ops_read(c->ops_text, &c->ops_allowed))
		c->ops_allowed = 0;
	fault = connector_fault(a, config, c);
	if (!fault)
		return 0;
	*ret_message = c->line > 0 ? arena_printf(a, "%s:%u: [connector.%.*s]: %s", path, c->line,
	                                          STR_ARG(c->platform), fault)
	                           : arena_printf(a, "%s: [directory]: %s", path, fault);
	return ERR_CONFIG;
}

static bool issuer_is_good(struct str issuer)
{
	struct url u;

	return url_parse(issuer, &u) && !u.has_userinfo && !u.has_fragment && str_is_null(u.query) && str_is_empty(u.path);
}

int config_read(struct arena *a, const char *path, struct config *ret_config, struct str *ret_message)
{
	static const char *const levels[] = { "error", "warn", "info", "debug" };
	struct config config = { 0 };
	struct conf_section *sections = NULL;
	struct connector_config *connectors;
	bool level_is_known = false;
	size_t n = 0;
	int err = conf_read(a, &table, path, &config, &sections, &n, ret_message);

	if (err < 0)
		return err;
	for (size_t i = 0; i < ARRAY_LEN(levels); i++)
		level_is_known = level_is_known || str_equal(config.log_level, str_c(levels[i]));
	if (!level_is_known) {
		*ret_message = arena_printf(a, "%s: [log] level must be error, warn, info or debug", path);
		return ERR_CONFIG;
	}
	if (!issuer_is_good(config.issuer)) {
		*ret_message = arena_printf(a, "%s: [oidc] issuer must be the server's: scheme://host[:port] without path", path);
		return ERR_CONFIG;
	}
	if (str_is_empty(config.mail.link))
		config.mail.link = config.issuer;
	if (mail_settings_fault(&config.mail)) {
		*ret_message = arena_printf(a, "%s: [mail] %s", path, mail_settings_fault(&config.mail));
		return ERR_CONFIG;
	}
	connectors = ARENA_ARRAY(a, struct connector_config, n + 1);
	for (size_t i = 0; i < n; i++) {
		connectors[i] = *(const struct connector_config *)sections[i].target;
		connectors[i].platform = sections[i].name;
		connectors[i].line = sections[i].line;
	}
	if (!has_directory(sections, n))
		add_directory(&connectors[n++]);
	for (size_t i = 0; i < n; i++) {
		connectors[i].keys = &ret_config->keys;
		err = finish(a, path, &config, &connectors[i], ret_message);
		if (err < 0)
			return err;
	}
	config.connectors = connectors;
	config.n_connectors = n;
	*ret_config = config;
	return 0;
}

void config_sample(struct buf *b)
{
	conf_sample(b, &table);
}

int config_dump(struct arena *a, const char *path, struct buf *b, struct str *ret_message)
{
	struct config config = { 0 };
	struct conf_section *sections = NULL;
	size_t n = 0;
	int err = conf_read(a, &table, path, &config, &sections, &n, ret_message);

	if (err < 0)
		return err;
	conf_dump(b, &table, &config, sections, n);
	return 0;
}
