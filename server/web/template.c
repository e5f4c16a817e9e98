#include "server/web/template.h"

#include "common/base/err.h"

#include <inttypes.h>

enum tag_kind { TAG_VALUE, TAG_SECTION = '#', TAG_INVERTED = '^', TAG_END = '/', TAG_PARTIAL = '>', TAG_COMMENT = '!' };

struct tag {
	enum tag_kind kind;
	struct str name;
};

struct renderer {
	struct buf *out;
	const struct template_env *env;
	const json_t *stack[TEMPLATE_DEPTH_MAX + 2]; /* globals, model, then one per section */
	size_t n_stack;
	unsigned depth;
	unsigned n_tags;
	const char *reason;
};

static int render(struct renderer *r, struct str text);

static int fail(struct renderer *r, const char *reason)
{
	if (!r->reason)
		r->reason = reason;
	return ERR_INTERNAL;
}

void html_escape(struct buf *out, struct str s)
{
	size_t from = 0;

	for (size_t i = 0; i < s.len; i++) {
		const char *reference = s.p[i] == '&' ? "&amp;" :
		                        s.p[i] == '<' ? "&lt;" :
		                        s.p[i] == '>' ? "&gt;" :
		                        s.p[i] == '"' ? "&quot;" :
		                        s.p[i] == '\'' ? "&#39;" : NULL;

		if (!reference)
			continue;
		buf_add(out, str_n(s.p + from, i - from));
		buf_add_c(out, reference);
		from = i + 1;
	}
	buf_add(out, str_skip(s, from));
}

/* Index of the first pair of c in s, or -1. */
static ptrdiff_t find_pair(struct str s, char c)
{
	for (size_t i = 0; i + 1 < s.len; i++)
		if (s.p[i] == c && s.p[i + 1] == c)
			return (ptrdiff_t)i;
	return -1;
}

static bool is_name(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-'))
			return false;
	}
	return s.len > 0;
}

/* Text before the next tag into *ret_text. Returns 1 with a tag, 0 at the end, negative on a broken tag. */
static int next_tag(struct renderer *r, struct str *rest, struct str *ret_text, struct tag *ret_tag)
{
	ptrdiff_t open = find_pair(*rest, '{');
	struct str inner;
	ptrdiff_t close;

	if (open < 0) {
		*ret_text = *rest;
		*rest = STR_NULL;
		return 0;
	}
	*ret_text = str_n(rest->p, (size_t)open);
	inner = str_skip(*rest, (size_t)open + 2);
	close = find_pair(inner, '}');
	if (close < 0)
		return fail(r, "tag is not closed");
	*rest = str_skip(inner, (size_t)close + 2);
	inner = str_trim(str_n(inner.p, (size_t)close));
	*ret_tag = (struct tag){ TAG_VALUE, inner };
	if (inner.len > 0 && str_index(STR("#^/>!"), inner.p[0]) >= 0) {
		ret_tag->kind = (enum tag_kind)inner.p[0];
		ret_tag->name = str_trim(str_skip(inner, 1));
	}
	if (ret_tag->kind != TAG_COMMENT && !is_name(ret_tag->name))
		return fail(r, "tag has no proper name");
	return 1;
}

/* What stands before the end tag of the section that has just begun; *rest goes behind it. */
static int take_section(struct renderer *r, struct str *rest, struct str name, struct str *ret_inner)
{
	const char *start = rest->p;
	struct str open_names[TEMPLATE_DEPTH_MAX];
	size_t n_open = 0;
	struct str text;
	struct tag tag;
	int got;

	while ((got = next_tag(r, rest, &text, &tag)) > 0) {
		if (tag.kind == TAG_SECTION || tag.kind == TAG_INVERTED) {
			if (n_open == TEMPLATE_DEPTH_MAX)
				return fail(r, "sections nest too deep");
			open_names[n_open++] = tag.name;
		} else if (tag.kind == TAG_END && n_open > 0) {
			if (!str_equal(tag.name, open_names[--n_open]))
				return fail(r, "sections cross");
		} else if (tag.kind == TAG_END) {
			if (!str_equal(tag.name, name))
				return fail(r, "sections cross");
			*ret_inner = str_n(start, (size_t)(text.p + text.len - start));
			return 0;
		}
	}
	return got < 0 ? got : fail(r, "section is not closed");
}

static const json_t *look_up(const struct renderer *r, struct str name)
{
	const json_t *top = r->stack[r->n_stack - 1];

	if (str_equal(name, STR(".")))
		return top;
	for (size_t i = r->n_stack; i > 0; i--) {
		const json_t *value = json_object_getn(r->stack[i - 1], name.p, name.len);

		if (value)
			return value;
	}
	return NULL;
}

static bool is_true(const json_t *value)
{
	switch (value ? json_typeof(value) : JSON_NULL) {
	case JSON_STRING:
		return json_string_length(value) > 0;
	case JSON_ARRAY:
		return json_array_size(value) > 0;
	case JSON_NULL:
	case JSON_FALSE:
		return false;
	case JSON_OBJECT:
	case JSON_TRUE:
	case JSON_INTEGER:
	case JSON_REAL:
	default:
		return true;
	}
}

