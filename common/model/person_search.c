#include "common/model/person_search.h"

#include "common/base/buf.h"
#include "common/base/text.h"

/* 51 = PERSON_PAGE_MAX + 1: the one too many says that there is another page. */
DB_QUERY(person_search_q, DB_READ,
         "SELECT f.id, f.employee_code, f.full_name, f.kind, a.login, a.status, o.unit_code, o.unit_name, o.title"
         " FROM sen.persons_found($1::uuid, $2, $3, $4, $5::uuid, 51) f"
         " JOIN LATERAL (SELECT o.unit_code, o.unit_name, o.title FROM sen.standing_post o WHERE o.person_id = f.id AND o.unit_id = ANY (f.reach)"
         "  ORDER BY o.kind = 'main' DESC, lower(o.valid), o.id LIMIT 1) o ON true"
         " LEFT JOIN sen.account a ON a.person_id = f.id AND a.kind = 'operational'"
         " ORDER BY f.rank, f.name_fold COLLATE \"C\", f.id");

/* "%…%" with what LIKE would take as a pattern made plain. */
static struct str contains_pattern(struct arena *a, struct str folded)
{
	struct buf b = buf_new(a, 2 * folded.len + 2);

	buf_add_char(&b, '%');
	for (size_t i = 0; i < folded.len; i++) {
		if (folded.p[i] == '%' || folded.p[i] == '_' || folded.p[i] == '\\')
			buf_add_char(&b, '\\');
		buf_add_char(&b, folded.p[i]);
	}
	buf_add_char(&b, '%');
	return buf_str(&b);
}

int person_search(struct op *op, struct str viewer, struct str words, struct str after, struct person_page *ret_page)
{
	struct str folded = text_fold(op->arena, words);
	struct db_rows rows;
	int r = db_run(op, &person_search_q, &rows, P_STR(viewer), P_STR(contains_pattern(op->arena, folded)), P_STR(words),
	               P_STR(folded), P_STR(after));

	if (r < 0)
		return r;
	size_t n = rows.n > PERSON_PAGE_MAX ? PERSON_PAGE_MAX : rows.n;
	struct person_hit *hits = ARENA_ARRAY(op->arena, struct person_hit, n);
	for (size_t i = 0; i < n; i++)
		hits[i] = (struct person_hit){
			.id = db_str(&rows, i, 0),
			.employee_code = db_str(&rows, i, 1),
			.full_name = db_str(&rows, i, 2),
			.kind = db_str(&rows, i, 3),
			.login = db_str(&rows, i, 4),
			.status = db_str(&rows, i, 5),
			.unit_code = db_str(&rows, i, 6),
			.unit_name = db_str(&rows, i, 7),
			.title = db_str(&rows, i, 8),
		};
	*ret_page = (struct person_page){ .hits = hits, .n = n, .has_more = rows.n > PERSON_PAGE_MAX };
	return 0;
}
