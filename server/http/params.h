/*
 * params.h: query and form body into the route's declared parameters.
 *
 * Repeated, too long, badly encoded or misplaced parameters are errors; unknown names are
 * ignored (RFC 6749 §3.1), repeated or not.  A present empty value counts as absent.  Messages
 * name a parameter only by the route's table, never by the input.  All is read to the end, and a
 * faulty parameter is STR_NULL: what is left was given once and is well-formed.
 */
#pragma once

#include "common/base/op.h"
#include "server/http/request.h"

#define PARAMS_PAIRS_MAX 64
#define PARAM_NAME_MAX 64

struct params_source {
	struct str query;     /* STR_NULL: none */
	struct str form;      /* STR_NULL: none */
	bool query_declared;  /* parameters in general may stand in the query */
};

/* Fills params[route->n_params].  Errors: ERR_INVALID_REQUEST, of the first fault. */
int params_parse(struct op *op, const struct route *route, const struct params_source *source,
                 struct str params[PARAMS_MAX]) _must_check_;
/*
 * The body's media type, then query, form or JSON of a request into rq->params and rq->json.  Faulty parameters
 * of a route that tells_param_faults are no error here: rq->param_fault.
 */
int params_read(struct request *rq, struct str content_type) _must_check_;
