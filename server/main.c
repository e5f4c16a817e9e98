/* sen-server: OpenID Connect provider, sign-in pages and administration API. */

#include "common/base/log.h"
#include "server/app.h"
#include "server/handlers/routes.h"

#include <getopt.h>
#include <signal.h>
#include <systemd/sd-daemon.h>

#define TICK_MS 100

static void usage(FILE *out)
{
	fputs("usage: sen-server --config FILE\n"
	      "       sen-server --check-config FILE    check it and exit\n"
	      "       sen-server --dump-config FILE     print the values in force\n"
	      "       sen-server --sample-config        print a sample with every key\n"
	      "       sen-server --dump-routes          print every endpoint as JSON\n",
	      out);
}

static int print_sample(void)
{
	_cleanup_(arena_freep) struct arena *a = arena_new(1 << 20);
	struct buf b = buf_new(a, 1 << 18);

	conf_sample(&b, &server_conf_table);
	printf("%.*s", STR_ARG(buf_str(&b)));
	return 0;
}

static int print_routes(void)
{
	_cleanup_(arena_freep) struct arena *a = arena_new(1 << 20);
	_json_ json_t *routes = routes_json(a);

	printf("%.*s\n", STR_ARG(json_write(a, routes, false)));
	return 0;
}

static int check_config(const char *path, bool dump)
{
	_cleanup_(arena_freep) struct arena *a = arena_new(1 << 20);
	struct buf b = buf_new(a, 1 << 18);
	struct server_config config;
	struct str message = STR("");

	if (server_config_read(a, path, &config, &message) < 0) {
		fprintf(stderr, "sen-server: %.*s\n", STR_ARG(message));
		return 2;
	}
	if (!dump)
		return 0;
	conf_dump(&b, &server_conf_table, &config, NULL, 0);
	printf("%.*s", STR_ARG(buf_str(&b)));
	return 0;
}

static enum log_level log_level_of(struct str name)
{
	if (str_equal(name, STR("error")))
		return LOG_LEVEL_ERROR;
	if (str_equal(name, STR("warn")))
		return LOG_LEVEL_WARN;
	return str_equal(name, STR("debug")) ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO;
}

/* Signals are taken synchronously by this thread; the others inherit the mask. */
static void serve_until_told(struct app *app, const sigset_t *signals)
{
	const struct timespec tick = { .tv_nsec = TICK_MS * 1000000L };
	int sig;

	sd_notify(0, "READY=1");
	log_event(LOG_LEVEL_INFO, "start", L_STR("issuer", app->config.issuer), L_INT("port", http_server_port(app->service)));
	while ((sig = sigtimedwait(signals, NULL, &tick)) <= 0)
		app_tick(app);
	app->draining = true;
	sd_notify(0, "STOPPING=1");
	log_event(LOG_LEVEL_INFO, "stop", L_INT("signal", sig));
}

static int run(const char *path)
{
	struct app app = { 0 };
	struct str message = STR("");
	sigset_t signals;
	int r;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	r = app_open(&app, path, &message);
	if (r >= 0) {
		log_init("sen-server", log_level_of(app.config.log_level));
		r = app_serve(&app, &message);
	}
	if (r >= 0)
		serve_until_told(&app, &signals);
	else
		fprintf(stderr, "sen-server: %.*s\n", STR_ARG(message));
	app_close(&app);
	return r < 0 ? 2 : 0;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "check-config", required_argument, NULL, 'k' },
		{ "dump-config", required_argument, NULL, 'd' },
		{ "sample-config", no_argument, NULL, 's' },
		{ "dump-routes", no_argument, NULL, 'r' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int option = getopt_long(argc, argv, "c:h", options, NULL);

	log_init("sen-server", LOG_LEVEL_INFO);
	switch (option) {
	case 'c':
		return run(optarg);
	case 'k':
		return check_config(optarg, false);
	case 'd':
		return check_config(optarg, true);
	case 's':
		return print_sample();
	case 'r':
		return print_routes();
	case 'h':
		usage(stdout);
		return 0;
	default:
		usage(stderr);
		return 2;
	}
}
