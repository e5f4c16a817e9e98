#include "provisioning/webhook/message.h"

#include "common/base/text.h"
#include "provisioning/attributes.h"

#include <inttypes.h>

#define REPLAY_MAX (INT64_C(1) << 53)

/* Members of a document that tell of the person, and their places. */
static const struct {
	const char *name;
	size_t offset; /* of a struct str in struct desired */
} members[] = {
	{ "full_name", offsetof(struct desired, full_name) },
	{ "family_name", offsetof(struct desired, ho) },
	{ "middle_name", offsetof(struct desired, dem) },
	{ "given_name", offsetof(struct desired, ten) },
	{ "mail", offsetof(struct desired, mail) },
	{ "employee_code", offsetof(struct desired, employee_code) },
	{ "unit_code", offsetof(struct desired, unit_code) },
	{ "unit_name", offsetof(struct desired, unit_name) },
	{ "post", offsetof(struct desired, post) },
};

static struct str member_of(const struct desired *want, size_t i)
{
	return *(const struct str *)(const void *)((const char *)want + members[i].offset);
}

static json_t *who(struct call *c, const char *operation)
{
	json_t *json = json_new_object();

	json_set_str(json, "operation", str_c(operation));
	json_set_str(json, "account_id", c->want->account_id);
	json_set_str(json, "login", c->want->login);
	json_set_str(json, "ext_id", c->ext_id);
	return json;
}

/* null says that it shall be absent. */
static void set_values(json_t *json, const struct desired *want, bool is_new)
{
	for (size_t i = 0; i < want->n_values; i++) {
		const struct mapping_row *row = want->values[i].row;

		/* A path of this kind is a name of a-z, 0-9 and _, with a NUL behind it. */
		if (is_new || (row->owner == MAPPING_OURS && !desired_leaves(want, row->path.p)))
			json_set_take(json, row->path.p, mapping_value_json(&want->values[i].value));
	}
}

/* What the answer says of what is ours; what it leaves out is not kept there. */
static bool values_match(const json_t *json, const struct desired *want)
{
	for (size_t i = 0; i < want->n_values; i++) {
		const struct mapping_row *row = want->values[i].row;
		const json_t *said = json_object_get(json, row->path.p);
		_json_ json_t *wanted = NULL;
		bool is_same;

		if (row->owner != MAPPING_OURS || desired_leaves(want, row->path.p) || !said || json_is_null(said))
			continue;
		wanted = mapping_value_json(&want->values[i].value);
		if (json_is_string(said) && !json_is_array(wanted))
			is_same = text_equal_nfc(json_get_str(json, row->path.p), json_is_string(wanted) ? want->values[i].value.text : STR(""));
		else
			is_same = json_equal(said, wanted);
		if (!is_same)
			return false;
	}
	return true;
}

struct str webhook_document(struct call *c, const char *operation)
{
	_json_ json_t *json = who(c, operation);
	bool is_new = strcmp(operation, "create") == 0;

	json_set_int(json, "generation", c->gen);
	json_set_bool(json, "active", c->want->active);
	json_set_take(json, "roles", attributes_roles(c->want));
	if (c->want->active && c->want->mapping)
		set_values(json, c->want, is_new);
	for (size_t i = 0; c->want->active && !c->want->mapping && i < ARRAY_LEN(members); i++)
		if (is_new || !desired_leaves(c->want, members[i].name))
			json_set_str(json, members[i].name, str_is_null(member_of(c->want, i)) ? STR("") : member_of(c->want, i));
	return json_write(c->op->arena, json, false);
}

struct str webhook_question(struct call *c)
{
	_json_ json_t *json = who(c, "look_up");

	return json_write(c->op->arena, json, false);
}

struct str webhook_body(struct arena *a, int64_t sequence, struct str document)
{
	return arena_printf(a, "{\"sequence\":%" PRId64 ",%.*s", sequence, STR_ARG(str_skip(document, 1)));
}

