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

void stand_sql_tables(sql_side side, const char *id_type, const char *options);
void stand_sql_wipe(sql_side side);
struct stand_account stand_sql_look(sql_side side, struct arena *a, const char *login, const char *join_roles);
void stand_sql_act(sql_side side, enum stand_act act, const char *login);
size_t stand_sql_count(sql_side side);
