#include "common/net/http_request.h"

#include <stdlib.h>
#include <string.h>

/* token = 1*tchar (RFC 9110 §5.6.2) */
static bool is_token(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~' || strchr("\"(),/:;<=>?@[\\]{}", s.p[i]))
			return false;
	return s.len > 0;
}

/* Content-Length, Host and the like are libcurl's: two of them would be request smuggling. */
static bool is_framing(struct str name)
{
	static const char *const names[] = { "content-length", "transfer-encoding", "host",   "connection",
		                             "expect",         "te",                "trailer", "upgrade" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (str_equal_nocase(name, str_c(names[i])))
			return true;
	return false;
}

static bool is_sendable(const struct http_header *h)
{
	return is_token(h->name) && !is_framing(h->name) && str_index(h->value, '\r') < 0 &&
	       str_index(h->value, '\n') < 0 && str_index(h->value, '\0') < 0;
}

static bool has_header(const struct http_call *call, struct str name)
{
	for (size_t i = 0; i < call->n_headers; i++)
		if (str_equal_nocase(call->headers[i].name, name))
			return true;
	return false;
}

void http_list_add(struct curl_slist **list, const char *text)
{
	struct curl_slist *grown = curl_slist_append(*list, text);

	if (!grown)
		abort();
	*list = grown;
}

/* In libcurl's notation: "Name;" is a header with an empty value, "Name:" none at all. */
static const char *header_line(struct arena *a, const struct http_header *h)
{
	struct str value = str_trim(h->value);

	if (value.len == 0)
		return arena_printf(a, "%.*s;", STR_ARG(h->name)).p;
	return arena_printf(a, "%.*s: %.*s", STR_ARG(h->name), STR_ARG(value)).p;
}

int http_make_headers(struct op *op, const struct http_call *call, struct curl_slist **headers)
{
	for (size_t i = 0; i < call->n_headers; i++) {
		if (!is_sendable(&call->headers[i]))
			return op_fail(op, ERR_BAD_REQUEST, "a header cannot be sent");
		http_list_add(headers, header_line(op->arena, &call->headers[i]));
	}
	http_list_add(headers, "Expect:"); /* no waiting for 100 Continue */
	if (!has_header(call, STR("content-type")))
		http_list_add(headers, "Content-Type:"); /* else libcurl claims a form */
	return 0;
}

bool http_is_method(const struct http_call *call, const char *method)
{
	return strcmp(call->method, method) == 0;
}

bool http_is_safe(const struct http_call *call)
{
	return http_is_method(call, "GET") || http_is_method(call, "HEAD");
}

int http_check_call(struct op *op, const struct http_call *call)
{
	static const char *const methods[] = { "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE" };
	bool is_known = false;

	for (size_t i = 0; i < ARRAY_LEN(methods); i++)
		is_known = is_known || http_is_method(call, methods[i]);
	if (!is_known)
		return op_fail(op, ERR_BAD_REQUEST, "the method is not supported");
	if (http_is_safe(call) && !str_is_null(call->body))
		return op_fail(op, ERR_BAD_REQUEST, "GET and HEAD have no body");
	return 0;
}
