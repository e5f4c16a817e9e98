/* client_admin.h: rows of relying parties, as the operator writes them. */
#pragma once

#include "common/db/db.h"
#include "server/senctl/client_file.h"

/* secret: of a client that is not public, else STR_NULL.  *ret_changed false: it is all there already. */
int client_admin_put(struct op *op, const struct client_file *f, struct str secret, struct str operator, bool *ret_changed) _must_check_;
/* Its tokens end with it.  ERR_NOT_FOUND. */
int client_admin_remove(struct op *op, struct str id, struct str operator) _must_check_;

struct client_line {
	struct str id, name, platform, auth_method;
	struct str metadata; /* JSON */
	bool enabled;
	bool has_next_secret;
};
int client_admin_list(struct op *op, const struct client_line **ret_lines, size_t *ret_n) _must_check_;
