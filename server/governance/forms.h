/*
 * forms.h: request forms of platforms without any interface, as their officers and administrators see them
 * (docs/decisions/0012-request-forms.md).  Lines are written by the provisioner.
 *
 * Forms are seen by whoever may read on the platform; lines by its officer, and by others as far as the persons are within
 * their scope.  Deciding is the officer's alone, and never about what they granted or about themself.
 */
#pragma once

#include "server/governance/form_list.h"
#include "server/governance/json_rows.h"

/* platform STR_NULL: every platform; state "open", "out", "overdue", "settled" or STR_NULL.  after: code and number. */
struct form_filter {
	struct str platform, state;
	const struct str *after;
	size_t limit;
};
int forms_list(struct op *op, const struct principal *p, const struct form_filter *filter, struct json_page *ret) _must_check_;
/* With "lines".  ERR_NOT_FOUND. */
int form_get(struct op *op, const struct principal *p, struct str platform, int64_t number, json_t **ret) _must_check_;

/* ERR_UNKNOWN_PLATFORM, ERR_NOT_FOUND without read there. */
int form_setting_get(struct op *op, const struct principal *p, struct str platform, json_t **ret, int64_t *ret_version) _must_check_;
struct form_setting {
	struct str officer; /* login, or STR_NULL */
	struct str lines, close_min, urgent_min, due_days, urgent_days; /* digits */
};
/* version 0: the first.  ERR_OUT_OF_SCOPE, ERR_UNKNOWN_ACCOUNT, ERR_INVALID_VALUE (the officer may not read there), ERR_PRECONDITION_FAILED. */
int form_setting_put(struct op *op, const struct principal *p, struct str platform, int64_t version, const struct form_setting *s) _must_check_;

/* Closes the open form, that its lines can be carried out.  ERR_OUT_OF_SCOPE, ERR_WRONG_STATE. */
int form_close_now(struct op *op, const struct principal *p, struct str platform, int64_t number) _must_check_;
/* decision: "done", "refused", "again"; lines: PostgreSQL's text of an integer array.  ERR_OUT_OF_SCOPE, ERR_NOT_FOUND, ERR_WRONG_STATE, ERR_FOUR_EYES. */
struct form_decision {
	struct str platform;
	int64_t number;
	struct str lines;
	const char *decision;
	struct str note;
};
int form_decide(struct op *op, const struct principal *p, const struct form_decision *d) _must_check_;

/* Begins an upload, or goes on with one (id not STR_NULL).  ERR_OUT_OF_SCOPE, ERR_NOT_FOUND, ERR_INVALID_VALUE (a login twice). */
struct form_upload {
	struct str platform, id, taken_at; /* taken_at STR_NULL: now */
	const struct form_list *list;
	bool is_last;
};
int form_upload_add(struct op *op, const struct principal *p, const struct form_upload *upload, struct str *ret_id) _must_check_;
int form_upload_get(struct op *op, const struct principal *p, struct str platform, struct str id, json_t **ret) _must_check_;
/* The latest first; keys: when it was uploaded, id. */
int form_upload_list(struct op *op, const struct principal *p, struct str platform, const struct page_ask *ask, struct json_page *ret) _must_check_;
/* A short listing: compared after all, or dropped.  ERR_NOT_FOUND, ERR_OUT_OF_SCOPE, ERR_FOUR_EYES. */
int form_upload_release(struct op *op, const struct principal *p, struct str platform, struct str id, bool is_good) _must_check_;
