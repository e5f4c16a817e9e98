/*
 * notices.h: what platforms say of their own accord (RFC 9967): whose account was changed there is looked at now, and not
 * first by the next listing.
 *
 * A notice makes the account's binding due, unless it is of the version that we know; only then is it acknowledged.  It is
 * a hint and no more: what is lost or made up costs a look.
 */
#pragma once

#include "provisioning/observe/observer.h"

/* Does any of the platforms say something? */
bool notices_come(const struct observer *o);
/* A thread's: until the observer stops. */
void *notices_main(void *observer);

/* One of both, or STR_NULL.  *ret_n: bindings that are due now. */
int observe_noticed(struct op *op, int64_t platform_id, const struct notice *notice, int64_t *ret_n) _must_check_;
