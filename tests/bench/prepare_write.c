#include "tests/bench/prepare.h"

#include "common/base/base64.h"
#include "tests/bench/measure.h"

#include <err.h>

FILE *requests_open(const char *path)
{
	FILE *out = fopen(path, "we");

	if (!out)
		err(1, "%s", path);
	return out;
}

int requests_close(FILE *out, const char *path, int r)
{
	if (fclose(out) != 0)
		err(1, "%s", path);
	return r;
}

void request_write(FILE *out, struct str request)
{
	fprintf(out, "%zu\n", request.len);
	fwrite(request.p, 1, request.len, out);
}

void request_write_get(struct prepare *p, FILE *out, struct str target, struct str header)
{
	request_write(out, arena_printf(p->op.arena, "GET %.*s HTTP/1.1\r\nHost: %.*s\r\n%.*s\r\n", STR_ARG(target),
	                                STR_ARG(p->config.listen), STR_ARG(header)));
}

void request_write_form(struct prepare *p, FILE *out, const char *path, struct str header, struct str body)
{
	request_write(out, arena_printf(p->op.arena,
	                                "POST %s HTTP/1.1\r\nHost: %.*s\r\nAccept: application/json\r\n%.*s"
	                                "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %zu\r\n\r\n%.*s",
	                                path, STR_ARG(p->config.listen), STR_ARG(header), body.len, STR_ARG(body)));
}

struct str request_basic(struct prepare *p, const struct client *client, const char *secret_file)
{
	struct str secret = argument_file(secret_file);
	struct str pair = arena_printf(p->arena, "%.*s:%.*s", STR_ARG(client->id), STR_ARG(secret));

	return arena_printf(p->arena, "Authorization: Basic %.*s\r\n", STR_ARG(base64_encode(p->arena, pair)));
}

const struct official *prepare_official(const struct prepare *p, size_t i)
{
	return &p->officials[i % p->n_officials];
}
