/* Lists that were once cut after so many rows, on PostgreSQL with the rights of the server's role: read to their end, each row once. */
#include "server/governance/account_kind.h"
#include "server/governance/forms.h"
#include "server/governance/gates.h"
#include "server/governance/mapping_admin.h"
#include "server/governance/platform_health.h"
#include "server/governance/platform_review.h"
#include "server/governance/rollout.h"
#include "tests/db/governance/staffing.h"

#define SEEN_MAX 600

static struct str seen[SEEN_MAX];
static size_t n_seen;

static void saw(struct str row)
{
	for (size_t i = 0; i < n_seen; i++)
		assert_false(str_equal(seen[i], row));
	assert_in_range(n_seen, 0, SEEN_MAX - 1);
	seen[n_seen++] = row;
}

static int read_gates(struct fixture *f, const struct page_ask *ask, struct json_page *ret)
{
	return gate_list(&f->op, STR("P02"), ask, ret);
}

static int read_guidance(struct fixture *f, const struct page_ask *ask, struct json_page *ret)
{
	return guidance_list(&f->op, STR("P02"), true, ask, ret);
}

static int read_form_lists(struct fixture *f, const struct page_ask *ask, struct json_page *ret)
{
	return form_upload_list(&f->op, &f->admin, STR("P02"), ask, ret);
}

static int read_uses(struct fixture *f, const struct page_ask *ask, struct json_page *ret)
{
	return shared_uses(&f->op, &f->admin, STR("chung.1cua"), ask, ret);
}

static int read_health(struct fixture *f, const struct page_ask *ask, struct json_page *ret)
{
	return platform_health_list(&f->op, ask, ret);
}

static int read_reminders(struct fixture *f, const struct page_ask *ask, struct json_page *ret)
{
	return platform_review_reminders(&f->op, &f->admin, ask, ret);
}

static int read_mappings(struct fixture *f, const struct page_ask *ask, struct json_page *ret)
{
	_json_ json_t *about = NULL;
	int r = mapping_overview(&f->op, STR("P02"), ask, &about, ret);

	/* Whichever page it is on. */
	if (r == 0)
		assert_int_equal(json_get_int(about, "active", 0), 3);
	return r;
}

static int read_movements(struct fixture *f, const struct page_ask *ask, struct json_page *ret)
{
	struct movement_page page;
	int r = movement_list(&f->op, &f->admin, STR("VP"), ask, &page);

	if (r < 0)
		return r;
	*ret = (struct json_page){ .items = json_new_array(), .has_more = page.has_more };
	for (size_t i = 0; i < page.n; i++)
		json_array_append_new(ret->items, json_from_str(page.movements[i].id));
	if (page.has_more)
		ret->next[0] = page.movements[page.n - 1].seq;
	return 0;
}

static int read_posts(struct fixture *f, const struct page_ask *ask, struct json_page *ret)
{
	const struct post_filter filter = { .employee_code = STR("VP"), .former = true, .after = { ask->after[0], ask->after[1], ask->after[2] }, .limit = ask->limit };
	struct post_page page;
	int r = post_admin_list(&f->op, &f->admin, &filter, &page);

	if (r < 0)
		return r;
	*ret = (struct json_page){ .items = json_new_array(), .has_more = page.has_more };
	for (size_t i = 0; i < page.n; i++) {
		const struct post_record *p = &page.posts[i];

		json_array_append_new(ret->items, json_from_str(arena_printf(f->op.arena, "%.*s %lld", STR_ARG(p->post.id), (long long)p->version)));
		ret->next[0] = p->post.valid_from;
		ret->next[1] = p->post.id;
		ret->next[2] = arena_printf(f->op.arena, "%lld", (long long)p->version);
	}
	return 0;
}

