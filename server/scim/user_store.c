/* user_store.c: rows of users, and the resource that is made of them.  Posts beyond the feed's units are none of its business. */

#include "server/scim/user.h"

#include "common/base/text.h"
#include "server/scim/search.h"

/* Up to the one that makes the answer too long ($5). */
DB_QUERY(scim_user_load_q, DB_READ,
         "SELECT f.person_id, f.user_name, f.external_id, f.active, f.attrs, sen.iso_ms(f.created_at), sen.iso_ms(greatest(f.changed_at, p.changed_at)),"
         " p.employee_code, p.kind, p.ho, p.dem, p.ten, p.full_name, CASE WHEN $6::boolean THEN p.birth_date END, CASE WHEN $6::boolean THEN p.sex END, p.version,"
         " CASE WHEN $3::boolean THEN sen.person_state(p.id) END, f.stopped_by, sen.today(), f.posts, f.groups, sen.today() + 1, f.upto >= $5::bigint"
         " FROM (SELECT x.*, sum(x.len) OVER (ORDER BY x.n) AS upto FROM (SELECT f.*, w.n, o.posts, g.groups,"
         "  octet_length(f.attrs::text) + coalesce(octet_length(o.posts::text), 0) + coalesce(octet_length(g.groups::text), 0) AS len"
         "  FROM unnest($2::uuid[]) WITH ORDINALITY AS w (id, n) JOIN sen.feed_user f ON f.feed_id = $1::uuid AND f.person_id = w.id AND f.gone_at IS NULL"
         "  CROSS JOIN LATERAL (SELECT jsonb_agg(jsonb_build_object('id', o.id, 'version', o.version, 'unit', u.code, 'title', o.title, 'kind', o.kind, 'rank', o.rank,"
         "   'validFrom', lower(o.valid), 'validTo', upper(o.valid), 'decisionNumber', o.decision_no, 'decisionDate', o.decision_on, 'signer', o.signer)"
         "   ORDER BY o.kind = 'main' DESC, lower(o.valid), o.id) AS posts FROM sen.post o JOIN sen.unit u ON u.id = o.unit_id WHERE o.person_id = f.person_id"
         "   AND starts_with(u.path, $4) AND (upper_inf(o.valid) OR upper(o.valid) > sen.today())) o"
         "  CROSS JOIN LATERAL (SELECT jsonb_agg(jsonb_build_object('value', g.id, 'display', g.display_name, 'type', 'direct') ORDER BY g.seq) AS groups"
         "   FROM sen.feed_member m JOIN sen.feed_group g ON g.feed_id = m.feed_id AND g.id = m.group_id"
         "   WHERE m.feed_id = f.feed_id AND m.person_id = f.person_id) g) x) f"
         " JOIN sen.person p ON p.id = f.person_id WHERE f.upto - f.len < $5::bigint ORDER BY f.n");
DB_QUERY(scim_user_lock_q, DB_WRITE, "SELECT 1 FROM sen.feed_user WHERE feed_id = $1::uuid AND person_id = $2::uuid AND gone_at IS NULL FOR UPDATE");
DB_QUERY(scim_user_insert_q, DB_WRITE,
         "INSERT INTO sen.feed_user AS f (feed_id, person_id, user_name, user_fold, external_id, active, attrs, search)"
         " VALUES ($1::uuid, $2::uuid, $3, $4, $5, $6::boolean, $7::jsonb, $8::jsonb)"
         " ON CONFLICT (feed_id, person_id) DO UPDATE SET user_name = excluded.user_name, user_fold = excluded.user_fold,"
         "  external_id = excluded.external_id, active = excluded.active, attrs = excluded.attrs, search = excluded.search, gone_at = NULL,"
         "  changed_at = date_trunc('milliseconds', now()) WHERE f.gone_at IS NOT NULL RETURNING 1");
