/* group_store.c: rows of groups and members. */

#include "common/base/random.h"
#include "server/scim/group.h"

#include "common/base/text.h"
#include "server/scim/group_role.h"

#define GROUP_COLUMNS                                                                                                    \
	"g.id, g.display_name, g.external_id, sen.iso_ms(g.created_at), sen.iso_ms(g.changed_at), g.version, pl.code, r.code" \
	" FROM sen.feed_group g LEFT JOIN sen.role r ON r.id = g.role_id LEFT JOIN sen.platform pl ON pl.id = r.platform_id"

DB_QUERY(scim_group_load_q, DB_READ,
         "SELECT " GROUP_COLUMNS " JOIN unnest($2::uuid[]) WITH ORDINALITY AS w (id, n) ON w.id = g.id"
         " WHERE g.feed_id = $1::uuid AND g.gone_at IS NULL ORDER BY w.n");
DB_QUERY(scim_group_lock_q, DB_WRITE,
         "SELECT " GROUP_COLUMNS " WHERE g.feed_id = $1::uuid AND g.id = $2::uuid AND g.gone_at IS NULL FOR UPDATE OF g");
DB_QUERY(scim_group_insert_q, DB_WRITE,
         "INSERT INTO sen.feed_group (feed_id, id, display_name, display_fold, external_id) VALUES ($1::uuid, $2::uuid, $3, $4, $5)");
DB_QUERY(scim_group_touch_q, DB_WRITE,
         "UPDATE sen.feed_group SET version = version + 1, changed_at = greatest(date_trunc('milliseconds', clock_timestamp()), changed_at + interval '1 millisecond'),"
         " display_name = coalesce($3, display_name), display_fold = coalesce($4, display_fold),"
         " external_id = CASE WHEN $5::boolean THEN $6 ELSE external_id END WHERE feed_id = $1::uuid AND id = $2::uuid");
DB_QUERY(scim_group_forget_q, DB_WRITE, "UPDATE sen.feed_group SET gone_at = now() WHERE feed_id = $1::uuid AND id = $2::uuid AND gone_at IS NULL");
DB_QUERY(scim_members_q, DB_READ,
         "SELECT m.group_id, m.person_id, p.full_name FROM sen.feed_member m JOIN sen.person p ON p.id = m.person_id"
         " WHERE m.feed_id = $1::uuid AND m.group_id = ANY ($2::uuid[]) ORDER BY m.group_id, m.person_id LIMIT $3::bigint");
DB_QUERY(scim_members_add_q, DB_WRITE,
         "WITH k AS (SELECT u.person_id FROM sen.feed_user u WHERE u.feed_id = $1::uuid AND u.gone_at IS NULL AND u.person_id = ANY ($3::uuid[])),"
         " a AS (INSERT INTO sen.feed_member (feed_id, group_id, person_id) SELECT $1::uuid, $2::uuid, k.person_id FROM k ON CONFLICT DO NOTHING RETURNING person_id)"
         " SELECT (SELECT count(*) FROM k), (SELECT array_agg(person_id) FROM a)::text[]");
DB_QUERY(scim_members_full_q, DB_READ,
         "SELECT 1 FROM sen.feed_member WHERE feed_id = $1::uuid AND person_id = ANY ($2::uuid[]) GROUP BY person_id HAVING count(*) > $3::bigint LIMIT 1");
DB_QUERY(scim_members_remove_q, DB_WRITE,
         "DELETE FROM sen.feed_member WHERE feed_id = $1::uuid AND group_id = $2::uuid AND person_id = ANY ($3::uuid[]) RETURNING person_id");
DB_QUERY(scim_members_clear_q, DB_WRITE,
         "DELETE FROM sen.feed_member WHERE feed_id = $1::uuid AND group_id = $2::uuid AND person_id <> ALL ($3::uuid[]) RETURNING person_id");

/* One pass over the members, whatever the planner knows of them: a count for each group was a pass for each. */
DB_QUERY(scim_members_count_q, DB_READ,
         "SELECT coalesce(c.members, 0) FROM unnest($2::uuid[]) WITH ORDINALITY AS w (id, n)"
         " LEFT JOIN (SELECT m.group_id, count(*) AS members FROM sen.feed_member m WHERE m.feed_id = $1::uuid AND m.group_id = ANY ($2::uuid[]) GROUP BY m.group_id) c"
         " ON c.group_id = w.id ORDER BY w.n");

