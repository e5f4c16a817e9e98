#include "common/sql/sql_text.h"

#include "common/base/buf.h"

struct lexer {
	struct arena *a;
	enum sql_dialect dialect;
	struct str in;
	size_t at;
	const struct str *names;
	size_t n_names;
	struct buf out;
	struct sql_text *text;
	struct str reason;
};

static char peek(const struct lexer *l, size_t ahead)
{
	return l->at + ahead < l->in.len ? l->in.p[l->at + ahead] : '\0';
}

static void copy(struct lexer *l, size_t n)
{
	buf_add(&l->out, str_n(l->in.p + l->at, n));
	l->at += n;
}

static bool refuse(struct lexer *l, const char *what)
{
	l->reason = arena_printf(l->a, "%s, at byte %zu", what, l->at + 1);
	return false;
}

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

static bool is_word_char(char c)
{
	return is_name_char(c) || (c >= 'A' && c <= 'Z');
}

/* Through the closing quote.  A doubled quote is one of the text's own; it reads as two texts, which is the same here. */
static bool pass_quoted(struct lexer *l, bool has_escapes)
{
	char quote = peek(l, 0);

	copy(l, 1);
	while (l->at < l->in.len) {
		char c = peek(l, 0);

		copy(l, has_escapes && c == '\\' && l->at + 1 < l->in.len ? 2 : 1);
		if (c == quote)
			return true;
	}
	return refuse(l, "a quoted text without end");
}

/* E'…' (PostgreSQL); MariaDB has escapes in every string. */
static bool string_has_escapes(const struct lexer *l)
{
	if (l->dialect == SQL_MARIADB)
		return true;

	bool is_e = l->at > 0 && (l->in.p[l->at - 1] == 'E' || l->in.p[l->at - 1] == 'e');

	return is_e && (l->at < 2 || !is_word_char(l->in.p[l->at - 2]));
}

static bool pass_line(struct lexer *l)
{
	while (l->at < l->in.len && peek(l, 0) != '\n')
		copy(l, 1);
	return true;
}

/* Comments nest in PostgreSQL, and do not in MariaDB, where "!" makes one a statement. */
static bool pass_comment(struct lexer *l)
{
	size_t depth = 0;

	if (l->dialect == SQL_MARIADB && (peek(l, 2) == '!' || (peek(l, 2) == 'M' && peek(l, 3) == '!')))
		return refuse(l, "a comment that is executed");
	while (l->at < l->in.len) {
		if (peek(l, 0) == '/' && peek(l, 1) == '*') {
			depth = l->dialect == SQL_POSTGRESQL ? depth + 1 : 1;
			copy(l, 2);
		} else if (peek(l, 0) == '*' && peek(l, 1) == '/') {
			copy(l, 2);
			if (--depth == 0)
				return true;
		} else {
			copy(l, 1);
		}
	}
	return refuse(l, "a comment without end");
}

/* $tag$ … $tag$; "$1" would be a parameter of the driver. */
static bool pass_dollar(struct lexer *l)
{
	size_t len = 1;

	while (is_word_char(peek(l, len)))
		len++;
	if (peek(l, 1) >= '0' && peek(l, 1) <= '9')
		return refuse(l, "parameters have names, as in :login");
	if (peek(l, len) != '$') {
		copy(l, 1);
		return true;
	}

	struct str tag = str_n(l->in.p + l->at, len + 1);

	copy(l, tag.len);
	while (l->at < l->in.len) {
		if (str_starts(str_skip(l->in, l->at), tag)) {
			copy(l, tag.len);
			return true;
		}
		copy(l, 1);
	}
	return refuse(l, "a quoted text without end");
}

static bool name_index(const struct lexer *l, struct str name, uint8_t *ret)
{
	for (size_t i = 0; i < l->n_names; i++)
		if (str_equal(l->names[i], name)) {
			*ret = (uint8_t)i;
			return true;
		}
	return false;
}

