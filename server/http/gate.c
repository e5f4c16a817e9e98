#include "server/http/gate.h"

#include "common/base/text.h"
#include "common/base/url.h"

static int refuse(enum err code, const char *reason, const char **ret_reason)
{
	*ret_reason = reason;
	return (int)code;
}

static int bad(const char *reason, const char **ret_reason)
{
	return refuse(ERR_BAD_REQUEST, reason, ret_reason);
}

static int check_method(struct str method, enum http_method *ret_method, const char **ret_reason)
{
	static const struct {
		struct str name;
		enum http_method method;
	} known[] = {
		{ STR("GET"), HTTP_GET },     { STR("HEAD"), HTTP_HEAD },     { STR("POST"), HTTP_POST },
		{ STR("PUT"), HTTP_PUT },     { STR("PATCH"), HTTP_PATCH },   { STR("DELETE"), HTTP_DELETE },
		{ STR("OPTIONS"), HTTP_OPTIONS },
	};

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (str_equal(known[i].name, method)) {
			*ret_method = known[i].method;
			return 0;
		}
	return refuse(ERR_METHOD_NOT_ALLOWED, "method is not supported", ret_reason);
}

/* field-value = *field-content; VCHAR, obs-text, SP, HTAB (RFC 9110 §5.5): no other control. */
static bool is_field_value(struct str value)
{
	for (size_t i = 0; i < value.len; i++) {
		unsigned char c = (unsigned char)value.p[i];

		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

static bool is_field_name(struct str name)
{
	for (size_t i = 0; i < name.len; i++)
		if (!field_is_tchar(name.p[i]))
			return false;
	return name.len > 0;
}

static int check_field_syntax(const struct fields *fields, size_t *ret_bytes, const char **ret_reason)
{
	size_t bytes = 0;

	if (fields->n > GATE_FIELDS_MAX)
		return bad("too many header fields", ret_reason);
	for (size_t i = 0; i < fields->n; i++) {
		const struct field *f = &fields->list[i];

		if (!is_field_name(f->name))
			return bad("header field name is malformed", ret_reason);
		if (!is_field_value(f->value))
			return bad("header field value is malformed", ret_reason);
		bytes += f->name.len + f->value.len + sizeof(": \r\n") - 1;
		if (bytes > GATE_BLOCK_MAX)
			return bad("header is too large", ret_reason);
	}
	*ret_bytes = bytes;
	return 0;
}

/* Fields of which a second one could be read instead of the first. */
static int check_repeats(const struct fields *fields, const char **ret_reason)
{
	static const struct str once[] = {
		STR("Host"), STR("Content-Length"), STR("Transfer-Encoding"), STR("Content-Type"),
		STR("Content-Encoding"), STR("Authorization"), STR("Origin"), STR("Expect"),
	};

	for (size_t i = 0; i < ARRAY_LEN(once); i++)
		if (field_count(fields, once[i]) > 1)
			return bad("header field is repeated", ret_reason);
	return 0;
}

/* Message body length (RFC 9112 §6.3): exactly one way to say it. */
static int check_framing(const struct gate_request *in, struct gate_pass *pass, const char **ret_reason)
{
	struct str coding = field_get(&in->fields, STR("Transfer-Encoding"));
	struct str length = field_get(&in->fields, STR("Content-Length"));

	if (!str_is_null(coding)) {
		if (!str_is_null(length))
			return bad("Transfer-Encoding together with Content-Length", ret_reason);
		if (!str_equal(in->version, STR("HTTP/1.1")))
			return bad("Transfer-Encoding needs HTTP/1.1", ret_reason);
		if (!str_equal(coding, STR("chunked")))
			return bad("Transfer-Encoding other than chunked", ret_reason);
		pass->is_chunked = true;
	} else if (!str_is_null(length) && !str_to_u64(length, INT64_MAX, &pass->content_length)) {
		return bad("Content-Length is malformed", ret_reason);
	}
	pass->has_body = pass->is_chunked || pass->content_length > 0;

	struct str expect = field_get(&in->fields, STR("Expect"));

	if (!str_is_null(expect) && !str_equal_nocase(expect, STR("100-continue")))
		return bad("Expect other than 100-continue", ret_reason);
	if (!str_is_null(field_get(&in->fields, STR("Upgrade"))))
		return bad("Upgrade is not supported", ret_reason);
	if (!str_is_null(field_get(&in->fields, STR("Content-Encoding"))))
		return bad("Content-Encoding is not supported", ret_reason);
	return 0;
}

/* uri-host [ ":" port ] (RFC 9110 §7.2).  A configured name without a port admits any port. */
static bool host_is_ours(const struct gate_request *in, struct str host)
{
	struct str name = host;

	for (size_t i = host.len; i > 0; i--)
		if (host.p[i - 1] == ':') {
			uint64_t port;

			if (str_to_u64(str_skip(host, i), 65535, &port))
				name.len = i - 1;
			break;
		}
	for (size_t i = 0; i < in->n_hosts; i++)
		if (str_equal_nocase(in->hosts[i], host) || str_equal_nocase(in->hosts[i], name))
			return true;
	return in->n_hosts == 0;
}

static int check_host(const struct gate_request *in, const char **ret_reason)
{
	struct str host = field_get(&in->fields, STR("Host"));

	if (str_is_empty(host))
		return bad("Host is missing", ret_reason);
	if (!host_is_ours(in, host))
		return refuse(ERR_MISDIRECTED, "Host is not served here", ret_reason);
	return 0;
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool contains_escape(struct str s, char high, char low)
{
	for (size_t i = 0; i + 2 < s.len; i++)
		if (s.p[i] == '%' && s.p[i + 1] == high && (s.p[i + 2] | 0x20) == (low | 0x20))
			return true;
	return false;
}

/* Segments "." and "..", and what a decoder run twice would make of the path. */
static bool is_plain_path(struct str path)
{
	struct str rest = path, segment;

	for (size_t i = 0; i < path.len; i++) {
		unsigned char c = (unsigned char)path.p[i];

		if (c < 0x20 || c == 0x7f || c == '\\' || c == ';')
			return false;
		if (c == '%' && i + 2 < path.len && is_hex(path.p[i + 1]) && is_hex(path.p[i + 2]))
			return false;
	}
	while (str_split(&rest, '/', &segment))
		if (str_equal(segment, STR(".")) || str_equal(segment, STR("..")))
			return false;
	return true;
}

static int check_uri(struct arena *a, struct str uri, struct gate_pass *pass, const char **ret_reason)
{
	struct str raw_path = uri;
	ptrdiff_t mark = str_index(uri, '?');

	if (uri.len > GATE_URI_MAX)
		return refuse(ERR_LIMIT, "URI is too long", ret_reason);
	if (!str_is_printable_ascii(uri) || str_index(uri, ' ') >= 0 || str_index(uri, '\\') >= 0 ||
	    str_index(uri, '#') >= 0 || contains_escape(uri, '0', '0'))
		return bad("URI has characters that are not allowed", ret_reason);
	if (mark >= 0) {
		raw_path.len = (size_t)mark;
		pass->raw_query = str_skip(uri, (size_t)mark + 1);
	}
	if (str_equal(uri, STR("*")) && pass->method == HTTP_OPTIONS) {
		pass->path = uri;
		return 0;
	}
	if (!str_starts(raw_path, STR("/")))
		return bad("request target is not a path", ret_reason);
	/* An encoded '/' or '\' would be a separator for one reader and text for the next. */
	if (contains_escape(raw_path, '2', 'f') || contains_escape(raw_path, '5', 'c'))
		return bad("path has an encoded separator", ret_reason);
	if (!url_unescape(a, raw_path, &pass->path) || !is_plain_path(pass->path))
		return bad("path is malformed", ret_reason);
	return 0;
}

static int check_size(const struct gate_request *in, size_t field_bytes, const char **ret_reason)
{
	size_t line_bytes = in->method.len + in->uri.len + in->version.len + sizeof("  \r\n") - 1;

	if (in->block_bytes > line_bytes + field_bytes + sizeof("\r\n") - 1)
		return bad("header has bytes that are not part of a field", ret_reason);
	return 0;
}

int gate_check(struct arena *a, const struct gate_request *in, struct gate_pass *ret_pass, const char **ret_reason)
{
	struct gate_pass pass = { .raw_query = STR_NULL };
	size_t field_bytes = 0;
	int r;

	if (!str_equal(in->version, STR("HTTP/1.1")) && !str_equal(in->version, STR("HTTP/1.0")))
		return bad("HTTP version is not supported", ret_reason);
	if ((r = check_method(in->method, &pass.method, ret_reason)) < 0 ||
	    (r = check_field_syntax(&in->fields, &field_bytes, ret_reason)) < 0 ||
	    (r = check_size(in, field_bytes, ret_reason)) < 0 ||
	    (r = check_repeats(&in->fields, ret_reason)) < 0 ||
	    (r = check_framing(in, &pass, ret_reason)) < 0 ||
	    (r = check_uri(a, in->uri, &pass, ret_reason)) < 0 ||
	    (r = check_host(in, ret_reason)) < 0)
		return r;
	*ret_pass = pass;
	return 0;
}
