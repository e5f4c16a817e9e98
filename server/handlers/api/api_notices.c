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
