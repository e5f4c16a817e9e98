/*
 * gate_check: a request as text.  First line "METHOD URI VERSION", then "name: value" lines, which
 * may hold any byte but LF.  What passes has to be unambiguous.
 */
#include "server/http/gate.h"
#include "tests/fuzz/fuzz.h"

#define FIELDS_MAX 100

static struct fields read_fields(struct arena *a, struct str rest)
{
	struct field *list = ARENA_ARRAY(a, struct field, FIELDS_MAX);
	struct str line, name;
	size_t n = 0;

	while (n < FIELDS_MAX && str_split(&rest, '\n', &line)) {
		struct str value = line;

		if (!str_split(&value, ':', &name))
			continue;
		list[n].name = name;
		list[n].value = str_is_null(value) ? STR("") : str_trim(value);
		n++;
	}
	return (struct fields){ list, n };
}

static void check_path(struct str path)
{
	struct str rest = path, segment;

	CHECK(path.len > 0 && (path.p[0] == '/' || str_equal(path, STR("*"))));
	CHECK(str_index(path, '\\') < 0 && str_index(path, '\0') < 0 && str_index(path, '\n') < 0);
	while (str_split(&rest, '/', &segment))
		CHECK(!str_equal(segment, STR("..")) && !str_equal(segment, STR(".")));
}

FUZZ_TARGET(a, input)
{
	static const struct str hosts[] = { STR("sso.example.vn") };
	struct str rest = input, line = STR_NULL;
	struct gate_request in = { .hosts = hosts, .n_hosts = 1 };
	struct gate_pass pass;
	const char *reason = NULL;

	str_split(&rest, '\n', &line);
	str_split(&line, ' ', &in.method);
	str_split(&line, ' ', &in.uri);
	in.version = line;
	in.fields = read_fields(a, rest);
	if (gate_check(a, &in, &pass, &reason) < 0) {
		CHECK(reason);
		return;
	}
	check_path(pass.path);
	CHECK(field_count(&in.fields, STR("Host")) == 1);
	CHECK(field_count(&in.fields, STR("Content-Length")) + field_count(&in.fields, STR("Transfer-Encoding")) <= 1);
	CHECK(pass.has_body == (pass.is_chunked || pass.content_length > 0));
	for (size_t i = 0; i < in.fields.n; i++)
		CHECK(str_index(in.fields.list[i].value, '\r') < 0 && str_index(in.fields.list[i].value, '\0') < 0);
}