/* With moments and days that several share: the rest of the key tells them apart. */
static void fill(void)
{
	side("DELETE FROM sen.platform_gate; DELETE FROM sen.platform_guidance; DELETE FROM sen.form_upload; DELETE FROM sen.mapping; DELETE FROM sen.platform_limit;"
	     " DELETE FROM sen.platform_health; DELETE FROM sen.platform_review_reminder; DELETE FROM sen.platform_review_task; DELETE FROM sen.platform_review;");
	side("INSERT INTO sen.platform_gate (platform_id, id, kind, security_level, approval_no, approval_on, checked_on, submitted_by, submitted_at, decided_by, decided_at, passed)"
	     " SELECT p.id, gen_random_uuid(), 'security', 3, '1/QĐ', '2026-01-01', '2026-01-01', a.id, now() - (n / 3) * interval '1 s', a.id, now(), false"
	     " FROM generate_series(1, 205) n, sen.platform p, sen.account a WHERE p.code = 'P02' AND a.login = 'annv';");
	side("INSERT INTO sen.platform_guidance (platform_id, id, code, version, kind, title, body, published_by, superseded_at)"
	     " SELECT p.id, gen_random_uuid(), 'HD' || n % 3, n, 'document', 'Hướng dẫn', 'x', a.id, now()"
	     " FROM generate_series(1, 205) n, sen.platform p, sen.account a WHERE p.code = 'P02' AND a.login = 'annv';");
	side("INSERT INTO sen.form_upload (platform_id, uploaded_by, uploaded_at, state) SELECT p.id, a.id, now() - (n / 2) * interval '1 s', 'dropped'"
	     " FROM generate_series(1, 55) n, sen.platform p, sen.account a WHERE p.code = 'P02' AND a.login = 'annv';");
	side("INSERT INTO sen.mapping (platform_id, number, state, document, authors, activated_at) SELECT p.id, n, CASE n WHEN 3 THEN 'active' ELSE 'draft' END, '{}',"
	     " ARRAY[a.id], CASE n WHEN 3 THEN now() END FROM generate_series(1, 205) n, sen.platform p, sen.account a WHERE p.code = 'P02' AND a.login = 'annv';");
	side("INSERT INTO sen.platform_health (platform_id) SELECT id FROM sen.platform WHERE id > 0");
	side("INSERT INTO sen.platform_review (id, title, unit_id, due_on, created_by) SELECT gen_random_uuid(), 'Rà soát ' || n, u.id, sen.today() + n, a.id"
	     " FROM generate_series(1, 3) n, sen.unit u, sen.account a WHERE u.code = '40' AND a.login = 'annv';"
	     " INSERT INTO sen.platform_review_task (review_id, platform_id) SELECT v.id, p.id FROM sen.platform_review v, sen.platform p WHERE p.code IN ('P02', 'P03');"
	     " INSERT INTO sen.platform_review_reminder (review_id, platform_id, remind_on, kind) SELECT t.review_id, t.platform_id, sen.today() - n, 'before'"
	     " FROM sen.platform_review_task t, generate_series(0, 39) n");
	side("INSERT INTO sen.account (id, person_id, login, kind, status, reason) SELECT gen_random_uuid(), p.id, 'chung.1cua', 'shared', 'active', 'x' FROM sen.person p WHERE employee_code = 'VP';"
	     " INSERT INTO sen.shared_use (account_id, id, member_id, purpose, code_hash, out_at, until_at, in_at)"
	     " SELECT s.id, gen_random_uuid(), a.id, 'x', 'x', now() - (n / 3) * interval '1 s', now(), now() FROM generate_series(1, 205) n, sen.account s, sen.account a"
	     " WHERE s.login = 'chung.1cua' AND a.login = 'annv'");
	side("INSERT INTO sen.movement (person_id, id, kind, effective_at, reason, consequences, drawn_by, void_by) SELECT p.id, gen_random_uuid(), 'transfer', now(), 'x', '[]',"
	     " a.id, gen_random_uuid() FROM generate_series(1, 205) n, sen.person p, sen.account a WHERE p.employee_code = 'VP' AND a.login = 'annv';"
	     " INSERT INTO sen.post_version (person_id, post_id, version, unit_id, title, kind, valid, decision_no, rank, gone)"
	     " SELECT o.person_id, o.id, -n, o.unit_id, o.title, o.kind, o.valid, o.decision_no, o.rank, false FROM generate_series(1, 505) n, sen.post o"
	     " JOIN sen.person p ON p.id = o.person_id WHERE p.employee_code = 'VP' AND o.kind = 'main'");
}

static void test_read_to_the_end(void **state)
{
	static const struct {
		int (*read)(struct fixture *f, const struct page_ask *ask, struct json_page *ret);
		const char *count;
	} lists[] = {
		{ read_gates, "SELECT count(*) FROM sen.platform_gate" },
		{ read_guidance, "SELECT count(*) FROM sen.platform_guidance" },
		{ read_form_lists, "SELECT count(*) FROM sen.form_upload" },
		{ read_uses, "SELECT count(*) FROM sen.shared_use" },
		{ read_health, "SELECT count(*) FROM sen.platform_health" },
		{ read_reminders, "SELECT count(*) FROM sen.platform_review_reminder" },
		{ read_mappings, "SELECT count(*) FROM sen.mapping" },
		{ read_movements, "SELECT count(*) FROM sen.movement m JOIN sen.person p ON p.id = m.person_id WHERE p.employee_code = 'VP'" },
		{ read_posts, "SELECT count(*) FROM (SELECT person_id FROM sen.post UNION ALL SELECT person_id FROM sen.post_version) o JOIN sen.person p ON p.id = o.person_id"
		              " WHERE p.employee_code = 'VP'" },
	};
	struct fixture *f = *state;

	fill();
	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		struct page_ask ask = { .limit = lists[i].read == read_health ? 1 : 40 };
		struct json_page page = { .has_more = true };

		for (n_seen = 0; page.has_more;) {
			const json_t *item;
			size_t k;

			assert_int_equal(lists[i].read(f, &ask, &page), 0);
			json_array_foreach(page.items, k, item)
				saw(json_is_string(item) ? arena_dup_c(f->op.arena, json_string_value(item)) : json_write(f->op.arena, item, false));
			assert_true(json_array_size(page.items) <= ask.limit);
			json_decref(page.items);
			for (k = 0; k < JSON_ROWS_KEYS_MAX; k++)
				ask.after[k] = page.next[k];
		}
		print_message("%zu rows\n", n_seen);
		assert_int_equal(n_seen, side_i64(lists[i].count));
	}
}

/* What is no key of the list is the caller's fault, and nobody else's. */
static void test_foreign_keys(void **state)
{
	struct fixture *f = *state;
	const struct page_ask ask = { .after = { STR("x"), STR("y"), STR("z") }, .limit = 10 };
	struct json_page page;

	assert_int_equal(read_gates(f, &ask, &page), ERR_INVALID_VALUE);
	op_forgive(&f->op);
	assert_int_equal(read_posts(f, &ask, &page), ERR_INVALID_VALUE);
	op_forgive(&f->op);
	assert_int_equal(read_reminders(f, &ask, &page), ERR_INVALID_VALUE);
	op_forgive(&f->op);
}

int main(void)
{
	const struct CMUnitTest tests[] = { STAFFING_TEST(test_read_to_the_end), STAFFING_TEST(test_foreign_keys) };

	return cmocka_run_group_tests(tests, staffing_create, gov_drop);
}
