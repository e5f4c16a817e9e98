/* forms.h: endpoints about request forms and the lists of platforms without any interface. */
#pragma once

#include "server/governance/forms.h"
#include "server/handlers/api/api.h"

/* Of a list or a part of one, base64url. */
#define FORM_DATA_MAX_CHARS 300000

enum { P_FORMS_STATE, P_FORMS_AFTER, P_FORMS_LIMIT, N_FORMS_PARAMS };
extern const struct param_spec api_forms_params[N_FORMS_PARAMS];

int h_api_form_tasks(struct request *rq);
int h_api_form_list(struct request *rq);
int h_api_form_get(struct request *rq);
int h_api_form_csv(struct request *rq);
int h_api_form_html(struct request *rq);
int h_api_form_close(struct request *rq);
int h_api_form_confirm(struct request *rq);
int h_api_form_refuse(struct request *rq);
int h_api_form_again(struct request *rq);
int h_api_form_setting_get(struct request *rq);
int h_api_form_setting_put(struct request *rq);
int h_api_form_upload_list(struct request *rq);
int h_api_form_upload_add(struct request *rq);
int h_api_form_upload_get(struct request *rq);
int h_api_form_upload_more(struct request *rq);
int h_api_form_upload_release(struct request *rq);
int h_api_form_upload_drop(struct request *rq);
