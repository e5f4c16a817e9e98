/*
 * gate.h: what a request must look like before anything else sees it.
 *
 * The parser in front of us (libmicrohttpd 0.9.75) predates RFC 9112: it lets
 * Transfer-Encoding win over Content-Length, never looks at a second Content-Length, takes
 * any byte in names and folds lines into names.  Whatever two parsers could read differently
 * is refused here, and the connection is closed after it (RFC 9112 §11.2, request smuggling).
 *
 * Pure: bytes in, verdict out; unit tests and a fuzz target call it without a socket.
 */
#pragma once

#include "common/base/arena.h"
#include "server/http/field.h"
#include "server/http/request.h"

#define GATE_URI_MAX ((size_t)8 * 1024)
#define GATE_FIELDS_MAX 64
#define GATE_BLOCK_MAX ((size_t)16 * 1024)

struct gate_request {
	struct str method;
	struct str uri;          /* raw request target */
	struct str version;      /* "HTTP/1.1" */
	struct fields fields;
	/*
	 * Bytes of the request line, the fields and the blank line as received; 0: unknown.
	 * More of them than the parts explain means that the parser dropped some: a NUL, a
	 * folded line.
	 */
	size_t block_bytes;
	const struct str *hosts; /* accepted Host values; none: any */
	size_t n_hosts;
};

struct gate_pass {
	enum http_method method;
	struct str path;         /* decoded, in the arena */
	struct str raw_query;    /* STR_NULL without '?' */
	bool has_body;           /* chunked, or a Content-Length above 0 */
	bool is_chunked;
	uint64_t content_length;
};

/* 0, or ERR_BAD_REQUEST, ERR_LIMIT, ERR_METHOD_NOT_ALLOWED, ERR_MISDIRECTED with a static reason. */
int gate_check(struct arena *a, const struct gate_request *in, struct gate_pass *ret_pass,
               const char **ret_reason) _must_check_;
