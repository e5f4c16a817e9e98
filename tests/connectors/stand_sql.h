/*
 * stand_sql.h: the stand of the two SQL databases: the same tables and the same looks, through each database's
 * own command-line client.
 *
 *   users (login, name, unit, post, phone, sen_id, enabled), user_roles (role), admins: a table for one role
 */
#pragma once

#include "tests/connectors/stand_command.h"

/* Runs one statement; its rows as text, columns divided by 0x1f. */
typedef struct str (*sql_side)(struct arena *a, const char *sql);

/* Each database's file defines it. */
struct sql_stand {
	sql_side side;
	const char *driver, *database;
	const char *join_roles; /* the roles of u.id, sorted, joined by commas */
};
extern const struct sql_stand stand_sql;

void stand_sql_tables(const char *id_type, const char *options);
/* All but the address. */
void stand_sql_config(struct arena *a, struct connector_config *config);

/* As struct stand has them. */
void stand_sql_set_port(struct arena *a, struct connector_config *config, int port);
void stand_sql_wipe(void);
struct stand_account stand_sql_look(struct arena *a, const char *login);
void stand_sql_act(enum stand_act act, const char *login);
size_t stand_sql_count(void);
void stand_sql_spoil_password(struct arena *a, struct connector_config *config);
