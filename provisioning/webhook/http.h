/*
 * http.h: signed requests to one webhook platform (RFC 9421), and what came of them.
 *
 * The key ring is read again every minute: keys are published ten minutes before they sign, and stay published ten
 * minutes after.
 */
#pragma once

#include "common/db/db.h"
#include "common/net/http_client.h"
#include "provisioning/webhook/message.h"

#include <pthread.h>

struct webhook {
	const struct connector_config *config;
	struct http_client *http;
	struct db *db;
	pthread_mutex_t lock;
	struct keyring *keys; /* of es256; NULL: not read yet */
	int64_t keys_ms;      /* clock_mono_ms() when they were read */
};

/* One request and its answer. */
struct webhook_exchange {
	enum webhook_request kind;
	struct str body;
	struct str key;       /* Idempotency-Key; STR_NULL: a question */
	int status;           /* 0: there was no answer */
	struct http_answer answer;
	json_t *json;         /* of the answer, or NULL; owned */
};

void webhook_exchange_done(struct webhook_exchange *x);
#define _webhook_exchange_ _cleanup_(webhook_exchange_done)

/* Signs, sends, judges by the status.  VERDICT_DONE: a 2xx. */
enum verdict webhook_exchange(struct call *c, struct webhook_exchange *x);
