#include "server/oidc/remote_document.h"

#include <semaphore.h>
#include <stdlib.h>

#define FETCHES_MAX 6 /* at a time */

struct remote_documents {
	struct http_client *http;
	sem_t fetches;
};

struct remote_documents *remote_documents_new(struct http_client *http)
{
	struct remote_documents *d = calloc(1, sizeof(*d));

	assert(d);
	d->http = http;
	sem_init(&d->fetches, 0, FETCHES_MAX);
	return d;
}

void remote_documents_free(struct remote_documents *d)
{
	if (!d)
		return;
	sem_destroy(&d->fetches);
	free(d);
}

int remote_document_get(struct op *op, struct remote_documents *d, struct str uri, const char *accept, struct str *ret_text)
{
	static const char unavailable[] = "a document at an address of the client cannot be fetched at this moment";
	const struct http_header header = { STR("Accept"), str_c(accept) };
	const struct http_call call = { .method = "GET", .url = uri, .headers = &header, .n_headers = 1 };
	struct http_answer answer;
	int r;

	if (sem_trywait(&d->fetches) != 0)
		return op_fail(op, ERR_OVERLOADED, "too many documents of clients are being fetched");
	r = http_client_call(op, d->http, &call, &answer);
	sem_post(&d->fetches);
	if (r < 0) {
		struct str detail = op->error.detail;

		op_forgive(op);
		return op_fail_detail(op, ERR_UNAVAILABLE, unavailable, "%.*s", STR_ARG(detail));
	}
	if (answer.status != 200)
		return op_fail_detail(op, ERR_UNAVAILABLE, unavailable, "HTTP status %d", answer.status);
	*ret_text = answer.body;
	return 0;
}
