/* match_store.h: accounts at platforms between which a person has to choose (sen.match_candidate). */
#pragma once

#include "provisioning/completion_store.h"

/* *ret_chosen[i]: what a person said of accounts[i], or STR_NULL. */
int match_chosen_read(struct op *op, int64_t platform_id, const struct str *accounts, size_t n, const struct str **ret_chosen) _must_check_;
/* Within the transaction of these ends: candidates of those that are in dispute; none any more of those that are ours. */
int match_candidates_write(struct op *op, const struct completion *done, size_t n) _must_check_;
