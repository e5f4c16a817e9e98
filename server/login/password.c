#include "server/login/password.h"

#include "common/base/text.h"

#include <zxcvbn.h>

#define MIN_CHARACTERS 14
#define MAX_BYTES 128
/* A part of a name this short occurs by chance. */
#define PERSONAL_MIN 4
/* log2 of guesses: 10^10, zxcvbn's "safely unguessable" offline border. */
#define MIN_ENTROPY_BITS 33.2
#define DICTIONARY_MAX 24

const char *password_flaw_name(enum password_flaw flaw)
{
	static const char *const names[] = {
		[PASSWORD_OK] = "ok",
		[PASSWORD_TOO_SHORT] = "too_short",
		[PASSWORD_TOO_LONG] = "too_long",
		[PASSWORD_CLASSES] = "classes",
		[PASSWORD_PERSONAL] = "personal",
		[PASSWORD_GUESSABLE] = "guessable",
		[PASSWORD_CHARACTERS] = "characters",
	};

	return names[flaw];
}

static bool has_all_classes(struct str p)
{
	bool upper = false, lower = false, digit = false, other = false;

	for (size_t i = 0; i < p.len; i++) {
		char c = p.p[i];

		if (c >= 'A' && c <= 'Z')
			upper = true;
		else if (c >= 'a' && c <= 'z')
			lower = true;
		else if (c >= '0' && c <= '9')
			digit = true;
		else
			other = true;
	}
	return upper && lower && digit && other;
}

static bool has_control(struct str p)
{
	for (size_t i = 0; i < p.len; i++)
		if ((unsigned char)p.p[i] < 0x20 || p.p[i] == 0x7f)
			return true;
	return false;
}

/* Folded words of a value, those worth looking for. */
static size_t add_words(struct op *op, struct str value, const char **words, size_t n)
{
	struct str rest = text_fold(op->arena, value), word;

	while (n < DICTIONARY_MAX - 1 && str_split(&rest, ' ', &word))
		if (word.len >= PERSONAL_MIN)
			words[n++] = arena_cstr(op->arena, word);
	return n;
}

static struct str without_spaces(struct arena *a, struct str folded)
{
	char *p = arena_alloc(a, folded.len + 1);
	size_t n = 0;

	for (size_t i = 0; i < folded.len; i++)
		if (folded.p[i] != ' ')
			p[n++] = folded.p[i];
	return str_n(p, n);
}

/* The whole name run together, or the user name, wherever it stands. */
static bool is_personal(struct op *op, struct str password, const struct password_context *c)
{
	const struct str values[] = { c->login, c->full_name, c->unit_name };
	struct str folded = without_spaces(op->arena, text_fold(op->arena, password));

	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		struct str v;

		if (str_is_empty(values[i]))
			continue;
		v = without_spaces(op->arena, text_fold(op->arena, values[i]));
		if (v.len >= PERSONAL_MIN && str_contains(folded, v))
			return true;
	}
	return false;
}

enum password_flaw password_check(struct op *op, struct str password, const struct password_context *c)
{
	const char *words[DICTIONARY_MAX] = { NULL };
	size_t n = 0;

	if (!utf8_is_valid(password) || has_control(password))
		return PASSWORD_CHARACTERS;
	if (password.len > MAX_BYTES)
		return PASSWORD_TOO_LONG;
	if (utf8_length(password) < MIN_CHARACTERS)
		return PASSWORD_TOO_SHORT;
	if (!has_all_classes(password))
		return PASSWORD_CLASSES;
	if (is_personal(op, password, c))
		return PASSWORD_PERSONAL;
	n = add_words(op, c->login, words, n);
	n = add_words(op, c->full_name, words, n);
	n = add_words(op, c->unit_name, words, n);
	words[n++] = "nghean";
	if (ZxcvbnMatch(arena_cstr(op->arena, password), words, NULL) < MIN_ENTROPY_BITS)
		return PASSWORD_GUESSABLE;
	return PASSWORD_OK;
}
