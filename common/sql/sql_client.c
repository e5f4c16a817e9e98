#include "common/base/err.h"
#include "common/sql/sql_driver.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define IDLE_MAX 64

struct sql_pool {
	struct sql_config config;
	const struct sql_driver *driver;
	pthread_mutex_t lock;
	void *idle[IDLE_MAX];
	unsigned n_idle;
	char *strings[5];
};

struct sql_tx {
	struct sql_pool *pool;
	void *connection;
};

static struct str keep(char **slot, struct str s)
{
	*slot = strndup(s.p ? s.p : "", s.len);
	if (!*slot)
		abort();
	return str_c(*slot);
}

struct sql_pool *sql_pool_new(const struct sql_config *config)
{
	struct sql_pool *p = calloc(1, sizeof(*p));

	if (!p || pthread_mutex_init(&p->lock, NULL) != 0)
		abort();
	p->config = *config;
	p->config.host = keep(&p->strings[0], config->host);
	p->config.database = keep(&p->strings[1], config->database);
	p->config.user = keep(&p->strings[2], config->user);
	p->config.password = keep(&p->strings[3], config->password);
	p->config.ca_file = keep(&p->strings[4], config->ca_file);
	if (p->config.pool_size > IDLE_MAX)
		p->config.pool_size = IDLE_MAX;
	p->driver = config->dialect == SQL_MARIADB ? &sql_mariadb : &sql_postgresql;
	return p;
}

struct sql_pool *sql_pool_free(struct sql_pool *p)
{
	if (!p)
		return NULL;
	for (unsigned i = 0; i < p->n_idle; i++)
		p->driver->close(p->idle[i]);
	explicit_bzero(p->strings[3], strlen(p->strings[3]));
	for (size_t i = 0; i < ARRAY_LEN(p->strings); i++)
		free(p->strings[i]);
	pthread_mutex_destroy(&p->lock);
	free(p);
	return NULL;
}

/* An idle connection that still lives, else NULL. */
static void *take_idle(struct sql_pool *p)
{
	for (;;) {
		void *connection = NULL;

		pthread_mutex_lock(&p->lock);
		if (p->n_idle > 0)
			connection = p->idle[--p->n_idle];
		pthread_mutex_unlock(&p->lock);
		if (!connection || p->driver->is_alive(connection))
			return connection;
		p->driver->close(connection);
	}
}

static void give_back(struct sql_pool *p, void *connection)
{
	bool is_kept = false;

	if (p->driver->is_usable(connection)) {
		pthread_mutex_lock(&p->lock);
		is_kept = p->n_idle < p->config.pool_size;
		if (is_kept)
			p->idle[p->n_idle++] = connection;
		pthread_mutex_unlock(&p->lock);
	}
	if (!is_kept)
		p->driver->close(connection);
}

static int begin_on(struct op *op, struct sql_pool *p, void *connection, struct sql_tx **ret_tx)
{
	struct sql_tx *tx;
	int r = p->driver->command(op, connection, "BEGIN", p->config.timeout_ms);

	if (r < 0) {
		p->driver->close(connection);
		return r;
	}
	tx = ARENA_NEW(op->arena, struct sql_tx);
	*tx = (struct sql_tx){ p, connection };
	*ret_tx = tx;
	return 0;
}

int sql_begin(struct op *op, struct sql_pool *p, struct sql_tx **ret_tx)
{
	void *connection = take_idle(p);

	/* One that died while idle costs nobody an error: nothing has been asked of it. */
	if (connection && begin_on(op, p, connection, ret_tx) == 0)
		return 0;
	op_forgive(op);
	connection = p->driver->connect(op, &p->config);
	if (!connection)
		return op->error.code;
	return begin_on(op, p, connection, ret_tx);
}

int sql_run(struct op *op, struct sql_tx *tx, const struct sql_text *text, const struct str *values, struct sql_rows *ret_rows)
{
	return tx->pool->driver->run(op, tx->connection, text, values, tx->pool->config.timeout_ms, ret_rows);
}

int sql_commit(struct op *op, struct sql_tx *tx)
{
	struct sql_pool *p = tx->pool;
	int r = p->driver->command(op, tx->connection, "COMMIT", p->config.timeout_ms);
	struct str detail = op->error.detail;

	if (r == ERR_UNAVAILABLE) {
		/* Sent or half sent: nobody knows. */
		p->driver->close(tx->connection);
		op_forgive(op);
		return op_fail_detail(op, ERR_OUTCOME_UNKNOWN, "the outcome of the commit is not known", "%.*s", STR_ARG(detail));
	}
	/* An error at the commit (a deferred constraint) has rolled it back. */
	give_back(p, tx->connection);
	return r;
}

void sql_rollback(struct sql_tx *tx)
{
	struct arena *a = arena_new((size_t)16 * 1024);
	struct sql_pool *p = tx->pool;
	struct op op;

	op_init(&op, a, NULL, NULL);
	if (p->driver->is_usable(tx->connection) && p->driver->command(&op, tx->connection, "ROLLBACK", p->config.timeout_ms) == 0)
		give_back(p, tx->connection);
	else
		p->driver->close(tx->connection);
	arena_free(a);
}

bool sql_column(const struct sql_rows *rows, const char *name, size_t *ret_column)
{
	for (size_t i = 0; i < rows->n_columns; i++)
		if (str_equal_nocase(rows->names[i], str_c(name))) {
			*ret_column = i;
			return true;
		}
	return false;
}

/* By class, and the states that need telling apart. */
int sql_fail_state(struct op *op, const char *sqlstate, const char *message)
{
	static const struct {
		const char *prefix;
		enum err code;
		const char *text;
	} states[] = {
		{ "23505", ERR_CONFLICT, "a unique value is taken" },
		{ "23", ERR_INVALID_VALUE, "a constraint of the platform refuses the data" },
		{ "22", ERR_INVALID_VALUE, "the platform's columns do not take the data" },
		{ "28", ERR_ACCESS_DENIED, "the platform's database refuses our user" },
		{ "42501", ERR_ACCESS_DENIED, "our user may not do this in the platform's database" },
		{ "08", ERR_UNAVAILABLE, "the connection to the platform's database is lost" },
		{ "40", ERR_UNAVAILABLE, "the transaction was rolled back by the platform's database" },
		{ "53", ERR_UNAVAILABLE, "the platform's database is out of resources" },
		{ "55", ERR_UNAVAILABLE, "something in the platform's database is locked" },
		{ "57", ERR_UNAVAILABLE, "the platform's database stopped the statement" },
	};
	struct str state = str_c(sqlstate ? sqlstate : "-----");

	for (size_t i = 0; i < ARRAY_LEN(states); i++)
		if (str_starts(state, str_c(states[i].prefix)))
			return op_fail_detail(op, states[i].code, states[i].text, "%.*s %.200s", STR_ARG(state), message ? message : "");
	return op_fail_detail(op, ERR_TARGET, "the platform's database refuses the statement", "%.*s %.200s", STR_ARG(state),
	                      message ? message : "");
}

bool sql_host_is_local(struct str host)
{
	return str_starts(host, STR("/")) || str_equal(host, STR("localhost")) || str_equal(host, STR("::1")) || str_starts(host, STR("127."));
}
