/*
 * principal.h: who acts through the administration API, with the scopes of this moment:
 * loaded anew for each request, so that a change of scope takes effect at the next one.
 */
#pragma once

#include "common/base/str.h"

struct admin_scope {
	struct str id;
	struct str unit_path; /* subtree: units whose path begins with it */
	int64_t platform_id;  /* -1: every platform */
	unsigned rights;      /* of enum admin_right */
	int64_t valid_to_s;   /* 0: no end */
};

enum admin_right { RIGHT_READ = 1, RIGHT_GRANT = 2, RIGHT_REVOKE = 4, RIGHT_ACTIVATE = 8, RIGHT_DELEGATE = 16 };

struct principal {
	struct str account_id;
	struct str person_id;
	struct str login;
	const struct admin_scope *scopes;
	size_t n_scopes;
};
