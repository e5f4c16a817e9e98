/*
 * user.h (private): an official as the source knows it: what it stated, and what personnel has on record.
 */
#pragma once

#include "server/scim/call.h"

struct scim_post {
	struct str id;       /* STR_NULL: stated, not on record */
	int64_t version;
	struct str unit, title, kind, rank, valid_from, valid_to, decision_no, decision_on, signer;
	bool used;
};
struct scim_user {
	struct str person_id, employee_code;
	int64_t person_version;
	struct str state;       /* names of enum lc_state; STR_NULL: not asked for */
	struct str stopped_by;  /* movement, or STR_NULL */
	struct str today, tomorrow;
	struct str created, changed;
	struct scim_post *posts;
	size_t n_posts;
	json_t *resource;       /* canonical, with what is read-only; a new reference */
	bool is_last;           /* of a list that would be too long with what follows */
};
struct scim_ids {
	const struct str *ids;
	size_t n;
	bool with_state;        /* where each person stands takes a while */
};
/* Of the feed, and not deleted; in the order of ids. */
int scim_user_load(struct op *op, const struct scim_feed *feed, const struct scim_ids *ids, struct scim_user *ret_users, size_t *ret_n) _must_check_;
/* The same of one, locked until the end of the transaction. */
int scim_user_lock(struct op *op, const struct scim_feed *feed, struct str id, struct scim_user *ret_user) _must_check_;

/* What a resource says of the person. */
struct scim_stated {
	struct str employee_code, user_name, external_id, kind, ho, dem, ten, birth_date, sex;
	bool active;
	struct scim_post *posts;   /* none: not stated */
	size_t n_posts;
	struct str title, department;
	struct {
		struct str kind, date, until, decision_no, decision_on, signer, reason;
	} departure;               /* kind STR_NULL: none */
};
/* now NULL: it is new.  SCIM_INVALID_VALUE. */
int scim_user_read(struct op *op, const struct scim_feed *feed, const json_t *resource, const json_t *now, struct scim_stated *ret) _must_check_;

#define SCIM_RESOURCE_MAX_BYTES (64 * 1024) /* of what is kept for a source */

/* The row of what was stated.  ERR_LIMIT. */
int scim_user_insert(struct op *op, const struct scim_feed *feed, struct str person_id, const struct scim_stated *s, const json_t *resource) _must_check_;
int scim_user_update(struct op *op, const struct scim_feed *feed, const struct scim_user *user, const struct scim_stated *s, const json_t *resource) _must_check_;
/* Deleted by the feed: out of its users and groups; movement STR_NULL: the one before. */
int scim_user_forget(struct op *op, const struct scim_feed *feed, const struct scim_user *user, struct str movement) _must_check_;

/* In the open transaction: person, posts and activity become what is stated. */
int scim_user_carry_out(struct op *op, const struct scim_feed *feed, struct scim_user *now, const struct scim_stated *s) _must_check_;
/* The person is on record, and the feed's afterwards: joined, hired again, or taken over. */
int scim_user_begin(struct op *op, const struct scim_feed *feed, struct scim_stated *s, struct str *ret_person_id) _must_check_;
/* Stops the person for the feed; *ret_movement STR_NULL: stopped already. */
int scim_user_stop(struct op *op, const struct scim_feed *feed, const struct scim_user *user, const struct scim_stated *s, struct str *ret_movement) _must_check_;
