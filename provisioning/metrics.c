#include "provisioning/metrics.h"

#include <inttypes.h>

static void counter(struct buf *b, const char *name, uint64_t value)
{
	buf_printf(b, "# TYPE sen_provisioner_%s counter\nsen_provisioner_%s %" PRIu64 "\n", name, name, value);
}

static void write_operations(struct buf *b, struct str code, const struct worker_stats *s)
{
	for (size_t op = 0; op < WORKER_OPS; op++) {
		for (size_t outcome = 0; outcome < WORKER_OUTCOMES; outcome++) {
			if (s->operations[op][outcome] == 0)
				continue;
			buf_printf(b, "sen_provisioner_operations_total{platform=\"%.*s\",op=\"%s\",outcome=\"%s\"} %" PRIu64 "\n",
			           STR_ARG(code), worker_op_name(op), outcome_name((enum outcome)outcome),
			           s->operations[op][outcome]);
		}
	}
}

static void write_worker(struct buf *b, struct worker *w)
{
	struct worker_stats s;
	struct str code = worker_platform(w);

	worker_stats_get(w, &s);
	write_operations(b, code, &s);
	buf_printf(b, "sen_provisioner_operation_seconds_total{platform=\"%.*s\"} %" PRIu64 ".%03" PRIu64 "\n",
	           STR_ARG(code), s.ms_total / 1000, s.ms_total % 1000);
	buf_printf(b, "sen_provisioner_fenced_total{platform=\"%.*s\"} %" PRIu64 "\n", STR_ARG(code), s.fenced);
	buf_printf(b, "sen_provisioner_in_flight{platform=\"%.*s\"} %" PRIu64 "\n", STR_ARG(code), s.in_flight);
	buf_printf(b, "sen_provisioner_platform_up{platform=\"%.*s\"} %d\n", STR_ARG(code),
	           s.breaker == BREAKER_CLOSED);
	buf_printf(b, "sen_provisioner_platform_state{platform=\"%.*s\",state=\"%s\"} 1\n", STR_ARG(code), breaker_state_name(s.breaker));
	buf_printf(b, "sen_provisioner_rate_limit{platform=\"%.*s\"} %" PRId64 ".%03" PRId64 "\n", STR_ARG(code), s.rate_milli / 1000, s.rate_milli % 1000);
}

static void write_outbox(struct buf *b, struct app *app)
{
	struct outbox_stats s;

	outbox_stats_get(app->outbox, &s);
	for (size_t i = 0; i < OUTBOX_OUTCOMES; i++)
		buf_printf(b, "sen_provisioner_outbox_attempts_total{outcome=\"%s\"} %" PRIu64 "\n",
		           outbox_outcome_name((enum outbox_outcome)i), s.sent[i]);
	counter(b, "outbox_fenced_total", s.fenced);
	counter(b, "outbox_given_up_total", atomic_load(&app->n_given_up));
	buf_printf(b, "sen_provisioner_outbox_in_flight %" PRIu64 "\n", s.in_flight);
	buf_printf(b, "sen_provisioner_outbox_destinations_down %" PRIu64 "\n", s.n_down);
}

void metrics_write_findings(struct buf *b, const struct observe_counts *c)
{
	const struct {
		const char *situation;
		int64_t n;
	} all[] = { { "unlinked", c->unlinked }, { "unmatched", c->unmatched }, { "disputed", c->disputed },
		    { "collision", c->collisions }, { "missing", c->missing }, { "differing", c->differing } };

	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		buf_printf(b, "sen_provisioner_findings{platform=\"%.*s\",situation=\"%s\"} %" PRId64 "\n", STR_ARG(c->platform), all[i].situation, all[i].n);
	buf_printf(b, "sen_provisioner_observe_held{platform=\"%.*s\"} %" PRId64 "\n", STR_ARG(c->platform), c->held);
	/* Never: no line, so that an alarm on age does not take it for fresh. */
	if (c->age_s >= 0)
		buf_printf(b, "sen_provisioner_observe_age_seconds{platform=\"%.*s\"} %" PRId64 "\n", STR_ARG(c->platform), c->age_s);
}

static void write_mail(struct buf *b, struct postman *p)
{
	struct postman_stats *s = &p->stats;

	if (!p->db)
		return;
	for (size_t i = 0; i < OUTBOX_OUTCOMES; i++)
		buf_printf(b, "sen_provisioner_mail_attempts_total{outcome=\"%s\"} %" PRIu64 "\n", outbox_outcome_name((enum outbox_outcome)i), atomic_load(&s->sent[i]));
	counter(b, "mail_messages_total", atomic_load(&s->gathered));
	counter(b, "mail_in_doubt_total", atomic_load(&s->in_doubt));
	counter(b, "mail_fenced_total", atomic_load(&s->fenced));
	buf_printf(b, "sen_provisioner_mail_relay_up %d\n", !atomic_load(&s->is_down));
}

