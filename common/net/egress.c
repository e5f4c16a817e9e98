#include "common/net/egress.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#define IP_LEN ((size_t)16)
#define V4_AT ((size_t)12) /* where the IPv4 address stands in ::ffff:0:0/96 and 64:ff9b::/96 */
#define V4_BITS 96U
#define ENTRIES_MAX ((size_t)256)

/* Every address in its IPv6 form; IPv4 as ::ffff:a.b.c.d (RFC 4291 §2.5.5.2). */
struct ip {
	uint8_t bytes[IP_LEN];
};

struct range {
	struct ip first;
	unsigned bits;
	bool is_v4;
};

struct egress {
	struct range never[16];
	size_t n_never;
	struct range special[24];
	size_t n_special;
	struct range *allowed;
	size_t n_allowed;
};

static const char *const never_texts[] = {
	"0.0.0.0/8",      /* "this network": on Linux 0.0.0.0 connects to the machine itself */
	"169.254.0.0/16", /* link-local, with the metadata services of clouds */
	"224.0.0.0/4",    /* multicast */
	"240.0.0.0/4",    /* reserved, broadcast */
	"::/128",         /* unspecified */
	"fe80::/10",      /* link-local */
	"ff00::/8",       /* multicast */
	"100::/64",       /* discard */
	"2001::/32",      /* Teredo: hides an IPv4 address */
	"2002::/16",      /* 6to4: hides an IPv4 address */
};

static const char *const special_texts[] = {
	"10.0.0.0/8",      "172.16.0.0/12",   "192.168.0.0/16", /* private (RFC 1918) */
	"127.0.0.0/8",                                          /* loopback */
	"100.64.0.0/10",                                        /* shared by carriers (RFC 6598) */
	"192.0.0.0/24",    "198.18.0.0/15",   "192.88.99.0/24", /* protocols, benchmarks, relays */
	"192.0.2.0/24",    "198.51.100.0/24", "203.0.113.0/24", /* documentation */
	"::/96",                                                /* loopback ::1, the old form of IPv4 addresses */
	"fc00::/7",        "fec0::/10",                         /* unique local, site-local */
	"2001:db8::/32",                                        /* documentation */
	"64:ff9b:1::/48",                                       /* NAT64 inside a network (RFC 8215) */
};

static const uint8_t mapped_prefix[V4_AT] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
static const uint8_t nat64_prefix[V4_AT] = { 0, 0x64, 0xff, 0x9b };

static bool is_v4(const struct ip *ip)
{
	return memcmp(ip->bytes, mapped_prefix, V4_AT) == 0;
}

static bool range_has(const struct range *range, const struct ip *ip)
{
	size_t whole = range->bits / 8;
	unsigned rest = range->bits % 8;

	if (range->is_v4 != is_v4(ip) || memcmp(range->first.bytes, ip->bytes, whole) != 0)
		return false;
	return rest == 0 || ((range->first.bytes[whole] ^ ip->bytes[whole]) >> (8 - rest)) == 0;
}

static bool any_range_has(const struct range *ranges, size_t n, const struct ip *ip)
{
	for (size_t i = 0; i < n; i++)
		if (range_has(&ranges[i], ip))
			return true;
	return false;
}

/* 10.1.2.3/8 is more likely a slip than a wish. */
static bool has_host_bits(const struct range *range)
{
	for (unsigned bit = range->bits; bit < 8 * IP_LEN; bit++)
		if (range->first.bytes[bit / 8] & (0x80U >> (bit % 8)))
			return true;
	return false;
}

