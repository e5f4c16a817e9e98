/*
 * sql_text.h: an operator's statement with named parameters, made ready for a driver.
 *
 *   param = ":" name          name = ( %x61-7A / "_" ) *( %x61-7A / DIGIT / "_" )
 *
 * Parameters are never put into the text: PostgreSQL gets "$1", "$2" (one number per name), MariaDB a "?"
 * for each place.  Strings, quoted identifiers, comments, dollar quotes and "::" are passed over as the
 * dialect has them.  Refused: a second statement, parameters of the driver's own, an unknown name, a
 * string or comment without end.  Pure.
 */
#pragma once

#include "common/base/arena.h"

enum sql_dialect { SQL_POSTGRESQL, SQL_MARIADB };

#define SQL_TEXT_MAX_BYTES ((size_t)16 * 1024)
#define SQL_PARAMS_MAX 40

struct sql_text {
	struct str text;             /* NUL-terminated */
	uint8_t params[SQL_PARAMS_MAX]; /* index into the known names, by place */
	size_t n_params;
};

/* False with a reason for operators. */
bool sql_text_compile(struct arena *a, enum sql_dialect dialect, struct str source, const struct str *names, size_t n_names,
                      struct sql_text *ret, struct str *ret_reason) _must_check_;
