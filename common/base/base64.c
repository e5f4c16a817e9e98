#include "common/base/base64.h"

#include <string.h>

static const char STANDARD[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char URL_SAFE[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* The characters for bytes, without padding. Returns how many. */
static size_t encode(char *out, const unsigned char *bytes, size_t len, const char *alphabet)
{
	char *at = out;
	size_t i = 0;

	for (; i + 3 <= len; i += 3) {
		uint32_t three = (uint32_t)bytes[i] << 16 | (uint32_t)bytes[i + 1] << 8 | bytes[i + 2];

		*at++ = alphabet[three >> 18];
		*at++ = alphabet[three >> 12 & 0x3f];
		*at++ = alphabet[three >> 6 & 0x3f];
		*at++ = alphabet[three & 0x3f];
	}
	if (i < len) {
		uint32_t rest = (uint32_t)bytes[i] << 16 | (i + 1 < len ? (uint32_t)bytes[i + 1] << 8 : 0);

		*at++ = alphabet[rest >> 18];
		*at++ = alphabet[rest >> 12 & 0x3f];
		if (i + 1 < len)
			*at++ = alphabet[rest >> 6 & 0x3f];
	}
	return (size_t)(at - out);
}

/* Values of the ASCII characters in both alphabets; NONE: in neither. */
#define NONE 255
static const uint8_t VALUES[128] = {
	NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE,
	NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE,
	NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, 62, NONE, NONE, NONE, 63,
	52, 53, 54, 55, 56, 57, 58, 59, 60, 61, NONE, NONE, NONE, NONE, NONE, NONE,
	NONE, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
	15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, NONE, NONE, NONE, NONE, NONE,
	NONE, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
	41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, NONE, NONE, NONE, NONE, NONE,
};

static bool value_of(char c, const char *alphabet, uint32_t *ret_value)
{
	unsigned char u = (unsigned char)c;
	uint32_t value = u < sizeof(VALUES) ? VALUES[u] : NONE;

	/* The last two differ: '+' and '/' stand for '-' and '_'. */
	if (value >= 62)
		value = c == alphabet[62] ? 62 : c == alphabet[63] ? 63 : NONE;
	*ret_value = value;
	return value != NONE;
}

/* text is without padding. */
static bool decode(struct arena *a, struct str text, const char *alphabet, struct str *ret_bytes)
{
	if (text.len % 4 == 1)
		return false;

	unsigned char *out = arena_alloc(a, text.len / 4 * 3 + 3), *at = out;
	uint32_t pending = 0, value;
	unsigned n_bits = 0;

	for (size_t i = 0; i < text.len; i++) {
		if (!value_of(text.p[i], alphabet, &value))
			return false;
		pending = pending << 6 | value;
		n_bits += 6;
		if (n_bits == 24) {
			*at++ = (unsigned char)(pending >> 16);
			*at++ = (unsigned char)(pending >> 8);
			*at++ = (unsigned char)pending;
			pending = n_bits = 0;
		}
	}
	/* RFC 4648 §3.5: other than zero at the end would be a second spelling of the same bytes. */
	if (n_bits == 18) {
		*at++ = (unsigned char)(pending >> 10);
		*at++ = (unsigned char)(pending >> 2);
		pending &= 0x3;
	} else if (n_bits == 12) {
		*at++ = (unsigned char)(pending >> 4);
		pending &= 0xf;
	}
	if (pending != 0)
		return false;
	*ret_bytes = str_n(out, (size_t)(at - out));
	return true;
}

struct str base64url_encode(struct arena *a, struct str bytes)
{
	char *out = arena_alloc(a, bytes.len / 3 * 4 + 5);

	return str_n(out, encode(out, (const unsigned char *)bytes.p, bytes.len, URL_SAFE));
}

bool base64url_decode(struct arena *a, struct str text, struct str *ret_bytes)
{
	return decode(a, text, URL_SAFE, ret_bytes);
}

struct str base64_encode(struct arena *a, struct str bytes)
{
	char *out = arena_alloc(a, bytes.len / 3 * 4 + 5);
	size_t len = encode(out, (const unsigned char *)bytes.p, bytes.len, STANDARD);

	while (len % 4 != 0)
		out[len++] = '=';
	return str_n(out, len);
}

bool base64_decode(struct arena *a, struct str text, struct str *ret_bytes)
{
	if (text.len % 4 != 0)
		return false;
	for (int i = 0; i < 2; i++)
		if (text.len > 0 && text.p[text.len - 1] == '=')
			text.len--;
	return decode(a, text, STANDARD, ret_bytes);
}

struct str hex_encode(struct arena *a, struct str bytes)
{
	static const char digits[] = "0123456789abcdef";
	char *out = arena_alloc_array(a, bytes.len + 1, 2);

	for (size_t i = 0; i < bytes.len; i++) {
		out[2 * i] = digits[(unsigned char)bytes.p[i] >> 4];
		out[2 * i + 1] = digits[(unsigned char)bytes.p[i] & 0x0f];
	}
	return str_n(out, 2 * bytes.len);
}

static int nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool hex_decode(struct arena *a, struct str text, struct str *ret_bytes)
{
	if (text.len % 2 != 0)
		return false;

	char *out = arena_alloc(a, text.len / 2 + 1);

	for (size_t i = 0; i < text.len / 2; i++) {
		int high = nibble(text.p[2 * i]), low = nibble(text.p[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		out[i] = (char)(high << 4 | low);
	}
	*ret_bytes = str_n(out, text.len / 2);
	return true;
}