DB_QUERY(scim_user_update_q, DB_WRITE,
         "UPDATE sen.feed_user SET user_name = $3, user_fold = $4, external_id = $5, active = $6::boolean, attrs = $7::jsonb, search = $8::jsonb,"
         " stopped_by = $9::uuid, changed_at = greatest(date_trunc('milliseconds', clock_timestamp()), changed_at + interval '1 millisecond')"
         " WHERE feed_id = $1::uuid AND person_id = $2::uuid AND gone_at IS NULL RETURNING 1");

DB_QUERY(scim_user_forget_q, DB_WRITE,
         "WITH m AS (DELETE FROM sen.feed_member WHERE feed_id = $1::uuid AND person_id = $2::uuid)"
         " UPDATE sen.feed_user SET gone_at = now(), active = false, stopped_by = coalesce($3::uuid, stopped_by)"
         " WHERE feed_id = $1::uuid AND person_id = $2::uuid AND gone_at IS NULL RETURNING 1");

#define DEPTH_MAX 8

/* What others say, or columns hold: not kept with the rest. */
static void drop_foreign(json_t *attrs)
{
	static const char *const core[] = { "id", "externalId", "meta", "schemas", "userName", "active", "userType", "groups" };
	static const char *const names[] = { "familyName", "middleName", "givenName", "formatted" };
	static const char *const official[] = { "birthDate", "sex", "posts", "state" };
	json_t *name = json_object_get(attrs, "name"), *enterprise = json_object_get(attrs, SCIM_URN_ENTERPRISE), *own = json_object_get(attrs, SCIM_URN_OFFICIAL);

	for (size_t i = 0; i < ARRAY_LEN(core); i++)
		json_object_del(attrs, core[i]);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		json_object_del(name, names[i]);
	for (size_t i = 0; i < ARRAY_LEN(official); i++)
		json_object_del(own, official[i]);
	json_object_del(enterprise, "employeeNumber");
	if (json_object_size(name) == 0)
		json_object_del(attrs, "name");
	if (json_object_size(enterprise) == 0)
		json_object_del(attrs, SCIM_URN_ENTERPRISE);
	if (json_object_size(own) == 0)
		json_object_del(attrs, SCIM_URN_OFFICIAL);
}

static void fold_value(struct arena *a, const struct scim_attr *attr, json_t *place, const char *name)
{
	json_t *value = json_object_get(place, name);

	for (size_t k = 0; k < json_array_size(value); k++)
		for (size_t i = 0; i < attr->n_subs; i++)
			fold_value(a, &attr->subs[i], json_array_get(value, k), attr->subs[i].name);
	for (size_t i = 0; i < attr->n_subs && json_is_object(value); i++)
		fold_value(a, &attr->subs[i], value, attr->subs[i].name);
	if (json_is_string(value) && !attr->exact)
		json_set_str(place, name, text_lower(a, str_n(json_string_value(value), json_string_length(value))));
}

static void fold_schema(struct arena *a, const struct scim_schema *schema, json_t *place)
{
	for (size_t i = 0; i < schema->n_attrs; i++)
		fold_value(a, &schema->attrs[i], place, schema->attrs[i].name);
}

/* attrs as it is kept, and as it is searched. */
static int texts_of(struct op *op, const json_t *resource, struct str *ret_attrs, struct str *ret_search)
{
	_json_ json_t *attrs = json_deep_copy(resource);

	drop_foreign(attrs);
	*ret_attrs = json_write(op->arena, attrs, false);
	if (ret_attrs->len > SCIM_RESOURCE_MAX_BYTES)
		return op_fail(op, ERR_LIMIT, "a resource has 64 KiB of attributes at most");
	fold_schema(op->arena, scim_user.core, attrs);
	for (size_t i = 0; i < scim_user.n_extensions; i++)
		fold_schema(op->arena, scim_user.extensions[i], json_object_get(attrs, scim_user.extensions[i]->urn));
	*ret_search = json_write(op->arena, attrs, false);
	return 0;
}

