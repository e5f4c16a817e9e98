/*
 * store.h: the provisioner's side of sen.form, sen.form_line and sen.form_account: what shall be done on platforms
 * without any interface, and what is known to be done there.
 *
 * Lines get their numbers in one statement each, one after the other on each platform.
 */
#pragma once

#include "common/db/db.h"
#include "common/plan/plan.h"
#include "provisioning/form/rules.h"

enum form_answer {
	FORM_IS_SO,    /* as wanted already */
	FORM_ABSENT,   /* there is no account, and none is wanted */
	FORM_WAITING,  /* a line asks for it */
	FORM_REFUSED,  /* the officer refused just that; see note */
};

struct form_asked {
	enum form_answer answer;
	int64_t number, line;   /* of FORM_WAITING and FORM_REFUSED */
	struct str ext_id;      /* or STR_NULL */
	struct str note;
};
/* document: of form_document(). */
int form_ask(struct op *op, const struct desired *want, int64_t gen, struct str document, struct form_asked *ret) _must_check_;

struct form_known {
	bool is_known;    /* an officer's word or a list says how the account is */
	bool is_asked;    /* a line is undecided: it may come to be, or become another */
	bool active, matches;
	struct str ext_id;
};
int form_known(struct op *op, const struct desired *want, struct str document, struct form_known *ret) _must_check_;

struct form_to_close {
	int64_t platform_id, number;
	struct str platform_code;
	struct form_limits limits;
	struct form_age age;
};
int form_list_open(struct op *op, const struct form_to_close **ret_forms, size_t *ret_n) _must_check_;
/* *ret_closed: by us; somebody else may have been first. */
int form_close(struct op *op, int64_t platform_id, int64_t number, const char *reason, bool *ret_closed) _must_check_;

struct form_overdue {
	int64_t platform_id, number;
	struct str platform_code;
	int64_t overdue_s, n_reminders, since_s;
};
int form_list_overdue(struct op *op, const struct form_overdue **ret_forms, size_t *ret_n) _must_check_;
/* Counts the reminder after n_reminders; *ret_done: by us. */
int form_remind(struct op *op, const struct form_overdue *form, bool *ret_done) _must_check_;

struct form_count {
	struct str platform_code;
	int64_t n_open, n_out, n_overdue, n_escalated;
	int64_t oldest_s; /* since the oldest form that is not settled was closed */
};
int form_counts(struct op *op, const struct form_count **ret_counts, size_t *ret_n) _must_check_;
