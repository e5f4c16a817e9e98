/*
 * template_render: the template, a line "---", the model as JSON.  It ends, within its bounds,
 * and never lets a value begin an element.
 */
#include "server/web/template.h"
#include "tests/fuzz/fuzz.h"

#define OUT_MAX ((size_t)64 * 1024)

static struct str find(const void *context, struct str name)
{
	return str_equal(name, STR("known")) ? *(const struct str *)context : STR_NULL;
}

/* Without markup in the template there is none in the page, whatever the values are. */
static void check_escaping(struct str text, struct str out)
{
	if (str_index(text, '<') < 0 && str_index(text, '>') < 0 && str_index(text, '"') < 0)
		CHECK(str_index(out, '<') < 0 && str_index(out, '>') < 0 && str_index(out, '"') < 0);
}

FUZZ_TARGET(a, input)
{
	static const struct str known = STR("{{name}}{{#list}}{{.}}{{/list}}");
	const struct template_env env = { .text = find, .file = find, .partial = find, .context = &known };
	struct str rest = input, line, text = input, model_text = STR("{\"name\":\"<&\\\"'>\",\"list\":[1,\"<\"],\"a_url\":\"x:y\"}");
	struct buf out = buf_new(a, OUT_MAX);
	const char *reason = NULL;

	while (str_split(&rest, '\n', &line))
		if (str_equal(line, STR("---"))) {
			text = str_n(input.p, (size_t)(line.p - input.p));
			model_text = str_is_null(rest) ? STR("{}") : rest;
			break;
		}

	_json_ json_t *model = json_read(model_text, 8, NULL);

	if (template_render(&out, &env, text, model, &reason) == 0)
		check_escaping(text, buf_str(&out));
	else
		CHECK(reason);
	CHECK(out.len <= OUT_MAX);
}
