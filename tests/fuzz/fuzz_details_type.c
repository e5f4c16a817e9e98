/*
 * Descriptions of authorization details, and details held against them (divided at the first newline): a description that is taken does not
 * fail on anything, and what fits the one that a client's type has is an object with nothing in it that the description lacks.
 */
#include "server/oidc/details_type.h"
#include "tests/fuzz/fuzz.h"

FUZZ_TARGET(a, input)
{
	_json_ json_t *description = NULL, *detail = NULL;
	struct details_type type, closed = details_type_closed(a, STR("t"));
	struct str first = STR_NULL, rest = input;
	const char *name;
	json_t *value;
	struct op op;

	op_init(&op, a, NULL, NULL);
	(void)str_split(&rest, '\n', &first);
	description = json_read(first, DETAILS_DESCRIPTION_DEPTH, NULL);
	detail = json_read(rest, 6, NULL);
	if (details_type_read(&op, STR("t"), description, &type) < 0) {
		CHECK(op.error.code == ERR_INVALID_VALUE);
		return;
	}
	if (!json_is_object(detail) || details_type_fault(a, &type, detail))
		return;
	json_object_foreach(detail, name, value)
		CHECK(str_equal(str_c(name), STR("type")) || json_object_get(json_object_get(description, "fields"), name) || json_get_bool(description, "others", false));
	CHECK(!details_type_fault(a, &closed, detail) == (json_object_size(detail) == (size_t)(json_object_get(detail, "type") != NULL)));
}
