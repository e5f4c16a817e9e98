#include "tests/unit/net/http_fixture.h"

struct http_client *new_client(struct arena *a, const char *allow, const char *ca_file)
{
	const struct http_client_config config = {
		.egress_allow = str_c(allow),
		.ca_file = str_c(ca_file),
		.connect_timeout_ms = 300,
		.total_timeout_ms = TOTAL_MS,
		.max_answer_bytes = 4096,
		.pool_size = 2,
	};
	struct http_client *client = NULL;
	struct op op;

	op_init(&op, a, NULL, NULL);
	assert_int_equal(http_client_new(&op, &config, &client), 0);
	return client;
}

struct fixture *setup(void **state)
{
	struct fixture *f = ARENA_NEW(*state, struct fixture);

	f->server = http_server_start();
	f->client = new_client(*state, "127.0.0.0/8", "");
	http_server_set(f->server, HTTP_ANSWER, OK_ANSWER);
	op_init(&f->op, *state, NULL, NULL);
	return f;
}

void done(struct fixture *f)
{
	http_client_free(f->client);
	http_server_stop(f->server);
}

struct str url(struct fixture *f, const char *path)
{
	return arena_printf(f->op.arena, "http://127.0.0.1:%d%s", http_server_port(f->server), path);
}

int call_url(struct fixture *f, const char *method, struct str target, struct str body)
{
	const struct http_call call = { .method = method, .url = target, .body = body };

	f->answer = (struct http_answer){ .status = -1 };
	op_init(&f->op, f->op.arena, NULL, NULL);
	return http_client_call(&f->op, f->client, &call, &f->answer);
}

int get(struct fixture *f)
{
	return call_url(f, "GET", url(f, "/"), STR_NULL);
}

int post(struct fixture *f)
{
	return call_url(f, "POST", url(f, "/"), STR("{}"));
}
