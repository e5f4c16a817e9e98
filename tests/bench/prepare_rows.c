#include "tests/bench/prepare.h"

#include "server/session/handle.h"

#define TODAY "(now() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date"
/* Longer than any run: a code that waits here for its turn does not run out. */
#define CODE_LIFE "interval '1 h'"

DB_QUERY(bench_accounts, DB_WRITE,
	"INSERT INTO sen.account (id, person_id, login, status, activated_at)"
	" SELECT gen_random_uuid(), p.id, 'bench.' || p.n, 'active', now() FROM ("
	"  SELECT p.id, row_number() OVER (ORDER BY p.employee_code) AS n FROM sen.person p"
	"  WHERE NOT EXISTS (SELECT FROM sen.account a WHERE a.person_id = p.id)"
	"  AND EXISTS (SELECT FROM sen.post o WHERE o.person_id = p.id AND o.kind = 'main' AND o.valid @> " TODAY ")) p"
	" WHERE p.n <= $1::bigint");

DB_QUERY(bench_grants, DB_WRITE,
	"INSERT INTO sen.access_grant (account_id, id, role_id, unit_id, basis, valid_from, granted_by)"
	" SELECT a.id, gen_random_uuid(), r.id, o.unit_id, 'bench', now(), g.id FROM sen.account a"
	" JOIN sen.post o ON o.person_id = a.person_id AND o.kind = 'main' AND o.valid @> " TODAY
	" CROSS JOIN (SELECT min(id) AS id FROM sen.role WHERE platform_id = $1::smallint) r"
	" CROSS JOIN (SELECT id FROM sen.account WHERE login NOT LIKE 'bench.%' LIMIT 1) g"
	" WHERE a.login LIKE 'bench.%'");

DB_QUERY(bench_sessions, DB_WRITE,
	"INSERT INTO sen.session (account_id, issued_on, id, handle_hash, epoch, idle_s, expires_at, ip)"
	" SELECT a.id, $1::date, gen_random_uuid(), sha256(uuid_send(gen_random_uuid())), a.epoch, 43200,"
	"  now() + interval '12 h', '127.0.0.1' FROM sen.account a WHERE a.login LIKE 'bench.%'");

DB_QUERY(bench_add_sessions, DB_WRITE,
	"INSERT INTO sen.session (account_id, issued_on, id, handle_hash, epoch, idle_s, expires_at, ip)"
	" SELECT a.id, $1::date, gen_random_uuid(), s.hash, a.epoch, 43200, now() + interval '12 h', '127.0.0.1'"
	" FROM unnest($2::uuid[], $3::bytea[]) s (account_id, hash) JOIN sen.account a ON a.id = s.account_id");

DB_QUERY(bench_officials, DB_READ,
	"SELECT DISTINCT ON (a.id) a.id, a.login, s.id, p.employee_code, p.full_name, p.ten, u.code FROM sen.account a"
	" JOIN sen.session s ON s.account_id = a.id AND s.issued_on = $1::date JOIN sen.person p ON p.id = a.person_id"
	" JOIN sen.post o ON o.person_id = p.id AND o.kind = 'main' AND o.valid @> " TODAY
	" JOIN sen.unit u ON u.id = o.unit_id WHERE a.login LIKE 'bench.%' ORDER BY a.id, s.auth_time");

/* What code_issue() writes, for many. */
DB_QUERY(bench_codes, DB_WRITE,
	"INSERT INTO sen.auth_code (account_id, issued_on, code_hash, family_id, client_id, redirect_uri, challenge, nonce, scope,"
	" session_id, session_on, auth_time, epoch, expires_at)"
	" SELECT s.account_id, $1::date, c.hash, gen_random_uuid(), $2::text, $3::text, c.challenge, 'n-0S6_WzA2Mj', $4::text,"
	"  s.id, s.issued_on, s.auth_time, s.epoch, now() + " CODE_LIFE
	" FROM unnest($5::uuid[], $6::bytea[], $7::text[]) c (account_id, hash, challenge)"
	" JOIN LATERAL (SELECT * FROM sen.session s WHERE s.account_id = c.account_id AND s.issued_on = $1::date"
	"  ORDER BY s.auth_time LIMIT 1) s ON true");

