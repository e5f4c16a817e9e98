#include "common/db/conn.h"

#include "common/base/clock.h"
#include "common/db/query.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* More than libpq knows, plus ours. */
#define KEYWORDS_MAX 96
#define PREPARE_TIMEOUT_MS 30000

struct keywords {
	const char *names[KEYWORDS_MAX + 1];
	const char *values[KEYWORDS_MAX + 1];
	size_t n;
};

static void keyword_add(struct keywords *k, const char *name, const char *value)
{
	assert(k->n < KEYWORDS_MAX);
	k->names[k->n] = name;
	k->values[k->n] = value;
	k->n++;
}

/* Used when the operator's conninfo is silent: a dead peer is noticed in seconds, not hours. */
static const struct {
	const char *name, *value;
} fallbacks[] = {
	{ "connect_timeout", "3" },      { "keepalives_idle", "10" },     { "keepalives_interval", "5" },
	{ "keepalives_count", "3" },     { "tcp_user_timeout", "10000" },
};

/* Ours alone: whatever conninfo says of them is replaced. */
static bool is_ours(const char *name, const struct conn_settings *s)
{
	static const char *const names[] = { "application_name", "client_encoding", "options" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return s->password && strcmp(name, "password") == 0;
}

static const char *operator_options(const PQconninfoOption *given)
{
	for (; given->keyword; given++)
		if (strcmp(given->keyword, "options") == 0)
			return given->val ? given->val : "";
	return "";
}

static void add_given(struct keywords *k, const PQconninfoOption *given, const struct conn_settings *s)
{
	for (; given->keyword; given++) {
		const char *value = given->val;

		if (is_ours(given->keyword, s))
			continue;
		for (size_t i = 0; !value && i < ARRAY_LEN(fallbacks); i++)
			if (strcmp(given->keyword, fallbacks[i].name) == 0)
				value = fallbacks[i].value;
		if (!value)
			continue;
		/* "read-write" would refuse our own read lane, whose sessions are read-only by default. */
		if (strcmp(given->keyword, "target_session_attrs") == 0 && strcmp(value, "read-write") == 0)
			value = "primary";
		keyword_add(k, given->keyword, value);
	}
}

/*
 * Settings go into the start packet: they are the session's defaults, which no ROLLBACK and
 * no RESET takes away.  The operator's own stand between what may be changed and what may not.
 */
static bool write_options(char *ret, size_t size, const char *given, const struct conn_settings *s)
{
	int len = snprintf(ret, size,
	                   "-c synchronous_commit=on -c jit=off %s"
	                   " -c TimeZone=UTC -c DateStyle=ISO -c IntervalStyle=iso_8601 -c bytea_output=hex"
	                   " -c search_path=%s -c default_transaction_read_only=%s -c plan_cache_mode=%s -c enable_seqscan=%s"
	                   " -c enable_hashjoin=%s -c enable_mergejoin=%s"
	                   " -c statement_timeout=%u -c lock_timeout=%u -c idle_in_transaction_session_timeout=%u"
	                   " -c sen.audit_chain=%d",
	                   given, s->search_path, s->read_only ? "on" : "off",
	                   s->generic_plans ? "force_generic_plan" : "auto", s->by_key ? "off" : "on", s->one_by_one ? "off" : "on",
	                   s->one_by_one ? "off" : "on", s->statement_timeout_ms, s->lock_timeout_ms,
	                   s->idle_transaction_timeout_ms, s->audit_chain);

	return len > 0 && (size_t)len < size;
}

/* libpq's messages have several lines and tabs: they become single spaces. */
static void set_reason(char ret[CONN_REASON_MAX], const char *message)
{
	size_t len = 0;

	for (const char *p = message && *message ? message : "connection lost"; *p && len < CONN_REASON_MAX - 1; p++) {
		char c = (unsigned char)*p < ' ' ? ' ' : *p;

		if (c != ' ' || (len > 0 && ret[len - 1] != ' '))
			ret[len++] = c;
	}
	while (len > 0 && ret[len - 1] == ' ')
		len--;
	ret[len] = '\0';
}

/*
 * The server says with a mere WARNING that a COMMIT was not confirmed by the synchronous
 * standby: the row is there now and may be gone after a failover.  To the caller this is an
 * unknown outcome.  The function's name does not depend on the language of messages.
 */
static bool is_commit_in_doubt(const PGresult *notice)
{
	const char *function = PQresultErrorField(notice, PG_DIAG_SOURCE_FUNCTION);
	const char *message = PQresultErrorField(notice, PG_DIAG_MESSAGE_PRIMARY);
	const char *severity = PQresultErrorField(notice, PG_DIAG_SEVERITY_NONLOCALIZED);

	if (!severity || strcmp(severity, "WARNING") != 0)
		return false;
	return (function && strcmp(function, "SyncRepWaitForLSN") == 0) ||
	       (message && strstr(message, "synchronous replication"));
}

/* Also receives what the server says before it hangs up on an idle connection. */
static void conn_note(void *context, const PGresult *notice)
{
	struct db_conn *c = context;
	const char *severity = PQresultErrorField(notice, PG_DIAG_SEVERITY_NONLOCALIZED);

	if (is_commit_in_doubt(notice))
		c->commit_in_doubt = true;
	if (severity && (strcmp(severity, "FATAL") == 0 || strcmp(severity, "PANIC") == 0))
		set_reason(c->reason, PQresultErrorField(notice, PG_DIAG_MESSAGE_PRIMARY));
}

static struct db_conn *fail_open(struct db_conn *c, char ret_reason[CONN_REASON_MAX], const char *message)
{
	set_reason(ret_reason, message);
	conn_close(c);
	return NULL;
}

static PGconn *connect_with(const struct conn_settings *s)
{
	struct keywords k = { .n = 0 };
	char options[2048];
	PQconninfoOption *given = PQconninfoParse(s->conninfo, NULL);
	PGconn *pg = NULL;

	/* The message of the parser could quote a password that was put into the wrong place. */
	if (!given)
		return NULL;
	if (write_options(options, sizeof(options), operator_options(given), s)) {
		add_given(&k, given, s);
		keyword_add(&k, "application_name", s->program);
		keyword_add(&k, "client_encoding", "UTF8");
		keyword_add(&k, "options", options);
		if (s->password)
			keyword_add(&k, "password", s->password);
		pg = PQconnectdbParams(k.names, k.values, 0);
	}
	PQconninfoFree(given);
	return pg;
}

/* Every query of the program that this connection is to know; NULL behind the last. */
static const struct query *const *next_wanted(const struct query *const *q, unsigned which)
{
	while (q < __stop_db_queries && !(which & ((*q)->lane == DB_READ ? CONN_PREPARE_READ : CONN_PREPARE_WRITE)))
		q++;
	return q < __stop_db_queries ? q : NULL;
}

static bool fail_prepare(struct db_conn *c, const struct query *q, const PGresult *res)
{
	const char *state = PQresultErrorField(res, PG_DIAG_SQLSTATE);
	const char *message = PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY);
	char text[CONN_REASON_MAX];

	(void)snprintf(text, sizeof(text), "query %s cannot be prepared: %s %s; run \"senctl migrate\"?", q->name,
	               state ? state : "-", message ? message : PQresultErrorMessage(res));
	set_reason(c->reason, text);
	return false;
}

