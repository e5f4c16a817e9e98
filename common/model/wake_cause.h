/*
 * wake_cause.h: why a transaction takes access away, where the number of accounts it wakes would say something else.
 *
 * Without it: up to five accounts in a transaction are a decision about persons by name, which the guard lets pass; more are counted.
 */
#pragma once

#include "common/db/db.h"

enum wake_cause {
	WAKE_NAMED,    /* each is a decision about one person, however many there are: never held */
	WAKE_APPROVED, /* previewed, and approved by a second person: never held again */
	WAKE_FEED,     /* a program, row by row: counted, however few there are */
};

/* For the rest of the open transaction. */
int wake_cause_set(struct op *op, enum wake_cause cause) _must_check_;
