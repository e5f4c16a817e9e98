/*
 * admin.h: the administration port: GET /healthz, /readyz and /metrics in HTTP/1.0, one
 * connection at a time, nothing else.  For a monitoring system on a loopback or management address.
 *
 * A request is at most 2,048 bytes and must come within a second; an answer is closed by us.
 */
#pragma once

#include "provisioning/loops.h"

/* "127.0.0.1:9102" or "[::1]:9102".  ERR_CONFIG, with the reason in *ret_message. */
int admin_listen(struct arena *a, struct str address, int *ret_fd, struct str *ret_message) _must_check_;
struct admin {
	struct app *app;
	int fd;
};
/* Until the app stops. */
void *admin_main(void *admin);
