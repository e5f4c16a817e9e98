#include "server/governance/old_encoding.h"

#include "common/base/text.h"
#include "common/base/utf8.h"

static bool is_letter(uint32_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_one_of(uint32_t c, const char *bytes)
{
	for (; *bytes; bytes++)
		if (c == (unsigned char)*bytes)
			return true;
	return false;
}

/* Windows-1258: grave, hook, tilde, acute, dot, each behind a vowel, which may be â ê ô ă ơ ư. */
static bool is_1258_pair(uint32_t before, uint32_t c)
{
	return is_one_of(c, "\xcc\xd2\xde\xec\xf2") && is_one_of(before, "aeiouyAEIOUY\xe2\xea\xf4\xe3\xf5\xfd\xc2\xca\xd4\xc3\xd5\xdd");
}

/* VNI: the mark is a character of its own behind the vowel: "Nguyeãn", "Traàn", "Phöông". */
static bool is_vni_pair(uint32_t before, uint32_t c)
{
	return is_one_of(before, "aeouAEOUöôÖÔ\xf6\xf4\xd6\xd4") && is_one_of(c, "\xf8\xf9\xfb\xf5\xef\xe2\xe0\xe1\xe5\xe3\xe4\xea\xe8\xe9\xfa\xfc\xeb");
}

struct votes {
	unsigned tcvn3, vni, viscii, w1258;
};

static void vote(struct votes *v, uint32_t before, uint32_t c, uint32_t after)
{
	bool begins = !is_letter(before) && before < 0x80;

	v->w1258 += 2u * is_1258_pair(before, c);
	v->vni += is_vni_pair(before, c);
	/* đ at the beginning of a word. */
	if (begins && (is_letter(after) || after >= 0x80)) {
		v->tcvn3 += 3u * is_one_of(c, "\xae\xa7");
		v->vni += 3u * is_one_of(c, "\xf1\xd1");
		v->viscii += is_one_of(c, "\xf0\xd0");
		v->w1258 += is_one_of(c, "\xf0\xd0");
	}
	/* Code points that only VISCII has letters at. */
	v->viscii += 2u * ((c >= 0x80 && c <= 0x9f) || c == 0x02 || c == 0x05 || c == 0x06 || c == 0x14 || c == 0x19 || c == 0x1e);
	/* Where TCVN3 has nothing. */
	v->viscii += 2u * is_one_of(c, "\xaf\xb0\xb1\xb2\xb3\xb4\xba\xbf\xc0\xc1\xc2\xc3\xc4\xc5\xcd\xd9\xda\xdb\xe0") * !is_vni_pair(before, c);
	v->viscii += is_one_of(c, "\xaf\xb0\xb1\xb2\xd5\xd6\xd7\xd8\xe4\xe7\xf1\xf7\xfe") && is_letter(before);
	/* ă â ê ô ơ ư and a with its tones: where TCVN3 is most itself. */
	v->tcvn3 += is_one_of(c, "\xa8\xa9\xaa\xab\xac\xb5\xb6\xb7\xb8\xb9\xbb\xbc\xbd\xbe\xcb\xcc\xce\xd3\xd4\xd6\xe8\xe9\xea\xed\xee") && is_letter(before);
}

static enum old_encoding best(const struct votes *v)
{
	unsigned most = v->tcvn3;
	enum old_encoding is = OLD_ENCODING_TCVN3;

	if (v->vni > most) {
		most = v->vni;
		is = OLD_ENCODING_VNI;
	}
	if (v->viscii > most) {
		most = v->viscii;
		is = OLD_ENCODING_VISCII;
	}
	if (v->w1258 > most) {
		most = v->w1258;
		is = OLD_ENCODING_WINDOWS_1258;
	}
	return most == 0 ? OLD_ENCODING_UNKNOWN : is;
}

enum old_encoding old_encoding_of(struct str bytes)
{
	bool is_utf8 = utf8_is_valid(bytes);
	uint32_t before = ' ', here = 0, after = 0;
	struct votes votes = { 0 };
	bool has_here = false;

	if (is_utf8 && !text_looks_like_tcvn3(bytes))
		return OLD_ENCODING_NONE;
	while (bytes.len > 0 || has_here) {
		bool has_after = bytes.len > 0;
		size_t n = 0;

		after = ' ';
		if (has_after) {
			after = (unsigned char)bytes.p[0];
			n = is_utf8 ? utf8_decode(bytes, &after) : 1;
		}
		if (has_here) {
			vote(&votes, before, here, after);
			before = here;
		}
		here = after;
		has_here = has_after;
		bytes = str_skip(bytes, n);
	}
	return best(&votes);
}

bool old_encoding_has_split_tones(struct str text)
{
	uint32_t before = ' ', code = 0;

	while (text.len > 0) {
		size_t n = utf8_decode(text, &code);

		if ((code == 0x300 || code == 0x301 || code == 0x303 || code == 0x309 || code == 0x323) && before >= 0xc0 && before < 0x300)
			return true;
		before = code;
		text = str_skip(text, n > 0 ? n : 1);
	}
	return false;
}
