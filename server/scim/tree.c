/* tree.c: filters as the database takes them. */

#include "server/scim/search.h"

struct tree {
	struct arena *arena;
	struct str values[SCIM_FILTER_MAX_TERMS];
	size_t n;
};

static const char *type_of(const struct scim_attr *attr)
{
	return attr->kind == SCIM_BOOLEAN ? "bool" : attr->kind == SCIM_DATETIME ? "time" : "text";
}

/* n: as sen.scim_expression() knows it; p: where it stands in the row's JSON. */
static json_t *named(struct arena *a, const struct scim_ref *ref, const char *op)
{
	json_t *leaf = json_new_object(), *path = json_new_array();

	if (ref->schema && !ref->attr->multi)
		json_array_append_new(path, json_from_str(str_c(ref->schema->urn)));
	json_array_append_new(path, json_from_str(str_c(ref->attr->name)));
	if (ref->sub)
		json_array_append_new(path, json_from_str(str_c(ref->sub->name)));
	json_set_str(leaf, "o", str_c(op));
	json_set_str(leaf, "n", ref->sub ? arena_printf(a, "%s.%s", ref->attr->name, ref->sub->name) : str_c(ref->attr->name));
	json_set_take(leaf, "p", path);
	json_set_str(leaf, "t", str_c(type_of(scim_target(ref))));
	return leaf;
}

static json_t *node(const char *op, json_t *left, json_t *right)
{
	json_t *json = json_new_object(), *list = json_new_array();

	json_set_str(json, "o", str_c(op));
	if (left)
		json_array_append_new(list, left);
	if (right)
		json_array_append_new(list, right);
	json_set_take(json, "a", list);
	return json;
}

static json_t *any(const struct scim_ref *ref, json_t *of)
{
	json_t *json = node("any", of, NULL);

	json_set_str(json, "n", str_c(ref->attr->name));
	return json;
}

static json_t *leaf(struct tree *t, const struct scim_filter *f, bool elem)
{
	bool negated = f->op == SCIM_NE;
	json_t *json;

	if (f->op == SCIM_PR && f->ref.attr->multi && !f->ref.sub)
		return any(&f->ref, NULL);
	json = named(t->arena, &f->ref, scim_op_name(negated ? SCIM_EQ : f->op));
	if (f->op != SCIM_PR) {
		json_set_int(json, "v", (int64_t)t->n);
		t->values[t->n++] = f->text;
	}
	if (f->ref.attr->multi && !elem)
		json = any(&f->ref, json);
	return negated ? node("not", json, NULL) : json;
}

static json_t *make(struct tree *t, const struct scim_filter *f, bool elem)
{
	json_t *left;

	switch (f->op) {
	case SCIM_AND:
	case SCIM_OR:
		left = make(t, f->left, elem);
		return node(scim_op_name(f->op), left, make(t, f->right, elem));
	case SCIM_NOT:
		return node("not", make(t, f->left, elem), NULL);
	case SCIM_VALUE:
		return f->ref.attr->multi ? any(&f->ref, make(t, f->left, true)) : make(t, f->left, false);
	default:
		return leaf(t, f, elem);
	}
}

void scim_tree_of(struct arena *a, const struct scim_filter *filter, struct scim_tree *ret)
{
	struct tree *t = ARENA_NEW(a, struct tree);
	_json_ json_t *json = NULL;

	t->arena = a;
	*ret = (struct scim_tree){ .json = STR_NULL };
	if (!filter)
		return;
	json = make(t, filter, false);
	*ret = (struct scim_tree){ json_write(a, json, false), t->values, t->n };
}

/* Of several values the primary one counts, or the first (RFC 7644 §3.4.2.3); only what the user's own row holds is sorted so. */
static bool may_sort(const struct scim_type *type, struct scim_ref *ref)
{
	if (ref->attr->multi && (type != &scim_user || ref->schema || ref->attr->mutability == SCIM_READ_ONLY))
		return false;
	if (ref->attr->multi && !ref->sub)
		ref->sub = scim_find_sub(ref->attr, STR("value"));
	return scim_target(ref)->kind != SCIM_COMPLEX;
}

int scim_sort_of(struct op *op, const struct scim_type *type, struct str name, struct str *ret_json)
{
	_json_ json_t *json = NULL;
	struct scim_ref ref;

	*ret_json = STR_NULL;
	if (!scim_resolve(type, name, &ref) || !ref.attr || !may_sort(type, &ref))
		return scim_fail(op, SCIM_INVALID_PATH, "sortBy names nothing that can be sorted by");
	json = named(op->arena, &ref, "sort");
	json_set_bool(json, "m", ref.attr->multi);
	*ret_json = json_write(op->arena, json, false);
	return 0;
}
