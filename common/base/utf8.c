#include "common/base/utf8.h"

#include "common/base/text.h"

/* By lead byte: how many bytes follow, or -1 for one that cannot lead. */
static int continuation_bytes(unsigned char lead)
{
	if (lead < 0x80)
		return 0;
	if (lead >= 0xc2 && lead <= 0xdf)
		return 1;
	if (lead >= 0xe0 && lead <= 0xef)
		return 2;
	return lead >= 0xf0 && lead <= 0xf4 ? 3 : -1;
}

size_t utf8_decode(struct str s, uint32_t *ret_code_point)
{
	/* Below these a form with that many following bytes is overlong. */
	static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };
	static const unsigned char lead_bits[] = { 0x7f, 0x1f, 0x0f, 0x07 };

	if (s.len == 0)
		return 0;

	int n = continuation_bytes((unsigned char)s.p[0]);

	if (n < 0 || (size_t)n >= s.len)
		return 0;

	uint32_t code = (unsigned char)s.p[0] & lead_bits[n];

	for (int i = 1; i <= n; i++) {
		if (((unsigned char)s.p[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | ((unsigned char)s.p[i] & 0x3f);
	}
	if (code < least[n] || (code >= 0xd800 && code <= 0xdfff) || code > 0x10ffff)
		return 0;
	*ret_code_point = code;
	return (size_t)n + 1;
}

/* Bytes at the beginning that are ASCII and not NUL. */
static size_t ascii_bytes(struct str s)
{
	size_t n = 0;

	while (n < s.len && (unsigned char)(s.p[n] - 1) < 0x7f)
		n++;
	return n;
}

bool utf8_is_valid(struct str s)
{
	for (s = str_skip(s, ascii_bytes(s)); s.len > 0; s = str_skip(s, ascii_bytes(s))) {
		uint32_t code = 0;
		size_t n = utf8_decode(s, &code);

		if (n == 0 || code == 0)
			return false;
		s = str_skip(s, n);
	}
	return true;
}

size_t utf8_length(struct str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++)
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return n;
}
