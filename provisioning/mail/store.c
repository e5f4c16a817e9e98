#include "provisioning/mail/store.h"

#include "common/base/random.h"
#include "common/db/columns.h"

/* Accounts of one round, and notices; an account with more than are left is seen to in the next. */
#define GATHER_DUE 2000
#define GATHER_ACCOUNTS 200
#define GATHER_NOTICES 4000
#define CONTENT_MAX 500

DB_QUERY(mail_gather_lock_q, DB_WRITE, "SELECT pg_try_advisory_xact_lock(7301993)");

/* Read by persons_from_rows().  All of an account that waits, not only what is due; messages that told nothing do not count. */
DB_QUERY(mail_gather_due_q, DB_WRITE,
	"WITH d AS MATERIALIZED (SELECT account_id FROM sen.notice WHERE mail_look_at <= now() ORDER BY mail_look_at LIMIT $1::bigint),"
	" p AS MATERIALIZED (SELECT x.account_id, a.login, a.status = 'active' AS is_active, sen.mailbox_of(a.id) IS NOT NULL AS has_mailbox,"
	"  coalesce(c.mail = 'required', false) AS required_only, m.n, m.oldest, m.newest"
	"  FROM (SELECT DISTINCT account_id FROM d LIMIT $2::bigint) x JOIN sen.account a ON a.id = x.account_id"
	"  LEFT JOIN sen.notice_choice c ON c.account_id = a.id"
	"  CROSS JOIN LATERAL (SELECT count(*) AS n, min(o.created_at) AS oldest, max(o.created_at) AS newest FROM sen.outbox o"
	"   WHERE o.account_id = a.id AND o.created_on >= (now() AT TIME ZONE 'UTC')::date - 1 AND o.kind = '" OUTBOX_MAIL "'"
	"   AND o.created_at > now() - interval '1 day' AND o.outcome IS DISTINCT FROM 'void') m)"
	"SELECT p.account_id, p.is_active, p.has_mailbox, p.required_only, p.n, floor(extract(epoch FROM now() - p.oldest))::bigint,"
	" floor(extract(epoch FROM now() - p.newest))::bigint, n.id, n.kind, floor(extract(epoch FROM now() - n.created_at))::bigint,"
	" n.read_at IS NOT NULL, coalesce(n.data->>'login' = p.login, false)"
	" FROM p JOIN sen.notice n ON n.account_id = p.account_id AND n.mail_look_at IS NOT NULL"
	" ORDER BY n.account_id, n.created_at, n.id LIMIT $3::bigint FOR UPDATE OF n SKIP LOCKED");

DB_QUERY(mail_gather_write_q, DB_WRITE,
	"WITH r AS MATERIALIZED (SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bigint[]) r (account_id, id, mail_id, wait_s)),"
	" u AS (UPDATE sen.notice n SET mail_look_at = now() + r.wait_s * interval '1 s', mail_id = r.mail_id FROM r"
	"  WHERE n.account_id = r.account_id AND n.id = r.id AND n.mail_look_at IS NOT NULL RETURNING n.account_id, n.mail_id),"
	" o AS (INSERT INTO sen.outbox (account_id, id, kind, destination, payload, give_up_at)"
	"  SELECT account_id, mail_id, '" OUTBOX_MAIL "', '" MAIL_RELAY "', jsonb_build_object('notices', count(*)), now() + interval '3 days'"
	"  FROM u WHERE mail_id IS NOT NULL GROUP BY 1, 2 RETURNING 1)"
	"SELECT (SELECT count(*) FROM u), (SELECT count(*) FROM o)");

/*
 * The days are those of Việt Nam.  Of an account that is off, only that it is.
 */
#define NOTICE_DAY(name) "(n.data->>'" name "')::timestamptz"
DB_QUERY(mail_content_q, DB_READ,
	"SELECT a.login, sen.mailbox_of(a.id), n.kind,"
	" coalesce(n.data->>'login' = a.login, n.data->>'employee_code' = m.employee_code, false),"
	" coalesce(p.name, n.data->>'platform'), coalesce(r.name, n.data->>'role'), coalesce(u.name, n.data->>'unit'), n.data->>'name',"
	" to_char(coalesce(" NOTICE_DAY("expires_at") ", " NOTICE_DAY("deadline") ", " NOTICE_DAY("valid_to") ") AT TIME ZONE 'Asia/Ho_Chi_Minh', 'DD/MM/YYYY'),"
	" n.data->>'hours', CASE WHEN n.kind = 'account_unused' THEN n.data->>'disabled_after_days' END, a.status = 'active',"
	" n.data->>'form', n.data->>'count'"
	" FROM sen.account a JOIN sen.person m ON m.id = a.person_id JOIN sen.notice n ON n.account_id = a.id"
	" LEFT JOIN sen.platform p ON p.code = n.data->>'platform' LEFT JOIN sen.role r ON r.platform_id = p.id AND r.code = n.data->>'role'"
	" LEFT JOIN sen.unit u ON u.code = n.data->>'unit'"
	" WHERE a.id = $1::uuid AND n.mail_id = $2::uuid AND n.read_at IS NULL ORDER BY n.created_at, n.id LIMIT $3::bigint");

