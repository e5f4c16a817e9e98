#include "common/base/json.h"
#include "common/base/log.h"
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <string.h>

static int saved_stderr;
static int capture_fd;

/* Everything written to standard error since the last call. */
static struct str captured(struct arena *a)
{
	char *text = arena_alloc(a, 65536);
	ssize_t n = pread(capture_fd, text, 65536, 0);

	assert_true(n >= 0);
	assert_int_equal(ftruncate(capture_fd, 0), 0);
	assert_int_equal(lseek(capture_fd, 0, SEEK_SET), 0);
	return str_n(text, (size_t)n);
}

static int setup(void **state)
{
	char name[] = "/tmp/sen-test-log-XXXXXX";

	saved_stderr = dup(STDERR_FILENO);
	capture_fd = mkstemp(name);
	if (saved_stderr < 0 || capture_fd < 0 || unlink(name) != 0 || dup2(capture_fd, STDERR_FILENO) < 0)
		return -1;
	log_init("sen-test", LOG_LEVEL_INFO);
	return unit_arena_setup(state);
}

static int teardown(void **state)
{
	dup2(saved_stderr, STDERR_FILENO);
	close(saved_stderr);
	close(capture_fd);
	return unit_arena_teardown(state);
}

/* The one line as JSON. */
static json_t *logged(struct arena *a)
{
	struct str line = captured(a);

	assert_true(str_ends(line, STR("}\n")));
	assert_int_equal(str_index(line, '\n'), (ptrdiff_t)line.len - 1);

	json_t *json = json_read(line, 1, NULL);

	assert_non_null(json);
	return json;
}

static void test_a_line(void **state)
{
	log_event(LOG_LEVEL_INFO, "request", L_C("path", "/a"), L_INT("status", -200), L_STR("absent", STR_NULL));

	_json_ json_t *json = logged(*state);
	struct str time_text = json_get_str(json, "time");

	assert_str_equal(json_get_str(json, "level"), "info");
	assert_str_equal(json_get_str(json, "program"), "sen-test");
	assert_str_equal(json_get_str(json, "event"), "request");
	assert_str_equal(json_get_str(json, "path"), "/a");
	assert_int_equal(json_get_int(json, "status", 0), -200);
	assert_true(json_is_null(json_object_get(json, "absent")));
	assert_int_equal(json_object_size(json), 7);

	/* 2026-11-23T23:50:00.123Z */
	assert_int_equal(time_text.len, 24);
	for (size_t i = 0; i < 24; i++) {
		char shape = "0000-00-00T00:00:00.000Z"[i];

		if (shape == '0')
			assert_in_range(time_text.p[i], '0', '9');
		else
			assert_int_equal(time_text.p[i], shape);
	}
}

static void test_levels(void **state)
{
	log_event(LOG_LEVEL_DEBUG, "debug", L_INT("x", 1));
	assert_int_equal(captured(*state).len, 0);
	log_event(LOG_LEVEL_ERROR, "error", L_INT("x", 1));

	_json_ json_t *json = logged(*state);

	assert_str_equal(json_get_str(json, "level"), "error");
	log_init("sen-test", LOG_LEVEL_DEBUG);
	log_event(LOG_LEVEL_DEBUG, "debug", L_INT("x", 1));
	assert_true(captured(*state).len > 0);
}

static void test_values_cannot_forge_a_line(void **state)
{
	/* newline, quote, escape sequence, C1, line separator, right-to-left override, broken byte */
	struct str evil = STR("a\n\"}\\\x1b[2J\xc2\x9b\xe2\x80\xa8\xe2\x80\xae\xffđ");

	log_event(LOG_LEVEL_WARN, "x", L_STR("evil", evil));

	struct str line = captured(*state);
	_json_ json_t *json = json_read(line, 1, NULL);

	assert_non_null(json);
	assert_int_equal(str_index(line, '\n'), (ptrdiff_t)line.len - 1);
	assert_true(str_contains(line, STR("\"a\\u000a\\u0022}\\u005c\\u001b[2J\\u009b\\u2028\\u202e\\ufffdđ\"")));
	assert_str_equal(json_get_str(json, "evil"),
	                 "a\n\"}\\\x1b[2J\xc2\x9b\xe2\x80\xa8\xe2\x80\xae\xef\xbf\xbdđ");
}

static void test_long_value_is_cut_at_a_character(void **state)
{
	char text[3000];

	for (size_t i = 0; i + 1 < sizeof(text); i += 2)
		memcpy(text + i, "đ", 2);
	log_event(LOG_LEVEL_INFO, "x", L_STR("long", str_n(text, sizeof(text))), L_INT("after", 1));

	_json_ json_t *json = logged(*state);
	struct str value = json_get_str(json, "long");

	assert_true(str_ends(value, STR("đ...")));
	assert_int_equal(value.len, 1024 + 3);
	assert_int_equal(json_get_int(json, "after", 0), 1);
}

static void test_full_line_stays_json(void **state)
{
	char controls[1024];

	memset(controls, '\x01', sizeof(controls));
	log_event(LOG_LEVEL_INFO, "x", L_INT("first", 1), L_STR("big", str_n(controls, sizeof(controls))),
	          L_INT("last", 2));

	struct str line = captured(*state);
	_json_ json_t *json = json_read(line, 1, NULL);

	assert_non_null(json);
	assert_true(line.len <= 4096);
	assert_int_equal(json_get_int(json, "first", 0), 1);
	assert_null(json_object_get(json, "big"));
	assert_int_equal(json_get_int(json, "last", 0), 2);
	assert_true(json_get_bool(json, "truncated", false));
}

#define LOG_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

/* Whole lines, in their order, at the latest when the thread turns to something else; what is worse than usual at once. */
static void test_held_lines(void **state)
{
	struct str text;
	int n = 0;

	log_hold();
	log_event(LOG_LEVEL_INFO, "first", L_INT("x", 1));
	assert_int_equal(captured(*state).len, 0);
	log_event(LOG_LEVEL_WARN, "second", L_INT("x", 2));
	text = captured(*state);
	assert_true(str_contains(text, STR("first")) && str_ends(text, STR("\"second\",\"x\":2}\n")));
	for (; n < 100 && (text = captured(*state)).len == 0; n++)
		log_event(LOG_LEVEL_INFO, "many", L_INT("n", n));
	assert_in_range(n, 10, 99);
	assert_true(text.len <= 4096 && str_ends(text, STR("}\n")));
	log_release();
	assert_true(str_contains(captured(*state), str_c(arena_printf(*state, "\"n\":%d}\n", n - 1).p)));
	log_event(LOG_LEVEL_INFO, "after", L_INT("x", 1));
	assert_true(str_contains(captured(*state), STR("after")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LOG_TEST(test_a_line),
		LOG_TEST(test_levels),
		LOG_TEST(test_values_cannot_forge_a_line),
		LOG_TEST(test_long_value_is_cut_at_a_character),
		LOG_TEST(test_full_line_stays_json),
		LOG_TEST(test_held_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