/* Results come in the order of sending; behind the first error all others are skipped. */
static bool read_prepared(struct db_conn *c, unsigned which, int64_t deadline_ms)
{
	const struct query *const *q = next_wanted(__start_db_queries, which);

	for (;;) {
		_pgresult_ PGresult *res = NULL;
		enum conn_answer answer = conn_next(c, deadline_ms, &res);

		if (answer == CONN_LOST)
			return false;
		if (answer == CONN_END) {
			q = q ? next_wanted(q + 1, which) : NULL;
			continue;
		}
		if (PQresultStatus(res) == PGRES_PIPELINE_SYNC)
			return true;
		if (PQresultStatus(res) != PGRES_COMMAND_OK)
			return q ? fail_prepare(c, *q, res) : false;
	}
}

static bool set(struct db_conn *c, const char *sql, int64_t deadline_ms)
{
	_pgresult_ PGresult *res = conn_exec(c, sql, deadline_ms);

	return res && PQresultStatus(res) == PGRES_COMMAND_OK;
}

/*
 * All in one round trip: connections are reopened while requests wait.  The server's statement_timeout counts for all of
 * them together; a busy machine is no reason not to start.
 */
static bool prepare_queries(struct db_conn *c, unsigned which)
{
	int64_t deadline_ms = clock_mono_ms() + PREPARE_TIMEOUT_MS;

	if (which == CONN_PREPARE_NONE)
		return true;
	if (!set(c, "SET statement_timeout = 0", deadline_ms) || !PQenterPipelineMode(c->pg))
		return false;
	for (const struct query *const *q = next_wanted(__start_db_queries, which); q; q = next_wanted(q + 1, which))
		if (!PQsendPrepare(c->pg, (*q)->name, (*q)->sql, 0, NULL))
			return false;
	if (!PQpipelineSync(c->pg) || !read_prepared(c, which, deadline_ms))
		return false;
	return PQexitPipelineMode(c->pg) == 1 && set(c, "RESET statement_timeout", deadline_ms);
}

struct db_conn *conn_open(const struct conn_settings *s, char ret_reason[CONN_REASON_MAX])
{
	struct db_conn *c = calloc(1, sizeof(*c));

