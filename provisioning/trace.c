#include "provisioning/trace.h"

#include "common/base/clock.h"
#include "common/base/text.h"
#include "provisioning/connector.h"

#define BLOT "(not shown)"
#define DETAIL_MAX_BYTES 4000

int64_t trace_begin(const struct call *c)
{
	return c->trace ? clock_now_us() : 0;
}

static bool speaks_of_a_secret(struct str name)
{
	static const char *const words[] = { "password", "secret", "token", "credential", "authorization", "passwd", "pwd" };

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		for (size_t k = 0; k + str_c(words[i]).len <= name.len; k++)
			if (str_equal_nocase(str_n(name.p + k, str_c(words[i]).len), str_c(words[i])))
				return true;
	return false;
}

json_t *trace_clean(const json_t *json)
{
	json_t *copy = json_deep_copy(json), *value;
	const char *name;
	size_t i;
	void *next;

	json_object_foreach_safe(copy, next, name, value) {
		if (speaks_of_a_secret(str_c(name)))
			json_set_str(copy, name, STR(BLOT));
		else
			json_set_take(copy, name, trace_clean(value));
	}
	json_array_foreach(copy, i, value)
		(void)json_array_set_new(copy, i, trace_clean(value));
	return copy;
}

void trace_add(struct call *c, const char *kind, int64_t began_us, json_t *detail)
{
	_json_ json_t *owned = detail;
	struct trace *t = c->trace;
	struct str text;

	if (!t || t->n == TRACE_STEPS_MAX)
		return;
	text = json_write(t->arena, owned, true);
	if (text.len > DETAIL_MAX_BYTES || !utf8_is_valid(text))
		text = STR("{\"cut\":true}");
	t->steps[t->n++] = (struct trace_step){ kind, began_us, (clock_now_us() - began_us) / 1000, text };
}

void trace_http(struct call *c, int64_t began_us, const char *method, struct str target, const json_t *body, int status, const json_t *answer)
{
	json_t *detail;

	if (!c->trace)
		return;
	detail = json_new_object();
	json_set_str(detail, "method", str_c(method));
	json_set_str(detail, "target", target);
	if (body)
		json_set_take(detail, "request", trace_clean(body));
	json_set_int(detail, "status", status);
	if (answer)
		json_set_take(detail, "answer", trace_clean(answer));
	trace_add(c, "http", began_us, detail);
}

void trace_query(struct call *c, int64_t began_us, const char *kind, const char *what, struct str target, int64_t n)
{
	json_t *detail;

	if (!c->trace)
		return;
	detail = json_new_object();
	json_set_str(detail, "what", str_c(what));
	json_set_str(detail, "target", target);
	json_set_int(detail, "n", n);
	trace_add(c, kind, began_us, detail);
}
