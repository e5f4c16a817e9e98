/* cmd_provision.c: senctl provision NAME: brings one account to its platforms now, and shows the way. */

#include "server/senctl/api_call.h"

#include "common/base/clock.h"

#include <inttypes.h>
#include <time.h>

#define POLL_MS 200
#define WAIT_MS 60000

static bool is_over(const json_t *run)
{
	struct str state = json_get_str(run, "state");

	return str_equal(state, STR("done")) || str_equal(state, STR("expired"));
}

static int wait_for(struct ctl *c, struct str path, json_t **ret_run)
{
	int64_t until_ms = clock_mono_ms() + WAIT_MS;

	for (;;) {
		int r = api_get(c, path, ret_run);

		if (r != EXIT_OK || is_over(*ret_run) || clock_mono_ms() >= until_ms)
			return r;
		json_decref(*ret_run);
		*ret_run = NULL;
		nanosleep(&(struct timespec){ .tv_nsec = POLL_MS * 1000000L }, NULL);
	}
}

static void print_steps(struct ctl *c, const json_t *steps)
{
	const json_t *step;
	size_t i;

	json_array_foreach(steps, i, step)
		ctl_print(c, "  %.*s %5" PRId64 " ms  %.*s %.*s", STR_ARG(json_get_str(step, "at")), json_get_int(step, "ms", 0), STR_ARG(json_get_str(step, "kind")),
		          STR_ARG(json_write(c->arena, json_object_get(step, "detail"), true)));
}

/* EXIT_FAILED when something is not as wanted. */
static int print_run(struct ctl *c, const json_t *run, bool with_steps)
{
	const json_t *platform;
	int r = str_equal(json_get_str(run, "state"), STR("done")) ? EXIT_OK : EXIT_FAILED;
	size_t i;

	if (with_steps) {
		ctl_print(c, "%s", ctl_say(c, "tính trạng thái mong muốn", "plan"));
		print_steps(c, json_object_get(run, "plan"));
	}
	json_array_foreach(json_object_get(run, "platforms"), i, platform) {
		struct str outcome = json_get_str(platform, "outcome"), fault = json_get_str(platform, "fault");

		if (!str_equal(outcome, STR("ok")))
			r = EXIT_FAILED;
		ctl_print(c, "%.*s: %.*s %.*s%s%.*s", STR_ARG(json_get_str(platform, "platform")),
		          STR_ARG(str_is_null(outcome) ? json_get_str(platform, "state") : outcome),
		          STR_ARG(str_is_null(json_get_str(platform, "operation")) ? STR("") : json_get_str(platform, "operation")), str_is_null(fault) ? "" : ", ",
		          STR_ARG(str_is_null(fault) ? STR("") : fault));
		if (with_steps)
			print_steps(c, json_object_get(platform, "steps"));
	}
	if (!is_over(run))
		return ctl_fail(c, "%s", ctl_say(c, "chưa xong trong một phút; đang chạy tiếp", "not over within a minute; it goes on"));
	if (str_equal(json_get_str(run, "state"), STR("expired")))
		return ctl_fail(c, "%s", ctl_say(c, "không có sen-provisioner nào phục vụ", "no sen-provisioner served it"));
	return r;
}

int cmd_provision(struct ctl *c)
{
	struct str platform = STR_NULL;
	bool trace = false;
	const struct ctl_option options[] = { { "platform", &platform, NULL, false }, { "trace", NULL, &trace, false } };
	_json_ json_t *body = json_new_object();
	_json_ json_t *begun = NULL;
	_json_ json_t *run = NULL;
	int r = ctl_options(c, options, ARRAY_LEN(options), 1, 1);

	if (r == EXIT_OK)
		r = ctl_configure(c);
	if (r != EXIT_OK)
		return r;
	json_set_str(body, "platform", platform);
	r = api_post(c, api_path(c, "/accounts/", str_c(c->args[0]), "/provision"), body, &begun);
	if (r == EXIT_OK)
		r = wait_for(c, arena_printf(c->arena, "%.*s%.*s", STR_ARG(api_path(c, "/accounts/", str_c(c->args[0]), "/runs/")), STR_ARG(json_get_str(begun, "id"))), &run);
	if (r != EXIT_OK)
		return r;
	if (!c->json)
		return print_run(c, run, trace);
	ctl_print_json(c, run);
	return EXIT_OK;
}
