/* Each page, in each language, with a full and an empty model. */
#include "server/web/embedded.h"
#include "tests/unit/unit.h"

#define PAGE_BUDGET_BYTES ((size_t)50 * 1024)

static const struct str languages[] = { STR("vi"), STR("en") };

static const char full_model[] =
	"{\"flow\":\"<m-f>\",\"csrf\":\"<m-c>\",\"username\":\"<m-u>\",\"error\":\"<m-e>\",\"platform_name\":\"<m-p>\",\"name\":\"<m-n>\","
	"\"unit_name\":\"<m-un>\",\"title\":\"<m-t>\",\"text\":\"<m-x>\",\"trace\":\"<m-tr>\",\"user_code\":\"<m-uc>\",\"client_name\":\"<m-cn>\",\"has_links\":true,\"logo_url\":\"data:x\",\"policy_url\":\"javascript:p\",\"terms_url\":\"javascript:t\",\"client_url\":\"javascript:c\",\"n_requests\":\"<m-nr>\",\"code\":\"<m-co>\",\"client_id\":\"<m-id>\","
	"\"post_logout_redirect_uri\":\"<m-uri>\",\"state\":\"<m-s>\",\"lang_url\":\"/?<m-l>\","
	"\"link_url\":\"javascript:x\",\"link_text\":\"<m-lt>\",\"form_action_url\":\"/?<m-fa>\",\"form_text\":\"<m-ft>\","
	"\"scopes\":[{\"text\":\"<m-sc>\"}],\"details\":[{\"type\":\"<m-ty>\",\"text\":\"<m-de>\"}],"
	"\"requests\":[{\"id\":\"<m-ri>\",\"client_name\":\"<m-rc>\",\"binding_message\":\"<m-rb>\",\"asked_at\":\"<m-ra>\"}],"
	"\"next_url\":\"javascript:z\",\"refresh_url\":\"data:x\",\"frames\":[{\"url\":\"javascript:f\"}],"
	"\"number\":\"<m-nu>\",\"place_and_day\":\"<m-pd>\",\"full_name\":\"<m-fn>\",\"employee_code\":\"<m-ec>\",\"read_at\":\"<m-at>\",\"kid\":\"<m-k>\","
	"\"platforms_any\":true,\"accounts\":[{\"login\":\"<m-lo>\"}],\"reasons\":[{\"text\":\"<m-re>\"}],\"tokens_until\":\"<m-tu>\",\"signer\":\"<m-si>\","
	"\"back_url\":\"data:x\",\"platforms\":[{\"name\":\"<m-one>\",\"url\":\"javascript:y\",\"unverified\":true},{\"name\":\"<m-two>\"}]}";

static struct str render(struct arena *a, const char *name, struct str lang, const char *model_text)
{
	const char *reason = NULL;
	_json_ json_t *model = json_read(str_c(model_text), 8, &reason);

	assert_non_null(model);
	return page_render(a, name, lang, model);
}

/* Every value of the model has a "<m-", and the links a scheme that runs or shows what it likes. */
static void assert_no_markup_from_model(struct str page)
{
	assert_false(str_contains(page, STR("<m-")));
	assert_false(str_contains(page, STR("javascript:")));
	assert_false(str_contains(page, STR("data:x")));
}

/* The one page with a script: ours, from a file, and nothing inline. */
static struct str without_our_script(struct arena *a, const char *name, struct str page)
{
	struct str tag = arena_printf(a, "<script src=\"%s\"></script>", page_static_path("form_post.js"));
	ptrdiff_t at = -1;

	if (!str_equal(str_c(name), STR("form_post")))
		return page;
	for (size_t i = 0; i + tag.len <= page.len && at < 0; i++)
		if (str_starts(str_skip(page, i), tag))
			at = (ptrdiff_t)i;
	assert_true(at >= 0);
	return arena_printf(a, "%.*s%.*s", (int)at, page.p, STR_ARG(str_skip(page, (size_t)at + tag.len)));
}

/* A document on paper has its style inside; the answer's policy names its digest, so not a character of it may be escaped. */
static struct str without_paper_style(struct arena *a, struct str page)
{
	struct str style = arena_printf(a, "<style>%.*s</style>", STR_ARG(page_paper_style()));
	ptrdiff_t at = -1;

	for (size_t i = 0; i + style.len <= page.len && at < 0; i++)
		if (str_starts(str_skip(page, i), style))
			at = (ptrdiff_t)i;
	assert_true(at >= 0);
	return arena_printf(a, "%.*s%.*s", STR_ARG(str_n(page.p, (size_t)at)), STR_ARG(str_skip(page, (size_t)at + style.len)));
}

static void assert_needs_no_exception_of_the_policy(struct str page)
{
	static const char *const marks[] = { "<script", " style=", "<style", " onclick", " onload", "//", "@import", "{{" };

	for (size_t i = 0; i < ARRAY_LEN(marks); i++)
		if (str_contains(page, str_c(marks[i])))
			fail_msg("on a page: %s", marks[i]);
}

