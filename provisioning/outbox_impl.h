/* outbox_impl.h: between the parts of the outbox: its tasks and how their ends are written. */
#pragma once

#include "common/base/workq.h"
#include "common/model/signing_keys.h"
#include "common/net/http_client.h"
#include "provisioning/destination.h"
#include "provisioning/outbox.h"
#include "provisioning/outbox_answer.h"

#include <pthread.h>
#include <stdatomic.h>

#define OUTBOX_HEADERS_MAX 3

/* One message on its way; its memory is used again and again. */
struct delivery {
	struct delivery *next;
	struct arena *arena;
	struct op op;
	struct outbox_item item;
	struct str url, body;
	struct http_header headers[OUTBOX_HEADERS_MAX];
	size_t n_headers;
	int64_t deadline_ms;     /* after it, somebody else may be sending it */
	struct outbox_answer answer;
};

struct outbox {
	struct outbox_config config;
	struct http_client *http;
	struct workq *queue;
	pthread_t dispatcher;
	atomic_bool is_stopping;

	/* Of the dispatcher alone. */
	struct arena *arena;             /* of a round */
	struct arena *known_arena;       /* of what follows */
	struct destination *destinations;
	size_t n_destinations;
	struct keyring *keys;
	struct cache_versions versions;
	int64_t refresh_ms, quiet_until_ms;
	size_t first;                    /* whose turn it is */
	struct delivery *deliveries, *free_deliveries;
	size_t n_deliveries, n_free;

	pthread_mutex_t lock;
	pthread_cond_t changed;          /* something is done, or stopping */
	struct delivery *done;
	struct outbox_stats stats;
};

/* Address, headers and body.  Here and not on the thread that sends: the keys are the dispatcher's. */
int outbox_message_write(struct outbox *o, struct delivery *d, const struct destination *to) _must_check_;
/* Follows clients and keys of the database; keeps what it has on any failure. */
int outbox_refresh(struct outbox *o, struct op *op) _must_check_;
/* Threads at most, times what each may hold. */
#define OUTBOX_CONCURRENCY_MAX 64
#define OUTBOX_DELIVERIES_MAX (OUTBOX_CONCURRENCY_MAX * 2)

/* Writes how these ended and gives their memory back. */
void outbox_end(struct outbox *o, struct delivery *done);
/* Threads have ended, or were never there. */
void outbox_free(struct outbox *o);
