/*
 * ctl.h: what every command of senctl stands on: options, configuration, output in the
 * operator's language, and what it has open.
 *
 * Commands for operators (migrate, bootstrap, keys; doctor, audit verify and retention, by
 * docs/decisions/0018-operator-commands.md) use the database with the owner's role.  Commands for
 * administrators go through the JSON API with their own access token (token.h): never by writing
 * to the database in somebody's name.
 */
#pragma once

#include "common/base/conf.h"
#include "common/base/json.h"
#include "common/crypto/pkcs11.h"
#include "common/db/db.h"
#include "common/net/http_client.h"

/* EXIT_TRIED: what --dry-run was about has been printed; the program ends, with 0. */
enum { EXIT_TRIED = -1, EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

struct senctl_config {
	/* [server] */
	struct str issuer, api, ca_file;
	/* [database], [keys], [schema]: empty on an administrator's own computer */
	struct str db_conninfo, db_password, master_secret, schema_folder;
	struct pkcs11_config pkcs11;
	/* [directory]: for doctor */
	struct str ldap_uri, ldap_bind_dn, ldap_password;
};

struct ctl {
	struct arena *arena;
	struct op op;
	struct senctl_config config;
	const char *config_path;
	const char *token_path;   /* --token-file, or NULL */
	bool json;
	bool english;
	bool dry_run;             /* --dry-run before the command: changes through the API are only tried */
	const char *dry_after;    /* --after NEXT beside it: another page of the operations; NULL: the first */
	struct db *db;
	struct keyring *keys;
	struct pkcs11_token *token;
	struct http_client *http;
	const struct command *command;
	int argc;                 /* of the command: argv[0] is its name */
	char **argv;
	char **args;              /* what options left over */
	size_t n_args;
};

struct command {
	const char *name;
	const char *usage;  /* options and arguments */
	const char *vi, *en;
	int (*run)(struct ctl *c); /* an exit code */
};

/* main.c: the table of commands. */
extern const struct command commands[];
extern const size_t n_commands;

/* config.c */
extern const struct conf_table senctl_conf_table;
/* EXIT_OK, or EXIT_USAGE with the message printed. */
int ctl_configure(struct ctl *c) _must_check_;

/* An option of a command: its value, or a flag. */
struct ctl_option {
	const char *name;
	struct str *value;
	bool *flag;
	bool required;
};
/* Also takes --json, --token-file and --config.  EXIT_OK or EXIT_USAGE, printed. */
int ctl_options(struct ctl *c, const struct ctl_option *options, size_t n, size_t min_args, size_t max_args) _must_check_;
/* The same, and then the configuration. */
int ctl_begin(struct ctl *c, const struct ctl_option *options, size_t n, size_t min_args, size_t max_args) _must_check_;

/* The sentence in the operator's language; where it is a format, both take the same arguments. */
__attribute__((format_arg(2), format_arg(3))) static inline const char *ctl_say(const struct ctl *c, const char *vi, const char *en)
{
	return c->english ? en : vi;
}
/* "senctl: …" on standard error; returns EXIT_FAILED. */
int ctl_fail(const struct ctl *c, const char *format, ...) _printf_(2, 3);
/* The same for what c->op failed with. */
int ctl_fail_op(const struct ctl *c);
int ctl_usage_error(const struct ctl *c, const char *format, ...) _printf_(2, 3);
/* One line; also flushes, so that whoever waits for it sees it. */
void ctl_print(const struct ctl *c, const char *format, ...) _printf_(2, 3);
void ctl_print_json(const struct ctl *c, const json_t *json);

/* Open what a command needs; EXIT_OK, or printed and EXIT_FAILED/EXIT_USAGE.  Closed by main. */
int ctl_need_db(struct ctl *c) _must_check_;
int ctl_need_http(struct ctl *c) _must_check_;
/* What a command of an operator's stands on: the configuration, then what is named here, in this order. */
enum { CTL_KEYS = 1, CTL_DB = 2 };
int ctl_open(struct ctl *c, unsigned needs) _must_check_;
/* "operator:<login>" for audit. */
struct str ctl_operator(const struct ctl *c);
/* A whole file, at most max bytes; EXIT_OK or printed. "-" is standard input. */
int ctl_read_file(struct ctl *c, const char *path, size_t max, struct str *ret_content) _must_check_;
/* The secret in a file that only its owner reads; a new one where there is no such file.  EXIT_OK or printed. */
int ctl_client_secret(struct ctl *c, const char *path, struct str *ret_secret) _must_check_;

/* A client's file (client_file.h) and the secret of the file that it names; metadata is the caller's.  EXIT_OK or printed. */
struct client_file;
int ctl_client_file(struct ctl *c, const char *path, struct client_file *ret_file, struct str *ret_secret) _must_check_;

/* A word after the command: "senctl post list". */
struct ctl_subcommand {
	const char *name;
	int (*run)(struct ctl *c);
};
/* Runs what the first argument names; otherwise (NULL: a usage error) when it names none. */
int ctl_subcommand(struct ctl *c, const struct ctl_subcommand *list, size_t n, int (*otherwise)(struct ctl *c));

/* Commands, one per file. */
int cmd_migrate(struct ctl *c);
int cmd_import(struct ctl *c);
int cmd_bootstrap(struct ctl *c);
int cmd_bootstrap_import(struct ctl *c); /* "senctl bootstrap import …" */
int cmd_client(struct ctl *c);
int cmd_client_issuer(struct ctl *c); /* "senctl client issuer …" */
int cmd_bootstrap_details(struct ctl *c); /* "senctl bootstrap details …" */
int cmd_client_token(struct ctl *c); /* "senctl client token …" */
int cmd_client_secret(struct ctl *c); /* "senctl client secret …" */
int cmd_keys(struct ctl *c);
int cmd_doctor(struct ctl *c);
int cmd_audit(struct ctl *c);
int cmd_audit_export(struct ctl *c);      /* "senctl audit export …" */
int cmd_audit_checkpoints(struct ctl *c);
int cmd_federation(struct ctl *c);
int cmd_outbox(struct ctl *c);
int cmd_config(struct ctl *c);
int cmd_login(struct ctl *c);
int cmd_logout(struct ctl *c);
int cmd_grant(struct ctl *c);
int cmd_revoke(struct ctl *c);
int cmd_grants(struct ctl *c);
int cmd_activate(struct ctl *c);
int cmd_unlock(struct ctl *c);
int cmd_disable(struct ctl *c);
int cmd_enable(struct ctl *c);
int cmd_delegate(struct ctl *c);
int cmd_undelegate(struct ctl *c);
int cmd_imports(struct ctl *c);
int cmd_feed(struct ctl *c);
int cmd_call(struct ctl *c);
int cmd_completion(struct ctl *c);
int cmd_man(struct ctl *c);
int cmd_person(struct ctl *c);
int cmd_person_search(struct ctl *c);
int cmd_person_offboarding(struct ctl *c); /* "senctl person offboarding CODE" */
int cmd_post(struct ctl *c);
int cmd_account(struct ctl *c);
int cmd_account_show(struct ctl *c);
int cmd_shared(struct ctl *c);
int cmd_platforms(struct ctl *c);
int cmd_platform(struct ctl *c); /* "senctl platform …" */
int cmd_platform_gates(struct ctl *c);
int cmd_platform_gate(struct ctl *c); /* "senctl platform gate submit|decide …" */
int cmd_platform_rollout(struct ctl *c);
int cmd_platform_replay(struct ctl *c);
int cmd_platform_role(struct ctl *c); /* "senctl platform role …" */
int cmd_platform_plan(struct ctl *c);
int cmd_rollout(struct ctl *c);
int cmd_provisioning(struct ctl *c);
int cmd_provision(struct ctl *c);
int cmd_unit(struct ctl *c);
int cmd_reorganisation(struct ctl *c);
int cmd_notices(struct ctl *c);
int cmd_deputy(struct ctl *c);
int cmd_emergency(struct ctl *c);
int cmd_duty(struct ctl *c);
int cmd_policy(struct ctl *c);
int cmd_scopes_waiting(struct ctl *c);
int cmd_platform_list(struct ctl *c);
int cmd_document(struct ctl *c);
int cmd_guidance(struct ctl *c);
int cmd_had(struct ctl *c);
int cmd_what_if(struct ctl *c);
int cmd_overlap(struct ctl *c);
int cmd_form(struct ctl *c);
int cmd_drift(struct ctl *c);
int cmd_operations(struct ctl *c);
int cmd_overlap(struct ctl *c);
int cmd_provisioning(struct ctl *c);
int cmd_software(struct ctl *c);
int cmd_need(struct ctl *c);
int cmd_platform_review(struct ctl *c);
int cmd_replacement(struct ctl *c);
int cmd_mapping(struct ctl *c);
int cmd_request(struct ctl *c);
int cmd_approvals(struct ctl *c);
int cmd_approve(struct ctl *c);
int cmd_refuse(struct ctl *c);
int cmd_rule(struct ctl *c);
int cmd_position_class(struct ctl *c);
int cmd_explain(struct ctl *c);
int cmd_review(struct ctl *c);