static bool is_scheme_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
}

/*
 * Escaping does not make "javascript:…" harmless in an href.  scheme = ALPHA *( ALPHA / DIGIT / "+" /
 * "-" / "." ) (RFC 3986 §3.1); an application's own scheme is a reversed domain name, with a dot.
 */
static bool is_safe_url(struct str url)
{
	ptrdiff_t colon = str_index(url, ':');
	bool has_dot = false;

	if (!str_is_printable_ascii(url))
		return false;
	if (str_starts(url, STR("/")))
		return !str_starts(url, STR("//")) && !str_starts(url, STR("/\\"));
	if (str_starts(url, STR("https://")) || str_starts(url, STR("http://")))
		return true;
	for (ptrdiff_t i = 0; i < colon; i++) {
		if (!is_scheme_char(url.p[i]))
			return false;
		has_dot = has_dot || url.p[i] == '.';
	}
	return colon > 0 && has_dot;
}

static void render_json(struct renderer *r, struct str name, const json_t *value)
{
	if (json_is_integer(value)) {
		buf_printf(r->out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
		return;
	}
	if (!json_is_string(value))
		return;

	struct str s = str_n(json_string_value(value), json_string_length(value));

	if (str_ends(name, STR("url")) && !is_safe_url(s))
		s = STR("#");
	html_escape(r->out, s);
}

static int render_found(struct renderer *r, struct str found, const char *reason)
{
	if (str_is_null(found))
		return fail(r, reason);
	html_escape(r->out, found);
	return 0;
}

static int render_value(struct renderer *r, struct str name)
{
	const struct template_env *env = r->env;
	struct str t = STR("t."), file = STR("static.");

	if (str_starts(name, t))
		return render_found(r, env->text(env->context, str_skip(name, t.len)), "no such string");
	if (str_starts(name, file))
		return render_found(r, env->file(env->context, str_skip(name, file.len)), "no such static file");
	render_json(r, name, look_up(r, name));
	return 0;
}

static int render_partial(struct renderer *r, struct str name)
{
	struct str text = r->env->partial(r->env->context, name);

	return str_is_null(text) ? fail(r, "no such partial") : render(r, text);
}

/* depth is checked by render(), so the stack has room. */
static int render_in(struct renderer *r, struct str inner, const json_t *context)
{
	int result;

	r->stack[r->n_stack++] = context;
	result = render(r, inner);
	r->n_stack--;
	return result;
}

static int render_section(struct renderer *r, const struct tag *tag, struct str inner)
{
	const json_t *value = look_up(r, tag->name);
	int result = 0;

	if (is_true(value) == (tag->kind == TAG_INVERTED))
		return 0;
	if (tag->kind == TAG_INVERTED || !json_is_array(value))
		return json_is_object(value) ? render_in(r, inner, value) : render(r, inner);
	for (size_t i = 0; result == 0 && i < json_array_size(value); i++)
		result = render_in(r, inner, json_array_get(value, i));
	return result;
}

static int render_tag(struct renderer *r, const struct tag *tag, struct str *rest)
{
	struct str inner;

	switch (tag->kind) {
	case TAG_VALUE:
		return render_value(r, tag->name);
	case TAG_SECTION:
	case TAG_INVERTED:
		if (take_section(r, rest, tag->name, &inner) < 0)
			return ERR_INTERNAL;
		return render_section(r, tag, inner);
	case TAG_PARTIAL:
		return render_partial(r, tag->name);
	case TAG_COMMENT:
		return 0;
	case TAG_END:
	default:
		return fail(r, "end of a section that is not open");
	}
}

static int render(struct renderer *r, struct str text)
{
	struct str rest = text, before;
	struct tag tag;
	int got;

	if (r->depth == TEMPLATE_DEPTH_MAX)
		return fail(r, "templates nest too deep");
	r->depth++;
	while ((got = next_tag(r, &rest, &before, &tag)) > 0) {
		buf_add(r->out, before);
		if (++r->n_tags > TEMPLATE_TAGS_MAX)
			return fail(r, "too many tags");
		if (render_tag(r, &tag, &rest) < 0)
			return ERR_INTERNAL;
		if (!buf_ok(r->out))
			return fail(r, "page is too large");
	}
	if (got < 0)
		return got;
	buf_add(r->out, before);
	r->depth--;
	return 0;
}

int template_render(struct buf *out, const struct template_env *env, struct str text, const json_t *model,
                    const char **ret_reason)
{
	struct renderer r = { .out = out, .env = env };

	if (env->globals)
		r.stack[r.n_stack++] = env->globals;
	r.stack[r.n_stack++] = model;
	if (render(&r, text) < 0 || !buf_ok(out)) {
		*ret_reason = r.reason ? r.reason : "page is too large";
		return ERR_INTERNAL;
	}
	return 0;
}
