#include "server/scim/call.h"

#include "common/model/wake_cause.h"

#include "common/base/base64.h"
#include "common/crypto/digest.h"

#define TAG_BYTES 12

struct str scim_etag(struct arena *a, json_t *resource)
{
	json_t *official = json_object_get(resource, SCIM_URN_OFFICIAL), *state = json_object_get(official, "state");
	struct str digest;

	json_incref(state);
	json_object_del(official, "state");
	digest = sha256_str(a, json_write(a, resource, true));
	if (state)
		json_set_take(official, "state", state);
	return arena_printf(a, "W/\"%.*s\"", STR_ARG(base64url_encode(a, str_n(digest.p, TAG_BYTES))));
}

/* Weakly: W/ counts for nothing (RFC 9110 §8.8.3.2). */
static struct str opaque(struct str tag)
{
	tag = str_trim(tag);
	return str_starts(tag, STR("W/")) ? str_skip(tag, 2) : tag;
}

bool scim_etag_matches(struct str header, struct str etag)
{
	struct str one;

	while (str_split(&header, ',', &one))
		if (str_equal(str_trim(one), STR("*")) || str_equal(opaque(one), opaque(etag)))
			return true;
	return false;
}

int scim_check_match(struct scim_call *call, struct str etag)
{
	if (str_is_null(call->if_match) || scim_etag_matches(call->if_match, etag))
		return 0;
	return op_fail(call->op, ERR_PRECONDITION_FAILED, "it was changed after it was seen");
}

struct str scim_location(struct scim_call *call, const struct scim_type *type, struct str id)
{
	return arena_printf(call->op->arena, "%.*s%s/%.*s", STR_ARG(call->feed->base), type->endpoint, STR_ARG(id));
}

void scim_finish(struct scim_call *call, const struct scim_type *type, json_t *resource, struct str created, struct str changed, struct str *ret_etag)
{
	json_t *meta = json_new_object();
	struct str etag = scim_etag(call->op->arena, resource);

	json_set_str(meta, "resourceType", str_c(type->name));
	json_set_str(meta, "created", created);
	json_set_str(meta, "lastModified", changed);
	json_set_str(meta, "location", scim_location(call, type, json_get_str(resource, "id")));
	json_set_str(meta, "version", etag);
	json_set_take(resource, "meta", meta);
	scim_select(call->op->arena, type, &call->selection, resource);
	json_set_take(resource, "schemas", scim_schemas_of(type, resource));
	if (ret_etag)
		*ret_etag = etag;
}

int scim_not_found(struct op *op)
{
	return op_fail(op, ERR_NOT_FOUND, "there is no such resource");
}

int scim_begin(struct op *op)
{
	int r = db_begin_around(op);

	if (r < 0)
		return r;
	r = wake_cause_set(op, WAKE_FEED);
	if (r < 0)
		db_rollback(op);
	return r;
}