static void test_papers(void **state)
{
	const char *reason = NULL;
	_json_ json_t *model = json_read(str_c(full_model), 8, &reason), *empty = json_new_object();
	size_t n = 0;

	for (size_t i = 0; i < n_embedded_templates; i++) {
		const char *name = embedded_templates[i].name;
		struct str page;

		if (!str_starts(str_c(name), STR("paper_")))
			continue;
		page = page_paper(*state, name, model);
		assert_no_markup_from_model(page);
		assert_needs_no_exception_of_the_policy(without_paper_style(*state, page));
		assert_true(str_starts(page, STR("<!DOCTYPE html>\n<html lang=\"vi\">")));
		(void)page_paper(*state, name, empty);
		n++;
	}
	assert_true(n > 0);
}

static void test_all_pages(void **state)
{
	size_t css_bytes = page_static_find(str_c(page_static_path("sen.css")))->body.len;

	for (size_t i = 0; i < n_embedded_templates; i++)
		for (size_t k = 0; k < ARRAY_LEN(languages); k++) {
			const char *name = embedded_templates[i].name;

			if (str_equal(str_c(name), STR("layout")) || str_starts(str_c(name), STR("paper_")))
				continue;

			struct str page = render(*state, name, languages[k], full_model);

			assert_no_markup_from_model(page);
			assert_needs_no_exception_of_the_policy(without_our_script(*state, name, page));
			assert_true(page.len + css_bytes <= PAGE_BUDGET_BYTES);
			assert_true(str_contains(page, arena_printf(*state, "<html lang=\"%s\">", languages[k].p)));
			(void)render(*state, name, languages[k], "{}");
		}
}

/* Automated browsers find these. */
static void test_stable_ids(void **state)
{
	static const char *const login[] = { "id=\"username\"", "id=\"password\"", "id=\"submit\"", "id=\"error\"",
		                             "autocomplete=\"username\"", "autocomplete=\"current-password\"",
		                             "name=\"flow\"", "method=\"post\" action=\"/login" };
	static const char *const activate[] = { "name=\"code\"", "name=\"password\"", "name=\"password_again\"",
		                                "autocomplete=\"new-password\"", "action=\"/activate" };
	struct str page = render(*state, "login", STR("vi"), full_model);

	for (size_t i = 0; i < ARRAY_LEN(login); i++)
		assert_true(str_contains(page, str_c(login[i])));
	assert_false(str_contains(render(*state, "login", STR("vi"), "{}"), STR("id=\"error\"")));
	page = render(*state, "activate", STR("vi"), full_model);
	for (size_t i = 0; i < ARRAY_LEN(activate); i++)
		assert_true(str_contains(page, str_c(activate[i])));
}

static void test_policy(void **state)
{
	static const struct str bad[] = { STR_NULL, STR(""), STR("https://a; script-src *"), STR("https://a, x"), STR("*"),
		                          STR("'unsafe-inline'"), STR("https://\xc3\xa9"), STR("https://a\r\nX: y") };
	struct str own = page_csp(*state, &(struct page_policy){ 0 });

	assert_true(str_ends(own, STR("form-action 'self'")));
	assert_true(str_starts(own, STR("default-src 'none'; script-src 'none';")));
	assert_true(str_contains(own, STR("frame-ancestors 'none'")) && str_contains(own, STR("base-uri 'none'")));
	assert_true(str_contains(own, STR("img-src 'self';")));
	assert_true(str_ends(page_csp(*state, &(struct page_policy){ .forms = STR("https://a.vn:8443") }), STR("form-action 'self' https://a.vn:8443")));
	assert_true(str_ends(page_csp(*state, &(struct page_policy){ .frames = STR("https://a.vn https://b.vn:8443") }),
	                     STR("form-action 'self'; frame-src https://a.vn https://b.vn:8443")));
	assert_true(str_contains(page_csp(*state, &(struct page_policy){ .images = STR("https://a.vn:8443") }), STR("; img-src 'self' https://a.vn:8443;")));
	assert_true(str_contains(page_csp(*state, &(struct page_policy){ .script = true }), STR("; script-src 'self';")));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		const struct page_policy policy = { .forms = bad[i], .frames = bad[i], .images = bad[i] };

		assert_true(str_equal(page_csp(*state, &policy), own));
	}
}

static void render_unknown(void *argument)
{
	(void)render(argument, "no_such_page", STR("vi"), "{}");
}

static void test_unknown_page(void **state)
{
	assert_aborts(render_unknown, *state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(test_all_pages),
		UNIT_TEST(test_papers),
		UNIT_TEST(test_stable_ids),
		UNIT_TEST(test_policy),
		UNIT_TEST(test_unknown_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
