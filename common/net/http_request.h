/* http_request.h (private to common/net): what a call may ask for, and its header section for libcurl. */
#pragma once

#include "common/net/http_client.h"

#include <curl/curl.h>

bool http_is_method(const struct http_call *call, const char *method);
/* RFC 9110 section 9.2.1, of the methods that we send. */
bool http_is_safe(const struct http_call *call);
/* ERR_BAD_REQUEST: a method that is not known, or a body where there is none. */
int http_check_call(struct op *op, const struct http_call *call) _must_check_;
/* Aborts when there is no memory. */
void http_list_add(struct curl_slist **list, const char *text);
/* Adds to *headers, which the caller frees, also when it fails.  ERR_BAD_REQUEST: a header that cannot be sent. */
int http_make_headers(struct op *op, const struct http_call *call, struct curl_slist **headers) _must_check_;