/* address [ "/" bits ], the address as inet_pton(3) takes it. */
static bool range_read(struct str text, struct range *ret)
{
	struct range range = { .bits = 8 * IP_LEN };
	struct str rest = text, address = STR_NULL;
	char c[INET6_ADDRSTRLEN];
	uint64_t bits;
	unsigned offset = 0;

	if (!str_split(&rest, '/', &address) || address.len >= sizeof(c) || str_index(address, '\0') >= 0)
		return false;
	memcpy(c, address.p, address.len);
	c[address.len] = '\0';
	if (inet_pton(AF_INET, c, range.first.bytes + V4_AT) == 1) {
		memcpy(range.first.bytes, mapped_prefix, V4_AT);
		offset = V4_BITS;
	} else if (inet_pton(AF_INET6, c, range.first.bytes) != 1) {
		return false;
	}
	if (!str_is_null(rest)) {
		if (!str_to_u64(rest, 8 * IP_LEN - offset, &bits))
			return false;
		range.bits = (unsigned)bits + offset;
	}
	/* A short IPv6 prefix such as ::/0 is not meant to let IPv4 through. */
	range.is_v4 = range.bits >= V4_BITS && is_v4(&range.first);
	*ret = range;
	return !has_host_bits(&range);
}

static size_t ranges_read(const char *const *texts, size_t n, struct range *ranges, size_t n_max)
{
	assert(n <= n_max);
	for (size_t i = 0; i < n; i++)
		if (!range_read(str_c(texts[i]), &ranges[i]))
			abort(); /* a slip in the tables above */
	return n;
}

static int allowed_read(struct op *op, struct egress *e, struct str allow)
{
	struct str rest = allow, part;

	while (str_split(&rest, ',', &part)) {
		part = str_trim(part);
		if (part.len == 0 && e->n_allowed == 0 && str_is_null(rest))
			break; /* an empty list */
		if (e->n_allowed == ENTRIES_MAX || !range_read(part, &e->allowed[e->n_allowed]))
			return op_fail_detail(op, ERR_CONFIG, "the list of allowed networks cannot be read",
			                      "at '%.*s'", STR_ARG(part));
		e->n_allowed++;
	}
	return 0;
}

int egress_new(struct op *op, struct str allow, struct egress **ret_egress)
{
	struct egress *e = calloc(1, sizeof(*e));

	if (!e)
		abort();
	e->allowed = calloc(ENTRIES_MAX, sizeof(*e->allowed));
	if (!e->allowed)
		abort();
	e->n_never = ranges_read(never_texts, ARRAY_LEN(never_texts), e->never, ARRAY_LEN(e->never));
	e->n_special = ranges_read(special_texts, ARRAY_LEN(special_texts), e->special, ARRAY_LEN(e->special));
	if (allowed_read(op, e, allow) < 0) {
		egress_free(e);
		return op->error.code;
	}
	*ret_egress = e;
	return 0;
}

void egress_free(struct egress *e)
{
	if (!e)
		return;
	free(e->allowed);
	free(e);
}

static bool ip_from_sockaddr(const struct sockaddr *address, struct ip *ret)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	switch (address->sa_family) {
	case AF_INET:
		memcpy(&v4, address, sizeof(v4)); /* the caller's storage may be aligned for struct sockaddr only */
		memcpy(ret->bytes, mapped_prefix, V4_AT);
		memcpy(ret->bytes + V4_AT, &v4.sin_addr, sizeof(v4.sin_addr));
		return true;
	case AF_INET6:
		memcpy(&v6, address, sizeof(v6));
		memcpy(ret->bytes, &v6.sin6_addr, IP_LEN);
		/* RFC 6052 §2.1: what a NAT64 would translate it to is what is reached. */
		if (memcmp(ret->bytes, nat64_prefix, V4_AT) == 0)
			memcpy(ret->bytes, mapped_prefix, V4_AT);
		return true;
	default:
		return false;
	}
}

bool egress_allows(const struct egress *e, const struct sockaddr *address)
{
	struct ip ip;

	if (!ip_from_sockaddr(address, &ip) || any_range_has(e->never, e->n_never, &ip))
		return false;
	return !any_range_has(e->special, e->n_special, &ip) || any_range_has(e->allowed, e->n_allowed, &ip);
}

bool sockaddr_is_loopback(const struct sockaddr *address)
{
	struct ip ip;
	static const struct ip loopback_v6 = { .bytes = { [IP_LEN - 1] = 1 } };

	if (!ip_from_sockaddr(address, &ip))
		return false;
	return (is_v4(&ip) && ip.bytes[V4_AT] == 127) || memcmp(&ip, &loopback_v6, sizeof(ip)) == 0;
}
