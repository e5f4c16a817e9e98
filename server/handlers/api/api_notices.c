/* api_notices.c: /api/v1/notices. */

#include "server/governance/notices.h"
#include "server/handlers/api/granting.h"
#include "server/handlers/api/notices.h"

int h_api_notices_list(struct request *rq)
{
	struct str state = rq_param(rq, P_LIST_STATE);
	const struct db_param params[] = { P_STR(rq->principal->account_id), P_STR(state) };

	if (!str_is_null(state) && !str_equal(state, STR("unread")) && !str_equal(state, STR("open")))
		return api_invalid(&rq->op, "state", "unread or open");
	return api_governed_page(rq, &(struct api_governed_page){ "notices", notice_list, params, ARRAY_LEN(params), 2, P_LIST_AFTER, P_LIST_LIMIT });
}

int h_api_notices_read(struct request *rq)
{
	return api_governed_act(rq, &notice_read);
}

int h_api_notices_acknowledge(struct request *rq)
{
	return api_governed_act(rq, &notice_acknowledge);
}

int h_api_notices_mail(struct request *rq)
{
	return api_one(rq, notice_mail, (const struct db_param[]){ P_STR(rq->principal->account_id) }, 1);
}

int h_api_notices_mail_set(struct request *rq)
{
	static const struct api_field field = { "mail", API_CODE, 16, true };
	struct str mail;
	int r = api_read(rq, &field, 1, &mail);

	return r < 0 ? r : api_governed(rq, &notice_mail_set, (const struct db_param[]){ P_STR(rq->principal->account_id), P_STR(mail) }, 2, 200);
}
