#include "server/scim/feed.h"

#include "common/crypto/keyring.h"
#include "server/governance/principal_store.h"
#include "server/governance/working_life.h"

DB_QUERY(feed_enter_q, DB_WRITE,
         "SELECT feed_id, code, name, account_id, login, person_id, unit_path, authority, default_unit, default_title, default_kind, basis, wait_ms"
         " FROM sen.feed_enter($1::bytea)");
/* First the lock, then the count: a statement that waits for a lock still counts what was there before it waited. */
DB_QUERY(feed_guard_lock_q, DB_WRITE, "SELECT 1 FROM sen.feed f WHERE f.id = $1::uuid FOR NO KEY UPDATE");
DB_QUERY(feed_guard_q, DB_READ,
         "SELECT (SELECT count(*) FROM sen.feed_user u WHERE u.feed_id = f.id AND u.gone_at IS NULL AND u.active),"
         " (SELECT count(DISTINCT s.person_id) FROM sen.feed_stop s WHERE s.feed_id = f.id AND s.dated = $2::boolean AND s.at > now() - interval '24 hours'"
         "  AND s.person_id <> $3::uuid), c.vanished_max_n, c.vanished_max_percent, f.allowance"
         " FROM sen.feed f, sen.personnel_policy c WHERE f.id = $1::uuid");
DB_QUERY(feed_allow_q, DB_WRITE, "UPDATE sen.feed SET allowance = allowance - 1 WHERE id = $1::uuid AND allowance > 0 RETURNING 1");
DB_QUERY(feed_stop_add_q, DB_WRITE,
         "WITH d AS (DELETE FROM sen.feed_held WHERE feed_id = $1::uuid AND person_id = $2::uuid)"
         " INSERT INTO sen.feed_stop (feed_id, person_id, dated) VALUES ($1::uuid, $2::uuid, $3::boolean) ON CONFLICT DO NOTHING");
DB_QUERY(feed_held_add_q, DB_WRITE,
         "INSERT INTO sen.feed_held (feed_id, person_id) VALUES ($1::uuid, $2::uuid)"
         " ON CONFLICT (feed_id, person_id) DO UPDATE SET last_at = now()");

static const struct {
	struct str name;
	unsigned what;
} authorities[] = {
	{ STR("names"), SCIM_OF_NAMES }, { STR("personal"), SCIM_OF_PERSONAL }, { STR("posts"), SCIM_OF_POSTS },
	{ STR("active"), SCIM_OF_ACTIVE }, { STR("groups"), SCIM_OF_GROUPS },
};

unsigned scim_authority_of(struct str name)
{
	for (size_t i = 0; i < ARRAY_LEN(authorities); i++)
		if (str_equal(authorities[i].name, name))
			return authorities[i].what;
	return 0;
}

struct str scim_token_hash(struct op *op, struct str token)
{
	return keyring_hash(op->arena, op->keys, KEY_CLIENT, "feed_token", token);
}

static int read_authority(struct op *op, struct str cell, struct scim_feed *feed)
{
	const struct str *names;
	size_t n;
	int r = db_array_read(op, cell, &names, &n);

	for (size_t i = 0; i < n && r == 0; i++)
		feed->authority |= scim_authority_of(names[i]);
	return r;
}

static int wait(struct op *op, int64_t ms)
{
	(void)op_fail(op, ERR_TOO_MANY_REQUESTS, "more requests in a second than this source may send");
	return op_fail_arg(op, "retry_after_s", arena_printf(op->arena, "%lld", (long long)((ms + 999) / 1000)));
}

int scim_feed_enter(struct op *op, struct str token, struct scim_feed *ret_feed)
{
	struct db_rows rows;
	int r;

	if (!str_starts(token, STR(SCIM_TOKEN_PREFIX)) || token.len > 200)
		return op_fail_detail(op, ERR_INVALID_TOKEN, "the token is not valid", "not the token of a feed");
	r = db_run(op, &feed_enter_q, &rows, P_BYTES(scim_token_hash(op, token)));
	if (r < 0)
		return r;
	if (rows.n == 0)
		return op_fail_detail(op, ERR_INVALID_TOKEN, "the token is not valid", "unknown, expired, or its feed or account is disabled");
	if (db_i64(&rows, 0, 12) > 0)
		return wait(op, db_i64(&rows, 0, 12));
	*ret_feed = (struct scim_feed){
		.id = db_str(&rows, 0, 0), .code = db_str(&rows, 0, 1), .name = db_str(&rows, 0, 2),
		.principal = { .account_id = db_str(&rows, 0, 3), .login = db_str(&rows, 0, 4), .person_id = db_str(&rows, 0, 5) },
		.unit_path = db_str(&rows, 0, 6), .default_unit = db_str(&rows, 0, 8), .default_title = db_str(&rows, 0, 9),
		.default_kind = db_str(&rows, 0, 10), .basis = db_str(&rows, 0, 11),
	};
	r = read_authority(op, db_str(&rows, 0, 7), ret_feed);
	if (r == 0)
		r = principal_load_scopes(op, ret_feed->principal.account_id, &ret_feed->principal.scopes, &ret_feed->principal.n_scopes);
	return r;
}

int scim_guard_stop(struct op *op, const struct scim_feed *feed, struct str person_id, bool dated)
{
	struct db_rows rows, ignored;
	int r = db_run(op, &feed_guard_lock_q, &ignored, P_STR(feed->id));

	if (r == 0)
		r = db_run(op, &feed_guard_q, &rows, P_STR(feed->id), P_BOOL(dated), P_STR(person_id));
	if (r < 0)
		return r;
	if (working_life_feed_is_suspicious(db_i64(&rows, 0, 0), db_i64(&rows, 0, 1) + 1, db_i64(&rows, 0, 2), db_i64(&rows, 0, 3))) {
		r = db_run(op, &feed_allow_q, &ignored, P_STR(feed->id));
		if (r == 0 && ignored.n == 0) {
			(void)op_fail(op, ERR_HELD, "more suspensions than one source may cause in a day; a second person has to release them");
			return op_fail_arg(op, "retry_after_s", STR("3600"));
		}
	}
	return r < 0 ? r : db_run(op, &feed_stop_add_q, &ignored, P_STR(feed->id), P_STR(person_id), P_BOOL(dated));
}

void scim_guard_note(struct op *op, const struct scim_feed *feed, struct str person_id)
{
	struct error error = op->error;
	struct db_rows rows;

	op_forgive(op);
	(void)!db_run(op, &feed_held_add_q, &rows, P_STR(feed->id), P_STR(person_id));
	op->error = error;
}
