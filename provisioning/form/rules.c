#include "provisioning/form/rules.h"

#include <stddef.h>

#define MINUTE_S 60
#define DAY_S 86400
#define REMINDERS_ALONE 2

enum form_closing form_closing(const struct form_limits *limits, const struct form_age *age)
{
	if (age->n_waiting == 0)
		return FORM_STAYS_OPEN;
	if (age->n_lines >= limits->lines)
		return FORM_FULL;
	if (age->urgent_s >= 0 && age->urgent_s >= limits->urgent_min * MINUTE_S)
		return FORM_URGENT;
	return age->oldest_s >= limits->close_min * MINUTE_S ? FORM_OLD : FORM_STAYS_OPEN;
}

const char *form_closing_word(enum form_closing closing)
{
	static const char *const words[] = { [FORM_STAYS_OPEN] = NULL, [FORM_FULL] = "size", [FORM_OLD] = "time", [FORM_URGENT] = "urgent" };

	return words[closing];
}

bool form_reminds(int64_t overdue_s, int64_t n_reminders, int64_t since_s)
{
	return overdue_s >= 0 && (n_reminders == 0 || since_s >= DAY_S);
}

bool form_is_escalated(int64_t n_reminders)
{
	return n_reminders > REMINDERS_ALONE;
}
