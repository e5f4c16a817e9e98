#include "server/http/params.h"

#include "common/base/url.h"
#include "server/http/field.h"

#define JSON_DEPTH_MAX 16

enum place { IN_QUERY, IN_FORM };

/* One reading of a request's parameters. */
struct reading {
	struct op *op;
	const struct route *route;
	const struct params_source *source;
	struct str *params;
	bool seen[PARAMS_MAX];  /* an empty first one does not make room for a second */
	bool faulty[PARAMS_MAX];
};

/* The first fault is the one that is told. */
static void fault_named(struct reading *in, size_t index, const char *what)
{
	in->faulty[index] = true;
	if (in->op->error.code == 0)
		(void)op_fail(in->op, ERR_INVALID_REQUEST, arena_printf(in->op->arena, "%s: %s", what, in->route->params[index].name).p);
}

static bool find_spec(const struct route *route, struct str name, size_t *ret_index)
{
	for (size_t i = 0; i < route->n_params; i++)
		if (str_equal(str_c(route->params[i].name), name)) {
			*ret_index = i;
			return true;
		}
	return false;
}

static bool place_is_allowed(const struct param_spec *spec, enum place place, bool query_declared)
{
	if (place == IN_FORM)
		return !(spec->flags & PARAM_QUERY_ONLY);
	return !(spec->flags & PARAM_BODY_ONLY) && (query_declared || (spec->flags & PARAM_QUERY_ONLY));
}

static const char *find_value_fault(const struct param_spec *spec, struct str value)
{
	if (value.len > spec->max_bytes)
		return "parameter is too long";
	if ((spec->flags & PARAM_PRINTABLE) && !str_is_printable_ascii(value))
		return "parameter has characters that are not allowed";
	if ((spec->flags & PARAM_MANY) && str_index(value, ' ') >= 0)
		return "parameter has characters that are not allowed";
	return NULL;
}

static struct str join(struct op *op, struct str first, struct str second)
{
	if (str_is_empty(first))
		return second.len > 0 ? second : STR_NULL;
	return arena_printf(op->arena, "%.*s %.*s", STR_ARG(first), STR_ARG(second));
}

static void take(struct reading *in, enum place place, struct str name, struct str value)
{
	const struct param_spec *spec;
	const char *fault;
	size_t i;

	if (!find_spec(in->route, name, &i))
		return;
	spec = &in->route->params[i];
	fault = find_value_fault(spec, value);
	if (fault && (spec->flags & PARAM_WISH)) {
		value = STR("");
		fault = NULL;
	}
	if (!place_is_allowed(spec, place, in->source->query_declared))
		fault = "parameter in the wrong place";
	else if (in->seen[i] && !(spec->flags & PARAM_MANY))
		fault = "repeated parameter";
	if (!fault) {
		in->params[i] = in->seen[i] ? join(in->op, in->params[i], value) : value.len > 0 ? value : STR_NULL;
		if (in->params[i].len > spec->max_bytes) /* many, joined */
			fault = "parameter is too long";
	}
	in->seen[i] = true;
	if (fault)
		fault_named(in, i, fault);
}

/* Of what is beyond the limit nothing is known: not even what of the rest is given once. */
static void give_up(struct reading *in)
{
	(void)op_fail(in->op, ERR_INVALID_REQUEST, "too many parameters");
	for (size_t i = 0; i < in->route->n_params; i++)
		in->faulty[i] = true;
}

static void parse_place(struct reading *in, enum place place)
{
	struct str rest = place == IN_QUERY ? in->source->query : in->source->form;
	struct str name, value;
	size_t n_pairs = 0, index;
	int got;

	while ((got = form_next(in->op->arena, &rest, &name, &value)) != 0) {
		if (++n_pairs > PARAMS_PAIRS_MAX) {
			give_up(in);
			return;
		}
		if (got < 0) {
			(void)op_fail(in->op, ERR_INVALID_REQUEST, "parameters are badly encoded");
			if (find_spec(in->route, name, &index))
				in->faulty[index] = true;
		} else if (name.len > PARAM_NAME_MAX) {
			(void)op_fail(in->op, ERR_INVALID_REQUEST, "a parameter has a name that is too long");
		} else {
			take(in, place, name, value);
		}
	}
}

int params_parse(struct op *op, const struct route *route, const struct params_source *source,
                 struct str params[PARAMS_MAX])
{
	struct reading in = { .op = op, .route = route, .source = source, .params = params };

	parse_place(&in, IN_QUERY);
	parse_place(&in, IN_FORM);
	for (size_t i = 0; i < route->n_params; i++) {
		if (in.faulty[i])
			params[i] = STR_NULL;
		if ((route->params[i].flags & PARAM_REQUIRED) && str_is_null(params[i]))
			fault_named(&in, i, "missing parameter");
	}
	return op->error.code;
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
	if (params_parse(&rq->op, route, &source, rq->params) < 0 && !route->tells_param_faults)
		return rq->op.error.code;
	rq->param_fault = rq->op.error;
	op_forgive(&rq->op);
	return 0;
}
