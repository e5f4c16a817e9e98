/*
 * health_store.h: the rows sen.platform_limit, sen.platform_health and sen.platform_worker: what all provisioners of a platform
 * share.  Times come and go as distances in milliseconds, so that clocks may differ.
 *
 * The breaker is changed by comparing its epoch, which is the fencing token of probes: who slept meanwhile changes nothing.
 */
#pragma once

#include "common/base/op.h"
#include "provisioning/retry.h"
#include "common/model/window.h"

/* As one statement read it.  Ages: how long ago; -1: never. */
struct health {
	int64_t epoch;
	enum breaker_state state;
	int64_t openings, opened_age_ms, failed_age_ms;
	bool is_probing;
	int64_t pause_ms;               /* how much of it is left */
	struct rate rate;
	int64_t rate_age_ms;
	int64_t n_workers;              /* alive, this one too */
	int64_t now_s;                  /* the database's clock, which is everybody's */
	bool revocation_waits, has_due; /* told while the platform is not served as usual */
	/* What an administrator allows; 0: nothing said. */
	int64_t rate_milli, burst, concurrency;
	const struct str *words;        /* of errors that mean "too fast" */
	size_t n_words;
	const struct str *left;         /* attributes that are not enforced there */
	size_t n_left;
	const struct window *windows;
	size_t n_windows;
	bool windows_are_bad;           /* nobody can read them: nothing but revocations is sent */
};

/* Says that this worker is alive; makes the row of the platform's health. */
int health_alive(struct op *op, int64_t platform_id, struct str worker_id) _must_check_;
int health_leave(struct op *op, int64_t platform_id, struct str worker_id) _must_check_;
/* always_urgent: ask whether a revocation waits even though the breaker is closed. */
int health_read(struct op *op, int64_t platform_id, bool always_urgent, struct health *ret) _must_check_;

struct health_change {
	int64_t platform_id, epoch;
	const struct breaker *breaker;
	int64_t now_ms, lease_ms;       /* lease: how long a probe may take */
	int64_t probe_ms;               /* until the next one */
	const char *class;              /* of the fault that made it so, or NULL */
	int64_t status;
};
/* Writes the breaker where it is still as it was at epoch; *ret_epoch: the new one, or 0 when somebody else was faster. */
int health_set_breaker(struct op *op, const struct health_change *change, int64_t *ret_epoch) _must_check_;
/*
 * The platform said that we are too fast: the first who says so in RATE_CUT_EVERY_MS cuts the rate (cut NULL: it did not).
 * pause_ms: it asked for that.
 */
int health_limited(struct op *op, int64_t platform_id, const struct rate *cut, int64_t pause_ms) _must_check_;
struct health_budget {
	int64_t platform_id;
	int64_t wanted, overdrawn;      /* overdrawn: sent without having been taken */
	int64_t rate_milli, burst;
};
/* Out of the budget of all provisioners. */
int health_take(struct op *op, const struct health_budget *budget, int64_t *ret_taken) _must_check_;

/* Of every platform served by these: how many bindings wait, from the partial indexes; for those who look. */
int health_count(struct op *op, const int64_t *platform_ids, size_t n) _must_check_;

struct health_alarm {
	int64_t platform_id;
	enum breaker_state state;
	int64_t since_s;      /* for so long */
	struct str err_class;
};
/* Of these platforms, those in quarantine or without our rights there: each once a day, to one of its provisioners. */
int health_alarms(struct op *op, const int64_t *platform_ids, size_t n_ids, const struct health_alarm **ret_alarms, size_t *ret_n) _must_check_;
