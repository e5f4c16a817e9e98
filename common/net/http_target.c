#include "common/net/http_target.h"

#include "common/base/buf.h"
#include "common/base/url.h"
#include "common/net/resolve.h"

#include <arpa/inet.h>

#define URL_MAX_LEN 4096
#define HOST_MAX_LEN 253   /* RFC 1035 §2.3.4 */
#define ADDRESSES_MAX 16

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_host_char(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || c == '.';
}

/*
 * A name of plain labels.  "0x7f.1", "2130706433" and "010.1" are addresses to some parsers
 * and names to others: whatever begins its last label like a number must be dotted decimal.
 */
static bool is_plain_host(struct arena *a, struct str host)
{
	struct str rest = host, label = STR_NULL;
	struct in_addr v4;

	if (host.len == 0 || host.len > HOST_MAX_LEN)
		return false;
	for (size_t i = 0; i < host.len; i++)
		if (!is_host_char(host.p[i]))
			return false;
	while (str_split(&rest, '.', &label))
		if (label.len == 0)
			return false;
	return !is_digit(label.p[0]) || inet_pton(AF_INET, arena_cstr(a, host), &v4) == 1;
}

static bool is_ipv6(struct arena *a, struct str host)
{
	struct in6_addr v6;

	return host.len < INET6_ADDRSTRLEN && inet_pton(AF_INET6, arena_cstr(a, host), &v6) == 1;
}

static int read_url(struct op *op, struct str text, struct url *ret_url, bool *ret_is_https, struct str *ret_port)
{
	struct url url;
	struct str port;
	uint64_t number;

	if (text.len > URL_MAX_LEN || !url_parse(text, &url))
		return op_fail(op, ERR_CONFIG, "not an absolute URL");
	if (url.has_userinfo || url.has_fragment)
		return op_fail(op, ERR_CONFIG, "the URL has user information or a fragment");
	*ret_is_https = str_equal(url.scheme, STR("https"));
	if (!*ret_is_https && !str_equal(url.scheme, STR("http")))
		return op_fail(op, ERR_CONFIG, "the URL is not https");
	if (url.host_is_ipv6 ? !is_ipv6(op->arena, url.host) : !is_plain_host(op->arena, url.host))
		return op_fail(op, ERR_CONFIG, "the host of the URL is not allowed");
	port = *ret_is_https ? STR("443") : STR("80");
	if (!str_is_null(url.port))
		port = url.port;
	if (!str_to_u64(port, UINT16_MAX, &number) || number == 0)
		return op_fail(op, ERR_CONFIG, "the port of the URL is not allowed");
	*ret_url = url;
	*ret_port = port;
	return 0;
}

static int check_address(struct op *op, const struct egress *egress, const struct sockaddr *address, bool is_https,
                         struct str host)
{
	if (!egress_allows(egress, address))
		return op_fail_detail(op, ERR_CONFIG, "the address of the host is not allowed", "host %.*s",
		                      STR_ARG(host));
	if (!is_https && !sockaddr_is_loopback(address))
		return op_fail_detail(op, ERR_CONFIG, "http without TLS leaves this machine", "host %.*s",
		                      STR_ARG(host));
	return 0;
}

static void add_address(struct buf *b, const struct sockaddr *address)
{
	char text[INET6_ADDRSTRLEN] = "";
	socklen_t len = address->sa_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);

	if (getnameinfo(address, len, text, sizeof(text), NULL, 0, NI_NUMERICHOST) != 0)
		return;
	/* Brackets also keep the colons of an IPv6 address apart from those of the entry. */
	buf_printf(b, address->sa_family == AF_INET6 ? ",[%s]" : ",%s", text);
}

/* The addresses, each after a comma. */
static int check_addresses(struct op *op, const struct egress *egress, const struct addrinfo *addresses,
                           bool is_https, struct buf *b, struct str host)
{
	size_t n = 0;

	for (const struct addrinfo *i = addresses; i; i = i->ai_next) {
		if (check_address(op, egress, i->ai_addr, is_https, host) < 0)
			return op->error.code;
		if (n++ < ADDRESSES_MAX)
			add_address(b, i->ai_addr);
	}
	return 0;
}

int http_target_find(struct op *op, const struct egress *egress, struct str url_text, int timeout_ms,
                     struct http_target *ret_target)
{
	_cleanup_(addrinfo_freep) struct addrinfo *addresses = NULL;
	struct buf list = buf_new(op->arena, 2048);
	struct url url = { 0 };
	struct in_addr v4;
	struct str port = STR_NULL;
	const char *host;
	bool is_https = false, is_literal;

	if (read_url(op, url_text, &url, &is_https, &port) < 0)
		return op->error.code;
	host = arena_cstr(op->arena, url.host);
	is_literal = url.host_is_ipv6 || inet_pton(AF_INET, host, &v4) == 1;
	if (resolve_host(op, host, arena_cstr(op->arena, port), timeout_ms, &addresses) < 0)
		return op->error.code;
	if (check_addresses(op, egress, addresses, is_https, &list, url.host) < 0)
		return op->error.code;
	if (list.len == 0 || !buf_ok(&list))
		return op_fail(op, ERR_UNAVAILABLE, "the name has no usable address");
	ret_target->url = arena_cstr(op->arena, url_text);
	/* "+": the entry may grow old, so that the cache of the handle does not grow for ever. */
	ret_target->resolve = is_literal ? NULL
	                                 : arena_printf(op->arena, "+%s:%.*s:%s", host, STR_ARG(port),
	                                                list.p + 1).p;
	ret_target->protocols = is_https ? "https" : "http";
	return 0;
}
