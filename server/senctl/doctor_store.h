/* doctor_store.h: what the database says of the installation's health. */
#pragma once

#include "common/db/db.h"

struct partition_state {
	struct str parent;
	int64_t days_ahead; /* whole days from now that are covered; negative: none */
};
int doctor_partitions(struct op *op, const struct partition_state **ret_states, size_t *ret_n) _must_check_;

struct backlog {
	int64_t dirty, oldest_dirty_s; /* accounts to be looked at again */
	int64_t due, oldest_due_s;     /* bindings waiting for a worker */
	int64_t retrying, in_doubt, blocked;
	int64_t holds;                 /* of the guard, for somebody to decide */
};
int doctor_backlog(struct op *op, struct backlog *ret_backlog) _must_check_;
/* Units as entries of the directory. */
struct units_health {
	bool are_kept;                 /* somewhere */
	int64_t entries, strangers;
	int64_t age_s;                 /* since all were compared; -1: never */
	int64_t tries;                 /* turns that went wrong, in a row */
	struct str fault, detail;      /* the last one */
};
int doctor_units(struct op *op, struct units_health *ret) _must_check_;
struct client_row {
	struct str id, metadata; /* JSON */
	bool enabled;
};
int doctor_clients(struct op *op, const struct client_row **ret_rows, size_t *ret_n) _must_check_;
/* Live signing keys. */
int doctor_signing_keys(struct op *op, int64_t *ret_n) _must_check_;
