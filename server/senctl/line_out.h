/*
 * line_out.h: where lines of an export go: a file ("-": standard output), or a collector of syslog messages: "tcp://host:port" and
 * "unix:/path" of a stream get octet counting (RFC 6587 §3.4.1, so that no byte of a message ends it); "unix:/dev/log" and other
 * datagram sockets one message per datagram.
 */
#pragma once

#include "server/senctl/ctl.h"

struct line_out {
	int fd;
	bool is_socket, is_datagram;
	const char *name;
};

int line_out_open(struct ctl *c, const char *target, struct line_out *ret_out) _must_check_;
int line_out_write(struct ctl *c, struct line_out *out, struct str line) _must_check_;
int line_out_close(struct ctl *c, struct line_out *out) _must_check_;
