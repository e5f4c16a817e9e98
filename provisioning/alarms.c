#include "provisioning/alarms.h"

#include "common/base/log.h"
#include "provisioning/health_store.h"
#include "provisioning/late_store.h"

#include <inttypes.h>

int alarm_quarantine(struct app *app, struct op *op)
{
	const struct health_alarm *alarms;
	size_t n;
	int err = health_alarms(op, app_platforms(app, op->arena), app->n_workers, &alarms, &n);

	for (size_t i = 0; err == 0 && i < n; i++) {
		log_event(LOG_LEVEL_ERROR, "platform.alarm", L_STR("platform", app_platform_code(app, alarms[i].platform_id)),
		          L_C("state", breaker_state_name(alarms[i].state)), L_INT("for_s", alarms[i].since_s),
		          L_STR("error", str_is_null(alarms[i].err_class) ? STR("") : alarms[i].err_class));
	}
	if (err == 0)
		atomic_fetch_add(&app->n_alarms, n);
	return err;
}

int alarm_revocations(struct app *app, struct op *op, struct buf *metrics)
{
	const struct late_platform *late;
	const int64_t *ids = app_platforms(app, op->arena);
	size_t n;
	int err = late_run(op, ids, app->n_workers, &late, &n);

	for (size_t i = 0; err == 0 && i < n; i++) {
		const struct late_platform *l = &late[i];
		struct str code = app_platform_code(app, l->platform_id);

		buf_printf(metrics, "sen_provisioner_revocations_late{platform=\"%.*s\"} %" PRId64 "\n", STR_ARG(code), l->n);
		buf_printf(metrics, "sen_provisioner_revocation_oldest_seconds{platform=\"%.*s\"} %" PRId64 "\n", STR_ARG(code), l->oldest_s);
		if (l->n_overdue > 0)
			log_event(LOG_LEVEL_WARN, "revocation.overdue", L_STR("platform", code), L_INT("n", l->n_overdue), L_INT("oldest_s", l->oldest_s));
		if (l->n_called > 0)
			log_event(LOG_LEVEL_ERROR, "revocation.page", L_STR("platform", code), L_INT("n", l->n_called), L_INT("oldest_s", l->oldest_s));
	}
	return err;
}
