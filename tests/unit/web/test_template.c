#include "server/web/template.h"

#include "common/base/err.h"
#include "tests/unit/unit.h"

#define OUT_MAX 4096

static struct str text_of(const void *context, struct str key)
{
	(void)context;
	return str_equal(key, STR("app.name")) ? STR("S & N") : STR_NULL;
}

static struct str file_of(const void *context, struct str name)
{
	(void)context;
	return str_equal(name, STR("sen.css")) ? STR("/static/sen.1.css") : STR_NULL;
}

static struct str partial_of(const void *context, struct str name)
{
	(void)context;
	if (str_equal(name, STR("inner")))
		return STR("[{{name}}]");
	return str_equal(name, STR("endless")) ? STR("{{>endless}}") : STR_NULL;
}

static const struct template_env env = { .text = text_of, .file = file_of, .partial = partial_of };

static int render(struct arena *a, struct str template, const char *model_text, struct str *ret)
{
	struct buf out = buf_new(a, OUT_MAX);
	const char *reason = NULL;
	_json_ json_t *model = json_read(str_c(model_text), 16, &reason);
	int r;

	assert_non_null(model);
	reason = NULL;
	r = template_render(&out, &env, template, model, &reason);
	assert_true((r < 0) == (reason != NULL));
	*ret = buf_str(&out);
	return r;
}

static void assert_renders(struct arena *a, const char *template, const char *model, const char *expected)
{
	struct str out;

	assert_int_equal(render(a, str_c(template), model, &out), 0);
	assert_str_equal(out, expected);
}

static void test_values(void **state)
{
	assert_renders(*state, "", "{}", "");
	assert_renders(*state, "plain } { text", "{}", "plain } { text");
	assert_renders(*state, "a{{x}}b{{ x }}c", "{\"x\":\"1\"}", "a1b1c");
	assert_renders(*state, "{{x}}{{y}}{{z}}{{o}}", "{\"x\":42,\"y\":null,\"z\":true,\"o\":{}}", "42");
	assert_renders(*state, "{{missing}}", "{}", "");
	assert_renders(*state, "{{t.app.name}} {{static.sen.css}}", "{}", "S &amp; N /static/sen.1.css");
	assert_renders(*state, "a{{! a comment with \" }}b", "{}", "ab");
}

/* Mustache's raw forms are not ours. */
static void test_always_escaped(void **state)
{
	struct str out;

	assert_renders(*state, "<a title=\"{{x}}\">", "{\"x\":\"&<>\\\"'\"}", "<a title=\"&amp;&lt;&gt;&quot;&#39;\">");
	assert_renders(*state, "{{x}}", "{\"x\":\"{{y}}\",\"y\":\"no\"}", "{{y}}");
	assert_true(render(*state, STR("{{{x}}}"), "{\"x\":\"<\"}", &out) < 0);
	assert_true(render(*state, STR("{{&x}}"), "{\"x\":\"<\"}", &out) < 0);
}

static void test_sections(void **state)
{
	assert_renders(*state, "{{#a}}yes{{/a}}{{^a}}no{{/a}}", "{\"a\":true}", "yes");
	assert_renders(*state, "{{#a}}yes{{/a}}{{^a}}no{{/a}}", "{\"a\":false}", "no");
	assert_renders(*state, "{{#a}}yes{{/a}}{{^a}}no{{/a}}", "{\"a\":\"\"}", "no");
	assert_renders(*state, "{{#a}}yes{{/a}}{{^a}}no{{/a}}", "{\"a\":[]}", "no");
	assert_renders(*state, "{{#a}}yes{{/a}}{{^a}}no{{/a}}", "{\"a\":null}", "no");
	assert_renders(*state, "{{#a}}yes{{/a}}{{^a}}no{{/a}}", "{}", "no");
	assert_renders(*state, "{{#a}}{{a}}{{/a}}", "{\"a\":\"text\"}", "text");
	assert_renders(*state, "{{#a}}{{x}}{{y}}{{/a}}", "{\"a\":{\"x\":1},\"x\":2,\"y\":3}", "13");
	assert_renders(*state, "{{#a}}({{.}}){{/a}}", "{\"a\":[\"x\",\"<\",3]}", "(x)(&lt;)(3)");
	assert_renders(*state, "{{#a}}{{n}}{{#b}}{{n}}{{m}}{{/b}};{{/a}}",
	               "{\"a\":[{\"n\":1,\"b\":[{\"m\":7},{\"m\":8}]},{\"n\":2}]}", "11718;2;");
	assert_renders(*state, "{{#a}}{{#a}}x{{/a}}{{/a}}", "{\"a\":true}", "x");
}