	if (!c)
		abort();
	c->pg = connect_with(s);
	if (!c->pg)
		return fail_open(c, ret_reason, "conninfo cannot be read, or libpq is out of memory");
	if (PQstatus(c->pg) != CONNECTION_OK)
		return fail_open(c, ret_reason, PQerrorMessage(c->pg));
	PQsetNoticeReceiver(c->pg, conn_note, c);
	if (PQsetnonblocking(c->pg, 1) != 0 || !prepare_queries(c, s->prepare))
		return fail_open(c, ret_reason, c->reason[0] ? c->reason : PQerrorMessage(c->pg));
	return c;
}

void conn_close(struct db_conn *c)
{
	if (!c)
		return;
	PQfinish(c->pg);
	free(c);
}

enum conn_answer conn_lose(struct db_conn *c, const char *message)
{
	/* What the server said itself (a FATAL notice) is worth more than "closed unexpectedly". */
	if (c->reason[0] == '\0')
		set_reason(c->reason, message);
	return CONN_LOST;
}

/*
 * Sends what is left to send and takes what is there; waits for either.  A failed flush is no
 * end yet: the server's last words may be waiting in the socket, and reading finds the end of
 * file behind them.
 */
static bool pump(struct db_conn *c, int64_t deadline_ms)
{
	bool is_unsent = PQflush(c->pg) > 0;
	int64_t left_ms = deadline_ms - clock_mono_ms();
	struct pollfd p = { .fd = PQsocket(c->pg), .events = POLLIN };

	if (is_unsent)
		p.events |= POLLOUT;
	if (p.fd >= 0 && left_ms <= 0)
		return conn_lose(c, "no answer in time") != CONN_LOST;

	int n = poll(&p, 1, (int)(left_ms < INT_MAX ? left_ms : INT_MAX));
	bool is_readable = n > 0 && (p.revents & ~POLLOUT);

	if (p.fd < 0 || (n < 0 && errno != EINTR) || (is_readable && !PQconsumeInput(c->pg)))
		return conn_lose(c, PQerrorMessage(c->pg)) != CONN_LOST;
	return true;
}

/* FATAL and PANIC end the session; libpq's own errors have no SQLSTATE. */
static bool is_end_of_session(const PGresult *res)
{
	const char *severity = PQresultErrorField(res, PG_DIAG_SEVERITY_NONLOCALIZED);

	if (PQresultStatus(res) != PGRES_FATAL_ERROR)
		return false;
	return !severity || strcmp(severity, "ERROR") != 0 || !PQresultErrorField(res, PG_DIAG_SQLSTATE);
}

enum conn_answer conn_next(struct db_conn *c, int64_t deadline_ms, PGresult **ret)
{
	while (PQisBusy(c->pg))
		if (!pump(c, deadline_ms))
			return CONN_LOST;

	PGresult *res = PQgetResult(c->pg);

	if (!res)
		return PQstatus(c->pg) == CONNECTION_OK ? CONN_END : conn_lose(c, PQerrorMessage(c->pg));
	if (is_end_of_session(res)) {
		const char *message = PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY);

		conn_lose(c, message ? message : PQresultErrorMessage(res));
		PQclear(res);
		return CONN_LOST;
	}
	*ret = res;
	return CONN_RESULT;
}

bool conn_is_alive(struct db_conn *c)
{
	struct pollfd p = { .fd = PQsocket(c->pg), .events = POLLIN };

	while (p.fd >= 0 && PQstatus(c->pg) == CONNECTION_OK && c->reason[0] == '\0') {
		if (poll(&p, 1, 0) <= 0)
			return true;
		if (!PQconsumeInput(c->pg))
			break;
		/* Parses a notice or a changed setting, if that was all. */
		(void)PQisBusy(c->pg);
	}
	conn_lose(c, PQerrorMessage(c->pg));
	return false;
}

/*
 * An error replaces what came before it: a COMMIT inside the statement's own Sync may fail
 * after its rows were sent.
 */
PGresult *conn_finish(struct db_conn *c, int64_t deadline_ms)
{
	_pgresult_ PGresult *last = NULL;

	for (;;) {
		PGresult *res = NULL;
		enum conn_answer answer = conn_next(c, deadline_ms, &res);

		if (answer == CONN_LOST)
			return NULL;
		if (answer == CONN_END)
			return TAKE_PTR(last);
		if (last && PQresultStatus(last) == PGRES_FATAL_ERROR) {
			PQclear(res);
			continue;
		}
		PQclear(last);
		last = res;
	}
}

bool conn_send(struct db_conn *c, const struct bound *b)
{
	if (PQsendQueryPrepared(c->pg, b->query->name, b->n, b->values, b->lengths, b->formats, 0))
		return true;
	conn_lose(c, PQerrorMessage(c->pg));
	return false;
}

PGresult *conn_exec(struct db_conn *c, const char *sql, int64_t deadline_ms)
{
	c->commit_in_doubt = false;
	if (!PQsendQuery(c->pg, sql)) {
		conn_lose(c, PQerrorMessage(c->pg));
		return NULL;
	}
	return conn_finish(c, deadline_ms);
}
