/*
 * loopback.h: a listener on 127.0.0.1 for the one answer of an authorization request
 * (RFC 8252 §7.3), and nothing else.
 */
#pragma once

#include "server/senctl/ctl.h"

struct loopback {
	int fd;
	unsigned port;
};

int loopback_open(struct ctl *c, struct loopback *ret_loopback) _must_check_;
void loopback_close(struct loopback *l);

/*
 * Waits for GET /callback with this state; requests without it are answered 400 and do not
 * count: other programs of this machine can reach the port.  The query of the right one.
 */
int loopback_wait(struct ctl *c, struct loopback *l, struct str state, int timeout_s, struct str *ret_query) _must_check_;
/* name's value in a query; STR_NULL when absent, sent twice, or the query is broken. */
struct str query_value(struct arena *a, struct str query, const char *name);
