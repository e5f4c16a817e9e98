/* sql_driver.h (private): what a kind of database must be able to do for sql_client.c. */
#pragma once

#include "common/sql/sql_client.h"

struct sql_driver {
	/* NULL with op's error set. */
	void *(*connect)(struct op *op, const struct sql_config *config);
	void (*close)(void *connection);
	/* text NULL: "BEGIN", "COMMIT" or "ROLLBACK" as plain words in command. */
	int (*run)(struct op *op, void *connection, const struct sql_text *text, const struct str *values, int64_t timeout_ms,
	           struct sql_rows *ret_rows);
	int (*command)(struct op *op, void *connection, const char *command, int64_t timeout_ms);
	/* Not known to be broken, as far as can be told without asking the server. */
	bool (*is_usable)(void *connection);
	/* The same, and the server is there: after idling. */
	bool (*is_alive)(void *connection);
};

extern const struct sql_driver sql_postgresql, sql_mariadb;

/* What an SQLSTATE means (ISO/IEC 9075; both databases have them). */
int sql_fail_state(struct op *op, const char *sqlstate, const char *message) _must_check_;
bool sql_host_is_local(struct str host);
