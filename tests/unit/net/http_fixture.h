/* http_fixture.h: a client with small limits and a server that misbehaves, for the tests of http_client.h. */
#pragma once

#include "common/net/http_client.h"
#include "tests/unit/net/http_server.h"
#include "tests/unit/unit.h"

#define OK_ANSWER "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"
#define TOTAL_MS 600

struct fixture {
	struct op op;
	struct http_server *server;
	struct http_client *client;
	struct http_answer answer;
};

/* In the arena of the test; done() before it ends. */
struct fixture *setup(void **state);
void done(struct fixture *f);
struct http_client *new_client(struct arena *a, const char *allow, const char *ca_file);

/* At the server. */
struct str url(struct fixture *f, const char *path);
/* Each call with an op of its own: the first error of an op stays. */
int call_url(struct fixture *f, const char *method, struct str target, struct str body);
int get(struct fixture *f);
int post(struct fixture *f);
