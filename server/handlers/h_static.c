/* GET /static/{file}. */

#include "server/handlers/handlers.h"
#include "server/web/page.h"

int h_static(struct request *rq)
{
	const struct page_static *file = page_static_find(rq->path);

	if (!file)
		return op_fail(&rq->op, ERR_NOT_FOUND, "no such file");
	rq->response.cacheable = true;
	rq->response.body_is_static = true;
	/* The name carries a hash of the content. */
	response_header(rq, "Cache-Control", STR("public, max-age=31536000, immutable"));
	return respond_bytes(rq, 200, file->type, file->body);
}
