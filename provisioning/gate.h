/*
 * gate.h: how many operations on one platform may start now: its limits, its breaker, its maintenance windows, shared with
 * the other provisioners of the platform.  Of the dispatcher's thread alone.
 *
 * What takes access away goes before everything, and where other operations wait: without budget (the others pay for
 * it later), in a window unless that says otherwise, and one at a time in a pause that the platform asked for.
 */
#pragma once

#include "common/base/random.h"
#include "provisioning/health_store.h"

#define PRIO_REVOCATION 0
#define PRIO_LAST INT16_MAX

struct gate_config {
	int64_t platform_id;
	struct str platform;
	int64_t lease_s;
	int64_t concurrency;   /* threads that this worker has */
	int64_t rate_per_s;    /* where no row says more; 0: no limit */
};

struct gate {
	struct gate_config config;
	char worker_id[UUID_TEXT_LEN + 1];
	struct arena *arena;            /* of health */
	struct health health;
	int64_t read_ms, alive_ms;      /* of the last time; 0: none */
	struct breaker breaker;
	bool holds_probe;
	int64_t credit, credit_ms;      /* operations taken and not used; negative: overdrawn */
	int64_t urgent_ms;              /* when a revocation last went in spite of a pause */
	int64_t sent, sent_since_ms, sent_milli; /* what went, and how fast in the last second that is over */
	/* To be written. */
	bool is_dirty;                  /* the breaker is not as its row says */
	bool was_closed;                /* as the row says */
	bool is_limited;
	int64_t pause_ms;
	const char *class;
	int64_t status;
};

struct admission {
	int64_t limit;
	int64_t max_prio;      /* nothing behind it */
	bool is_probe;
};

/* What one operation told of the platform. */
struct gate_event {
	bool is_limited;       /* too fast */
	int64_t pause_ms;      /* it asked for; 0: nothing */
	bool is_event;         /* event means something */
	enum breaker_event event;
	const char *class;     /* of a bad event */
	int64_t status;
};

void gate_init(struct gate *g, const struct gate_config *config);
void gate_done(struct gate *g);
/* in_flight: under way already.  Errors of the database: nothing is admitted. */
int gate_admit(struct gate *g, struct op *op, int64_t wanted, int64_t in_flight, struct admission *ret) _must_check_;
/*
 * One operation that somebody asked for by name.  takes_away: access ends by it, so no window and no lack of budget delays it.
 * *ret_why: NULL: it may start; "busy", "budget": ask again soon; else why nothing is sent now: "window", "pause", or the state of the breaker.
 */
int gate_ask(struct gate *g, struct op *op, bool takes_away, int64_t in_flight, struct admission *ret, const char **ret_why) _must_check_;
/* How many of those were claimed. */
int gate_used(struct gate *g, struct op *op, const struct admission *a, int64_t n) _must_check_;
void gate_note(struct gate *g, const struct gate_event *event, int64_t now_ms);
bool gate_has_news(const struct gate *g) _pure_;
/* Writes what the events changed.  *ret_closed: the platform is back, through us. */
int gate_flush(struct gate *g, struct op *op, bool *ret_closed) _must_check_;
/* 0: no limit. */
int64_t gate_rate_milli(const struct gate *g, int64_t now_ms);
