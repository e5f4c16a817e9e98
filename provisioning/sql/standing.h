/*
 * standing.h: an account as it stands in the database of a platform, read by the operator's statements,
 * and how it compares with what is wanted.
 *
 * NULL, absent and empty are the same, and so are the forms of Unicode.  A column that find does not show is
 * not compared; of an account that is off only that counts, and that it holds none of our roles.
 */
#pragma once

#include "common/sql/sql_client.h"
#include "provisioning/connector.h"
#include "provisioning/sql/script.h"

struct sql_platform {
	const struct connector_config *config;
	struct sql_pool *pool;
	struct sql_script script;
	struct arena *arena;
};

/* An account as it stands there, and the transaction in which it was read. */
struct sql_standing {
	struct sql_tx *tx;
	struct str values[SQL_P_COUNT_]; /* of the wanted state, for the statements */
	uint64_t given, compared;        /* bits of values: may be sent now; shall be so */
	struct sql_rows row;
	struct sql_rows roles;
	size_t role_column, ext_id_column, active_column;
};

/* The op's error as a verdict; sets the fault. */
enum verdict sql_verdict(struct call *c, enum verdict when_unavailable);
/* Parameters of every statement but those of roles; with what is sent at creation only, or without. */
enum verdict sql_values(struct call *c, struct sql_standing *s, bool is_new);
/* Before an update of an account that was read: what the policy leaves as it is (desired_leaves()) is written as it is. */
enum verdict sql_keep_left(struct call *c, struct sql_standing *s);
/* VERDICT_REFUSED when the statement wants a value that the mapping does not give. */
enum verdict sql_run_block(struct call *c, struct sql_standing *s, const struct sql_block *b, struct sql_rows *ret);

/* By our account id: VERDICT_ABSENT; more than one row is disputed. */
enum verdict sql_standing_read(struct call *c, struct sql_standing *s);
/* VERDICT_CONFLICT: an account that find does not find has our name, or (keys) is at the identifier that we know. */
enum verdict sql_check_name(struct call *c, struct sql_standing *s);
enum verdict sql_check_keys(struct call *c, struct sql_standing *s);
void sql_standing_observe(const struct call *c, const struct sql_standing *s, struct observed *ret);
bool sql_standing_is_settled(const struct call *c, const struct sql_standing *s);
/* The first column that is not as wanted, or NULL. */
const char *sql_standing_difference(const struct call *c, const struct sql_standing *s);
/* Columns that differ, into the call's changes. */
void sql_note_changes(struct call *c, const struct sql_standing *s);

bool sql_role_is_wanted(const struct call *c, struct str role);
bool sql_role_is_held(const struct sql_standing *s, struct str role);
/* With a table per role, others' tables are none of ours. */
bool sql_role_is_managed(const struct sql_platform *p, struct str role);
bool sql_is_true(struct str cell);
