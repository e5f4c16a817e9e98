/*
 * scim_filter_read and scim_path_read: whatever the text, what passes is bounded, is of attributes that there are, and can be asked
 * of a resource; what does not is called invalidFilter or invalidPath.  The first byte says which of both.
 */
#include "server/scim/filter.h"
#include "tests/fuzz/fuzz.h"

static size_t count(const struct scim_filter *f, size_t depth)
{
	CHECK(depth <= SCIM_FILTER_MAX_TERMS + 2 * SCIM_FILTER_MAX_DEPTH + 2);
	if (f->op <= SCIM_VALUE)
		return (f->left ? count(f->left, depth + 1) : 0) + (f->right ? count(f->right, depth + 1) : 0);
	CHECK(f->ref.attr);
	CHECK(f->op == SCIM_PR || scim_target(&f->ref)->kind != SCIM_COMPLEX);
	return 1;
}

FUZZ_TARGET(a, input)
{
	static const char resource[] = "{\"userName\":\"u\",\"emails\":[{\"value\":\"a\"}],\"active\":true,\"meta\":{\"created\":\"2026-01-01T00:00:00Z\"}}";
	const struct scim_filter *f = NULL;
	struct scim_path path;
	struct op op;
	int r;

	if (input.len == 0)
		return;
	op_init(&op, a, NULL, NULL);
	if (input.p[0] % 2)
		r = scim_filter_read(&op, input.p[0] & 2 ? &scim_group : &scim_user, str_skip(input, 1), &f);
	else if ((r = scim_path_read(&op, &scim_user, str_skip(input, 1), &path)) == 0)
		CHECK(path.ref.attr || path.ref.schema);
	if (r < 0) {
		CHECK(op.error.n_args == 1 && (str_starts(op.error.args[0].value, STR("invalidFilter")) || str_starts(op.error.args[0].value, STR("invalidPath"))));
		return;
	}
	if (f) {
		_json_ json_t *json = json_read(str_c(resource), 8, NULL);

		CHECK(count(f, 0) <= SCIM_FILTER_MAX_TERMS);
		(void)scim_filter_holds(a, f, json);
	}
}
