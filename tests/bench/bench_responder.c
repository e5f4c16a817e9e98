/*
 * bench_responder PORT [DELAY_MS]: SCIM platforms /p01, /p02, … in memory, on loopback, for measures of the provisioner.
 *
 * As little as a platform can be: POST, PUT, GET, DELETE of users, a look-up by externalId, a list by index.  The id is the
 * externalId; a user's text is kept as it was sent, with the id before it.  With a delay, each request waits so long on a
 * thread of its own: platforms that are the bound.  GET /stats counts.
 */
#include "common/base/str.h"

#include <arpa/inet.h>
#include <err.h>
#include <inttypes.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PLATFORMS_MAX 100
#define KEY_LEN 36
#define BODY_MAX ((size_t)64 * 1024)
#define SLOTS_FIRST ((size_t)1 << 16)
#define PAGE_MAX 500
#define CONNECTIONS_MAX 4000

struct user {
	char key[KEY_LEN];
	char *text; /* NULL: deleted */
	size_t len;
};

struct platform {
	pthread_mutex_t lock;
	struct user *users;   /* in the order of creation */
	size_t n, n_live, cap;
	uint32_t *slots;      /* 1 + index of a user, or 0 */
	size_t n_slots;
};

struct body {
	char *p;
	size_t len;
};

static struct platform platforms[PLATFORMS_MAX];
static atomic_ulong n_posts, n_puts, n_gets, n_deletes;
static long delay_ms;

static void *or_die(void *p)
{
	if (!p)
		abort();
	return p;
}

static uint64_t hash(const char key[KEY_LEN])
{
	uint64_t h = 14695981039346656037u;

	for (size_t i = 0; i < KEY_LEN; i++)
		h = (h ^ (unsigned char)key[i]) * 1099511628211u;
	return h;
}

static uint32_t *slot_of(struct platform *p, const char key[KEY_LEN])
{
	size_t at = hash(key) & (p->n_slots - 1);

	while (p->slots[at] && memcmp(p->users[p->slots[at] - 1].key, key, KEY_LEN) != 0)
		at = (at + 1) & (p->n_slots - 1);
	return &p->slots[at];
}

static struct user *find(struct platform *p, const char key[KEY_LEN])
{
	uint32_t index = p->n_slots ? *slot_of(p, key) : 0;

	return index && p->users[index - 1].text ? &p->users[index - 1] : NULL;
}

static void grow(struct platform *p)
{
	if (p->n == p->cap) {
		p->cap = p->cap ? p->cap * 2 : SLOTS_FIRST / 2;
		p->users = or_die(realloc(p->users, p->cap * sizeof(*p->users)));
	}
	if (p->n_slots >= p->cap * 2)
		return;
	free(p->slots);
	p->n_slots = p->cap * 2;
	p->slots = or_die(calloc(p->n_slots, sizeof(*p->slots)));
	for (size_t i = 0; i < p->n; i++)
		*slot_of(p, p->users[i].key) = (uint32_t)i + 1;
}

/* {"id":"KEY", and what was sent. */
static void keep(struct platform *p, const char key[KEY_LEN], struct str body)
{
	uint32_t *slot;
	struct user *u;

	grow(p);
	slot = slot_of(p, key);
	if (!*slot) {
		memcpy(p->users[p->n].key, key, KEY_LEN);
		p->users[p->n].text = NULL;
		*slot = (uint32_t)++p->n;
	}
	u = &p->users[*slot - 1];
	p->n_live += !u->text;
	free(u->text);
	u->text = or_die(malloc(body.len + KEY_LEN + 10));
	u->len = (size_t)snprintf(u->text, KEY_LEN + 10, "{\"id\":\"%.*s\",", KEY_LEN, key);
	memcpy(u->text + u->len, body.p + 1, body.len - 1);
	u->len += body.len - 1;
}

static enum MHD_Result answer(struct MHD_Connection *c, unsigned status, const char *p, size_t len)
{
	struct MHD_Response *r = MHD_create_response_from_buffer(len, (void *)(uintptr_t)p, MHD_RESPMEM_MUST_COPY);
	enum MHD_Result queued;

	if (!r || MHD_add_response_header(r, "Content-Type", "application/scim+json") != MHD_YES)
		abort();
	queued = MHD_queue_response(c, status, r);
	MHD_destroy_response(r);
	return queued;
}

static enum MHD_Result say(struct MHD_Connection *c, unsigned status, const char *text)
{
	return answer(c, status, text, strlen(text));
}

/* The account's id in a body or a filter: 36 characters behind the mark. */
static const char *key_in(struct str text, const char *mark)
{
	const char *at = memmem(text.p, text.len, mark, strlen(mark));

	if (!at)
		return NULL;
	at += strlen(mark);
	return (size_t)(text.p + text.len - at) >= KEY_LEN ? at : NULL;
}

static uint64_t number_of(const char *text, uint64_t otherwise)
{
	uint64_t value;

	return text && str_to_u64(str_c(text), INT32_MAX, &value) ? value : otherwise;
}

static uint64_t number(struct MHD_Connection *c, const char *name, uint64_t otherwise)
{
	return number_of(MHD_lookup_connection_value(c, MHD_GET_ARGUMENT_KIND, name), otherwise);
}

static enum MHD_Result list(struct MHD_Connection *c, struct platform *p)
{
	const char *filter = MHD_lookup_connection_value(c, MHD_GET_ARGUMENT_KIND, "filter");
	const char *key = filter ? key_in(str_c(filter), "externalId eq \"") : NULL;
	uint64_t start = number(c, "startIndex", 1), count = number(c, "count", 100);
	size_t n = 0, total = filter ? 0 : p->n_live, at = 0, len;
	struct user *one = key ? find(p, key) : NULL;
	char *text;
	FILE *f = or_die(open_memstream(&text, &len));
	enum MHD_Result result;

