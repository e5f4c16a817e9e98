/*
 * rules.h: when a request form is closed and when its officer is reminded.  Pure: ages are parameters, in seconds.
 *
 * A form is closed by size, by the age of its oldest line, or soon when access is to be taken away.  One without a waiting
 * line is never closed: nobody is sent an empty sheet.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum form_closing { FORM_STAYS_OPEN, FORM_FULL, FORM_OLD, FORM_URGENT };

struct form_limits {
	int64_t lines, close_min, urgent_min;
};
struct form_age {
	int64_t n_lines;   /* numbers given out */
	int64_t n_waiting;
	int64_t oldest_s;  /* of the waiting ones */
	int64_t urgent_s;  /* of the oldest one that takes access away; -1: there is none */
};

enum form_closing form_closing(const struct form_limits *limits, const struct form_age *age);
/* As sen.form.close_reason has it; NULL for FORM_STAYS_OPEN. */
const char *form_closing_word(enum form_closing closing);

/* At the due moment, then every day.  since_s: since the last reminder, whatever it is when there was none. */
bool form_reminds(int64_t overdue_s, int64_t n_reminders, int64_t since_s);
/* After the second reminder it is the managing unit's business. */
bool form_is_escalated(int64_t n_reminders);
