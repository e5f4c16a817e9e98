#include "server/governance/notices.h"

#define NOTICE_JSON                                                                                                        \
	"jsonb_build_object('id', n.id, 'kind', n.kind, 'about', n.data, 'created_at', sen.iso(n.created_at), 'read_at', sen.iso(n.read_at),"  \
	" 'acknowledged_at', sen.iso(n.acknowledged_at))"

DB_QUERY(notice_list_q, DB_READ,
         "SELECT " NOTICE_JSON ", n.created_at, n.id FROM sen.notice n WHERE n.account_id = $1::uuid"
         " AND ($2::text IS NULL OR CASE $2 WHEN 'unread' THEN n.read_at IS NULL ELSE n.acknowledged_at IS NULL END)"
         " AND ($3::timestamptz IS NULL OR (n.created_at, n.id) < ($3::timestamptz, $4::uuid)) ORDER BY n.created_at DESC, n.id DESC LIMIT $5::integer");
const struct query *const notice_list = &notice_list_q;

#define NOTICE_INPUT "WITH i (id, actor) AS (VALUES ($1::uuid, $2::uuid)) "
#define NOTICE_OWN " FROM i JOIN sen.notice n ON n.account_id = i.actor AND n.id = i.id"
DB_QUERY(notice_read_check_q, DB_WRITE, NOTICE_INPUT "SELECT NULL, NULL, NULL, NULL, n.kind" NOTICE_OWN);
DB_QUERY(notice_read_q, DB_WRITE,
         NOTICE_INPUT "UPDATE sen.notice n SET read_at = coalesce(n.read_at, now()) FROM i WHERE n.account_id = i.actor AND n.id = i.id RETURNING " NOTICE_JSON);
const struct governed_kind notice_read = { .action = "notice.read", .check = &notice_read_check_q, .write = &notice_read_q };

DB_QUERY(notice_acknowledge_check_q, DB_WRITE,
         NOTICE_INPUT "SELECT CASE WHEN n.acknowledged_at IS NOT NULL THEN 'wrong_state' END, 'state', 'acknowledged', NULL, n.kind" NOTICE_OWN);
DB_QUERY(notice_acknowledge_q, DB_WRITE,
         NOTICE_INPUT "UPDATE sen.notice n SET read_at = coalesce(n.read_at, now()), acknowledged_at = now() FROM i"
                      " WHERE n.account_id = i.actor AND n.id = i.id AND n.acknowledged_at IS NULL RETURNING " NOTICE_JSON);
const struct governed_kind notice_acknowledge = {
	.action = "notice.acknowledge", .check = &notice_acknowledge_check_q, .write = &notice_acknowledge_q };

#define CHOICE_JSON "jsonb_build_object('mail', coalesce(c.mail, 'all'), 'changed_at', sen.iso(c.changed_at))"
DB_QUERY(notice_mail_q, DB_READ, "SELECT " CHOICE_JSON " FROM (VALUES ($1::uuid)) i (actor) LEFT JOIN sen.notice_choice c ON c.account_id = i.actor");
const struct query *const notice_mail = &notice_mail_q;

DB_QUERY(notice_mail_check_q, DB_WRITE, "SELECT CASE WHEN $2::text NOT IN ('all', 'required') THEN 'invalid_value' END, 'field', 'mail', $1::uuid, $2::text");
DB_QUERY(notice_mail_set_q, DB_WRITE,
         "INSERT INTO sen.notice_choice AS c (account_id, mail) VALUES ($1::uuid, $2::text)"
         " ON CONFLICT (account_id) DO UPDATE SET mail = excluded.mail, changed_at = now() RETURNING " CHOICE_JSON);
const struct governed_kind notice_mail_set = { .action = "notice.mail", .check = &notice_mail_check_q, .write = &notice_mail_set_q };