	if (one)
		total = 1;
	fprintf(f, "{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:ListResponse\"],\"totalResults\":%zu,\"startIndex\":%" PRIu64 ",\"Resources\":[", total, start);
	if (one)
		fprintf(f, "%.*s", (int)one->len, one->text);
	n = one != NULL;
	for (size_t i = 0; !filter && i < p->n && n < (count < PAGE_MAX ? count : PAGE_MAX); i++)
		if (p->users[i].text && ++at >= start)
			fprintf(f, "%s%.*s", n++ ? "," : "", (int)p->users[i].len, p->users[i].text);
	fprintf(f, "],\"itemsPerPage\":%zu}", n);
	if (fclose(f) != 0)
		abort();
	result = answer(c, 200, text, len);
	free(text);
	return result;
}

static enum MHD_Result stats(struct MHD_Connection *c)
{
	char text[200];

	snprintf(text, sizeof(text), "{\"posts\":%lu,\"puts\":%lu,\"gets\":%lu,\"deletes\":%lu}", atomic_load(&n_posts), atomic_load(&n_puts),
	         atomic_load(&n_gets), atomic_load(&n_deletes));
	return say(c, 200, text);
}

static enum MHD_Result post(struct MHD_Connection *c, struct platform *p, struct str body)
{
	const char *key = key_in(body, "\"externalId\":\"");
	const struct user *u;

	atomic_fetch_add(&n_posts, 1);
	if (!key)
		return say(c, 400, "{}");
	if (find(p, key))
		return say(c, 409, "{\"scimType\":\"uniqueness\"}");
	keep(p, key, body);
	u = find(p, key);
	return answer(c, 201, u->text, u->len);
}

static enum MHD_Result on_user(struct MHD_Connection *c, struct platform *p, const char *method, const char *key, struct str body)
{
	struct user *u = find(p, key);

	if (!u)
		return say(c, 404, "{}");
	if (strcmp(method, "PUT") == 0) {
		atomic_fetch_add(&n_puts, 1);
		keep(p, key, body);
		u = find(p, key);
	} else if (strcmp(method, "DELETE") == 0) {
		atomic_fetch_add(&n_deletes, 1);
		free(u->text);
		u->text = NULL;
		p->n_live--;
		return say(c, 204, "");
	} else {
		atomic_fetch_add(&n_gets, 1);
	}
	return answer(c, 200, u->text, u->len);
}

/* /p<two digits>/Users[/<id>] */
static enum MHD_Result serve(struct MHD_Connection *c, const char *url, const char *method, struct str body)
{
	const char *rest = url + 4;
	struct platform *p;
	enum MHD_Result result;

	if (strcmp(url, "/stats") == 0)
		return stats(c);
	if (strncmp(url, "/p", 2) != 0 || url[2] < '0' || url[2] > '9' || url[3] < '0' || url[3] > '9' || strncmp(rest, "/Users", 6) != 0)
		return say(c, 404, "{}");
	p = &platforms[(url[2] - '0') * 10 + url[3] - '0'];
	rest += 6;
	pthread_mutex_lock(&p->lock);
	if (rest[0] == '/' && strlen(rest) == 1 + KEY_LEN)
		result = on_user(c, p, method, rest + 1, body);
	else if (strcmp(method, "POST") == 0)
		result = post(c, p, body);
	else
		result = list(c, p);
	pthread_mutex_unlock(&p->lock);
	return result;
}

static enum MHD_Result on_access(void *cls, struct MHD_Connection *c, const char *url, const char *method, const char *version, const char *data,
                                 size_t *data_len, void **context)
{
	struct body *body = *context;

	(void)cls;
	(void)version;
	if (!body) {
		*context = or_die(calloc(1, sizeof(*body)));
		return MHD_YES;
	}
	if (*data_len > 0) {
		if (body->len + *data_len > BODY_MAX)
			return MHD_NO;
		body->p = or_die(realloc(body->p, body->len + *data_len));
		memcpy(body->p + body->len, data, *data_len);
		body->len += *data_len;
		*data_len = 0;
		return MHD_YES;
	}
	if (delay_ms > 0)
		nanosleep(&(struct timespec){ .tv_sec = delay_ms / 1000, .tv_nsec = delay_ms % 1000 * 1000000 }, NULL);
	if (body->len == 0 && (strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0))
		return say(c, 400, "{}");
	return serve(c, url, method, str_n(body->p ? body->p : "", body->len));
}

static void on_completed(void *cls, struct MHD_Connection *c, void **context, enum MHD_RequestTerminationCode how)
{
	struct body *body = *context;

	(void)cls;
	(void)c;
	(void)how;
	if (body)
		free(body->p);
	free(body);
	*context = NULL;
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD;
	struct MHD_Daemon *daemon;

	if (argc < 2 || argc > 3)
		errx(2, "usage: bench_responder PORT [DELAY_MS]");
	address.sin_port = htons((uint16_t)number_of(argv[1], 0));
	delay_ms = argc > 2 ? (long)number_of(argv[2], 0) : 0;
	if (delay_ms > 0)
		flags = MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL;
	for (size_t i = 0; i < PLATFORMS_MAX; i++)
		pthread_mutex_init(&platforms[i].lock, NULL);
	daemon = MHD_start_daemon(flags, 0, NULL, NULL, on_access, NULL, MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_CONNECTION_LIMIT,
	                          (unsigned)CONNECTIONS_MAX, MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL, MHD_OPTION_END);
	if (!daemon)
		errx(1, "cannot listen on port %s", argv[1]);
	for (;;)
		sleep(3600);
}
