#include "provisioning/http_fault.h"

enum verdict http_fault(struct call *c, enum http_effect effect)
{
	struct str detail = c->op->error.detail;

	switch (c->op->error.code) {
	case ERR_UNAVAILABLE:
		return call_fault(c, VERDICT_DOWN, "down", "%.*s", STR_ARG(detail));
	case ERR_OUTCOME_UNKNOWN:
		/* A read that timed out has changed nothing. */
		return call_fault(c, effect == HTTP_READS ? VERDICT_DOWN : VERDICT_IN_DOUBT, "timeout", "%.*s", STR_ARG(detail));
	case ERR_LIMIT:
		return call_fault(c, effect == HTTP_CREATES ? VERDICT_IN_DOUBT : VERDICT_NOT_DONE, "answer", "the answer is too large");
	default:
		return call_fault(c, VERDICT_REFUSED, "config", "%s: %.*s", err_name(c->op->error.code), STR_ARG(detail));
	}
}

void http_note(struct call *c, const struct http_answer *answer)
{
	c->status = answer->status;
	if (answer->rate_left == 0 && answer->rate_reset_s > c->pause_s)
		c->pause_s = answer->rate_reset_s;
}
