/*
 * read_audit.h: who looked at whose data.
 *
 * Routes that say .personal answer with data of persons.  The record is written before the handler runs, in one statement
 * on the write lane (many readers share one flush); without it there is no answer.
 */
#pragma once

#include "server/http/request.h"

int read_audit(struct request *rq) _must_check_;
/* Whose account it concerns: by an account or a person that the path, a parameter or the body names.  STR_NULL: nobody's, or many. */
int read_audit_whom(struct request *rq, struct str *ret_account_id) _must_check_;
