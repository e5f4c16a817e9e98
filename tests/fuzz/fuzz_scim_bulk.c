/*
 * scim_bulk_read and scim_bulk_resolve: whatever the body, an operation that passed has a service and what its method needs, and after
 * resolving no reference to what was made is left.
 */
#include "server/scim/bulk.h"
#include "tests/fuzz/fuzz.h"

FUZZ_TARGET(a, input)
{
	_json_ json_t *body = json_read(input, 16, NULL);
	struct scim_bulk_list list;
	struct op op;

	if (!body)
		return;
	op_init(&op, a, NULL, NULL);
	if (scim_bulk_read(&op, body, &list) < 0) {
		CHECK(op.error.code < 0);
		return;
	}
	CHECK(list.n > 0 && list.n <= SCIM_BULK_MAX_OPS && list.fail_on > 0 && list.n_named <= list.n);
	for (size_t i = 0; i < list.n; i++) {
		CHECK(!list.ops[i].service || (list.ops[i].method == SCIM_POST) == str_is_null(list.ops[i].id));
		CHECK(!list.ops[i].service || list.ops[i].method == SCIM_DELETE || json_is_object(list.ops[i].data));
		if (i % 2)
			list.ops[i].made = STR("11111111-1111-4111-8111-111111111111");
	}
	for (size_t i = 0; i < list.n; i++) {
		int r = list.ops[i].data ? scim_bulk_resolve(&op, list.ops[i].data, &list, NULL) : 0;

		CHECK(r <= 1);
		op_forgive(&op);
		if (r == 0 && list.ops[i].data)
			CHECK(scim_bulk_resolve(&op, list.ops[i].data, &list, NULL) == 0);
	}
}
