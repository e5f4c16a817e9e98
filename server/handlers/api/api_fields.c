#include "server/handlers/api/api.h"

#include "common/base/random.h"
#include "common/base/text.h"

#define LIST_MAX 16

int api_invalid(struct op *op, const char *field, const char *text)
{
	(void)op_fail(op, ERR_INVALID_VALUE, text);
	return op_fail_arg(op, "field", str_c(field));
}

void api_set(json_t *object, const char *name, struct str value)
{
	json_set_take(object, name, json_from_str(value));
}

static bool is_code(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-'))
			return false;
	}
	return s.len > 0;
}

static bool all_digits(struct str s, size_t from, size_t n)
{
	for (size_t i = from; i < from + n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return true;
}

static int digits2(const char *p)
{
	return (p[0] - '0') * 10 + (p[1] - '0');
}

/* time-offset = "Z" / ("+" / "-") time-hour ":" time-minute (RFC 3339 §5.6) */
static bool is_offset(struct str s)
{
	if (str_equal(s, STR("Z")))
		return true;
	return s.len == 6 && (s.p[0] == '+' || s.p[0] == '-') && s.p[3] == ':' && all_digits(s, 1, 2) && all_digits(s, 4, 2) &&
	       digits2(s.p + 1) <= 14 && digits2(s.p + 4) <= 59;
}

/* date-time of RFC 3339 §5.6 without fractions and leap seconds, or its full-date alone: midnight in Việt Nam (no daylight saving). */
bool api_stamp_read(struct arena *a, struct str s, struct str *ret)
{
	if (s.len < 10 || !text_is_iso_date(str_n(s.p, 10)))
		return false;
	if (s.len == 10) {
		*ret = arena_printf(a, "%.10sT00:00:00+07:00", s.p);
		return true;
	}
	if (s.len < 20 || s.p[10] != 'T' || s.p[13] != ':' || s.p[16] != ':')
		return false;
	if (!all_digits(s, 11, 2) || !all_digits(s, 14, 2) || !all_digits(s, 17, 2) || !is_offset(str_skip(s, 19)))
		return false;
	if (digits2(s.p + 11) > 23 || digits2(s.p + 14) > 59 || digits2(s.p + 17) > 59)
		return false;
	*ret = s;
	return true;
}

int64_t api_stamp_seconds(struct str stamp)
{
	struct tm tm = {
		.tm_year = digits2(stamp.p) * 100 + digits2(stamp.p + 2) - 1900,
		.tm_mon = digits2(stamp.p + 5) - 1,
		.tm_mday = digits2(stamp.p + 8),
		.tm_hour = digits2(stamp.p + 11),
		.tm_min = digits2(stamp.p + 14),
		.tm_sec = digits2(stamp.p + 17),
	};
	int64_t offset_s = 0;

	if (stamp.p[19] != 'Z')
		offset_s = digits2(stamp.p + 20) * 3600 + digits2(stamp.p + 23) * 60;
	return timegm(&tm) - (stamp.p[19] == '-' ? -offset_s : offset_s);
}

/* The text in canonical form, or what is wrong with it. */
static const char *check_text(struct arena *a, const struct api_field *field, struct str *text)
{
	if (text->len > field->max_bytes)
		return "a member is too long";
	if (!(field->kind == API_PROSE ? text_normalise_prose(a, *text, text) : text_normalise(a, *text, text)) || str_is_empty(*text))
		return "a member is empty or has control characters";
	if (field->kind == API_CODE && !is_code(*text))
		return "a code has letters, digits, dot, underline and hyphen only";
	if (field->kind == API_STAMP && !api_stamp_read(a, *text, text))
		return "a time is a date or RFC 3339 date-time";
	if (field->kind == API_DATE && !text_is_iso_date(*text))
		return "a date has the form 2026-11-24";
	if (field->kind == API_UUID && !uuid_is_valid(*text))
		return "an id is a UUID";
	return NULL;
}

static int read_one(struct request *rq, const struct api_field *field, const json_t *value, struct str *ret)
{
	struct arena *a = rq->op.arena;
	struct str text;
	const char *fault;

	switch (field->kind) {
	case API_LIST:
	case API_OBJECTS:
		return json_is_array(value) ? 0 : api_invalid(&rq->op, field->name, "a member must be an array");
	case API_OBJECT:
		return json_is_object(value) ? 0 : api_invalid(&rq->op, field->name, "a member must be an object");
	case API_BOOL:
		*ret = json_is_true(value) ? STR("true") : STR("false");
		return json_is_boolean(value) ? 0 : api_invalid(&rq->op, field->name, "a member must be true or false");
	case API_INT:
		if (!json_is_integer(value) || json_integer_value(value) < 0)
			return api_invalid(&rq->op, field->name, "a member must be a whole number, zero or more");
		*ret = arena_printf(a, "%lld", (long long)json_integer_value(value));
		return 0;
	default:
		break;
	}
	if (!json_is_string(value))
		return api_invalid(&rq->op, field->name, "a member must be a string");
	text = str_n(json_string_value(value), json_string_length(value));
	fault = check_text(a, field, &text);
	if (fault)
		return api_invalid(&rq->op, field->name, fault);
	*ret = text;
	return 0;
}

static const struct api_field *find_field(const struct api_field *fields, size_t n, const char *name, size_t *ret_index)
{
	for (size_t i = 0; i < n; i++) {
		if (str_equal(str_c(fields[i].name), str_c(name))) {
			*ret_index = i;
			return &fields[i];
		}
	}
	return NULL;
}

int api_read(struct request *rq, const struct api_field *fields, size_t n, struct str *ret_values)
{
	return api_read_object(rq, rq->json, fields, n, ret_values);
}

int api_read_object(struct request *rq, const json_t *object, const struct api_field *fields, size_t n, struct str *ret_values)
{
	const char *name;
	json_t *value;

	for (size_t i = 0; i < n; i++)
		ret_values[i] = STR_NULL;
	json_object_foreach((json_t *)(uintptr_t)object, name, value) {
		size_t at = 0;
		const struct api_field *field = find_field(fields, n, name, &at);

		if (!field)
			return op_fail(&rq->op, ERR_BAD_REQUEST, "the body has a member that this endpoint does not know");
		int r = read_one(rq, field, value, &ret_values[at]);

		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < n; i++) {
		if (fields[i].required && !json_object_get(object, fields[i].name)) {
			(void)op_fail(&rq->op, ERR_BAD_REQUEST, "a member of the body is missing");
			return op_fail_arg(&rq->op, "field", str_c(fields[i].name));
		}
	}
	return 0;
}

int api_read_nothing(struct request *rq)
{
	return api_read(rq, NULL, 0, NULL);
}

int api_list(struct request *rq, const char *name, const struct str **ret_values, size_t *ret_n)
{
	const json_t *array = json_object_get(rq->json, name);
	size_t n = json_array_size(array);
	struct str *values;

	if (n == 0 || n > LIST_MAX)
		return api_invalid(&rq->op, name, "a member must be an array of 1 to 16 codes");
	values = ARENA_ARRAY(rq->op.arena, struct str, n);
	for (size_t i = 0; i < n; i++) {
		const json_t *item = json_array_get(array, i);

		if (!json_is_string(item))
			return api_invalid(&rq->op, name, "a member must be an array of 1 to 16 codes");
		values[i] = str_n(json_string_value(item), json_string_length(item));
		if (values[i].len > 64 || !is_code(values[i]))
			return api_invalid(&rq->op, name, "a member must be an array of 1 to 16 codes");
	}
	*ret_values = values;
	*ret_n = n;
	return 0;
}

int api_objects(struct request *rq, const char *name, size_t max_n, const json_t **ret_array, size_t *ret_n)
{
	const json_t *array = json_object_get(rq->json, name);
	size_t n = json_array_size(array);

	if (n == 0 || n > max_n)
		return api_invalid(&rq->op, name, "a member must be an array of objects, neither empty nor too long");
	for (size_t i = 0; i < n; i++)
		if (!json_is_object(json_array_get(array, i)))
			return api_invalid(&rq->op, name, "a member must be an array of objects");
	*ret_array = array;
	*ret_n = n;
	return 0;
}
