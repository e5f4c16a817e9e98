#include "server/oidc/authorization.h"

#define EXTRA_DEPTH 10

static const struct {
	const char *name;
	size_t offset;
} members[] = {
	{ "claims", offsetof(struct authorization_extra, claims) },
	{ "resource", offsetof(struct authorization_extra, resource) },
	{ "details", offsetof(struct authorization_extra, details) },
	{ "act", offsetof(struct authorization_extra, act) },
};

/* The JSON inside stays text: it is read where it is used, and gives back the bytes that came. */
struct str authorization_extra_write(struct op *op, const struct authorization_extra *extra)
{
	_json_ json_t *json = json_new_object();

	for (size_t i = 0; i < ARRAY_LEN(members); i++)
		json_set_str(json, members[i].name, *(const struct str *)(const void *)((const char *)extra + members[i].offset));
	return json_object_size(json) == 0 ? STR_NULL : json_write(op->arena, json, false);
}

int authorization_extra_read(struct op *op, struct str text, struct authorization_extra *ret_extra)
{
	_json_ json_t *json = NULL;

	*ret_extra = (struct authorization_extra){ 0 };
	if (str_is_null(text))
		return 0;
	json = json_read(text, EXTRA_DEPTH, NULL);
	if (!json_is_object(json))
		return op_fail(op, ERR_INTERNAL, "an authorization cannot be read");
	for (size_t i = 0; i < ARRAY_LEN(members); i++)
		*(struct str *)(void *)((char *)ret_extra + members[i].offset) = arena_dup(op->arena, json_get_str(json, members[i].name));
	return 0;
}
