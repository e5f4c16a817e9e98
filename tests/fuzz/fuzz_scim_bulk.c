/*
 * scim_bulk_read and scim_bulk_resolve: whatever the body, an operation that passed has a service and what its method needs, and after
 * resolving no reference to what was made is left.
 */
#include "server/scim/bulk.h"
#include "tests/fuzz/fuzz.h"

FUZZ_TARGET(a, input)
{
	_json_ json_t *body = json_read(input, 16, NULL);
	struct scim_bulk_op *ops;
	int64_t fail_on;
	struct op op;
	size_t n;

	if (!body)
		return;
	op_init(&op, a, NULL, NULL);
	if (scim_bulk_read(&op, body, &ops, &n, &fail_on) < 0) {
		CHECK(op.error.code < 0);
		return;
	}
	CHECK(n > 0 && n <= SCIM_BULK_MAX_OPS && fail_on > 0);
	for (size_t i = 0; i < n; i++) {
		CHECK(!ops[i].service || (ops[i].method == SCIM_POST) == str_is_null(ops[i].id));
		CHECK(!ops[i].service || ops[i].method == SCIM_DELETE || json_is_object(ops[i].data));
		if (i % 2)
			ops[i].made = STR("11111111-1111-4111-8111-111111111111");
	}
	for (size_t i = 0; i < n; i++) {
		int r = ops[i].data ? scim_bulk_resolve(&op, ops[i].data, ops, n) : 0;

		CHECK(r <= 1);
		op_forgive(&op);
		if (r == 0 && ops[i].data)
			CHECK(scim_bulk_resolve(&op, ops[i].data, ops, n) == 0);
	}
}
