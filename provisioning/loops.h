/* loops.h: what runs beside the workers: the planner, the housekeeper, the counter, the reorganiser and runs on demand, a thread each. */
#pragma once

#include "common/db/db.h"
#include "provisioning/config.h"
#include "provisioning/mail/postman.h"
#include "provisioning/observe/follow.h"
#include "provisioning/outbox.h"
#include "provisioning/recorder.h"
#include "provisioning/units/keeper.h"
#include "provisioning/urgency.h"
#include "provisioning/worker.h"

#include <pthread.h>
#include <stdatomic.h>

/* The program: const after the start but for what is atomic or behind the lock. */
struct app {
	struct config config;
	struct db *db;
	struct db *hot;             /* of planners and workers: statements that are always alike, not planned anew each time */
	struct pkcs11_token *token; /* of signing keys, or NULL */
	struct worker **workers;
	size_t n_workers;
	struct recorder recorder;
	struct urgency urgency;
	struct outbox *outbox;
	struct observer observer;
	struct follower *followers; /* of the platforms that tell of changes */
	size_t n_followers;
	struct unit_keeper *unit_keepers; /* of the directories that have units */
	size_t n_unit_keepers;
	struct postman postman;      /* where e-mail is sent */
	atomic_bool is_stopping;
	atomic_int_least64_t planner_beat_ms;  /* clock_mono_ms() of its last good round */
	atomic_uint_least64_t n_planned;       /* accounts looked at */
	atomic_uint_least64_t n_as_planned;    /* of them: nothing had changed */
	atomic_uint_least64_t n_changed;       /* bindings that became due */
	atomic_uint_least64_t n_expired;       /* leases that ended without an answer */
	atomic_uint_least64_t n_swept;         /* bindings made due by the sweep */
	atomic_uint_least64_t n_sessions_expired;
	atomic_uint_least64_t n_given_up;      /* messages that nobody took in time */
	atomic_uint_least64_t n_alarms;        /* platforms in quarantine, once a day each */
	pthread_mutex_t lock;
	/* Metrics lines of what waits, made by the counter. */
	char counts[98304], outbox_counts[16384], observe_counts[49152], form_counts[16384], late_counts[32768];
};

/* Sleeps, but not past the stop. */
void app_pause(struct app *app, int64_t ms);
void app_complain(const char *event, const struct op *op);
/* STR_NULL: there is no worker of it here. */
struct str app_platform_code(const struct app *app, int64_t platform_id);
/* Those that are served here: n_workers of them. */
const int64_t *app_platforms(const struct app *app, struct arena *a);
/* Something is due on some platform. */
void app_nudge(struct app *app);

void *planner_main(void *app);
void *housekeeper_main(void *app);
void *counter_main(void *app);
void *reorganiser_main(void *app);
/* trace_loop.c: plans runs on demand and hands their platforms to the workers. */
void *tracer_main(void *app);
