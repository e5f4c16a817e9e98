/*
 * requests.h: access that is asked for: request -> one or two stages of approval -> grant.
 *
 * Stage 1 is decided for the unit, stage 2 for the platform (sen.competent); by whom the request is not,
 * whom it does not profit, and another person each time.  A deputy decides under the
 * principal's authority, and is bound by what binds either of them.  At the last stage all is asked again: account, post,
 * platform, duties, dates.  A deadline that passes brings in the next higher approver (sen.escalations).
 */
#pragma once

#include "server/governance/governed.h"

/* id, actor, employee_code, platform, role, unit (NULL: home), basis, reason, valid_from, valid_to */
extern const struct governed_kind request_file;
/* id, actor, version, text */
extern const struct governed_kind request_approve, request_refuse;
/* id, actor, text */
extern const struct governed_kind request_withdraw, request_comment;
/* id, actor, principal (login), deputy (login), valid_from, valid_to, basis */
extern const struct governed_kind deputy_add;
/* id, actor */
extern const struct governed_kind deputy_end;

/* request_list: actor, state, mine, after id, limit.  request_one: actor, id.  request_inbox: actor, after key, limit.
   deputy_list: actor, after id, limit. */
extern const struct query *const request_list, *const request_one, *const request_inbox, *const deputy_list;