static void test_partials(void **state)
{
	assert_renders(*state, "{{#a}}{{>inner}}{{/a}}", "{\"a\":[{\"name\":\"1\"},{\"name\":\"<\"}]}", "[1][&lt;]");
}

static void test_faults(void **state)
{
	static const struct str bad[] = {
		STR("{{"), STR("{{x"), STR("{{}}"), STR("{{ }}"), STR("{{#}}{{/}}"), STR("{{x y}}"), STR("{{X}}"),
		STR("{{#a}}"), STR("{{^a}}x"), STR("{{/a}}"), STR("{{#a}}{{/b}}"), STR("{{#a}}{{#b}}{{/a}}{{/b}}"),
		STR("{{t.unknown}}"), STR("{{static.unknown}}"), STR("{{>unknown}}"), STR("{{>endless}}"), STR("{{=<% %>=}}"),
	};
	struct str out;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (render(*state, bad[i], "{}", &out) != ERR_INTERNAL)
			fail_msg("renders: %.*s", STR_ARG(bad[i]));
}

static void add_times(struct buf *b, const char *text, int times)
{
	while (times-- > 0)
		buf_add_c(b, text);
}

static void test_depth(void **state)
{
	struct buf good = buf_new(*state, OUT_MAX), bad = buf_new(*state, OUT_MAX);
	struct str out;

	add_times(&good, "{{#a}}", TEMPLATE_DEPTH_MAX - 1);
	add_times(&good, "{{/a}}", TEMPLATE_DEPTH_MAX - 1);
	assert_int_equal(render(*state, buf_str(&good), "{\"a\":{\"x\":1}}", &out), 0);
	add_times(&bad, "{{#a}}", 500);
	add_times(&bad, "{{/a}}", 500);
	assert_int_equal(render(*state, buf_str(&bad), "{\"a\":{\"x\":1}}", &out), ERR_INTERNAL);
	/* Not even when the section is not entered. */
	assert_int_equal(render(*state, buf_str(&bad), "{}", &out), ERR_INTERNAL);
}

/* Lists in lists in lists multiply. */
static void test_product(void **state)
{
	struct buf b = buf_new(*state, OUT_MAX);
	struct str out;

	add_times(&b, "{{#a}}", 10);
	add_times(&b, "{{/a}}", 10);
	assert_int_equal(render(*state, buf_str(&b), "{\"a\":[1,2,3,4,5,6,7,8,9,10]}", &out), ERR_INTERNAL);
}

static void test_page_too_large(void **state)
{
	struct buf model = buf_new(*state, 3 * OUT_MAX);
	struct str out;

	buf_add_c(&model, "{\"x\":\"");
	add_times(&model, "y", OUT_MAX + 1);
	buf_add_c(&model, "\"}");
	assert_int_equal(render(*state, STR("{{x}}"), model.p, &out), ERR_INTERNAL);
}

/* Keycloak and authentik form_post, a link of scheme javascript: escaping alone does not help. */
static void test_links(void **state)
{
	static const struct {
		const char *url;
		bool is_safe;
	} cases[] = {
		{ "/", true },
		{ "/a?b=c#d", true },
		{ "https://a.vn/", true },
		{ "http://a.vn/", true },
		{ "vn.gov.app:/callback", true },
		{ "//evil.example/", false },
		{ "/\\\\evil.example/", false },
		{ "javascript:alert(1)", false },
		{ "JavaScript:alert(1)", false },
		{ " javascript:alert(1)", false },
		{ "java\\tscript:alert(1)", false },
		{ "data:text/html,x", false },
		{ "javascript:a.b", false },
		{ "relative", false },
		{ "https:evil", false },
		{ "", false },
		{ "/\xc3\xa9", false },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const char *model = arena_printf(*state, "{\"home_url\":\"%s\"}", cases[i].url).p;
		struct str out;

		assert_int_equal(render(*state, STR("{{home_url}}"), model, &out), 0);
		assert_int_equal(str_equal(out, STR("#")), !cases[i].is_safe);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(test_values),
		UNIT_TEST(test_always_escaped),
		UNIT_TEST(test_sections),
		UNIT_TEST(test_partials),
		UNIT_TEST(test_faults),
		UNIT_TEST(test_depth),
		UNIT_TEST(test_product),
		UNIT_TEST(test_page_too_large),
		UNIT_TEST(test_links),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