/* What a redeemed code leaves behind, for many. */
DB_QUERY(bench_families, DB_WRITE,
	"INSERT INTO sen.token_family (account_id, issued_on, id, client_id, session_id, session_on, scope, auth_time, epoch, expires_at)"
	" SELECT s.account_id, $1::date, f.id, $2::text, s.id, s.issued_on, $3::text, s.auth_time, s.epoch, s.expires_at"
	" FROM unnest($4::uuid[], $5::uuid[]) f (account_id, id)"
	" JOIN LATERAL (SELECT * FROM sen.session s WHERE s.account_id = f.account_id AND s.issued_on = $1::date"
	"  ORDER BY s.auth_time LIMIT 1) s ON true");

int rows_make_officials(struct op *op, const struct client *client, int64_t n)
{
	struct db_rows rows;
	int r = db_run(op, &bench_accounts, &rows, P_I64(n));

	if (r >= 0 && rows.affected != (size_t)n)
		return op_fail_detail(op, ERR_CONFLICT, "too few persons without an account", "%zu", rows.affected);
	if (r >= 0)
		r = db_run(op, &bench_grants, &rows, P_I64(client->platform_id));
	if (r >= 0)
		r = db_run(op, &bench_sessions, &rows, P_STR(handle_today(op)));
	return r;
}

int rows_read_officials(struct op *op, struct arena *a, const struct official **ret_officials, size_t *ret_n)
{
	struct op reading = *op;
	struct db_rows rows;
	struct official *officials;
	int r;

	reading.arena = a;
	r = db_run(&reading, &bench_officials, &rows, P_STR(handle_today(op)));
	if (r < 0) {
		op->error = reading.error;
		return r;
	}
	officials = ARENA_ARRAY(a, struct official, rows.n);
	for (size_t i = 0; i < rows.n; i++)
		officials[i] = (struct official){ db_str(&rows, i, 0), db_str(&rows, i, 1), db_str(&rows, i, 2), db_str(&rows, i, 3),
			                          db_str(&rows, i, 4), db_str(&rows, i, 5), db_str(&rows, i, 6) };
	*ret_officials = officials;
	*ret_n = rows.n;
	return 0;
}

int rows_add_codes(struct op *op, const struct client *client, const struct code_row *codes, size_t n)
{
	struct str *accounts = ARENA_ARRAY(op->arena, struct str, n);
	struct str *hashes = ARENA_ARRAY(op->arena, struct str, n);
	struct str *challenges = ARENA_ARRAY(op->arena, struct str, n);
	struct db_rows rows;
	int r;

	for (size_t i = 0; i < n; i++) {
		accounts[i] = codes[i].account_id;
		hashes[i] = codes[i].hash;
		challenges[i] = codes[i].challenge;
	}
	r = db_run(op, &bench_codes, &rows, P_STR(handle_today(op)), P_STR(client->id), P_STR(client->redirect_uris.p[0]),
	           P_C(BENCH_SCOPE), P_STR(db_array(op->arena, accounts, n)), P_STR(db_array(op->arena, hashes, n)),
	           P_STR(db_array(op->arena, challenges, n)));
	return r < 0 || rows.affected == n ? r : op_fail(op, ERR_INTERNAL, "not every code was written");
}

int rows_add_families(struct op *op, const struct client *client, const struct family_row *families, size_t n)
{
	struct str *accounts = ARENA_ARRAY(op->arena, struct str, n);
	struct str *ids = ARENA_ARRAY(op->arena, struct str, n);
	struct db_rows rows;
	int r;

	for (size_t i = 0; i < n; i++) {
		accounts[i] = families[i].account_id;
		ids[i] = families[i].id;
	}
	r = db_run(op, &bench_families, &rows, P_STR(handle_today(op)), P_STR(client->id), P_C(BENCH_SCOPE),
	           P_STR(db_array(op->arena, accounts, n)), P_STR(db_array(op->arena, ids, n)));
	return r < 0 || rows.affected == n ? r : op_fail(op, ERR_INTERNAL, "not every family was written");
}

int rows_add_sessions(struct op *op, const struct session_row *sessions, size_t n)
{
	struct str *accounts = ARENA_ARRAY(op->arena, struct str, n);
	struct str *hashes = ARENA_ARRAY(op->arena, struct str, n);
	struct db_rows rows;
	int r;

	for (size_t i = 0; i < n; i++) {
		accounts[i] = sessions[i].account_id;
		hashes[i] = sessions[i].hash;
	}
	r = db_run(op, &bench_add_sessions, &rows, P_STR(handle_today(op)), P_STR(db_array(op->arena, accounts, n)),
	           P_STR(db_array(op->arena, hashes, n)));
	return r < 0 || rows.affected == n ? r : op_fail(op, ERR_INTERNAL, "not every session was written");
}
