/* run.h: between the parts of the observer: one run in the hands of one thread. */
#pragma once

#include "provisioning/observe/judge_store.h"
#include "provisioning/observe/observer.h"

struct run {
	struct observer *observer;
	const struct observed_connector *of;
	const struct connector *connector;
	void *instance;
	struct observe_run *row;
	struct arena *arena; /* of the page or batch; reset for each */
	int restarts;
};

/* An op of the page or batch. */
void run_op(struct run *r, struct op *op);
bool run_is_stopping(const struct run *r);

/* 0: the listing is at its end; ERR_*, or 1: the run has been given back. */
int run_list(struct run *r);
/* What follows from it, to the end of the run. */
int run_judge(struct run *r);
int run_sample(struct run *r);
/* After a fault of the platform: given back for a while, or failed.  Always < 0 or 1. */
int run_put_off(struct run *r, enum verdict verdict, const struct fault *fault);
