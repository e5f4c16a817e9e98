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

/* The value of one character, or -1. */
static int sextet(char c, const char *alphabet)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == alphabet[62])
		return 62;
	return c == alphabet[63] ? 63 : -1;
}

/* text is without padding. */
static bool decode(struct arena *a, struct str text, const char *alphabet, struct str *ret_bytes)
{
	if (text.len % 4 == 1)
		return false;

	unsigned char *out = arena_alloc(a, text.len / 4 * 3 + 3);
	size_t n_bytes = 0;
	unsigned pending = 0, n_bits = 0;

	for (size_t i = 0; i < text.len; i++) {
		int value = sextet(text.p[i], alphabet);

		if (value < 0)
			return false;
		pending = (pending << 6 | (unsigned)value) & 0xffff;
		n_bits += 6;
		if (n_bits >= 8) {
			n_bits -= 8;
			out[n_bytes++] = (unsigned char)(pending >> n_bits & 0xff);
		}
	}
	/* RFC 4648 §3.5: other than zero here would be a second spelling of the same bytes. */
	if ((pending & ((1u << n_bits) - 1)) != 0)
		return false;
	*ret_bytes = str_n(out, n_bytes);
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
