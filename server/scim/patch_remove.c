/* patch_remove.c: what operations have in common, and "remove". */

#include "server/scim/patch_impl.h"

/* What comparisons one PATCH may cost: each folds a text, so that a thousand values by a hundred comparisons by a hundred operations is too much. */
#define WORK_MAX 100000
#define WORK_FILTER 5   /* a comparison of a filter; sixteen of values are one */
#define SCRATCH_BYTES ((size_t)4 << 20)

int patch_spend(struct patch *p, size_t work)
{
	p->work += work;
	return p->work <= WORK_MAX ? 0 : scim_fail(p->op, SCIM_TOO_MANY, "the operations compare too many values");
}

static size_t terms_of(const struct scim_filter *f)
{
	return f->op > SCIM_VALUE ? 1 : (f->left ? terms_of(f->left) : 0) + (f->right ? terms_of(f->right) : 0);
}

int patch_holds(struct patch *p, const struct scim_filter *filter, const json_t *value)
{
	int r = patch_spend(p, WORK_FILTER * terms_of(filter));

	if (r < 0)
		return r;
	if (!p->scratch)
		p->scratch = arena_new(SCRATCH_BYTES);
	r = scim_filter_holds_of(p->scratch, filter, value);
	arena_reset(p->scratch);
	return r;
}

int patch_refuse(struct patch *p)
{
	return scim_fail(p->op, SCIM_MUTABILITY, "the attribute cannot be changed so");
}

json_t *patch_place(struct patch *p, const struct scim_ref *ref, bool make)
{
	json_t *place;

	if (!ref->schema)
		return p->resource;
	place = json_object_get(p->resource, ref->schema->urn);
	if (!place && make) {
		place = json_new_object();
		json_set_take(p->resource, ref->schema->urn, place);
	}
	return place;
}

void patch_drop_if_empty(struct patch *p, const struct scim_ref *ref)
{
	json_t *place = ref->schema ? json_object_get(p->resource, ref->schema->urn) : NULL;

	if (place && json_object_size(place) == 0)
		json_object_del(p->resource, ref->schema->urn);
}

/* Whether "value" of a remove names this element: by its own value, or as a whole. */
static int is_named(struct patch *p, const json_t *element, const json_t *values)
{
	const json_t *own = json_is_object(element) ? json_object_get(element, "value") : element;
	int r = patch_spend(p, json_array_size(values) / 16 + 1);

	if (r < 0)
		return r;

	for (size_t i = 0; i < (json_is_array(values) ? json_array_size(values) : 1); i++) {
		const json_t *one = json_is_array(values) ? json_array_get(values, i) : values;
		const json_t *wanted = json_is_object(one) ? json_object_get(one, "value") : one;

		if (wanted && own ? json_equal(own, wanted) : json_equal(element, one))
			return 1;
	}
	return 0;
}

static int remove_elements(struct patch *p, const struct scim_path *path, const json_t *values, json_t *place)
{
	json_t *array = json_object_get(place, path->ref.attr->name);
	size_t n = 0;

	for (size_t i = json_array_size(array); i-- > 0;) {
		json_t *element = json_array_get(array, i);
		int r = path->filter ? patch_holds(p, path->filter, element) : is_named(p, element, values);

		if (r < 0)
			return r;
		if (r == 0)
			continue;
		n++;
		if (path->ref.sub && path->ref.sub->required)
			return patch_refuse(p);
		if (path->ref.sub)
			json_object_del(element, path->ref.sub->name);
		if (!path->ref.sub || json_object_size(element) == 0)
			json_array_remove(array, i);
	}
	if (array && json_array_size(array) == 0)
		json_object_del(place, path->ref.attr->name);
	return n > 0 || !path->filter ? 0 : scim_fail(p->op, SCIM_NO_TARGET, "no value is described by the brackets");
}

static int remove_sub(const struct scim_ref *ref, json_t *place)
{
	json_t *value = json_object_get(place, ref->attr->name);

	for (size_t i = 0; i < json_array_size(value); i++)
		json_object_del(json_array_get(value, i), ref->sub->name);
	if (!json_is_object(value))
		return 0;
	json_object_del(value, ref->sub->name);
	if (json_object_size(value) == 0)
		json_object_del(place, ref->attr->name);
	return 0;
}

int patch_remove(struct patch *p, const struct scim_path *path, const json_t *value)
{
	json_t *place = patch_place(p, &path->ref, false);
	int r = 0;

	if (!path->ref.attr) {
		json_object_del(p->resource, path->ref.schema->urn);
		return 0;
	}
	if (scim_target(&path->ref)->mutability != SCIM_READ_WRITE || path->ref.attr->mutability != SCIM_READ_WRITE ||
	    (scim_target(&path->ref)->required && !path->filter))
		return patch_refuse(p);
	if (path->filter || (value && !json_is_null(value) && path->ref.attr->multi && !path->ref.sub))
		r = remove_elements(p, path, value, place);
	else if (path->ref.sub)
		r = remove_sub(&path->ref, place);
	else
		json_object_del(place, path->ref.attr->name);
	patch_drop_if_empty(p, &path->ref);
	return r;
}
