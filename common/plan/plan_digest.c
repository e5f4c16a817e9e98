/*
 * plan_digest.c: what the planner would read, in one number.
 *
 * plan_account() is a pure function of struct account_facts, the mail domain and the mappings; so where these are what they
 * were, its result is, and the bindings need not be looked at.  Every member is in here, each text preceded by its
 * length; whoever adds a member of struct account_facts adds it here (tests/unit/plan/test_plan_digest.c counts them).
 */
#include "common/base/buf.h"
#include "common/plan/plan.h"

#define ABSENT UINT64_MAX
#define FACTS_MAX_BYTES ((size_t)64 * 1024 * 1024)

static void add_number(struct buf *b, uint64_t n)
{
	buf_add(b, str_n((const char *)&n, sizeof(n)));
}

static void add_text(struct buf *b, struct str s)
{
	add_number(b, str_is_null(s) ? ABSENT : s.len);
	buf_add(b, s);
}

/* Which version of which mapping rules there. */
static void add_mapping(struct buf *b, const struct mapping_set *set, int64_t platform_id)
{
	bool is_there = set && platform_id > PLATFORM_DIRECTORY && (size_t)platform_id < set->n;

	add_number(b, (uint64_t)platform_id);
	/* One that nobody can name is never the same. */
	assert(!is_there || set->stamps);
	add_text(b, is_there ? set->stamps[platform_id] : STR_NULL);
	add_number(b, is_there && set->is_broken[platform_id]);
}

static void add_grants(struct buf *b, const struct account_facts *f)
{
	add_number(b, f->n_grants);
	for (size_t i = 0; i < f->n_grants; i++) {
		const struct fact_grant *g = &f->grants[i];

		add_mapping(b, f->mappings, g->platform_id);
		add_text(b, g->platform_code);
		add_text(b, g->role_code);
		add_text(b, g->role_name);
		add_text(b, g->unit_code);
	}
}

static void add_person(struct buf *b, const struct account_facts *f)
{
	const struct str texts[] = {
		f->account_id, f->login, f->status, f->employee_code, f->ho, f->dem, f->ten, f->full_name, f->person_kind,
		f->unit_code, f->unit_name, f->post, f->unit_kind, f->post_rank, f->post_since,
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		add_text(b, texts[i]);
	add_number(b, f->unit_path.n);
	for (size_t i = 0; i < f->unit_path.n; i++)
		add_text(b, f->unit_path.p[i]);
	add_number(b, f->has_scope);
}

void plan_digest(struct arena *a, const struct account_facts *f, const int64_t *bound, size_t n_bound, struct str mail_domain,
                 char ret_digest[UUID_TEXT_LEN + 1])
{
	struct buf b = buf_new_sized(a, 1024 + 160 * f->n_grants + 32 * n_bound, FACTS_MAX_BYTES);

	add_number(&b, PLAN_VERSION);
	add_number(&b, PLAN_MAPPED_VERSION);
	add_text(&b, mail_domain);
	add_person(&b, f);
	add_grants(&b, f);
	add_number(&b, n_bound);
	for (size_t i = 0; i < n_bound; i++)
		add_mapping(&b, f->mappings, bound[i]);
	/* Its rules change nothing of what is wanted, but as long as they cannot be read, nothing is. */
	if (f->mappings && f->mappings->n > 0 && f->mappings->is_broken[PLATFORM_DIRECTORY])
		add_text(&b, STR("directory"));
	assert(buf_ok(&b));
	plan_hash(buf_str(&b), ret_digest);
}
