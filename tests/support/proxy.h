/*
 * proxy.h: a TCP proxy in the test's own process that can do to a connection what networks and
 * servers do: stall, cut, lose the answer, stop in the middle of it; and speak TLS with a
 * certificate made for the occasion.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum proxy_mode {
	PROXY_FORWARD,
	PROXY_STALL,        /* accepts and keeps silent, as a stopped process does */
	PROXY_REFUSE,       /* closes what comes in at once, as a restarting server does */
	PROXY_LOSE_ANSWER,  /* forwards the next request, then cuts the connection before the answer */
	PROXY_HALF_ANSWER,  /* forwards half of the next answer, then keeps silent */
};

struct proxy;

/* A self-signed certificate; san such as "DNS:localhost".  As PEM, for the client's CA file, under its path until it is freed. */
struct proxy_cert;
struct proxy_cert *proxy_cert_new(const char *san);
const char *proxy_cert_path(const struct proxy_cert *cert);
/* Proxies with this certificate speak no more than TLS 1.1 (RFC 8996 forbids it). */
void proxy_cert_set_old_tls(struct proxy_cert *cert, bool is_old);
void proxy_cert_free(struct proxy_cert *cert);

/* On 127.0.0.1, a port of the system's choice, to 127.0.0.1:target_port.  cert NULL: no TLS. */
struct proxy *proxy_start(int target_port, const struct proxy_cert *cert);
/* The same on a port that the other side must know. */
struct proxy *proxy_start_on(int port, int target_port, const struct proxy_cert *cert);
void proxy_stop(struct proxy *p);
int proxy_port(const struct proxy *p);
void proxy_set(struct proxy *p, enum proxy_mode mode);
/* Forwards so many answers more, does this once (LOSE_ANSWER or HALF_ANSWER), and forwards again. */
void proxy_set_once(struct proxy *p, enum proxy_mode mode, int after_answers);
/* Whether what was set has happened; takes it back when it has not. */
bool proxy_has_struck(struct proxy *p);
/* Ends all present connections, as the end of the server would. */
void proxy_cut(struct proxy *p);
int proxy_n_accepted(struct proxy *p);
/* Bytes of clients, after TLS: what a server would have got to see. */
size_t proxy_n_bytes(struct proxy *p);
