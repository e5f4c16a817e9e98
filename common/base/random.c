#include "common/base/random.h"

#include "common/base/base64.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

void random_bytes(void *p, size_t len)
{
	char *at = p;

	while (len > 0) {
		ssize_t n = getrandom(at, len, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			abort();
		at += n;
		len -= (size_t)n;
	}
}

uint32_t random_below(uint32_t bound)
{
	assert(bound > 0);

	/* The first 2^32 mod bound values would make the low results likelier: drawn again. */
	uint32_t unfair = -bound % bound;
	uint32_t value;

	do {
		random_bytes(&value, sizeof(value));
	} while (value < unfair);
	return value % bound;
}

struct str random_token(struct arena *a, struct str prefix, size_t len)
{
	char *bytes = arena_alloc(a, len);

	random_bytes(bytes, len);

	struct str text = base64url_encode(a, str_n(bytes, len));

	return prefix.len > 0 ? arena_printf(a, "%.*s%.*s", STR_ARG(prefix), STR_ARG(text)) : text;
}

void random_uuid(char ret_uuid[UUID_TEXT_LEN + 1])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char bytes[16];
	char *at = ret_uuid;

	random_bytes(bytes, sizeof(bytes));
	bytes[6] = (unsigned char)((bytes[6] & 0x0f) | 0x40); /* version 4 */
	bytes[8] = (unsigned char)((bytes[8] & 0x3f) | 0x80); /* the variant of RFC 9562 */
	for (size_t i = 0; i < sizeof(bytes); i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*at++ = '-';
		*at++ = digits[bytes[i] >> 4];
		*at++ = digits[bytes[i] & 0x0f];
	}
	*at = '\0';
}

static bool is_lower_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

bool uuid_is_valid(struct str s)
{
	if (s.len != UUID_TEXT_LEN)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		bool wants_dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (wants_dash ? s.p[i] != '-' : !is_lower_hex(s.p[i]))
			return false;
	}
	return true;
}
