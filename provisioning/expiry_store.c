#include "provisioning/expiry_store.h"

#define RUNS_OUT_AT "least(expires_at, last_seen_at + idle_s * interval '1 s')"

DB_QUERY(prov_session_expire, DB_WRITE,
	"WITH due AS MATERIALIZED (SELECT account_id, issued_on, id, " RUNS_OUT_AT " AS at FROM sen.session"
	"  WHERE sweep_at <= now() AND ended_at IS NULL ORDER BY sweep_at LIMIT 500 FOR UPDATE SKIP LOCKED"
	"), over AS ("
	"  UPDATE sen.session s SET ended_at = now(), end_reason = 'expired' FROM due d"
	"  WHERE s.account_id = d.account_id AND s.issued_on = d.issued_on AND s.id = d.id AND d.at <= now()"
	"  RETURNING s.account_id, s.id"
	"), later AS ("
	"  UPDATE sen.session s SET sweep_at = d.at FROM due d"
	"  WHERE s.account_id = d.account_id AND s.issued_on = d.issued_on AND s.id = d.id AND d.at > now()"
	"), l AS ("
	"  INSERT INTO sen.audit (actor, action, account_id, object, request_id, data)"
	"  SELECT 'system', 'session.end', account_id, 'session:' || id, $1::text, '{\"reason\": \"expired\"}' FROM over"
	")"
	"SELECT (SELECT count(*) FROM due), (SELECT count(*) FROM over)");

int session_expire(struct op *op, size_t *ret_n_seen, size_t *ret_n_ended)
{
	struct db_rows rows;
	int r = db_run(op, &prov_session_expire, &rows, P_C(op->id));

	if (r < 0)
		return r;
	*ret_n_seen = (size_t)db_i64(&rows, 0, 0);
	*ret_n_ended = (size_t)db_i64(&rows, 0, 1);
	return 0;
}
