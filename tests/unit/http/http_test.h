/* http_test.h: a request without a listener. */
#pragma once

#include "common/base/err.h"
#include "server/http/exchange.h"
#include "tests/unit/unit.h"

_unused_ static struct request *request_new(struct arena *a, const struct route *route, const struct field *fields,
                                            size_t n_fields)
{
	struct exchange *ex = ARENA_NEW(a, struct exchange);
	struct request *rq = &ex->rq;

	op_init(&rq->op, a, NULL, NULL);
	ex->fields = (struct fields){ fields, n_fields };
	rq->route = route;
	rq->method = HTTP_POST;
	rq->raw_query = STR_NULL;
	rq->body = STR("");
	rq->lang = STR("vi");
	rq->transport = ex;
	return rq;
}

_unused_ static struct str response_header_of(const struct request *rq, const char *name)
{
	for (size_t i = 0; i < rq->response.n_headers; i++)
		if (str_equal(str_c(rq->response.headers[i].name), str_c(name)))
			return rq->response.headers[i].value;
	return STR_NULL;
}
