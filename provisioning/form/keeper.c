#include "provisioning/form/keeper.h"

#include "common/base/log.h"
#include "provisioning/form/store.h"

#include <inttypes.h>

int forms_close_due(struct op *op)
{
	const struct form_to_close *forms;
	size_t n;
	int r = form_list_open(op, &forms, &n);

	for (size_t i = 0; r == 0 && i < n; i++) {
		const char *reason = form_closing_word(form_closing(&forms[i].limits, &forms[i].age));
		bool is_closed = false;

		if (!reason)
			continue;
		r = form_close(op, forms[i].platform_id, forms[i].number, reason, &is_closed);
		if (is_closed)
			log_event(LOG_LEVEL_INFO, "form.closed", L_STR("platform", forms[i].platform_code), L_INT("form", forms[i].number),
			          L_C("reason", reason), L_INT("lines", forms[i].age.n_waiting));
	}
	return r;
}

int forms_remind_due(struct op *op)
{
	const struct form_overdue *forms;
	size_t n;
	int r = form_list_overdue(op, &forms, &n);

	for (size_t i = 0; r == 0 && i < n; i++) {
		bool is_ours = false;

		if (!form_reminds(forms[i].overdue_s, forms[i].n_reminders, forms[i].since_s))
			continue;
		r = form_remind(op, &forms[i], &is_ours);
		if (is_ours)
			log_event(LOG_LEVEL_WARN, "form.overdue", L_STR("platform", forms[i].platform_code), L_INT("form", forms[i].number),
			          L_INT("reminder", forms[i].n_reminders + 1),
			          L_C("to", form_is_escalated(forms[i].n_reminders + 1) ? "managing unit" : "officer"));
	}
	return r;
}

int forms_metrics(struct op *op, struct buf *b)
{
	const struct form_count *counts;
	size_t n;
	int r = form_counts(op, &counts, &n);

	for (size_t i = 0; r == 0 && i < n; i++) {
		const struct { const char *state; int64_t n; } states[] = {
			{ "open", counts[i].n_open }, { "out", counts[i].n_out }, { "overdue", counts[i].n_overdue }, { "escalated", counts[i].n_escalated },
		};

		for (size_t k = 0; k < ARRAY_LEN(states); k++)
			buf_printf(b, "sen_provisioner_forms{platform=\"%.*s\",state=\"%s\"} %" PRId64 "\n", STR_ARG(counts[i].platform_code),
			           states[k].state, states[k].n);
		buf_printf(b, "sen_provisioner_forms_oldest_seconds{platform=\"%.*s\"} %" PRId64 "\n", STR_ARG(counts[i].platform_code),
		           counts[i].oldest_s);
	}
	return r;
}
