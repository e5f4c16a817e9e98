/* outbox_admin.h: the outbox as operators see it (schema/migrations: outbox). */
#pragma once

#include "common/db/db.h"

struct outbox_line {
	struct str id, kind, destination, login, session_id, created_at, next_at;
	struct str state;  /* waiting, sending, delivered, refused, dead */
	struct str detail; /* what the last attempt met; STR_NULL: nothing */
	int64_t attempts;
};

#define OUTBOX_LINES_MAX 200
/* The newest first.  destination STR_NULL: of all.  with_delivered: also what needs no attention. */
int outbox_admin_list(struct op *op, struct str destination, bool with_delivered, const struct outbox_line **ret_lines,
                      size_t *ret_n) _must_check_;

/* One by its id, or all of a destination: due now; what was refused or given up is tried for another day.  Audited. */
int outbox_admin_retry(struct op *op, struct str id, struct str destination, struct str operator, size_t *ret_n) _must_check_;
