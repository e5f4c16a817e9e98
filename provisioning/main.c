/*
 * sen-provisioner: brings accounts on platforms to what grants say they should be.
 *
 *   sen-provisioner --config FILE                 runs until SIGTERM or SIGINT, finishes what is in hand
 *   sen-provisioner --config FILE --check         reads the file, says what is wrong
 *   sen-provisioner --config FILE --dump-config   the values in force
 *   sen-provisioner --sample-config
 */
#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/url.h"
#include "provisioning/admin.h"
#include "provisioning/binding_store.h"
#include "provisioning/observe/notices.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define CONFIG_BYTES ((size_t)1024 * 1024)
#define STATEMENT_TIMEOUT_MS 30000
/* Looking at two platforms at a time: one that is slow or paced does not keep all others waiting. */
#define OBSERVERS 2
/* Housekeeper, reorganiser, runs on demand, outbox, readiness, notices, observers. */
#define CONNECTIONS_BESIDES (6 + OBSERVERS)

static enum log_level level_of(struct str name)
{
	static const char *const names[] = { "error", "warn", "info", "debug" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (str_equal(name, str_c(names[i])))
			return (enum log_level)i;
	return LOG_LEVEL_INFO;
}

static int say(const char *what, struct str message)
{
	fprintf(stderr, "sen-provisioner: %s%.*s\n", what, STR_ARG(message));
	return EXIT_FAILURE;
}

/* Webhooks and forms number theirs from their own threads. */
static unsigned connections_of(const struct config *config)
{
	unsigned n = CONNECTIONS_BESIDES + postman_is_wanted(&config->mail);

	for (size_t i = 0; i < config->n_connectors; i++)
		n += follower_is_wanted(&config->connectors[i]) + unit_keeper_is_wanted(&config->connectors[i]) + ((str_equal(config->connectors[i].kind, STR("webhook")) || str_equal(config->connectors[i].kind, STR("form"))) ? (unsigned)config->connectors[i].concurrency : 0);
	return n;
}

/* One for each planner and worker, and for the recorder. */
static bool open_db(struct app *app, struct arena *a, struct str *ret_message)
{
	struct db_config db = {
		.conninfo = app->config.db_conninfo,
		.password = app->config.db_password,
		.program = "sen-provisioner",
		.pool_size = connections_of(&app->config),
		.statement_timeout_ms = STATEMENT_TIMEOUT_MS,
		.audit_chain = (int)app->config.audit_chain,
	};

	if (db_open(&db, &app->db, ret_message, a) < 0)
		return false;
	db.pool_size = (unsigned)app->config.planner_threads + (unsigned)app->config.n_connectors + 1;
	db.by_key = true;
	return db_open(&db, &app->hot, ret_message, a) == 0;
}

/* All codes first: nothing is started when one is wrong. */
static bool start_workers(struct app *app, struct op *op, struct str *ret_message)
{
	size_t n = app->config.n_connectors;
	int64_t *ids = ARENA_ARRAY(op->arena, int64_t, n);

	for (size_t i = 0; i < n; i++) {
		const struct connector_config *c = &app->config.connectors[i];

		if (platform_by_code(op, c->platform, &ids[i]) == 0)
			continue;
		*ret_message = arena_printf(op->arena, "[connector.%.*s]: %s %.*s", STR_ARG(c->platform),
		                            op->error.text, STR_ARG(op->error.detail));
		return false;
	}
	app->workers = ARENA_ARRAY(op->arena, struct worker *, n);
	for (size_t i = 0; i < n; i++) {
		struct worker_config w = {
			.db = app->hot,
			.recorder = &app->recorder,
			.urgency = &app->urgency,
			.connector = &app->config.connectors[i],
			.platform_id = ids[i],
			.mail_domain = app->config.mail_domain,
			.lease_s = app->config.lease_s,
		};

		if (worker_start(op, &w, &app->workers[i]) < 0) {
			*ret_message = arena_printf(op->arena, "[connector.%.*s]: %s %.*s", STR_ARG(w.connector->platform),
			                            op->error.text, STR_ARG(op->error.detail));
			return false;
		}
		app->n_workers++;
	}
	return true;
}

static bool open_token(struct app *app, struct op *op, struct str *ret_message)
{
	if (pkcs11_open(op, &app->config.pkcs11, &app->token) == 0) {
		app->config.keys.token = app->token;
		return true;
	}
	*ret_message = arena_printf(op->arena, "[keys]: %s %.*s", op->error.text, STR_ARG(op->error.detail));
	return false;
}

static bool start_outbox(struct app *app, struct op *op, struct str *ret_message)
{
	struct outbox_config config = {
		.db = app->db,
		.issuer = app->config.issuer,
		.keys = app->config.keys,
		.egress_allow = app->config.egress_allow,
		.ca_file = app->config.http_ca_file,
		.concurrency = app->config.outbox_concurrency,
		.timeout_ms = app->config.outbox_timeout_ms,
	};

	if (outbox_start(op, &config, &app->outbox) == 0)
		return true;
	*ret_message = arena_printf(op->arena, "outbox: %s %.*s", op->error.text, STR_ARG(op->error.detail));
	return false;
}

static void prepare_postman(struct app *app)
{
	struct url issuer;

	if (!postman_is_wanted(&app->config.mail) || !url_parse(app->config.issuer, &issuer))
		return;
	app->postman.settings = &app->config.mail;
	app->postman.mail_domain = app->config.mail_domain;
	app->postman.our_name = issuer.host;
	app->postman.is_stopping = &app->is_stopping;
	app->postman.db = app->db;
}

static bool prepare_observer(struct app *app, struct op *op, struct str *ret_message)
{
	struct observed_connector *all = ARENA_ARRAY(op->arena, struct observed_connector, app->n_workers + 1);

	for (size_t i = 0; i < app->n_workers; i++)
		all[i] = (struct observed_connector){ &app->config.connectors[i], worker_platform_id(app->workers[i]), app->workers[i] };
	app->observer.db = app->db;
	app->observer.connectors = all;
	app->observer.n_connectors = app->n_workers;
	app->observer.mail_domain = app->config.mail_domain;
	app->observer.is_stopping = &app->is_stopping;
	app->followers = ARENA_ARRAY(op->arena, struct follower, app->n_workers + 1);
	app->unit_keepers = ARENA_ARRAY(op->arena, struct unit_keeper, app->n_workers + 1);
	for (size_t i = 0; i < app->n_workers; i++) {
		if (follower_is_wanted(all[i].config))
			app->followers[app->n_followers++] = (struct follower){ .observer = &app->observer, .of = &all[i] };
		if (unit_keeper_is_wanted(all[i].config))
			app->unit_keepers[app->n_unit_keepers++] = (struct unit_keeper){ .db = app->db, .config = all[i].config, .platform_id = all[i].platform_id,
				                                                         .is_stopping = &app->is_stopping };
	}
	if (observer_prepare(op, &app->observer) == 0)
		return true;
	*ret_message = arena_printf(op->arena, "observer: %s %.*s", op->error.text, STR_ARG(op->error.detail));
	return false;
}

static void stop_senders(struct app *app)
{
	if (app->outbox)
		outbox_stop(app->outbox);
	for (size_t i = 0; i < app->n_workers; i++)
		worker_stop(app->workers[i]);
}

static void join_senders(struct app *app)
{
	for (size_t i = 0; i < app->n_workers; i++)
		worker_join(app->workers[i]);
	if (app->outbox)
		outbox_join(app->outbox);
}

static void start_thread(pthread_t *thread, void *(*main)(void *), void *arg)
{
	if (pthread_create(thread, NULL, main, arg) != 0)
		abort();
}

static void run_until_signal(struct app *app, struct arena *a, int admin_fd, const sigset_t *signals)
{
	struct admin admin = { .app = app, .fd = admin_fd };
	pthread_t *followers = ARENA_ARRAY(a, pthread_t, app->n_followers + app->n_unit_keepers + 1), *unit_keepers = followers + app->n_followers;
	pthread_t planners[PLANNER_THREADS_MAX], notices, housekeeper, counter, reorganiser, tracer, postman, admin_thread, observers[OBSERVERS];
	bool hears = notices_come(&app->observer);
	int signal_number = 0;

	for (int64_t i = 0; i < app->config.planner_threads; i++)
		start_thread(&planners[i], planner_main, app);
	start_thread(&housekeeper, housekeeper_main, app);
	start_thread(&counter, counter_main, app);
	start_thread(&reorganiser, reorganiser_main, app);
	for (size_t i = 0; i < OBSERVERS; i++)
		start_thread(&observers[i], observer_main, &app->observer);
	for (size_t i = 0; i < app->n_followers; i++)
		start_thread(&followers[i], follower_main, &app->followers[i]);
	for (size_t i = 0; i < app->n_unit_keepers; i++)
		start_thread(&unit_keepers[i], unit_keeper_main, &app->unit_keepers[i]);
	if (app->postman.db)
		start_thread(&postman, postman_main, &app->postman);
	if (hears)
		start_thread(&notices, notices_main, &app->observer);
	start_thread(&tracer, tracer_main, app);
	start_thread(&admin_thread, admin_main, &admin);
	log_event(LOG_LEVEL_INFO, "start", L_INT("platforms", (int64_t)app->n_workers),
	          L_STR("admin", app->config.admin_listen));
	sigwait(signals, &signal_number);
	log_event(LOG_LEVEL_INFO, "stop", L_INT("signal", signal_number));
	atomic_store(&app->is_stopping, true);
	stop_senders(app);
	/* They look at the senders, so these go last. */
	for (int64_t i = 0; i < app->config.planner_threads; i++)
		pthread_join(planners[i], NULL);
	pthread_join(housekeeper, NULL);
	pthread_join(counter, NULL);
	pthread_join(reorganiser, NULL);
	for (size_t i = 0; i < OBSERVERS; i++)
		pthread_join(observers[i], NULL);
	for (size_t i = 0; i < app->n_followers + app->n_unit_keepers; i++)
		pthread_join(followers[i], NULL);
	if (app->postman.db)
		pthread_join(postman, NULL);
	if (hears)
		pthread_join(notices, NULL);
	pthread_join(tracer, NULL);
	pthread_join(admin_thread, NULL);
	join_senders(app);
}

/* A core file would hold passwords and tokens of platforms. */
static void harden(void)
{
	const struct rlimit none = { 0, 0 };

	if (setrlimit(RLIMIT_CORE, &none) < 0)
		abort();
}

static int run(struct app *app, struct arena *a)
{
	struct str message = STR_NULL;
	sigset_t signals;
	struct op op;
	int admin_fd;
	int status = EXIT_SUCCESS;

	/* Before any thread, so that all of them inherit it and only sigwait() gets them. */
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	harden();
	if (admin_listen(a, app->config.admin_listen, &admin_fd, &message) < 0)
		return say("", message);
	if (!open_db(app, a, &message))
		return say("database: ", message);
	op_init(&op, a, app->db, NULL);
	pthread_mutex_init(&app->lock, NULL);
	atomic_store(&app->planner_beat_ms, clock_mono_ms());
	urgency_init(&app->urgency);
	recorder_start(&app->recorder, app->hot);
	if (open_token(app, &op, &message) && start_workers(app, &op, &message) && start_outbox(app, &op, &message) &&
	    prepare_observer(app, &op, &message)) {
		prepare_postman(app);
		run_until_signal(app, a, admin_fd, &signals);
	} else {
		status = say("", message);
		stop_senders(app);
		join_senders(app);
	}
	db_op_done(&op);
	/* After the workers, which wait for their ends to be written. */
	recorder_stop(&app->recorder);
	urgency_done(&app->urgency);
	db_close(app->hot);
	db_close(app->db);
	pkcs11_close(app->token);
	pthread_mutex_destroy(&app->lock);
	return status;
}

enum mode { MODE_RUN, MODE_CHECK, MODE_DUMP, MODE_SAMPLE };

struct options {
	enum mode mode;
	const char *config;
};

static bool options_read(int argc, char **argv, struct options *ret)
{
	static const struct option table[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "check", no_argument, NULL, 'k' },
		{ "dump-config", no_argument, NULL, 'd' },
		{ "sample-config", no_argument, NULL, 's' },
		{ 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "c:", table, NULL)) >= 0) {
		switch (c) {
		case 'c':
			ret->config = optarg;
			break;
		case 'k':
			ret->mode = MODE_CHECK;
			break;
		case 'd':
			ret->mode = MODE_DUMP;
			break;
		case 's':
			ret->mode = MODE_SAMPLE;
			break;
		default:
			return false;
		}
	}
	return optind == argc && (ret->config || ret->mode == MODE_SAMPLE);
}

static int print(struct arena *a, const struct options *options)
{
	struct buf b = buf_new(a, CONFIG_BYTES / 2);
	struct str message = STR_NULL;

	if (options->mode == MODE_SAMPLE)
		config_sample(&b);
	else if (config_dump(a, options->config, &b, &message) < 0)
		return say("", message);
	return fwrite(b.p, 1, b.len, stdout) == b.len ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	static struct app app;
	_cleanup_(arena_freep) struct arena *a = arena_new(CONFIG_BYTES);
	struct options options = { 0 };
	struct str message = STR_NULL;

	if (!options_read(argc, argv, &options)) {
		fputs("usage: sen-provisioner --config FILE [--check | --dump-config]\n"
		      "       sen-provisioner --sample-config\n", stderr);
		return 2;
	}
	if (options.mode == MODE_SAMPLE)
		return print(a, &options);
	if (config_read(a, options.config, &app.config, &message) < 0)
		return say("", message);
	if (options.mode == MODE_DUMP)
		return print(a, &options);
	if (options.mode == MODE_CHECK)
		return EXIT_SUCCESS;
	log_init("sen-provisioner", level_of(app.config.log_level));
	return run(&app, a);
}
