#include "server/parties/parties.h"

#define OUTBOX_JSON                                                                                                       \
	"jsonb_build_object('id', o.id, 'kind', o.kind, 'destination', o.destination, 'login', a.login, 'session', o.session_id,"                  \
	" 'created_at', sen.iso(o.created_at), 'state', coalesce(o.outcome, CASE WHEN o.lease_until > now() THEN 'sending' ELSE 'waiting' END),"   \
	" 'next_at', CASE WHEN o.outcome IS NULL AND NOT coalesce(o.lease_until > now(), false) THEN sen.iso(o.next_at) END, 'attempts', o.attempts," \
	" 'detail', o.detail)"
#define OUTBOX "SELECT " OUTBOX_JSON ", o.created_at::text, o.id::text FROM sen.outbox o LEFT JOIN sen.account a ON a.id = o.account_id" \
               " WHERE sen.scope_everywhere($1::uuid, 'catalogue') AND ($2::text IS NULL OR o.destination = $2)"
DB_QUERY(outbox_waiting_q, DB_READ,
         OUTBOX " AND o.outcome IS DISTINCT FROM 'delivered' AND ($3::timestamptz IS NULL OR (o.created_at, o.id) < ($3::timestamptz, $4::uuid))"
                " ORDER BY o.created_at DESC, o.id DESC LIMIT $5::bigint");
const struct query *const outbox_waiting = &outbox_waiting_q;
DB_QUERY(outbox_of_account_q, DB_READ,
         OUTBOX " AND o.account_id = (SELECT x.id FROM sen.account x WHERE x.login = $3::text)"
                " AND ($4::timestamptz IS NULL OR (o.created_at, o.id) < ($4::timestamptz, $5::uuid)) ORDER BY o.created_at DESC, o.id DESC LIMIT $6::bigint");
const struct query *const outbox_of_account = &outbox_of_account_q;

#define RETRY_INPUT "WITH i (id, actor, destination) AS (VALUES ($1::uuid, $2::uuid, $3::text))"
DB_QUERY(outbox_retry_check_q, DB_WRITE,
         RETRY_INPUT " SELECT CASE WHEN NOT sen.scope_everywhere(i.actor, 'catalogue') THEN 'out_of_scope' END, NULL, NULL, NULL,"
                     " coalesce(i.id::text, i.destination) FROM i");
/* What is being sent now is left to whoever sends it. */
DB_QUERY(outbox_retry_q, DB_WRITE,
         RETRY_INPUT ", n AS (UPDATE sen.outbox o SET done_at = NULL, outcome = NULL, next_at = now(), lease_until = NULL, attempts = 0,"
                     "  give_up_at = greatest(o.give_up_at, now() + interval '1 day') FROM i WHERE (i.id IS NULL OR o.id = i.id)"
                     "  AND (i.destination IS NULL OR o.destination = i.destination) AND (i.id IS NOT NULL OR i.destination IS NOT NULL)"
                     "  AND o.outcome IS DISTINCT FROM 'delivered' AND (o.lease_until IS NULL OR o.lease_until < now())"
                     "  AND sen.scope_everywhere(i.actor, 'catalogue') RETURNING 1)"
                     " SELECT jsonb_build_object('retried', (SELECT count(*) FROM n))");
const struct governed_kind outbox_retry = { .action = "outbox.retry", .check = &outbox_retry_check_q, .write = &outbox_retry_q };

/* The message as the platform would get it again: what was overtaken says no more than that. */
DB_QUERY(webhook_replay_q, DB_READ,
         "SELECT jsonb_build_object('sequence', l.sequence, 'created_at', sen.iso(l.created_at), 'answered_at', sen.iso(l.answered_at), 'status', l.status,"
         " 'message', CASE WHEN NOT EXISTS (SELECT FROM sen.webhook_log n WHERE n.platform_id = l.platform_id AND n.account_id = l.account_id"
         "  AND n.sequence > l.sequence) THEN l.document::jsonb ELSE jsonb_build_object('operation', 'superseded', 'account_id', l.account_id,"
         "  'generation', l.gen) END || jsonb_build_object('sequence', l.sequence)), l.sequence::text"
         " FROM sen.platform p JOIN sen.webhook_log l ON l.platform_id = p.id WHERE p.code = $2::text AND p.id > 0"
         " AND sen.platform_in_reach($1::uuid, 'catalogue', p.id) AND l.sequence >= $3::bigint AND l.sequence > coalesce($4::bigint, 0)"
         " ORDER BY l.sequence LIMIT $5::bigint");
const struct query *const webhook_replay = &webhook_replay_q;