static struct scim_group_row from_row(const struct db_rows *rows, size_t i)
{
	return (struct scim_group_row){
		.id = db_str(rows, i, 0), .display_name = db_str(rows, i, 1), .external_id = db_str(rows, i, 2), .created = db_str(rows, i, 3),
		.changed = db_str(rows, i, 4), .version = db_i64(rows, i, 5), .platform = db_str(rows, i, 6), .role = db_str(rows, i, 7),
	};
}

int scim_group_load(struct op *op, const struct scim_feed *feed, const struct str *ids, size_t n, struct scim_group_row *ret, size_t *ret_n)
{
	struct db_rows rows;
	int r = db_run(op, &scim_group_load_q, &rows, P_STR(feed->id), P_STR(db_array(op->arena, ids, n)));

	*ret_n = 0;
	if (r < 0)
		return r;
	for (size_t i = 0; i < rows.n; i++)
		ret[i] = from_row(&rows, i);
	*ret_n = rows.n;
	return 0;
}

int scim_group_fit(struct op *op, const struct scim_feed *feed, const struct str *ids, size_t *n)
{
	struct db_rows rows;
	int64_t sum = 0;
	size_t i = 0;
	int r = db_run(op, &scim_members_count_q, &rows, P_STR(feed->id), P_STR(db_array(op->arena, ids, *n)));

	if (r < 0)
		return r;
	while (i < rows.n && (i == 0 || sum + db_i64(&rows, i, 0) <= SCIM_MEMBERS_SHOWN_MAX)) {
		sum += db_i64(&rows, i, 0);
		i++;
	}
	*n = i;
	return 0;
}

int scim_group_load_members(struct op *op, const struct scim_feed *feed, struct scim_group_row *groups, size_t n)
{
	struct str *ids = ARENA_ARRAY(op->arena, struct str, n + 1);
	struct db_rows rows;
	int r;

	for (size_t i = 0; i < n; i++)
		ids[i] = groups[i].id;
	r = db_run(op, &scim_members_q, &rows, P_STR(feed->id), P_STR(db_array(op->arena, ids, n)), P_I64(SCIM_MEMBERS_SHOWN_MAX + 1));
	if (r < 0)
		return r;
	if (rows.n > SCIM_MEMBERS_SHOWN_MAX)
		return scim_fail(op, SCIM_TOO_MANY, "too many members for one answer; ask with excludedAttributes=members");
	for (size_t i = 0, k = 0; i < rows.n; i++) {
		json_t *member = json_new_object();

		/* Sorted by group; groups are few. */
		if (!str_equal(groups[k].id, db_str(&rows, i, 0)))
			for (k = 0; k < n && !str_equal(groups[k].id, db_str(&rows, i, 0)); k++)
				;
		assert(k < n);
		if (!groups[k].members)
			groups[k].members = json_new_array();
		json_set_str(member, "value", db_str(&rows, i, 1));
		json_set_str(member, "$ref", arena_printf(op->arena, "%.*s/Users/%.*s", STR_ARG(feed->base), STR_ARG(db_str(&rows, i, 1))));
		json_set_str(member, "display", db_str(&rows, i, 2));
		json_set_str(member, "type", STR("User"));
		json_array_append_new(groups[k].members, member);
		groups[k].n_members++;
	}
	return 0;
}

int scim_group_lock(struct op *op, const struct scim_feed *feed, struct str id, struct scim_group_row *ret)
{
	struct db_rows rows;
	int r = db_run(op, &scim_group_lock_q, &rows, P_STR(feed->id), P_STR(id));

	if (r == 0 && rows.n == 0)
		return scim_not_found(op);
	if (r == 0)
		*ret = from_row(&rows, 0);
	return r;
}

static int not_unique(struct op *op, int r)
{
	if (r != ERR_CONFLICT)
		return r;
	op_forgive(op);
	return scim_fail(op, SCIM_UNIQUENESS, "externalId is another group's");
}

int scim_group_insert(struct op *op, const struct scim_feed *feed, const struct scim_group_row *group)
{
	struct db_rows rows;

	return not_unique(op, db_run(op, &scim_group_insert_q, &rows, P_STR(feed->id), P_STR(group->id), P_STR(group->display_name),
	                             P_STR(text_lower(op->arena, group->display_name)), P_STR(group->external_id)));
}

int scim_group_forget(struct op *op, const struct scim_feed *feed, struct str id)
{
	struct db_rows rows;

	return db_run(op, &scim_group_forget_q, &rows, P_STR(feed->id), P_STR(id));
}