static json_t *within(json_t *resource, const char *name)
{
	json_t *place = json_object_get(resource, name);

	if (!place) {
		place = json_new_object();
		json_set_take(resource, name, place);
	}
	return place;
}

static void set_text(json_t *place, const char *name, struct str value)
{
	if (value.len > 0)
		json_set_str(place, name, value);
}

static int take_posts(struct op *op, struct str text, struct scim_user *user, json_t *official)
{
	_json_ json_t *list = str_is_null(text) ? NULL : json_read(text, DEPTH_MAX, NULL);
	size_t n = json_array_size(list);

	user->posts = ARENA_ARRAY(op->arena, struct scim_post, n);
	user->n_posts = n;
	if (n == 0)
		return 0;
	for (size_t i = 0; i < n; i++) {
		json_t *post = json_array_get(list, i);
		const char *name;
		json_t *value;
		void *next;

		user->posts[i] = (struct scim_post){
			.id = arena_dup(op->arena, json_get_str(post, "id")), .version = json_get_int(post, "version", 0),
			.unit = arena_dup(op->arena, json_get_str(post, "unit")), .title = arena_dup(op->arena, json_get_str(post, "title")),
			.kind = arena_dup(op->arena, json_get_str(post, "kind")), .rank = arena_dup(op->arena, json_get_str(post, "rank")),
			.valid_from = arena_dup(op->arena, json_get_str(post, "validFrom")), .valid_to = arena_dup(op->arena, json_get_str(post, "validTo")),
			.decision_no = arena_dup(op->arena, json_get_str(post, "decisionNumber")),
			.decision_on = arena_dup(op->arena, json_get_str(post, "decisionDate")), .signer = arena_dup(op->arena, json_get_str(post, "signer")),
		};
		json_object_del(post, "id");
		json_object_del(post, "version");
		json_object_foreach_safe(post, next, name, value)
			if (json_is_null(value))
				json_object_del(post, name);
	}
	json_set_take(official, "posts", json_incref(list));
	return 0;
}

static void take_groups(struct op *op, const struct scim_feed *feed, struct str text, json_t *resource)
{
	json_t *groups = str_is_null(text) ? NULL : json_read(text, DEPTH_MAX, NULL);

	for (size_t i = 0; i < json_array_size(groups); i++) {
		json_t *group = json_array_get(groups, i);

		json_set_str(group, "$ref", arena_printf(op->arena, "%.*s/Groups/%.*s", STR_ARG(feed->base), STR_ARG(json_get_str(group, "value"))));
	}
	if (groups)
		json_set_take(resource, "groups", groups);
}

static int from_row(struct op *op, const struct scim_feed *feed, const struct db_rows *rows, size_t i, struct scim_user *ret)
{
	json_t *resource = json_read(db_str(rows, i, 4), DEPTH_MAX, NULL), *name, *official;

	if (!resource)
		return op_fail(op, ERR_INTERNAL, "attributes that cannot be read");
	*ret = (struct scim_user){
		.person_id = db_str(rows, i, 0), .created = db_str(rows, i, 5), .changed = db_str(rows, i, 6), .employee_code = db_str(rows, i, 7),
		.person_version = db_i64(rows, i, 15), .state = db_str(rows, i, 16), .stopped_by = db_str(rows, i, 17), .today = db_str(rows, i, 18),
		.tomorrow = db_str(rows, i, 21), .is_last = db_bool(rows, i, 22),
		.resource = resource,
	};
	json_set_str(resource, "id", ret->person_id);
	json_set_str(resource, "userName", db_str(rows, i, 1));
	json_set_str(resource, "externalId", db_str(rows, i, 2));
	json_set_bool(resource, "active", db_bool(rows, i, 3));
	json_set_str(resource, "userType", db_str(rows, i, 8));
	name = within(resource, "name");
	set_text(name, "familyName", db_str(rows, i, 9));
	set_text(name, "middleName", db_str(rows, i, 10));
	set_text(name, "givenName", db_str(rows, i, 11));
	set_text(name, "formatted", db_str(rows, i, 12));
	json_set_str(within(resource, SCIM_URN_ENTERPRISE), "employeeNumber", ret->employee_code);
	official = within(resource, SCIM_URN_OFFICIAL);
	json_set_str(official, "birthDate", db_str(rows, i, 13));
	json_set_str(official, "sex", db_str(rows, i, 14));
	json_set_str(official, "state", ret->state);
	take_groups(op, feed, db_str(rows, i, 20), resource);
	return take_posts(op, db_str(rows, i, 19), ret, official);
}