/* The number of the place: in PostgreSQL one for every name. */
static bool place_of(struct lexer *l, uint8_t index, size_t *ret_place)
{
	struct sql_text *t = l->text;

	for (size_t i = 0; l->dialect == SQL_POSTGRESQL && i < t->n_params; i++)
		if (t->params[i] == index) {
			*ret_place = i;
			return true;
		}
	if (t->n_params == SQL_PARAMS_MAX)
		return refuse(l, "too many parameters");
	*ret_place = t->n_params;
	t->params[t->n_params++] = index;
	return true;
}

static bool take_param(struct lexer *l)
{
	size_t len = 1, place;
	uint8_t index;

	while (is_name_char(peek(l, len)))
		len++;

	struct str name = str_n(l->in.p + l->at + 1, len - 1);

	if (!name_index(l, name, &index)) {
		l->reason = arena_printf(l->a, "there is no parameter :%.*s", STR_ARG(name));
		return false;
	}
	if (!place_of(l, index, &place))
		return false;
	if (l->dialect == SQL_POSTGRESQL)
		buf_printf(&l->out, "$%zu", place + 1);
	else
		buf_add_char(&l->out, '?');
	l->at += len;
	return true;
}

static bool take_colon(struct lexer *l)
{
	char next = peek(l, 1);

	if (next == ':' || next == '=') {
		copy(l, 2);
		return true;
	}
	if ((next >= 'a' && next <= 'z') || next == '_')
		return take_param(l);
	copy(l, 1);
	return true;
}

static bool is_blank(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] != ' ' && s.p[i] != '\t' && s.p[i] != '\n' && s.p[i] != '\r')
			return false;
	return true;
}

/* Only white space may follow. */
static bool take_semicolon(struct lexer *l)
{
	if (!is_blank(str_skip(l->in, l->at + 1)))
		return refuse(l, "one block holds one statement; repeat the block's name for the next");
	l->at = l->in.len;
	return true;
}

static bool starts_line_comment(const struct lexer *l, char c)
{
	if (c == '#')
		return l->dialect == SQL_MARIADB;
	return c == '-' && peek(l, 1) == '-';
}

static bool step(struct lexer *l)
{
	char c = peek(l, 0);

	if (starts_line_comment(l, c))
		return pass_line(l);
	switch (c) {
	case '\'':
		return pass_quoted(l, string_has_escapes(l));
	case '"':
	case '`':
		return pass_quoted(l, c == '"' && l->dialect == SQL_MARIADB);
	case '/':
		if (peek(l, 1) == '*')
			return pass_comment(l);
		break;
	case '$':
		if (l->dialect == SQL_POSTGRESQL && !(l->at > 0 && is_word_char(l->in.p[l->at - 1])))
			return pass_dollar(l);
		break;
	case '?':
		if (l->dialect == SQL_MARIADB)
			return refuse(l, "parameters have names, as in :login");
		break;
	case ':':
		return take_colon(l);
	case ';':
		return take_semicolon(l);
	default:
		break;
	}
	copy(l, 1);
	return true;
}

bool sql_text_compile(struct arena *a, enum sql_dialect dialect, struct str source, const struct str *names, size_t n_names,
                      struct sql_text *ret, struct str *ret_reason)
{
	struct sql_text text = { .n_params = 0 };
	struct lexer l = { .a = a, .dialect = dialect, .in = str_trim(source), .names = names, .n_names = n_names, .text = &text };

	if (is_blank(l.in) || l.in.len > SQL_TEXT_MAX_BYTES || str_index(l.in, '\0') >= 0) {
		*ret_reason = STR("a statement is empty, too long or has a NUL");
		return false;
	}
	/* "$40" for ":a" is the most that a parameter grows; the NUL. */
	l.out = buf_new(a, 2 * l.in.len + 1);
	while (l.at < l.in.len)
		if (!step(&l)) {
			*ret_reason = l.reason;
			return false;
		}
	buf_add_char(&l.out, '\0');
	if (!buf_ok(&l.out)) {
		*ret_reason = STR("a statement is too long");
		return false;
	}
	text.text = str_n(buf_str(&l.out).p, buf_str(&l.out).len - 1);
	*ret = text;
	return true;
}
