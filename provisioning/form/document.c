#include "provisioning/form/document.h"

#include "common/base/json.h"

static json_t *roles_of(const struct desired *want)
{
	json_t *roles = json_new_array();

	for (size_t i = 0; want->active && i < want->n_roles; i++) {
		json_t *role = json_new_object();

		json_set_str(role, "code", want->roles[i].code);
		json_set_str(role, "name", want->roles[i].name);
		json_array_append_new(roles, role);
	}
	return roles;
}

struct str form_document(struct arena *a, const struct desired *want)
{
	_json_ json_t *doc = json_new_object();

	json_set_str(doc, "login", want->login);
	json_set_str(doc, "full_name", want->full_name);
	json_set_str(doc, "employee_code", want->employee_code);
	json_set_str(doc, "mail", want->mail);
	json_set_str(doc, "unit", want->unit_code);
	json_set_str(doc, "unit_name", want->unit_name);
	json_set_str(doc, "post", want->post);
	json_set_take(doc, "roles", roles_of(want));
	return json_write(a, doc, true);
}
