#include "server/http/forwarded.h"

#include "common/base/err.h"

#include <arpa/inet.h>
#include <string.h>

static const unsigned char v4_prefix[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

static void map_v4(const void *v4_bytes, struct ip *ret_ip)
{
	memcpy(ret_ip->bytes, v4_prefix, sizeof(v4_prefix));
	memcpy(ret_ip->bytes + sizeof(v4_prefix), v4_bytes, 4);
}

bool ip_parse(struct str s, struct ip *ret_ip)
{
	char text[INET6_ADDRSTRLEN];
	struct in_addr v4;

	if (s.len == 0 || s.len >= sizeof(text) || !str_is_printable_ascii(s))
		return false;
	memcpy(text, s.p, s.len);
	text[s.len] = '\0';
	if (inet_pton(AF_INET, text, &v4) == 1) {
		map_v4(&v4, ret_ip);
		return true;
	}
	return inet_pton(AF_INET6, text, ret_ip->bytes) == 1;
}

bool ip_of_sockaddr(const struct sockaddr *address, struct ip *ret_ip)
{
	if (address && address->sa_family == AF_INET) {
		map_v4(&((const struct sockaddr_in *)(const void *)address)->sin_addr, ret_ip);
		return true;
	}
	if (address && address->sa_family == AF_INET6) {
		memcpy(ret_ip->bytes, &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr,
		       sizeof(ret_ip->bytes));
		return true;
	}
	return false;
}

bool ip_equal(const struct ip *a, const struct ip *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

void ip_write(const struct ip *ip, char ret_text[static IP_TEXT_MAX])
{
	bool is_v4 = memcmp(ip->bytes, v4_prefix, sizeof(v4_prefix)) == 0;
	const void *bytes = is_v4 ? ip->bytes + sizeof(v4_prefix) : ip->bytes;

	if (!inet_ntop(is_v4 ? AF_INET : AF_INET6, bytes, ret_text, IP_TEXT_MAX))
		memcpy(ret_text, "-", sizeof("-"));
}

struct str ip_format(struct arena *a, const struct ip *ip)
{
	char text[IP_TEXT_MAX];

	ip_write(ip, text);
	return arena_dup_c(a, text);
}

int forwarded_client(struct arena *a, const struct fields *fields, bool peer_is_trusted, struct str peer,
                     struct str *ret_client_ip, const char **ret_reason)
{
	struct str name = STR("X-Forwarded-For");
	struct str rest = field_get(fields, name), last = STR_NULL;
	struct ip ip;

	if (!peer_is_trusted || str_is_null(rest)) {
		*ret_client_ip = peer;
		return 0;
	}
	if (field_count(fields, name) > 1) {
		*ret_reason = "X-Forwarded-For is repeated";
		return ERR_BAD_REQUEST;
	}
	while (str_split(&rest, ',', &last))
		;
	if (!ip_parse(str_trim(last), &ip)) {
		*ret_reason = "X-Forwarded-For does not end with an address";
		return ERR_BAD_REQUEST;
	}
	*ret_client_ip = ip_format(a, &ip);
	return 0;
}
