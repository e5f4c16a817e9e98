/*
 * wording.h: what a message says, in Vietnamese: a line for what each notice is about, where to look, and who sent it.  Pure.
 *
 * No person but the reader is named, no secret is in it: names of roles, platforms, units and reviews, and days.
 */
#pragma once

#include "common/base/arena.h"
#include "provisioning/mail/kinds.h"

/* What a notice is about; STR_NULL: that is not said. */
struct mail_line {
	const struct notice_kind *kind;
	bool is_own;             /* about who reads it */
	struct str platform, role, unit, review; /* names */
	struct str until;        /* dd/mm/yyyy */
	struct str hours, days;  /* that an emergency lasts; unused until it is disabled */
	struct str form, count;  /* number of a request form; of accounts, or of its lines */
};

struct mail_reader {
	struct str login;
	struct str sender, link;
};

#define MAIL_LINES_MAX 50 /* told one by one; the rest as a number */

struct str mail_subject(struct arena *a, const struct mail_line *lines, size_t n);
/* Lines with LF. */
struct str mail_text(struct arena *a, const struct mail_reader *reader, const struct mail_line *lines, size_t n);
