/* mapping_lex.c: an expression's words and signs. */
#include "common/base/text.h"
#include "common/base/utf8.h"
#include "common/plan/mapping_impl.h"

#define DIGITS_MAX 9

static bool fail(struct lexer *lx, size_t at, const char *text)
{
	lx->fault = (struct mapping_fault){ at, text };
	return false;
}

static bool is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static char peek(const struct lexer *lx, size_t ahead)
{
	return lx->at + ahead < lx->source.len ? lx->source.p[lx->at + ahead] : '\0';
}

static void skip_space(struct lexer *lx)
{
	while (lx->at < lx->source.len && strchr(" \t\r\n", lx->source.p[lx->at]) && lx->source.p[lx->at])
		lx->at++;
}

static bool lex_string(struct lexer *lx, struct token *t)
{
	char *out = arena_alloc(lx->arena, lx->source.len - lx->at + 1);
	size_t n = 0;

	for (lx->at++; peek(lx, 0) != '"'; lx->at++) {
		if (lx->at >= lx->source.len)
			return fail(lx, t->at, "the string has no end");
		if (peek(lx, 0) == '\\') {
			lx->at++;
			if (peek(lx, 0) != '"' && peek(lx, 0) != '\\')
				return fail(lx, lx->at, "a backslash stands before a quotation mark or a backslash");
		}
		out[n++] = peek(lx, 0);
	}
	lx->at++;
	t->kind = TOKEN_STRING;
	t->text = str_n(out, n);
	if (!text_is_printable(t->text))
		return fail(lx, t->at, "the string is not made of characters that are seen");
	if (!str_equal(text_compose(lx->arena, t->text), t->text))
		return fail(lx, t->at, "the string is not in NFC");
	return true;
}

static bool lex_integer(struct lexer *lx, struct token *t)
{
	bool is_negative = peek(lx, 0) == '-';
	size_t n = 0;

	lx->at += is_negative;
	for (; is_digit(peek(lx, 0)); lx->at++, n++)
		t->number = t->number * 10 + (n < DIGITS_MAX ? peek(lx, 0) - '0' : 0);
	if (n == 0 || n > DIGITS_MAX)
		return fail(lx, t->at, "an integer has 1 to 9 digits");
	t->kind = TOKEN_INTEGER;
	t->number = is_negative ? -t->number : t->number;
	return true;
}

static void lex_word(struct lexer *lx, struct token *t)
{
	static const struct {
		struct str word;
		enum token_kind kind;
	} words[] = {
		{ STR("if"), TOKEN_IF },   { STR("then"), TOKEN_THEN }, { STR("else"), TOKEN_ELSE },   { STR("and"), TOKEN_AND },
		{ STR("or"), TOKEN_OR },   { STR("not"), TOKEN_NOT },   { STR("true"), TOKEN_TRUE },   { STR("false"), TOKEN_FALSE },
		{ STR("null"), TOKEN_NULL },
	};
	size_t begin = lx->at;

	/* A dot belongs to a path when a letter follows. */
	while (is_alpha(peek(lx, 0)) || is_digit(peek(lx, 0)) || peek(lx, 0) == '_' || (peek(lx, 0) == '.' && is_alpha(peek(lx, 1))))
		lx->at++;
	t->kind = TOKEN_NAME;
	t->text = str_n(lx->source.p + begin, lx->at - begin);
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (str_equal(t->text, words[i].word))
			t->kind = words[i].kind;
}

static bool lex_sign(struct lexer *lx, struct token *t)
{
	/* Longer ones first. */
	static const struct {
		struct str sign;
		enum token_kind kind;
	} signs[] = {
		{ STR("??"), TOKEN_COALESCE }, { STR("!="), TOKEN_UNEQUAL },    { STR("<="), TOKEN_LESS_EQUAL },  { STR(">="), TOKEN_MORE_EQUAL },
		{ STR("="), TOKEN_EQUAL },     { STR("<"), TOKEN_LESS },        { STR(">"), TOKEN_MORE },         { STR("+"), TOKEN_PLUS },
		{ STR("("), TOKEN_OPEN },      { STR(")"), TOKEN_CLOSE },       { STR(","), TOKEN_COMMA },        { STR(":"), TOKEN_COLON },
		{ STR("{"), TOKEN_TABLE_OPEN }, { STR("}"), TOKEN_TABLE_CLOSE },
	};
	struct str rest = str_skip(lx->source, lx->at);

	for (size_t i = 0; i < ARRAY_LEN(signs); i++) {
		if (!str_starts(rest, signs[i].sign))
			continue;
		t->kind = signs[i].kind;
		lx->at += signs[i].sign.len;
		return true;
	}
	return fail(lx, lx->at, "a sign that has no meaning here");
}

bool mapping_lex(struct lexer *lx, struct token *ret)
{
	skip_space(lx);
	*ret = (struct token){ .kind = TOKEN_END, .at = lx->at };
	if (lx->at >= lx->source.len)
		return true;
	if (peek(lx, 0) == '"')
		return lex_string(lx, ret);
	if (is_digit(peek(lx, 0)) || peek(lx, 0) == '-')
		return lex_integer(lx, ret);
	if (!is_alpha(peek(lx, 0)))
		return lex_sign(lx, ret);
	lex_word(lx, ret);
	return true;
}
