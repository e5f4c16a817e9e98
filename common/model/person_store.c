#include "common/model/person_store.h"

#define PERSON_COLUMNS "p.id, p.employee_code, p.kind, p.ho, p.dem, p.ten, p.full_name, p.birth_date"

DB_QUERY(person_find_q, DB_READ, "SELECT " PERSON_COLUMNS " FROM sen.person p WHERE p.employee_code = $1");
DB_QUERY(person_get_q, DB_READ, "SELECT " PERSON_COLUMNS " FROM sen.person p WHERE p.id = $1::uuid");
DB_QUERY(person_posts_q, DB_READ,
         "SELECT o.id, o.unit_id, o.unit_code, o.unit_name, o.path, o.title, o.kind, lower(o.valid), upper(o.valid), o.decision_no"
         " FROM sen.standing_post o WHERE o.person_id = $1::uuid"
         " ORDER BY o.valid @> sen.today() DESC, o.kind = 'main' DESC, lower(o.valid), o.id");

static int person_from_rows(struct op *op, const struct db_rows *rows, struct person *ret_person)
{
	if (rows->n == 0)
		return op_fail(op, ERR_UNKNOWN_PERSON, "no such person");
	*ret_person = (struct person){
		.id = db_str(rows, 0, 0),
		.employee_code = db_str(rows, 0, 1),
		.kind = db_str(rows, 0, 2),
		.ho = db_str(rows, 0, 3),
		.dem = db_str(rows, 0, 4),
		.ten = db_str(rows, 0, 5),
		.full_name = db_str(rows, 0, 6),
		.birth_date = db_str(rows, 0, 7),
	};
	return 0;
}

int person_find(struct op *op, struct str employee_code, struct person *ret_person)
{
	struct db_rows rows;
	int r = db_run(op, &person_find_q, &rows, P_STR(employee_code));

	return r < 0 ? r : person_from_rows(op, &rows, ret_person);
}

int person_get(struct op *op, struct str id, struct person *ret_person)
{
	struct db_rows rows;
	int r = db_run(op, &person_get_q, &rows, P_STR(id));

	return r < 0 ? r : person_from_rows(op, &rows, ret_person);
}

int person_posts(struct op *op, struct str person_id, const struct post **ret_posts, size_t *ret_n)
{
	struct db_rows rows;
	int r = db_run(op, &person_posts_q, &rows, P_STR(person_id));

	if (r < 0)
		return r;
	struct post *posts = ARENA_ARRAY(op->arena, struct post, rows.n);
	for (size_t i = 0; i < rows.n; i++)
		posts[i] = (struct post){
			.id = db_str(&rows, i, 0),
			.unit_id = db_i64(&rows, i, 1),
			.unit_code = db_str(&rows, i, 2),
			.unit_name = db_str(&rows, i, 3),
			.unit_path = db_str(&rows, i, 4),
			.title = db_str(&rows, i, 5),
			.kind = db_str(&rows, i, 6),
			.valid_from = db_str(&rows, i, 7),
			.valid_to = db_str(&rows, i, 8),
			.decision_no = db_str(&rows, i, 9),
		};
	*ret_posts = posts;
	*ret_n = rows.n;
	return 0;
}