static void write_observer(struct buf *b, struct observer *o)
{
	static const char *const ends[] = { "complete", "incomplete", "failed" };

	counter(b, "observe_pages_total", atomic_load(&o->stats.pages));
	counter(b, "observe_accounts_total", atomic_load(&o->stats.accounts));
	counter(b, "observe_lost_total", atomic_load(&o->stats.lost));
	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		buf_printf(b, "sen_provisioner_observe_runs_total{end=\"%s\"} %" PRIu64 "\n", ends[i], atomic_load(&o->stats.runs[i]));
}

static void write_follower(struct buf *b, struct follower *w)
{
	struct str code = w->of->config->platform;
	struct follower_stats *s = &w->stats;

	buf_printf(b, "sen_provisioner_follow_connected{platform=\"%.*s\"} %d\n", STR_ARG(code), atomic_load(&s->is_connected));
	buf_printf(b, "sen_provisioner_follow_told_total{platform=\"%.*s\"} %" PRIu64 "\n", STR_ARG(code), atomic_load(&s->told));
	buf_printf(b, "sen_provisioner_follow_repaired_total{platform=\"%.*s\"} %" PRIu64 "\n", STR_ARG(code), atomic_load(&s->repaired));
	buf_printf(b, "sen_provisioner_follow_restarts_total{platform=\"%.*s\"} %" PRIu64 "\n", STR_ARG(code), atomic_load(&s->restarts));
	buf_printf(b, "sen_provisioner_follow_faults_total{platform=\"%.*s\"} %" PRIu64 "\n", STR_ARG(code), atomic_load(&s->faults));
}

static void write_units(struct buf *b, struct unit_keeper *k)
{
	struct unit_keeper_stats *s = &k->stats;
	const struct {
		const char *name;
		int64_t n;
	} all[] = { { "entries", atomic_load(&s->entries) }, { "strangers", atomic_load(&s->strangers) }, { "waiting", atomic_load(&s->waiting) },
		    { "failing", atomic_load(&s->failing) }, { "held", atomic_load(&s->held) }, { "made_total", atomic_load(&s->made) }, { "changed_total", atomic_load(&s->changed) },
		    { "raced_total", atomic_load(&s->raced) }, { "refused_total", atomic_load(&s->refused) },
		    /* Never: no line, so that an alarm on age does not take it for fresh. */
		    { "age_seconds", atomic_load(&s->age_s) } };

	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		if (all[i].n >= 0)
			buf_printf(b, "sen_provisioner_units_%s{platform=\"%.*s\"} %" PRId64 "\n", all[i].name, STR_ARG(k->config->platform), all[i].n);
}

void metrics_write(struct app *app, struct buf *b)
{
	struct db_stats db, hot;

	db_stats_get(app->db, &db);
	db_stats_get(app->hot, &hot);
	counter(b, "planned_total", atomic_load(&app->n_planned));
	counter(b, "as_planned_total", atomic_load(&app->n_as_planned));
	counter(b, "changed_total", atomic_load(&app->n_changed));
	counter(b, "leases_expired_total", atomic_load(&app->n_expired));
	counter(b, "swept_total", atomic_load(&app->n_swept));
	counter(b, "platform_alarms_total", atomic_load(&app->n_alarms));
	counter(b, "db_reconnects_total", db.reconnects + hot.reconnects);
	counter(b, "sessions_expired_total", atomic_load(&app->n_sessions_expired));
	for (size_t i = 0; i < app->n_workers; i++)
		write_worker(b, app->workers[i]);
	write_outbox(b, app);
	write_mail(b, &app->postman);
	write_observer(b, &app->observer);
	for (size_t i = 0; i < app->n_followers; i++)
		write_follower(b, &app->followers[i]);
	for (size_t i = 0; i < app->n_unit_keepers; i++)
		write_units(b, &app->unit_keepers[i]);
	pthread_mutex_lock(&app->lock);
	buf_add_c(b, app->counts);
	buf_add_c(b, app->outbox_counts);
	buf_add_c(b, app->observe_counts);
	buf_add_c(b, app->form_counts);
	buf_add_c(b, app->late_counts);
	pthread_mutex_unlock(&app->lock);
}
