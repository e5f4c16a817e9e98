/*
 * digest.h: which notices of a person go into a message now, which wait, and which are never told by e-mail.  Pure.
 *
 *   read in the meantime, or older than three days (e-mail was off)  never
 *   the account is off: all but what says so to its holder           never
 *   no mailbox                                                       never
 *   who wants the required ones only: the others                     never
 *   one that is urgent                                               now, with all that wait; two such messages a minute apart
 *   the others        when the oldest has waited for gather_s, and not more than daily_max messages in any 24 hours
 */
#pragma once

#include "provisioning/mail/kinds.h"

#include <stdint.h>

#define DIGEST_OLD_S ((int64_t)3 * 86400)
#define DIGEST_DAY_S ((int64_t)86400)
#define DIGEST_URGENT_APART_S 60

struct digest_rules {
	int64_t gather_s;
	int64_t daily_max;
};

enum notice_fate { NOTICE_GOES, NOTICE_WAITS, NOTICE_NEVER };

struct digest_notice {
	struct str id;
	const struct notice_kind *kind; /* NULL: not known here, never told */
	int64_t age_s;
	bool is_read;
	bool is_own;                    /* about the account itself */
	enum notice_fate fate;          /* the answer */
};

struct digest_person {
	struct str account_id;
	bool is_active, has_mailbox, wants_required_only;
	int64_t n_day;                  /* messages of the last 24 hours */
	int64_t oldest_s, newest_s;     /* how long ago; of no meaning when there are none */
	struct digest_notice *notices;
	size_t n;
};

/* Fills in what becomes of each.  Seconds until those that wait are to be looked at again; 0: none waits. */
int64_t digest_decide(const struct digest_rules *rules, struct digest_person *p);
