/*
 * egress.h (private to common/net): which addresses outgoing connections may go to.
 *
 * Public addresses may be reached.  Private, loopback and other special-purpose ranges (IANA
 * registries, RFC 6890) only when the list of the configuration covers them; link-local,
 * multicast, unspecified and reserved ones never.  An IPv4 address inside an IPv6 one
 * (mapped, NAT64) counts as that IPv4 address.  Immutable after egress_new(), so thread-safe.
 */
#pragma once

#include "common/base/op.h"

#include <sys/socket.h>

struct egress;

/* allow: comma-separated CIDRs or addresses, may be empty.  ERR_CONFIG: one of them cannot be read. */
int egress_new(struct op *op, struct str allow, struct egress **ret_egress) _must_check_;
void egress_free(struct egress *e);

bool egress_allows(const struct egress *e, const struct sockaddr *address) _must_check_;
/* 127.0.0.0/8, its mapped form, or ::1. */
bool sockaddr_is_loopback(const struct sockaddr *address) _must_check_;
