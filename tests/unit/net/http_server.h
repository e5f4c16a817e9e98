/* http_server.h: a server on a raw socket in the test's own process, which misbehaves as told. */
#pragma once

#include <stddef.h>

enum http_behaviour {
	HTTP_ANSWER,             /* sends the answer, keeps the connection */
	HTTP_ANSWER_CLOSE,       /* sends the answer, closes: for answers without a length */
	HTTP_SILENT,             /* reads the request and never answers */
	HTTP_HANG_UP,            /* reads the request and closes */
	HTTP_DRIP,               /* sends the answer one byte at a time, 20 ms apart */
	HTTP_FLOOD,              /* sends the answer, then bytes without end */
	HTTP_FLOOD_HEADERS,      /* sends header fields without end */
	HTTP_SECOND_HANGS_UP,    /* answers the first request of a connection, closes on the second */
};

struct http_server;

struct http_server *http_server_start(void);
void http_server_stop(struct http_server *s);
int http_server_port(const struct http_server *s);
/* answer: static storage. */
void http_server_set(struct http_server *s, enum http_behaviour behaviour, const char *answer);
int http_server_n_connections(struct http_server *s);
int http_server_n_requests(struct http_server *s);
/* Head and body of the last request; valid until the next one. */
const char *http_server_request(struct http_server *s);
