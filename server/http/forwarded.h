/*
 * forwarded.h: who the client is: the peer, or what a trusted proxy says of it.  Pure.
 *
 * One hop only: the last element of X-Forwarded-For, because that one our proxy has written
 * itself.  What a trusted proxy says must be an address and nothing else; a malformed one
 * refuses the request instead of falling back to a wrong identity.
 */
#pragma once

#include "common/base/arena.h"
#include "server/http/field.h"

#include <netinet/in.h>
#include <sys/socket.h>

/* IPv4 in its v4-mapped form. */
struct ip {
	unsigned char bytes[16];
};

bool ip_parse(struct str s, struct ip *ret_ip) _must_check_;
bool ip_of_sockaddr(const struct sockaddr *address, struct ip *ret_ip) _must_check_;
bool ip_equal(const struct ip *a, const struct ip *b) _pure_;
struct str ip_format(struct arena *a, const struct ip *ip);
#define IP_TEXT_MAX INET6_ADDRSTRLEN
void ip_write(const struct ip *ip, char ret_text[static IP_TEXT_MAX]);

/* peer: as text. 0, or ERR_BAD_REQUEST with a static reason. */
int forwarded_client(struct arena *a, const struct fields *fields, bool peer_is_trusted, struct str peer,
                     struct str *ret_client_ip, const char **ret_reason) _must_check_;
