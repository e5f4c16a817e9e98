/* h_scim_discovery.c: /ServiceProviderConfig, /Schemas, /ResourceTypes (RFC 7643 §5 to §7, RFC 7644 §4, RFC 9865 §4). */

#include "server/handlers/scim/scim.h"

#include "server/scim/bulk.h"

static struct str base_of(struct request *rq)
{
	return arena_printf(rq->op.arena, "%.*s" SCIM_PATH, STR_ARG(rq->app->oidc.issuer));
}

static json_t *supported(bool is)
{
	json_t *json = json_new_object();

	json_set_bool(json, "supported", is);
	return json;
}

static json_t *one_text(const char *text)
{
	json_t *array = json_new_array();

	json_array_append_new(array, json_from_str(str_c(text)));
	return array;
}

static json_t *authentication(void)
{
	json_t *scheme = json_new_object(), *list = json_new_array();

	json_set_str(scheme, "type", STR("oauthbearertoken"));
	json_set_str(scheme, "name", STR("Bearer token"));
	json_set_str(scheme, "description", STR("The token that the administrator gave to this source (RFC 6750)"));
	json_set_bool(scheme, "primary", true);
	json_array_append_new(list, scheme);
	return list;
}

static json_t *pagination(void)
{
	json_t *json = json_new_object();

	json_set_bool(json, "cursor", true);
	json_set_bool(json, "index", true);
	json_set_str(json, "defaultPaginationMethod", STR("index"));
	json_set_int(json, "defaultPageSize", SCIM_PAGE_DEFAULT);
	json_set_int(json, "maxPageSize", SCIM_PAGE_MAX);
	json_set_int(json, "cursorTimeout", SCIM_CURSOR_S);
	return json;
}

int h_scim_config(struct request *rq)
{
	_json_ json_t *json = json_new_object();
	json_t *bulk = supported(true), *filter = supported(true), *meta = json_new_object();

	json_set_int(bulk, "maxOperations", SCIM_BULK_MAX_OPS);
	json_set_int(bulk, "maxPayloadSize", SCIM_BULK_MAX_BYTES);
	json_set_int(filter, "maxResults", SCIM_PAGE_MAX);
	json_set_take(json, "schemas", one_text("urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"));
	json_set_take(json, "patch", supported(true));
	json_set_take(json, "bulk", bulk);
	json_set_take(json, "filter", filter);
	json_set_take(json, "changePassword", supported(false));
	json_set_take(json, "sort", supported(true));
	json_set_take(json, "etag", supported(true));
	json_set_take(json, "pagination", pagination());
	json_set_take(json, "authenticationSchemes", authentication());
	json_set_str(meta, "resourceType", STR("ServiceProviderConfig"));
	json_set_str(meta, "location", arena_printf(rq->op.arena, "%.*s/ServiceProviderConfig", STR_ARG(base_of(rq))));
	json_set_take(json, "meta", meta);
	return scim_respond(rq, 200, json);
}

/* RFC 7644 §4: a filter here is refused. */
static int check_filter(struct request *rq)
{
	return str_is_null(rq_param(rq, P_FILTER)) ? 0 : op_fail(&rq->op, ERR_ACCESS_DENIED, "these are not searched");
}

static int respond_list(struct request *rq, json_t *resources)
{
	_json_ json_t *json = json_new_object();
	int64_t n = (int64_t)json_array_size(resources);

	json_set_take(json, "schemas", one_text(SCIM_URN_LIST));
	json_set_int(json, "totalResults", n);
	json_set_int(json, "itemsPerPage", n);
	json_set_int(json, "startIndex", 1);
	json_set_take(json, "Resources", resources);
	return scim_respond(rq, 200, json);
}

static const struct scim_schema *schema_at(size_t i)
{
	const struct scim_schema *const schemas[] = { scim_user.core, scim_user.extensions[0], scim_user.extensions[1], scim_group.core };

	return i < ARRAY_LEN(schemas) ? schemas[i] : NULL;
}

static const struct scim_type *const types[] = { &scim_user, &scim_group };

int h_scim_schemas(struct request *rq)
{
	json_t *list;

	if (check_filter(rq) < 0)
		return rq->op.error.code;
	list = json_new_array();
	for (size_t i = 0; schema_at(i); i++)
		json_array_append_new(list, scim_schema_json(rq->op.arena, schema_at(i), base_of(rq)));
	return respond_list(rq, list);
}

int h_scim_schema(struct request *rq)
{
	_json_ json_t *json = NULL;

	for (size_t i = 0; schema_at(i) && !json; i++)
		if (str_equal_nocase(str_c(schema_at(i)->urn), rq->path_args[0]))
			json = scim_schema_json(rq->op.arena, schema_at(i), base_of(rq));
	return json ? scim_respond(rq, 200, json) : scim_not_found(&rq->op);
}

int h_scim_types(struct request *rq)
{
	json_t *list;

	if (check_filter(rq) < 0)
		return rq->op.error.code;
	list = json_new_array();
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		json_array_append_new(list, scim_type_json(rq->op.arena, types[i], base_of(rq)));
	return respond_list(rq, list);
}

int h_scim_type(struct request *rq)
{
	_json_ json_t *json = NULL;

	for (size_t i = 0; i < ARRAY_LEN(types) && !json; i++)
		if (str_equal(str_c(types[i]->name), rq->path_args[0]))
			json = scim_type_json(rq->op.arena, types[i], base_of(rq));
	return json ? scim_respond(rq, 200, json) : scim_not_found(&rq->op);
}
