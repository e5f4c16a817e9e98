#include "server/scim/cursor.h"

#include "common/base/base64.h"
#include "common/crypto/aead.h"
#include "common/crypto/digest.h"
#include "common/crypto/keyring.h"

#define PURPOSE "scim_cursor"

/* The caller and all of the query but count, which may change from page to page (RFC 9865 §2.3). */
static struct str bound_to(struct scim_call *call, const struct scim_type *type, const struct scim_query *query)
{
	_json_ json_t *array = json_new_array();
	const struct str parts[] = {
		call->feed->id, str_c(type->name), query->filter, query->sort_by, query->descending ? STR("d") : STR("a"),
		call->selection.attributes, call->selection.excluded,
	};

	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		json_array_append_new(array, json_from_str(parts[i]));
	return sha256_str(call->op->arena, json_write(call->op->arena, array, false));
}

struct str scim_cursor_seal(struct scim_call *call, const struct scim_type *type, const struct scim_query *query, const struct scim_place *place)
{
	struct op *op = call->op;
	_json_ json_t *json = json_new_object();

	json_set_int(json, "s", place->seq);
	json_set_str(json, "k", place->key);
	json_set_int(json, "t", op->now_s + SCIM_CURSOR_S);
	return aead_seal(op->arena, keyring_key(op->keys, KEY_SEAL), PURPOSE, bound_to(call, type, query), json_write(op->arena, json, false));
}

int scim_cursor_open(struct scim_call *call, const struct scim_type *type, const struct scim_query *query, struct scim_place *ret_place)
{
	struct op *op = call->op;
	_json_ json_t *json = NULL;
	struct str plain;

	if (query->cursor.len > SCIM_CURSOR_MAX_BYTES ||
	    !aead_open(op->arena, keyring_key(op->keys, KEY_SEAL), PURPOSE, bound_to(call, type, query), query->cursor, &plain))
		return scim_fail(op, SCIM_INVALID_CURSOR, "the cursor is not one of this query");
	json = json_read(plain, 2, NULL);
	if (!json || json_get_int(json, "t", 0) < op->now_s)
		return scim_fail(op, SCIM_EXPIRED_CURSOR, "the cursor has expired; begin again");
	ret_place->seq = json_get_int(json, "s", 0);
	ret_place->key = arena_dup(op->arena, json_get_str(json, "k"));
	return 0;
}
