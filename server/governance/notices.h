/*
 * notices.h: what somebody has to know: requests that wait or were not decided in time, reviews, grants and scopes that end, accounts
 * that nobody uses, emergencies, what became of a request, what was given or taken by name, posts that end.  Made by sen.notices_run() and
 * its like (the provisioner, each minute) and by triggers, once each.
 *
 * Only whom a notice is for sees it.  ERR_NOT_FOUND; ERR_WRONG_STATE (acknowledged).
 */
#pragma once

#include "server/governance/governed.h"

/* account, state (unread, open or NULL), created_at and id of the last one before, limit: JSON and the two keys. */
extern const struct query *const notice_list;
/* id, actor.  Reading twice is no error; the first time stands. */
extern const struct governed_kind notice_read, notice_acknowledge;

/* Which of them are sent by e-mail as well (provisioning/mail).  account: JSON. */
extern const struct query *const notice_mail;
/* actor, "all" or "required".  ERR_INVALID_VALUE. */
extern const struct governed_kind notice_mail_set;
