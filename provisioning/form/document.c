#include "provisioning/form/document.h"

#include "common/base/json.h"
#include "provisioning/attributes.h"

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
	json_set_take(doc, "roles", attributes_roles(want));
	return json_write(a, doc, true);
}
