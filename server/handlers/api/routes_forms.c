/* routes_forms.c: request forms of platforms without any interface. */

#include "server/handlers/api/routes_forms.h"

#include "server/handlers/api/forms.h"

static int (*const admin_guards[])(struct request *) = { guard_admin, NULL };

#define API .pool = POOL_FAST, .errors = ERRORS_PROBLEM, .guards = admin_guards
#define JSON_16K .body = BODY_JSON, .max_body = 16384
#define JSON_LIST .body = BODY_JSON, .max_body = FORM_DATA_MAX_CHARS + 1024
#define LOOKS .needs = RIGHT_READ
#define FORM "/api/v1/platforms/{code}/forms/{number}"
#define LISTS "/api/v1/platforms/{code}/form-lists"

const struct route forms_routes[] = {
	{ .name = "api_form_tasks", .methods = HTTP_GET, .path = "/api/v1/forms", .params = api_forms_params, .n_params = N_FORMS_PARAMS, API, LOOKS,
	  .handle = h_api_form_tasks },
	{ .name = "api_form_list", .methods = HTTP_GET, .path = "/api/v1/platforms/{code}/forms", .params = api_forms_params, .n_params = N_FORMS_PARAMS,
	  API, LOOKS, .handle = h_api_form_list },
	{ .name = "api_form_get", .methods = HTTP_GET, .path = FORM, API, LOOKS, .personal = true, .handle = h_api_form_get },
	{ .name = "api_form_csv", .methods = HTTP_GET, .path = FORM "/csv", API, LOOKS, .personal = true, .handle = h_api_form_csv },
	{ .name = "api_form_html", .methods = HTTP_GET, .path = FORM "/html", API, LOOKS, .personal = true, .handle = h_api_form_html },
	{ .name = "api_form_close", .methods = HTTP_POST, .path = FORM "/close", JSON_16K, API, LOOKS, .handle = h_api_form_close },
	{ .name = "api_form_confirm", .methods = HTTP_POST, .path = FORM "/confirm", JSON_16K, API, LOOKS, .handle = h_api_form_confirm },
	{ .name = "api_form_refuse", .methods = HTTP_POST, .path = FORM "/refuse", JSON_16K, API, LOOKS, .handle = h_api_form_refuse },
	{ .name = "api_form_again", .methods = HTTP_POST, .path = FORM "/again", JSON_16K, API, LOOKS, .handle = h_api_form_again },
	{ .name = "api_form_setting_get", .methods = HTTP_GET, .path = "/api/v1/platforms/{code}/form-setting", API, LOOKS, .handle = h_api_form_setting_get },
	{ .name = "api_form_setting_put", .methods = HTTP_PUT, .path = "/api/v1/platforms/{code}/form-setting", JSON_16K, API, .needs = RIGHT_CATALOGUE,
	  .handle = h_api_form_setting_put },
	{ .name = "api_form_upload_list", .methods = HTTP_GET, .path = LISTS, .params = api_page_params, .n_params = N_PAGE_PARAMS, API, LOOKS, .handle = h_api_form_upload_list },
	{ .name = "api_form_upload_add", .methods = HTTP_POST, .path = LISTS, JSON_LIST, API, LOOKS, .creates = true, .handle = h_api_form_upload_add },
	{ .name = "api_form_upload_get", .methods = HTTP_GET, .path = LISTS "/{id}", API, LOOKS, .personal = true, .handle = h_api_form_upload_get },
	{ .name = "api_form_upload_more", .methods = HTTP_POST, .path = LISTS "/{id}/more", JSON_LIST, API, LOOKS, .handle = h_api_form_upload_more },
	{ .name = "api_form_upload_release", .methods = HTTP_POST, .path = LISTS "/{id}/release", JSON_16K, API, .needs = RIGHT_APPROVE,
	  .handle = h_api_form_upload_release },
	{ .name = "api_form_upload_drop", .methods = HTTP_POST, .path = LISTS "/{id}/drop", JSON_16K, API, .needs = RIGHT_APPROVE,
	  .handle = h_api_form_upload_drop },
};
const size_t n_forms_routes = ARRAY_LEN(forms_routes);
