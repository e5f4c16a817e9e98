/*
 * http_peer.h: one keep-alive connection of the load generator: sends ready requests, reads
 * responses that say their length.  Non-blocking.
 */
#pragma once

#include "common/base/str.h"

#include <netinet/in.h>

#define PEER_RESPONSE_MAX 65536

struct peer {
	int fd;
	struct str unsent;
	size_t have;     /* bytes of the response in in[] */
	size_t want;     /* 0: the header is not complete yet */
	unsigned status;
	int64_t since_us; /* of the request */
	char in[PEER_RESPONSE_MAX];
};

enum peer_state { PEER_BUSY, PEER_DONE, PEER_LOST };

/* Connects, waiting for it; ends the program when it cannot. */
void peer_connect(struct peer *p, const struct sockaddr_in *address);
void peer_begin(struct peer *p, struct str request, int64_t now_us);
/* Sends what is left of the request; PEER_BUSY unless lost. */
enum peer_state peer_send(struct peer *p);
/* Reads what is there; PEER_DONE with the status once the response is complete. */
enum peer_state peer_receive(struct peer *p);
