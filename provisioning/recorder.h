/*
 * recorder.h: writes how operations ended, of all platforms of the program, in one transaction at a time.
 *
 * What ends while a transaction is under way is the next one: few ends are written at once, many together, and a commit serves
 * whoever is there.  So 50 platforms need one connection and one commit for what would be 50 of each.
 */
#pragma once

#include "common/db/db.h"
#include "provisioning/completion_store.h"

#include <pthread.h>

/* One end on its way into the database; lives in its owner's task. */
struct ending {
	struct ending *next;
	struct completion completion;
	bool is_urgent;  /* others do not wait with it for company */
	/* Called when it is written, or was tried for long enough; completion.was_fenced says what became of it. */
	void (*written)(void *context, struct ending *e);
	void *context;
};

struct recorder {
	struct db *db;
	struct arena *arena;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct ending *first, *last; /* in the order of their coming */
	size_t n, n_urgent;
	bool is_closing;
};

void recorder_start(struct recorder *r, struct db *db);
/* Thread-safe, blocks nobody.  e stays where it is until written() was called. */
void recorder_add(struct recorder *r, struct ending *e);
/* Writes what is there, and ends. */
void recorder_stop(struct recorder *r);
