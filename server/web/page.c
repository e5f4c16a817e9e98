#include "server/web/page.h"

#include "server/web/embedded.h"
#include "server/web/template.h"

#define PAGE_BYTES_MAX ((size_t)512 * 1024)
#define CSP_MAX ((size_t)4096)

/* What the renderer asks for while one page is made. */
struct page {
	struct str lang;
	struct str content; /* the template inside the layout */
};

static struct str find_template(struct str name)
{
	for (size_t i = 0; i < n_embedded_templates; i++)
		if (str_equal(str_c(embedded_templates[i].name), name))
			return embedded_templates[i].text;
	return STR_NULL;
}

static struct str text_of(const void *context, struct str key)
{
	const struct page *page = context;

	return lang_text(page->lang, key);
}

static struct str file_of(const void *context, struct str name)
{
	(void)context;
	for (size_t i = 0; i < n_embedded_files; i++)
		if (str_equal(str_c(embedded_files[i].name), name))
			return str_c(embedded_files[i].file.path);
	return STR_NULL;
}

static struct str partial_of(const void *context, struct str name)
{
	const struct page *page = context;

	return str_equal(name, STR("content")) ? page->content : find_template(name);
}

/* The title is the model's, else that of the template: "title.<name>". */
static json_t *make_globals(struct arena *a, const char *template_name, struct str lang, const json_t *model)
{
	struct str title = json_get_str(model, "title");
	json_t *globals = json_new_object();

	if (str_is_empty(title))
		title = lang_text(lang, arena_printf(a, "title.%s", template_name));
	json_set_str(globals, "lang", lang);
	json_set_str(globals, "page_title", title);
	return globals;
}

/* The templates are part of the program and tested with it: a fault in one is a programming error. */
static struct str render(struct arena *a, const char *frame, const char *template_name, struct str lang, const json_t *model)
{
	struct str known_lang = str_equal(lang, STR("en")) ? lang : STR("vi");
	struct page page = { .lang = known_lang, .content = find_template(str_c(template_name)) };
	_json_ json_t *globals = make_globals(a, template_name, known_lang, model);
	struct template_env env = {
		.text = text_of,
		.file = file_of,
		.partial = partial_of,
		.context = &page,
		.globals = globals,
	};
	struct buf out = buf_new(a, PAGE_BYTES_MAX);
	const char *reason = NULL;

	if (str_equal(str_c(frame), str_c(template_name)))
		json_set_str(globals, "css", page_paper_style());
	assert(!str_is_null(page.content));
	if (template_render(&out, &env, find_template(str_c(frame)), model, &reason) < 0)
		assert(!"template does not render");
	return buf_str(&out);
}

struct str page_render(struct arena *a, const char *template_name, struct str lang, const json_t *model)
{
	return render(a, "layout", template_name, lang, model);
}

struct str page_paper(struct arena *a, const char *template_name, const json_t *model)
{
	return render(a, template_name, template_name, STR("vi"), model);
}

struct str page_paper_style(void)
{
	return page_static_find(str_c(page_static_path("paper.css")))->body;
}

/* One or more origins; anything that could end the directive leaves only 'self'. */
static bool is_origin_list(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] < 0x20 || s.p[i] > 0x7e || s.p[i] == ';' || s.p[i] == ',' || s.p[i] == '\'' || s.p[i] == '*')
			return false;
	return s.len > 0 && s.len < CSP_MAX / 4;
}

static void add_origins(struct buf *b, const char *before, struct str origins)
{
	if (is_origin_list(origins))
		buf_printf(b, "%s %.*s", before, STR_ARG(origins));
}

struct str page_csp(struct arena *a, const struct page_policy *policy)
{
	struct buf b = buf_new(a, CSP_MAX);

	buf_printf(&b, "default-src 'none'; script-src %s; style-src 'self'; img-src 'self'", policy->script ? "'self'" : "'none'");
	add_origins(&b, "", policy->images);
	buf_add_c(&b, "; font-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'");
	add_origins(&b, "", policy->forms);
	add_origins(&b, "; frame-src", policy->frames);
	return buf_str(&b);
}
