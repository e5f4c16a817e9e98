/*
 * rig.h: a server with routes for tests, and a client that says exactly the bytes it is told.
 */
#pragma once

#include "common/base/err.h"
#include "server/http/server.h"
#include "tests/unit/unit.h"

#include <stdatomic.h>
#include <string.h>

#define RIG_REPLY_MAX 65536

/* Handlers of /wait stand before this gate until it opens. */
struct rig_gate {
	atomic_int entered;
	atomic_bool is_open;
};

struct app {
	struct rig_gate gate;
	atomic_int handled;   /* calls of any handler */
	atomic_int begun, ended, released; /* hooks */
	char lent[16]; /* what /lend answers with and logs; release wipes it */
};

struct rig {
	struct app app;
	struct http_config config;
	struct http_server *server;
	unsigned port;
};

/* What stands as POOL_FAST in the routes is of this pool. */
extern enum route_pool rig_pool;

/* A config with small numbers of threads; tests change it before rig_start. */
void rig_init(struct rig *rig);
void rig_start(struct rig *rig);
void rig_stop(struct rig *rig, int grace_ms);
void rig_wait_entered(struct rig *rig, int n);

struct rig_reply {
	int status;          /* 0: closed without a reply */
	struct str head;
	struct str body;
	bool says_close;
};

int rig_dial(const struct rig *rig);
int rig_dial_unix(const char *path);
/* False when the peer does not take it all. */
bool rig_send(int fd, struct str bytes);
/* One response, by its Content-Length. Text in the arena. with_body: false for HEAD. */
struct rig_reply rig_read(struct arena *a, int fd, bool with_body);
/* All there is until the peer closes; at most 5 s. */
struct str rig_read_all(struct arena *a, int fd);
/* A new connection, one request, one reply. */
struct rig_reply rig_ask(struct arena *a, const struct rig *rig, const char *request);
/* A field of the reply, STR_NULL when absent. */
struct str rig_header(const struct rig_reply *reply, const char *name);
size_t rig_count(struct str text, struct str what);
void rig_sleep_ms(int ms);
int64_t rig_now_ms(void);
/* Value of a line "name value" in the metrics, -1 without. */
int64_t rig_metric(struct arena *a, const struct rig *rig, const char *name);

#define GET(path) "GET " path " HTTP/1.1\r\nHost: test\r\n\r\n"
