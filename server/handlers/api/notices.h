/* notices.h: /api/v1/notices: one's own, whoever one is. */
#pragma once

#include "server/handlers/api/api.h"

int h_api_notices_list(struct request *rq);
int h_api_notices_read(struct request *rq);
int h_api_notices_acknowledge(struct request *rq);
int h_api_notices_mail(struct request *rq);
int h_api_notices_mail_set(struct request *rq);

extern const struct route notice_routes[];
extern const size_t n_notice_routes;
