/* form_list_read: a platform's own list; what passed is text, and every fault can be said. */
#include "common/base/text.h"
#include "server/governance/form_list.h"
#include "tests/fuzz/fuzz.h"

static void check_text(struct str s)
{
	CHECK(str_is_null(s) || (s.len > 0 && utf8_is_valid(s)));
}

FUZZ_TARGET(a, input)
{
	struct form_list list = { 0 };
	struct str fault = STR_NULL;
	struct op op;

	op_init(&op, a, NULL, NULL);
	if (!form_list_read(&op, input, STR("vi"), &list, &fault)) {
		CHECK(fault.len > 0 && utf8_is_valid(fault));
		return;
	}
	for (size_t i = 0; i < list.n; i++) {
		CHECK(!str_is_null(list.rows[i].login));
		check_text(list.rows[i].login);
		check_text(list.rows[i].ext_id);
		check_text(list.rows[i].full_name);
		check_text(list.rows[i].roles);
		CHECK(list.has_roles || str_is_null(list.rows[i].roles));
		CHECK(list.has_names || str_is_null(list.rows[i].full_name));
	}
}
