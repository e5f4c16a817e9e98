/*
 * message.h: what a webhook platform is told, and what its answer says.  Pure.
 *
 * A document says how the account shall be, all of it; it is kept in the log, and sent with its sequence number in front.
 * docs/integrate/webhook.md is the contract as integrators read it.
 */
#pragma once

#include "common/base/json.h"
#include "provisioning/connector.h"

/* {"operation":"create"|"update"|"disable"|"delete", …}.  Taken down: who it is, active false, no roles, and no more about the person. */
struct str webhook_document(struct call *c, const char *operation);
/* {"operation":"look_up", …} */
struct str webhook_question(struct call *c);
/* The document as it is sent. */
struct str webhook_body(struct arena *a, int64_t sequence, struct str document);

struct webhook_answer {
	bool is_absent;      /* {"error":"absent"}: no such account */
	struct observed seen;
	int64_t replay_from; /* the first sequence number that the platform misses; 0: it says nothing of the kind */
};

/*
 * ext_id, account_id, active and roles must be there; login, full_name, mail, unit_code, unit_name and post are compared
 * where they are.  False with a reason: it is no such answer, or speaks of another account.
 */
bool webhook_answer_read(struct arena *a, const json_t *json, const struct desired *want, struct webhook_answer *ret, const char **ret_reason) _must_check_;

enum webhook_request { WEBHOOK_READ, WEBHOOK_CREATE, WEBHOOK_CHANGE };
/* What an HTTP status means; *ret_class a word for the fault.  error: that of the body, or STR_NULL. */
enum verdict webhook_verdict(enum webhook_request request, int status, struct str error, const char **ret_class);
/* Has the platform decided on the message?  Else it is sent again under the same number. */
bool webhook_is_decided(int status) _pure_;