int scim_user_load(struct op *op, const struct scim_feed *feed, const struct scim_ids *ids, struct scim_user *ret_users, size_t *ret_n)
{
	struct db_rows rows;
	int r = db_run(op, &scim_user_load_q, &rows, P_STR(feed->id), P_STR(db_array(op->arena, ids->ids, ids->n)), P_BOOL(ids->with_state),
	               P_STR(feed->unit_path), P_I64(SCIM_PAGE_MAX_BYTES), P_BOOL((feed->authority & SCIM_OF_PERSONAL) != 0));

	*ret_n = 0;
	if (r < 0)
		return r;
	for (size_t i = 0; i < rows.n && r == 0; i++) {
		r = from_row(op, feed, &rows, i, &ret_users[i]);
		*ret_n += r == 0;
	}
	return r;
}

int scim_user_lock(struct op *op, const struct scim_feed *feed, struct str id, struct scim_user *ret_user)
{
	struct db_rows rows;
	size_t n;
	int r = db_run(op, &scim_user_lock_q, &rows, P_STR(feed->id), P_STR(id));

	if (r == 0 && rows.n == 0)
		return scim_not_found(op);
	if (r == 0)
		r = scim_user_load(op, feed, &(struct scim_ids){ &id, 1, true }, ret_user, &n);
	return r == 0 && n == 0 ? scim_not_found(op) : r;
}

static int not_unique(struct op *op, int r)
{
	if (r != ERR_CONFLICT)
		return r;
	op_forgive(op);
	return scim_fail(op, SCIM_UNIQUENESS, "userName, externalId or employeeNumber is another's");
}

int scim_user_insert(struct op *op, const struct scim_feed *feed, struct str person_id, const struct scim_stated *s, const json_t *resource)
{
	struct str attrs, search;
	struct db_rows rows;
	int r = texts_of(op, resource, &attrs, &search);

	if (r < 0)
		return r;
	r = db_run(op, &scim_user_insert_q, &rows, P_STR(feed->id), P_STR(person_id), P_STR(s->user_name), P_STR(text_lower(op->arena, s->user_name)),
	           P_STR(s->external_id), P_BOOL(true), P_STR(attrs), P_STR(search));
	if (r == 0 && rows.n == 0)
		return scim_fail(op, SCIM_UNIQUENESS, "the person is a user of this source already");
	return not_unique(op, r);
}

int scim_user_update(struct op *op, const struct scim_feed *feed, const struct scim_user *user, const struct scim_stated *s, const json_t *resource)
{
	struct str attrs, search;
	struct db_rows rows;
	int r = texts_of(op, resource, &attrs, &search);

	if (r < 0)
		return r;
	r = db_run(op, &scim_user_update_q, &rows, P_STR(feed->id), P_STR(user->person_id), P_STR(s->user_name),
	           P_STR(text_lower(op->arena, s->user_name)), P_STR(s->external_id), P_BOOL(s->active), P_STR(attrs), P_STR(search),
	           P_STR(user->stopped_by));
	return not_unique(op, r);
}

int scim_user_forget(struct op *op, const struct scim_feed *feed, const struct scim_user *user, struct str movement)
{
	struct db_rows rows;

	return db_run(op, &scim_user_forget_q, &rows, P_STR(feed->id), P_STR(user->person_id), P_STR(movement));
}