/* What cannot be an id is nobody. */
static struct str ids_array(struct op *op, const struct scim_group_step *step, size_t *ret_n)
{
	struct str *ids = ARENA_ARRAY(op->arena, struct str, step ? step->n_ids + 1 : 1);
	size_t n = 0;

	for (size_t i = 0; step && i < step->n_ids; i++) {
		bool again = false;

		for (size_t k = 0; k < n && !again; k++)
			again = str_equal(ids[k], step->ids[i]);
		if (!again && uuid_is_valid(step->ids[i]))
			ids[n++] = step->ids[i];
		else if (!again)
			*ret_n += 1; /* counted as asked for, never found */
	}
	*ret_n += n;
	return db_array(op->arena, ids, n);
}

static int add(struct op *op, const struct scim_feed *feed, const struct scim_group_row *group, const struct scim_group_step *step)
{
	const struct str *added = NULL;
	struct db_rows rows, full;
	size_t n = 0, n_added = 0;
	int r = db_run(op, &scim_members_add_q, &rows, P_STR(feed->id), P_STR(group->id), P_STR(ids_array(op, step, &n)));

	if (r < 0)
		return r;
	if ((size_t)db_i64(&rows, 0, 0) != n)
		return scim_fail(op, SCIM_INVALID_VALUE, "a member is no user of this source");
	if (!db_is_null(&rows, 0, 1))
		r = db_array_read(op, db_str(&rows, 0, 1), &added, &n_added);
	if (r == 0 && n_added > 0)
		r = db_run(op, &scim_members_full_q, &full, P_STR(feed->id), P_STR(db_array(op->arena, added, n_added)), P_I64(SCIM_GROUPS_OF_USER_MAX));
	if (r == 0 && n_added > 0 && full.n > 0)
		return scim_fail(op, SCIM_TOO_MANY, "nobody is in more than 250 groups");
	return r < 0 ? r : scim_role_give(op, feed, group, added, n_added);
}

static int removed(struct op *op, const struct scim_feed *feed, const struct scim_group_row *group, const struct db_rows *rows)
{
	struct str *persons = ARENA_ARRAY(op->arena, struct str, rows->n + 1);

	for (size_t i = 0; i < rows->n; i++)
		persons[i] = db_str(rows, i, 0);
	return scim_role_take(op, feed, group, persons, rows->n);
}

static int apply(struct op *op, const struct scim_feed *feed, const struct scim_group_row *group, const struct scim_group_step *step,
                 const struct scim_group_step *next)
{
	struct db_rows rows;
	size_t n = 0;
	int r;

	switch (step->what) {
	case SCIM_MEMBERS_ADD:
		return add(op, feed, group, step);
	case SCIM_MEMBERS_REMOVE:
		r = db_run(op, &scim_members_remove_q, &rows, P_STR(feed->id), P_STR(group->id), P_STR(ids_array(op, step, &n)));
		return r < 0 ? r : removed(op, feed, group, &rows);
	case SCIM_MEMBERS_CLEAR:
		/* Who comes back with the next step does not go. */
		r = db_run(op, &scim_members_clear_q, &rows, P_STR(feed->id), P_STR(group->id),
		           P_STR(ids_array(op, next && next->what == SCIM_MEMBERS_ADD ? next : NULL, &n)));
		return r < 0 ? r : removed(op, feed, group, &rows);
	default:
		return 0;
	}
}

int scim_group_apply(struct op *op, const struct scim_feed *feed, const struct scim_group_row *group, const struct scim_group_step *steps, size_t n)
{
	struct str name = STR_NULL, external_id = STR_NULL;
	bool sets_external_id = false;
	struct db_rows rows;
	int r = 0;

	for (size_t i = 0; i < n && r == 0; i++) {
		if (steps[i].what == SCIM_NAME_SET)
			name = steps[i].text;
		if (steps[i].what == SCIM_EXTERNAL_ID_SET) {
			external_id = steps[i].text;
			sets_external_id = true;
		}
		r = apply(op, feed, group, &steps[i], i + 1 < n ? &steps[i + 1] : NULL);
	}
	if (r == 0)
		r = not_unique(op, db_run(op, &scim_group_touch_q, &rows, P_STR(feed->id), P_STR(group->id), P_STR(name),
		                          P_STR(str_is_null(name) ? STR_NULL : text_lower(op->arena, name)), P_BOOL(sets_external_id), P_STR(external_id)));
	return r;
}
