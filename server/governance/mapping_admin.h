/*
 * mapping_admin.h: mappings of platforms as administrators draw, test, count and activate them (sen.mapping).
 *
 * draft -> tested (all samples gave what they expect) -> active -> retired.  An edit makes a draft of it again.  Activation
 * needs a count of this very version that is not older than an hour; when it says that many accounts would be written
 * otherwise, another person than its authors has to activate.
 */
#pragma once

#include "common/base/json.h"
#include "common/base/op.h"
#include "server/governance/json_rows.h"
#include "server/governance/principal.h"

struct mapping_draft {
	const json_t *document, *samples; /* samples: NULL: none */
	struct str note;                  /* or STR_NULL */
};

/* New references. */
/* ask: of its versions, the latest first by number.  *ret_json: all but them. */
int mapping_overview(struct op *op, struct str platform, const struct page_ask *ask, json_t **ret_json, struct json_page *ret_versions) _must_check_;
int mapping_get(struct op *op, struct str platform, int64_t number, json_t **ret_json, int64_t *ret_version) _must_check_;

/* ERR_INVALID_VALUE with the argument field: the place in the document, behind a colon the byte of an expression. */
int mapping_draw(struct op *op, const struct principal *p, struct str platform, const struct mapping_draft *draft, int64_t *ret_number) _must_check_;
/* version: as it was seen.  ERR_WRONG_STATE once it is active. */
int mapping_edit(struct op *op, const struct principal *p, struct str platform, int64_t number, int64_t version,
                 const struct mapping_draft *draft) _must_check_;
/* {"passed": …, "samples": [{"name", "passed", "differences": [{"path", "expected", "got"}]}]}; tested when all passed. */
int mapping_test(struct op *op, const struct principal *p, struct str platform, int64_t number, int64_t version, json_t **ret_json) _must_check_;
/* Counts on for at most budget_ms.  {"done", "counted", "accounts", "changes", "due"} */
int mapping_count(struct op *op, const struct principal *p, struct str platform, int64_t number, int64_t budget_ms, json_t **ret_json) _must_check_;
/* ERR_FOUR_EYES, ERR_BLOCKED (by: count), ERR_WRONG_STATE. */
int mapping_activate(struct op *op, const struct principal *p, struct str platform, int64_t number, int64_t version) _must_check_;

/* Accounts whose creation met others that may be theirs, with these. */
int mapping_disputes(struct op *op, const struct principal *p, struct str platform, const struct str after[2], size_t limit, struct json_page *ret) _must_check_;
/* This candidate is the account: the platform is asked again, and the candidate becomes ours. */
int mapping_adopt(struct op *op, const struct principal *p, struct str platform, struct str login, struct str ext_id) _must_check_;
