#include "server/http/params.h"

#include "common/base/url.h"
#include "server/http/field.h"

#define JSON_DEPTH_MAX 16

enum place { IN_QUERY, IN_FORM };

static int fail_named(struct op *op, const char *what, const struct param_spec *spec)
{
	return op_fail(op, ERR_INVALID_REQUEST, arena_printf(op->arena, "%s: %s", what, spec->name).p);
}

static const struct param_spec *find_spec(const struct route *route, struct str name, size_t *ret_index)
{
	for (size_t i = 0; i < route->n_params; i++)
		if (str_equal(str_c(route->params[i].name), name)) {
			*ret_index = i;
			return &route->params[i];
		}
	return NULL;
}

static bool place_is_allowed(const struct param_spec *spec, enum place place, bool query_declared)
{
	if (place == IN_FORM)
		return !(spec->flags & PARAM_QUERY_ONLY);
	return !(spec->flags & PARAM_BODY_ONLY) && (query_declared || (spec->flags & PARAM_QUERY_ONLY));
}

static int check_value(struct op *op, const struct param_spec *spec, struct str value)
{
	if (value.len > spec->max_bytes)
		return fail_named(op, "parameter is too long", spec);
	if ((spec->flags & PARAM_PRINTABLE) && !str_is_printable_ascii(value))
		return fail_named(op, "parameter has characters that are not allowed", spec);
	if ((spec->flags & PARAM_MANY) && str_index(value, ' ') >= 0)
		return fail_named(op, "parameter has characters that are not allowed", spec);
	return 0;
}

static struct str join(struct op *op, struct str first, struct str second)
{
	if (str_is_empty(first))
		return second.len > 0 ? second : STR_NULL;
	return arena_printf(op->arena, "%.*s %.*s", STR_ARG(first), STR_ARG(second));
}

/* seen: one mark per declared parameter; an empty first one does not make room for a second. */
static int parse_place(struct op *op, const struct route *route, const struct params_source *source,
                       enum place place, struct str *params, bool *seen)
{
	struct str rest = place == IN_QUERY ? source->query : source->form;
	struct str name = STR_NULL, value = STR_NULL;
	size_t n_pairs = 0, index = 0;
	int got;

	while ((got = form_next(op->arena, &rest, &name, &value)) > 0) {
		if (++n_pairs > PARAMS_PAIRS_MAX || name.len > PARAM_NAME_MAX)
			return op_fail(op, ERR_INVALID_REQUEST, "too many parameters or a name that is too long");

		const struct param_spec *spec = find_spec(route, name, &index);

		if (!spec)
			continue;
		if (!place_is_allowed(spec, place, source->query_declared))
			return fail_named(op, "parameter in the wrong place", spec);
		if (seen[index] && !(spec->flags & PARAM_MANY))
			return fail_named(op, "repeated parameter", spec);
		if (check_value(op, spec, value) < 0)
			return op->error.code;
		params[index] = seen[index] ? join(op, params[index], value) : value.len > 0 ? value : STR_NULL;
		seen[index] = true;
		if ((spec->flags & PARAM_MANY) && params[index].len > spec->max_bytes)
			return fail_named(op, "parameter is too long", spec);
	}
	if (got < 0)
		return op_fail(op, ERR_INVALID_REQUEST, "parameters are badly encoded");
	return 0;
}

int params_parse(struct op *op, const struct route *route, const struct params_source *source,
                 struct str params[PARAMS_MAX])
{
	bool seen[PARAMS_MAX] = { false };

	if (parse_place(op, route, source, IN_QUERY, params, seen) < 0 ||
	    parse_place(op, route, source, IN_FORM, params, seen) < 0)
		return op->error.code;
	for (size_t i = 0; i < route->n_params; i++)
		if ((route->params[i].flags & PARAM_REQUIRED) && str_is_null(params[i]))
			return fail_named(op, "missing parameter", &route->params[i]);
	return 0;
}

static bool is_json_type(struct str type)
{
	struct str application = STR("application/"), json = STR("+json");

	if (str_equal_nocase(type, STR("application/json")))
		return true;
	return type.len > application.len + json.len && str_equal_nocase(str_n(type.p, application.len), application) &&
	       str_equal_nocase(str_skip(type, type.len - json.len), json);
}

static int check_media_type(struct request *rq, struct str content_type)
{
	struct str type = media_type(content_type);
	bool is_right;

	if (str_is_empty(rq->body))
		return 0;
	is_right = rq->route->body == BODY_JSON ? is_json_type(type) :
	                                          str_equal_nocase(type, STR("application/x-www-form-urlencoded"));
	if (!is_right || !media_type_is_utf8(content_type))
		return op_fail(&rq->op, ERR_UNSUPPORTED_MEDIA_TYPE,
		               rq->route->body == BODY_JSON ? "the body must be application/json in UTF-8" :
		                                              "the body must be application/x-www-form-urlencoded in UTF-8");
	return 0;
}

static int read_json(struct request *rq)
{
	const char *reason = NULL;

	rq->json = json_read(rq->body, JSON_DEPTH_MAX, &reason);
	if (!rq->json)
		return op_fail_detail(&rq->op, ERR_BAD_REQUEST, "the body is not valid JSON", "%s",
		                      reason ? reason : "");
	if (!json_is_object(rq->json))
		return op_fail(&rq->op, ERR_BAD_REQUEST, "the body is not a JSON object");
	return 0;
}

int params_read(struct request *rq, struct str content_type)
{
	const struct route *route = rq->route;
	struct params_source source = {
		.query = rq->raw_query,
		.form = route->body == BODY_FORM ? rq->body : STR_NULL,
		.query_declared = rq->method != HTTP_POST || route->body != BODY_FORM || route->post_query,
	};

	if (route->body != BODY_NONE && check_media_type(rq, content_type) < 0)
		return rq->op.error.code;
	/* A GET of a route that also takes a POST has no body to read. */
	if (route->body == BODY_JSON && (rq->method != HTTP_GET || rq->body.len > 0) && read_json(rq) < 0)
		return rq->op.error.code;
	return params_parse(&rq->op, route, &source, rq->params);
}
