/* mapping_common.h: between the files of mapping_admin.h. */
#pragma once

#include "common/plan/mapping_document.h"
#include "server/governance/catalogue_common.h"
#include "server/governance/mapping_admin.h"

/* A version under lock, or only looked at. */
struct mapping_row_seen {
	struct catalogue_place place;
	int64_t version;
	struct str state;
	json_t *document, *samples; /* owned */
};
void mapping_row_seen_done(struct mapping_row_seen *s);
#define _mapping_row_ _cleanup_(mapping_row_seen_done)

/* The platform is locked and the actor's right checked; version < 0: not asked.  ERR_NOT_FOUND. */
int mapping_lock(struct op *op, const struct principal *p, struct str platform, int64_t number, int64_t version, struct mapping_row_seen *ret) _must_check_;
/* ERR_INVALID_VALUE. */
int mapping_read_document(struct op *op, const json_t *document, const struct mapping **ret) _must_check_;
/* A sample: its facts.  ERR_INVALID_VALUE. */
int mapping_read_sample(struct op *op, const json_t *sample, size_t i, struct mapping_input *ret) _must_check_;
int mapping_wrong_state(struct op *op, struct str state, const char *wanted) _must_check_;
/* Takes over data. */
int mapping_commit(struct op *op, const struct principal *p, int r, const char *action, struct str platform, int64_t number, json_t *data) _must_check_;
