/*
 * scim_patch_apply and scim_group_patch_read: whatever the body, the resource that comes out is canonical: it reads as itself and
 * still has its id and what is required; the steps for a group are bounded.
 */
#include "server/scim/patch.h"
#include "tests/fuzz/fuzz.h"

static void of_group(struct arena *a, const json_t *body)
{
	const struct scim_group_step *steps;
	size_t n, ids = 0;
	struct op op;

	op_init(&op, a, NULL, NULL);
	if (scim_group_patch_read(&op, body, &steps, &n) < 0)
		return;
	CHECK(n <= SCIM_GROUP_STEPS_MAX);
	for (size_t i = 0; i < n; i++)
		ids += steps[i].n_ids;
	CHECK(ids <= SCIM_VALUES_MAX + SCIM_PATCH_MAX_OPS * SCIM_FILTER_MAX_TERMS);
}

FUZZ_TARGET(a, input)
{
	static const char before[] = "{\"id\":\"1\",\"userName\":\"u\",\"emails\":[{\"value\":\"w\",\"type\":\"work\",\"primary\":true},{\"value\":\"h\"}],"
	                             "\"" SCIM_URN_ENTERPRISE "\":{\"employeeNumber\":\"7\",\"department\":\"d\"}}";
	_json_ json_t *body = json_read(input, 16, NULL), *resource = json_read(str_c(before), 8, NULL), *again = NULL, *schemas = NULL;
	struct op op;

	if (!body)
		return;
	of_group(a, body);
	op_init(&op, a, NULL, NULL);
	if (scim_patch_apply(&op, &scim_user, resource, body) < 0) {
		CHECK(op.error.code < 0 && op.error.n_args == 1);
		return;
	}
	CHECK(str_equal(json_get_str(resource, "id"), STR("1")));
	CHECK(json_get_str(resource, "userName").len > 0);
	schemas = scim_schemas_of(&scim_user, resource);
	json_object_set(resource, "schemas", schemas);
	CHECK(scim_resource_read(&op, &scim_user, resource, &again) == 0);
	json_object_del(resource, "schemas");
	json_object_del(resource, "id");
	CHECK(json_equal(again, resource));
}