/* Rows stand by account. */
static struct digest_person *persons_from_rows(struct arena *a, const struct db_rows *rows, size_t *ret_n)
{
	struct digest_person *persons = ARENA_ARRAY(a, struct digest_person, rows->n + 1);
	struct digest_notice *notices = ARENA_ARRAY(a, struct digest_notice, rows->n + 1);
	size_t n = 0;

	for (size_t i = 0; i < rows->n; i++) {
		if (n == 0 || !str_equal(persons[n - 1].account_id, db_str(rows, i, 0)))
			persons[n++] = (struct digest_person){
				.account_id = db_str(rows, i, 0),
				.is_active = db_bool(rows, i, 1),
				.has_mailbox = db_bool(rows, i, 2),
				.wants_required_only = db_bool(rows, i, 3),
				.n_day = db_i64(rows, i, 4),
				.oldest_s = db_i64(rows, i, 5),
				.newest_s = db_i64(rows, i, 6),
				.notices = &notices[i],
			};
		notices[i] = (struct digest_notice){
			.id = db_str(rows, i, 7),
			.kind = notice_kind_find(db_str(rows, i, 8)),
			.age_s = db_i64(rows, i, 9),
			.is_read = db_bool(rows, i, 10),
			.is_own = db_bool(rows, i, 11),
		};
		persons[n - 1].n++;
	}
	*ret_n = n;
	return persons;
}

static void write_person(struct op *op, struct columns *c, size_t row, const struct digest_person *p, int64_t wait_s)
{
	char text[UUID_TEXT_LEN + 1];
	struct str message;

	random_uuid(text);
	message = arena_dup_c(op->arena, text);
	for (size_t i = 0; i < p->n; i++) {
		columns_text(c, 0, row + i, p->account_id);
		columns_text(c, 1, row + i, p->notices[i].id);
		if (p->notices[i].fate == NOTICE_GOES)
			columns_text(c, 2, row + i, message);
		else if (p->notices[i].fate == NOTICE_WAITS)
			columns_int(c, 3, row + i, wait_s);
	}
}

static int decide_all(struct op *op, const struct digest_rules *rules, struct gathered *ret)
{
	struct db_rows due, rows;
	struct digest_person *persons;
	struct columns c;
	size_t n_persons, row = 0;
	int r = db_run(op, &mail_gather_due_q, &due, P_I64(GATHER_DUE), P_I64(GATHER_ACCOUNTS), P_I64(GATHER_NOTICES));

	if (r < 0 || due.n == 0)
		return r;
	persons = persons_from_rows(op->arena, &due, &n_persons);
	c = columns_new(op->arena, due.n, 4);
	for (size_t i = 0; i < n_persons; i++) {
		write_person(op, &c, row, &persons[i], digest_decide(rules, &persons[i]));
		row += persons[i].n;
	}
	r = db_run(op, &mail_gather_write_q, &rows, columns_param(&c, 0), columns_param(&c, 1), columns_param(&c, 2), columns_param(&c, 3));
	if (r < 0)
		return r;
	ret->n_notices = (size_t)db_i64(&rows, 0, 0);
	ret->n_messages = (size_t)db_i64(&rows, 0, 1);
	ret->has_more = n_persons == GATHER_ACCOUNTS || due.n == GATHER_NOTICES;
	return 0;
}

int mail_gather(struct op *op, const struct digest_rules *rules, struct gathered *ret)
{
	struct db_rows rows;
	int r = db_begin(op);

	*ret = (struct gathered){ 0 };
	if (r < 0)
		return r;
	/* In a statement of its own: the next one sees what the one before us has written. */
	r = db_run(op, &mail_gather_lock_q, &rows);
	if (r == 0 && db_bool(&rows, 0, 0))
		r = decide_all(op, rules, ret);
	if (r == 0)
		return db_commit(op);
	db_rollback(op);
	return r;
}

int mail_content_read(struct op *op, const struct outbox_item *item, struct mail_content *ret)
{
	struct mail_line *lines;
	struct db_rows rows;
	int r = db_run(op, &mail_content_q, &rows, P_STR(item->account_id), P_STR(item->id), P_I64(CONTENT_MAX));

	*ret = (struct mail_content){ 0 };
	if (r < 0)
		return r;
	lines = ARENA_ARRAY(op->arena, struct mail_line, rows.n + 1);
	for (size_t i = 0; i < rows.n; i++) {
		const struct notice_kind *kind = notice_kind_find(db_str(&rows, i, 2));
		bool is_own = db_bool(&rows, i, 3);

		if (!kind || db_is_null(&rows, i, 1) || (!db_bool(&rows, i, 11) && !(kind->reaches_off && is_own)))
			continue;
		lines[ret->n++] = (struct mail_line){
			.kind = kind,
			.is_own = is_own,
			.platform = db_str(&rows, i, 4),
			.role = db_str(&rows, i, 5),
			.unit = db_str(&rows, i, 6),
			.review = db_str(&rows, i, 7),
			.until = db_str(&rows, i, 8),
			.hours = db_str(&rows, i, 9),
			.days = db_str(&rows, i, 10),
			.form = db_str(&rows, i, 12),
			.count = db_str(&rows, i, 13),
		};
		ret->login = db_str(&rows, i, 0);
		ret->mailbox = db_str(&rows, i, 1);
	}
	ret->lines = lines;
	return 0;
}
