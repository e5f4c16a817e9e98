/*
 * log.h: the rows of sen.webhook_sequence, sen.webhook_log and sen.webhook_open: what was told to a platform
 * under which number.
 *
 * A number is given out and its document written in one statement, before anything is sent: whatever then becomes of
 * this process, no number is without its document.  A message that the platform has not decided on is sent again under the
 * number it has, so that an outage costs no numbers.
 */
#pragma once

#include "common/db/db.h"

struct webhook_entry {
	int64_t platform_id;
	struct str account_id;
	int64_t gen;
	struct str document;
	int64_t sequence;
	struct str created_on; /* date, of its partition */
	bool is_newest;        /* out, of webhook_log_read(): there is no later one about the account */
};

/* Fills in sequence and created_on. */
int webhook_log_add(struct op *op, struct webhook_entry *entry) _must_check_;
/* The platform has decided on it. */
int webhook_log_decided(struct op *op, const struct webhook_entry *entry, int status) _must_check_;
/* The first ones of from <= sequence < to, by number. */
int webhook_log_read(struct op *op, int64_t platform_id, int64_t from, int64_t to, size_t limit, const struct webhook_entry **ret_entries,
                     size_t *ret_n) _must_check_;
