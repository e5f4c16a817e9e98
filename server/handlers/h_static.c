/* GET /static/{file}. */

#include "server/handlers/handlers.h"
#include "server/web/page.h"

int h_static(struct request *rq)
{
	const struct page_static *file = page_static_find(rq->path);

	if (!file)
		return op_fail(&rq->op, ERR_NOT_FOUND, "no such file");
	return respond_static(rq, file->type, file->body);
}
