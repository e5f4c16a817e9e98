/* platform_store.h: the catalogue of shared platforms and the roles on each. */
#pragma once

#include "common/db/db.h"

struct platform {
	int64_t id;              /* 0: the directory of accounts, not part of the catalogue */
	struct str code, name, name_en, kind, state, managing_unit, note;
	struct str expected_on;  /* "2025-12-01": the month in which completion is expected; STR_NULL: not said */
	bool verified;           /* false is always shown, as "chưa xác minh" */
	bool is_open;            /* the state admits accounts */
};

struct role {
	int64_t id;
	int64_t platform_id;
	struct str code, name, level, sensitivity;
	bool verified;
};

int platform_find(struct op *op, struct str code, struct platform *ret_platform) _must_check_; /* ERR_UNKNOWN_PLATFORM */
int role_find(struct op *op, int64_t platform_id, struct str code, struct role *ret_role) _must_check_; /* ERR_UNKNOWN_ROLE: none, or retired */

/* "Đề xuất" for "proposed", …; the state itself when it has no word. */
struct str platform_state_word(struct str state);
/* "12/2025" from "2025-12-01"; STR_NULL stays. */
struct str platform_expected_text(struct arena *a, const struct platform *platform);
/* ERR_PLATFORM_CLOSED with the arguments platform, state and expected. */
int platform_refuse_closed(struct op *op, const struct platform *platform) _must_check_;
