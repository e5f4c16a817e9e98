/* schema_json.c: the tables as /Schemas and /ResourceTypes show them (RFC 7643 §6, §7). */

#include "server/scim/schema.h"

static const char *const kinds[] = { "string", "boolean", "integer", "dateTime", "binary", "reference", "complex" };
static const char *const mutabilities[] = { "readWrite", "readOnly", "immutable", "writeOnly" };
static const char *const returns[] = { "default", "always", "never", "request" };

static json_t *words(const char *listed)
{
	json_t *array = json_new_array();
	struct str rest = str_c(listed), word;

	while (str_split(&rest, '|', &word))
		json_array_append_new(array, json_from_str(word));
	return array;
}

static json_t *attrs_json(const struct scim_attr *attrs, size_t n);

static json_t *attr_json(const struct scim_attr *attr)
{
	json_t *json = json_new_object();

	json_set_str(json, "name", str_c(attr->name));
	json_set_str(json, "type", str_c(kinds[attr->kind]));
	json_set_bool(json, "multiValued", attr->multi);
	json_set_str(json, "description", attr->description ? str_c(attr->description) : str_c(attr->name));
	json_set_bool(json, "required", attr->required);
	json_set_bool(json, "caseExact", attr->exact);
	json_set_str(json, "mutability", str_c(mutabilities[attr->mutability]));
	json_set_str(json, "returned", str_c(returns[attr->returned]));
	json_set_str(json, "uniqueness", attr->unique ? str_c(attr->unique) : STR("none"));
	if (attr->canonical)
		json_set_take(json, "canonicalValues", words(attr->canonical));
	if (attr->refs)
		json_set_take(json, "referenceTypes", words(attr->refs));
	if (attr->n_subs > 0)
		json_set_take(json, "subAttributes", attrs_json(attr->subs, attr->n_subs));
	return json;
}

/* Depth two: sub-attributes have none themselves. */
static json_t *attrs_json(const struct scim_attr *attrs, size_t n)
{
	json_t *array = json_new_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(array, attr_json(&attrs[i]));
	return array;
}

static json_t *begin(const char *schema, const char *type, struct str location)
{
	json_t *json = json_new_object(), *schemas = json_new_array(), *meta = json_new_object();

	json_array_append_new(schemas, json_from_str(str_c(schema)));
	json_set_take(json, "schemas", schemas);
	json_set_str(meta, "resourceType", str_c(type));
	json_set_str(meta, "location", location);
	json_set_take(json, "meta", meta);
	return json;
}

json_t *scim_schema_json(struct arena *a, const struct scim_schema *schema, struct str base)
{
	json_t *json = begin("urn:ietf:params:scim:schemas:core:2.0:Schema", "Schema",
	                     arena_printf(a, "%.*s/Schemas/%s", STR_ARG(base), schema->urn));

	json_set_str(json, "id", str_c(schema->urn));
	json_set_str(json, "name", str_c(schema->name));
	json_set_str(json, "description", str_c(schema->description));
	json_set_take(json, "attributes", attrs_json(schema->attrs, schema->n_attrs));
	return json;
}

json_t *scim_type_json(struct arena *a, const struct scim_type *type, struct str base)
{
	json_t *json = begin("urn:ietf:params:scim:schemas:core:2.0:ResourceType", "ResourceType",
	                     arena_printf(a, "%.*s/ResourceTypes/%s", STR_ARG(base), type->name));
	json_t *extensions = json_new_array();

	json_set_str(json, "id", str_c(type->name));
	json_set_str(json, "name", str_c(type->name));
	json_set_str(json, "description", str_c(type->description));
	json_set_str(json, "endpoint", str_c(type->endpoint));
	json_set_str(json, "schema", str_c(type->core->urn));
	for (size_t i = 0; i < type->n_extensions; i++) {
		json_t *extension = json_new_object();

		json_set_str(extension, "schema", str_c(type->extensions[i]->urn));
		json_set_bool(extension, "required", false);
		json_array_append_new(extensions, extension);
	}
	json_set_take(json, "schemaExtensions", extensions);
	return json;
}
