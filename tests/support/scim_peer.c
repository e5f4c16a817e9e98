/*
 * scim_peer: our filters and PATCH as a program that other implementations are compared with.  One JSON object a line on
 * stdin, one on stdout; {"refused": scimType} where the library says no.
 */
#include "server/scim/patch.h"
#include "tests/support/line_peer.h"

static struct str path_of(struct arena *a, const struct scim_ref *ref, bool within)
{
	if (within)
		return str_c(ref->sub->name);
	return arena_printf(a, "%s%s%s%s%s", ref->schema ? ref->schema->urn : "", ref->schema ? ":" : "", ref->attr->name, ref->sub ? "." : "",
	                    ref->sub ? ref->sub->name : "");
}

static json_t *tree(struct arena *a, const struct scim_filter *f, bool within);

/* "a and b and c" is one node. */
static void flatten(struct arena *a, const struct scim_filter *f, enum scim_op op, bool within, json_t *list)
{
	if (f->op != op) {
		json_array_append_new(list, tree(a, f, within));
		return;
	}
	flatten(a, f->left, op, within, list);
	flatten(a, f->right, op, within, list);
}

static void add_value(const struct scim_filter *f, json_t *json)
{
	if (scim_target(&f->ref)->kind == SCIM_BOOLEAN)
		json_set_bool(json, "compValue", str_equal(f->text, STR("true")));
	else
		json_set_str(json, "compValue", f->text);
}

static json_t *tree(struct arena *a, const struct scim_filter *f, bool within)
{
	json_t *json = json_new_object(), *list;

	json_set_str(json, "op", str_c(f->op == SCIM_VALUE ? "[]" : scim_op_name(f->op)));
	switch (f->op) {
	case SCIM_AND:
	case SCIM_OR:
		list = json_new_array();
		flatten(a, f, f->op, within, list);
		json_set_take(json, "filters", list);
		return json;
	case SCIM_NOT:
		json_set_take(json, "filter", tree(a, f->left, within));
		return json;
	case SCIM_VALUE:
		json_set_str(json, "attrPath", path_of(a, &f->ref, false));
		json_set_take(json, "valFilter", tree(a, f->left, true));
		return json;
	default:
		json_set_str(json, "attrPath", path_of(a, &f->ref, within));
		if (f->op != SCIM_PR)
			add_value(f, json);
		return json;
	}
}

static int do_filter(struct op *op, const json_t *in, json_t *out)
{
	const json_t *resource = json_object_get(in, "resource");
	const struct scim_filter *f;
	int r = scim_filter_read(op, &scim_user, json_get_str(in, "filter"), &f);

	if (r < 0)
		return r;
	json_set_take(out, "tree", tree(op->arena, f, false));
	if (resource)
		json_set_bool(out, "holds", scim_filter_holds(op->arena, f, resource));
	return 0;
}

static int do_patch(struct op *op, const json_t *in, json_t *out)
{
	_json_ json_t *resource = json_deep_copy(json_object_get(in, "resource"));
	int r = scim_patch_apply(op, &scim_user, resource, json_object_get(in, "body"));

	if (r == 0)
		json_set_take(out, "resource", json_incref(resource));
	return r;
}

static void answer(struct op *op, const json_t *in, json_t *out)
{
	int r = str_equal(json_get_str(in, "do"), STR("filter")) ? do_filter(op, in, out) : do_patch(op, in, out);

	if (r < 0)
		json_set_str(out, "refused", op->error.n_args > 0 ? op->error.args[0].value : STR("?"));
}

int main(void)
{
	return line_peer(answer);
}
