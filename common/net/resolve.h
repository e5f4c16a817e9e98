/*
 * resolve.h (private to common/net): names to addresses, with a deadline.
 *
 * getaddrinfo(3) has no time-out and waits for a dead name server for half a minute; here it
 * runs on a thread of its own, which is left to itself when the deadline has passed.
 */
#pragma once

#include "common/base/op.h"

#include <netdb.h>

DEFINE_CLEANUP(struct addrinfo *, addrinfo_freep, freeaddrinfo);

/*
 * host: a name, or an address as a literal, which is never looked up.  ERR_UNAVAILABLE: no
 * addresses or none in time.
 */
int resolve_host(struct op *op, const char *host, const char *port, int timeout_ms,
                 struct addrinfo **ret_addresses) _must_check_;
