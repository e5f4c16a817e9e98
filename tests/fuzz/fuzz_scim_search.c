/*
 * scim_search_read: whatever the body of a search request, what passes is bounded, names what it shows once at most a hundred times, and
 * its filter and sorting are read or refused with a reason.
 */
#include "server/scim/search.h"
#include "tests/fuzz/fuzz.h"

FUZZ_TARGET(a, input)
{
	_json_ json_t *body = json_read(input, 16, NULL), *resource = NULL;
	struct scim_selection selection = { .type = NULL };
	const struct scim_filter *filter = NULL;
	struct scim_query query;
	struct scim_tree tree;
	struct str sort;
	struct op op;

	if (!body)
		return;
	op_init(&op, a, NULL, NULL);
	if (scim_search_read(&op, body, &query, &selection) < 0) {
		CHECK(op.error.code < 0 && op.error.n_args == 1);
		return;
	}
	CHECK(query.start >= 1 && query.count >= 0 && query.count <= SCIM_PAGE_MAX && (!query.by_cursor || query.count > 0));
	resource = json_read(STR("{\"id\":\"1\",\"userName\":\"u\",\"emails\":[{\"value\":\"w\",\"type\":\"work\"}]}"), 8, NULL);
	scim_select(a, &scim_user, &selection, resource);
	CHECK(json_object_get(resource, "id") && selection.n_refs <= SCIM_SELECTED_MAX);
	if (!str_is_null(query.sort_by) && scim_sort_of(&op, &scim_user, query.sort_by, &sort) < 0)
		op_forgive(&op);
	if (!str_is_null(query.filter) && scim_filter_read(&op, &scim_user, query.filter, &filter) == 0) {
		scim_tree_of(a, filter, &tree);
		CHECK(!str_is_null(tree.json) && tree.n_values <= SCIM_FILTER_MAX_TERMS);
	}
}
