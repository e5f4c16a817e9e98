/* webhook_admin.h: what a platform was told by signed requests, as operators see it (schema/migrations: webhook_log). */
#pragma once

#include "common/db/db.h"

struct webhook_line {
	int64_t sequence;
	struct str created_at, answered_at; /* answered_at STR_NULL: the platform has not decided */
	int64_t status;
	struct str account_id;
	int64_t gen;
	struct str document;  /* as it was sent, but for the number */
	bool is_newest;       /* no later one is about the account */
};

#define WEBHOOK_LINES_MAX 1000
/* By number, from on.  ERR_UNKNOWN_PLATFORM: there is none of that code. */
int webhook_admin_list(struct op *op, struct str platform, int64_t from, const struct webhook_line **ret_lines, size_t *ret_n) _must_check_;
