/*
 * http_answer.h (private to common/net): takes an answer in from libcurl's callbacks, with
 * bounds on everything.
 */
#pragma once

#include "common/base/buf.h"
#include "common/net/http_client.h"

struct http_intake {
	struct op *op;
	struct http_answer answer; /* body and status are set by the caller at the end */
	struct buf body;
	size_t header_bytes;
	int64_t date_s, retry_date_s; /* of the answer; 0: none */
	bool is_final;     /* the header section of the final answer has ended: what follows are trailers */
	bool is_too_large;
};

#define HTTP_ANSWER_NONE ((struct http_answer){ .retry_after_s = -1, .rate_left = -1, .rate_reset_s = -1 })

/* CURLOPT_HEADERFUNCTION and CURLOPT_WRITEFUNCTION; userdata is a struct http_intake. */
size_t http_intake_header(char *data, size_t size, size_t count, void *userdata);
size_t http_intake_body(char *data, size_t size, size_t count, void *userdata);