/* Strings, each once; *ret_n is their number. */
static bool same_roles(const json_t *roles, const struct desired *want)
{
	size_t n_want = want->active ? want->n_roles : 0, i;
	const json_t *role;

	if (json_array_size(roles) != n_want)
		return false;
	for (size_t k = 0; k < n_want; k++) {
		bool is_there = false;

		json_array_foreach(roles, i, role)
			is_there = is_there || str_equal(str_n(json_string_value(role), json_string_length(role)), want->roles[k].code);
		if (!is_there)
			return false;
	}
	return true;
}

static bool are_strings(const json_t *list)
{
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
		if (!json_is_string(item))
			return false;
	return json_is_array(list);
}

static bool says_the_same(const json_t *json, const struct desired *want)
{
	struct str login = json_get_str(json, "login");

	if (!str_is_null(login) && !want->login_is_theirs && !str_equal_nocase(login, want->login))
		return false;
	if (want->mapping)
		return values_match(json, want);
	for (size_t i = 0; i < ARRAY_LEN(members); i++) {
		struct str said = json_get_str(json, members[i].name), wanted = member_of(want, i);

		if (!str_is_null(said) && !desired_leaves(want, members[i].name) && !str_equal(said, str_is_null(wanted) ? STR("") : wanted))
			return false;
	}
	return true;
}

static const char *fault_of(const json_t *json, const struct desired *want)
{
	if (str_is_empty(json_get_str(json, "ext_id")))
		return "the answer has no ext_id";
	if (!str_equal(json_get_str(json, "account_id"), want->account_id))
		return "the answer is not about the account";
	if (!json_is_boolean(json_object_get(json, "active")))
		return "the answer does not say whether the account is active";
	return are_strings(json_object_get(json, "roles")) ? NULL : "the answer has no list of role codes";
}

bool webhook_answer_read(struct arena *a, const json_t *json, const struct desired *want, struct webhook_answer *ret, const char **ret_reason)
{
	int64_t replay_from = json_get_int(json, "replay_from", 0);

	*ret = (struct webhook_answer){ .replay_from = replay_from > 0 && replay_from < REPLAY_MAX ? replay_from : 0 };
	if (str_equal(json_get_str(json, "error"), STR("absent"))) {
		ret->is_absent = true;
		return true;
	}
	*ret_reason = fault_of(json, want);
	if (*ret_reason)
		return false;
	ret->seen = (struct observed){
		.ext_id = arena_dup(a, json_get_str(json, "ext_id")),
		.is_known = true,
		.active = json_is_true(json_object_get(json, "active")),
		.matches = (same_roles(json_object_get(json, "roles"), want) || desired_leaves(want, "roles")) && (!want->active || says_the_same(json, want)),
	};
	return true;
}

bool webhook_is_decided(int status)
{
	return status >= 200 && status < 500 && status != 401 && status != 403 && status != 408 && status != 425 && status != 429;
}

static enum verdict conflict(enum webhook_request request, const char **ret_class)
{
	*ret_class = "conflict";
	return request == WEBHOOK_CHANGE ? VERDICT_REFUSED : VERDICT_CONFLICT;
}

enum verdict webhook_verdict(enum webhook_request request, int status, struct str error, const char **ret_class)
{
	if (status >= 200 && status < 300)
		return VERDICT_DONE;
	switch (status) {
	case 401:
	case 403:
		*ret_class = "auth";
		return VERDICT_AUTH;
	case 429:
		*ret_class = "limited";
		return VERDICT_LIMITED;
	case 409:
		return conflict(request, ret_class);
	case 400:
	case 413:
	case 422:
		*ret_class = "data";
		return VERDICT_REFUSED;
	default:
		break;
	}
	if (status == 404 && str_equal(error, STR("absent")) && request != WEBHOOK_CREATE) {
		*ret_class = "absent";
		return VERDICT_ABSENT;
	}
	if (webhook_is_decided(status)) {
		/* A wrong address, which somebody will put right: access that must end is tried until then. */
		*ret_class = "config";
		return VERDICT_NOT_DONE;
	}
	*ret_class = "server";
	return request == WEBHOOK_CREATE ? VERDICT_IN_DOUBT : VERDICT_NOT_DONE;
}
