/*
 * script.h: the statements that an operator declares for a platform with an SQL database.
 *
 *   -- name: VERB [ROLE]
 *   one statement with :parameters, up to the next "-- name:" line
 *
 *   find         the one account whose account id is :account_id.  Columns: ext_id and active, and those by which
 *                the account is verified, named as the parameters below.  Required.
 *   find_login   ext_id of the account with :login, whoever's it is: tells a taken name before it is tried
 *   find_ext     ext_id of the account at :ext_id, whoever's it is: tells whether an account that find does not find any more is really
 *                gone.  Without it and find_login that is never believed of one whose access shall end
 *   create       required; update required; disable (without it: update with :active = false)
 *   delete       the account's row and what hangs on it, but roles; without it accounts are kept
 *   roles        one column, role: what the account holds now, by :ext_id
 *   role_add     gives :role; "role_add MC" only that role (a table per role)
 *   role_remove  likewise
 *   list         all accounts, in pages: those behind :after in the order of ext_id (or of a column named after), e.g.
 *                "WHERE (id > :after OR :after IS NULL) ORDER BY id LIMIT 500".  Columns as find's, and roles: codes
 *                with commas.  The list ends with an empty page
 *   list_count   one column, n: how many accounts there are; without it the operator's word counts that list shows all
 *   match NAME   accounts that may be ours, for a rule of matching with the path NAME and the value :value.  Columns: ext_id,
 *                account_id (whose it is already) and login
 *   adopt        gives the account :ext_id, which is nobody's, our :account_id; needed with match
 *   Several blocks of the same name are run in their order, except find, find_login, find_ext, roles, list and list_count.
 *
 * Parameters: account_id ext_id login employee_code ho dem ten full_name mail unit_code unit_name post active
 * (true or false), in role_add and role_remove: role role_name, in list: after alone.  Before the first block a line
 *
 *   -- values: NAME …
 *
 * says which further ones a mapping gives (common/plan/mapping_document.h).  Pure.
 */
#pragma once

#include "common/sql/sql_text.h"

#define SQL_SCRIPT_MAX_BYTES ((size_t)64 * 1024)
#define SQL_BLOCKS_MAX 256
#define SQL_MORE_MAX 24

enum sql_verb { SQL_FIND, SQL_FIND_LOGIN, SQL_FIND_EXT, SQL_CREATE, SQL_UPDATE, SQL_DISABLE, SQL_DELETE, SQL_ROLES, SQL_ROLE_ADD, SQL_ROLE_REMOVE,
                SQL_LIST, SQL_LIST_COUNT, SQL_MATCH, SQL_ADOPT, SQL_VERB_COUNT_ };

enum sql_param {
	SQL_P_ACCOUNT_ID, SQL_P_EXT_ID, SQL_P_LOGIN, SQL_P_EMPLOYEE_CODE, SQL_P_HO, SQL_P_DEM, SQL_P_TEN, SQL_P_FULL_NAME, SQL_P_MAIL,
	SQL_P_UNIT_CODE, SQL_P_UNIT_NAME, SQL_P_POST, SQL_P_ACTIVE, SQL_P_VALUE,
	SQL_P_MORE, /* names of the file's own: the mapping gives their values */
	SQL_P_ROLE = SQL_P_MORE + SQL_MORE_MAX, SQL_P_ROLE_NAME, SQL_P_AFTER, SQL_P_COUNT_,
};

struct sql_block {
	enum sql_verb verb;
	struct str role; /* of role_add and role_remove: only this one; STR_NULL: any.  Of match: the path */
	struct sql_text text;
};

struct sql_script {
	const struct sql_block *blocks; /* in the order of the file */
	size_t n;
	const struct str *names;        /* of parameters, by enum sql_param; STR_NULL: not used */
};

/* False with a reason, which names the line. */
bool sql_script_read(struct arena *a, enum sql_dialect dialect, struct str file, struct sql_script *ret, struct str *ret_reason) _must_check_;

bool sql_script_has(const struct sql_script *s, enum sql_verb verb) _pure_;
/* The first of a verb, or NULL. */
const struct sql_block *sql_script_first(const struct sql_script *s, enum sql_verb verb) _pure_;
/* Whether a block is for this role: the blocks that name it, or, when none does, those that name none. */
bool sql_script_is_for(const struct sql_script *s, const struct sql_block *b, enum sql_verb verb, struct str role) _pure_;

const char *sql_verb_name(enum sql_verb verb) _pure_;
/* Names of parameters that need no line "values:". */
extern const struct str sql_param_names[SQL_P_COUNT_];
