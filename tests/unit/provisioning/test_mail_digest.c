/* When a person gets a message, of which notices, and how many a day. */
#include "provisioning/mail/digest.h"
#include "tests/unit/unit.h"

#define MINUTE ((int64_t)60)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

static const struct digest_rules rules = { .gather_s = 10 * MINUTE, .daily_max = 3 };

struct given {
	const char *kind;
	int64_t age_s;
	bool is_read, is_own;
	enum notice_fate fate;
};

#define GOES NOTICE_GOES
#define WAITS NOTICE_WAITS
#define NEVER NOTICE_NEVER

static const struct {
	const char *name;
	bool is_off, no_mailbox, required_only;
	int64_t n_day, oldest_s, newest_s;
	struct given notices[3];
	int64_t wait_s;
} cases[] = {
	{ "one waits for others", .notices = { { "grant_expires", 0, .fate = WAITS } }, .wait_s = 10 * MINUTE },
	{ "a second does not make the first wait longer", .notices = { { "grant_expires", 9 * MINUTE, .fate = WAITS }, { "review_due", 0, .fate = WAITS } }, .wait_s = MINUTE },
	{ "they go together when the first has waited", .notices = { { "grant_expires", 10 * MINUTE, .fate = GOES }, { "review_due", 0, .fate = GOES } } },
	{ "an emergency goes at once and takes all along", .notices = { { "grant_expires", 0, .fate = GOES }, { "emergency_released", 0, .fate = GOES } } },
	{ "read meanwhile", .notices = { { "grant_expires", 20 * MINUTE, .is_read = true, .fate = NEVER }, { "review_due", 10, .fate = WAITS } }, .wait_s = 10 * MINUTE - 10 },
	{ "an emergency that was read is none", .notices = { { "emergency_released", 0, .is_read = true, .fate = NEVER }, { "review_due", 0, .fate = WAITS } }, .wait_s = 10 * MINUTE },
	{ "old ones, from when there was no e-mail", .notices = { { "emergency_released", 3 * DAY + 1, .fate = NEVER }, { "grant_expires", 3 * DAY, .fate = GOES } } },
	{ "a kind of a newer schema", .notices = { { "something_else", 20 * MINUTE, .fate = NEVER } } },
	{ "the day's last message", .n_day = 2, .oldest_s = 20 * HOUR, .newest_s = HOUR, .notices = { { "grant_expires", 10 * MINUTE, .fate = GOES } } },
	{ "no more today", .n_day = 3, .oldest_s = 20 * HOUR, .newest_s = HOUR, .notices = { { "grant_expires", HOUR, .fate = WAITS } }, .wait_s = 4 * HOUR },
	{ "not before it has waited, either", .n_day = 3, .oldest_s = DAY - 5, .notices = { { "grant_expires", 0, .fate = WAITS } }, .wait_s = 10 * MINUTE },
	{ "emergencies beyond that", .n_day = 9, .oldest_s = 20 * HOUR, .newest_s = MINUTE, .notices = { { "emergency_released", 0, .fate = GOES }, { "review_due", 0, .fate = GOES } } },
	{ "but a minute apart", .n_day = 9, .oldest_s = 20 * HOUR, .newest_s = 45, .notices = { { "emergency_released", 0, .fate = WAITS } }, .wait_s = 15 },
	{ "no mailbox", .no_mailbox = true, .notices = { { "emergency_released", 0, .fate = NEVER }, { "account_disabled", 0, .is_own = true, .fate = NEVER } } },
	{ "an account that is off hears of that only", .is_off = true,
	  .notices = { { "account_disabled", HOUR, .is_own = true, .fate = GOES }, { "emergency_released", 0, .fate = NEVER }, { "account_disabled", HOUR, .fate = NEVER } } },
	{ "who wants only what must reach", .required_only = true,
	  .notices = { { "grant_expires", HOUR, .fate = NEVER }, { "account_unused", HOUR, .is_own = true, .fate = GOES }, { "request_waiting", HOUR, .fate = NEVER } } },
	{ "that has no say in emergencies", .required_only = true, .notices = { { "emergency_released", 0, .fate = GOES } } },
	{ "nothing at all", .notices = { { NULL } } },
};

static void test_decisions(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct digest_notice notices[3] = { 0 };
		struct digest_person p = { .is_active = !cases[i].is_off, .has_mailbox = !cases[i].no_mailbox, .wants_required_only = cases[i].required_only,
			                   .n_day = cases[i].n_day, .oldest_s = cases[i].oldest_s, .newest_s = cases[i].newest_s, .notices = notices };
		int64_t wait_s;

		for (; p.n < 3 && cases[i].notices[p.n].kind; p.n++) {
			const struct given *g = &cases[i].notices[p.n];

			notices[p.n] = (struct digest_notice){ .kind = notice_kind_find(str_c(g->kind)), .age_s = g->age_s, .is_read = g->is_read, .is_own = g->is_own };
		}
		wait_s = digest_decide(&rules, &p);
		if (wait_s != cases[i].wait_s)
			fail_msg("%s: waits %ld", cases[i].name, (long)wait_s);
		for (size_t k = 0; k < p.n; k++)
			if (notices[k].fate != cases[i].notices[k].fate)
				fail_msg("%s: notice %zu: %d", cases[i].name, k, (int)notices[k].fate);
	}
}

/* Those of docs/governance/notices.md. */
static void test_kinds(void **state)
{
	static const char *const names[] = { "request_waiting", "request_escalated", "review_begun", "review_due", "review_overdue",
		                             "grant_expires", "scope_expires", "account_unused", "account_disabled", "emergency_released",
		                             "platform_review_due", "platform_review_overdue", "platform_review_unconcluded", "platform_completed", "guidance_published",
		                             "review_held", "review_missing" };
	unsigned n_urgent = 0, n_must = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const struct notice_kind *k = notice_kind_find(str_c(names[i]));

		assert_non_null(k);
		assert_non_null(k->title);
		n_urgent += k->is_urgent;
		n_must += k->must_reach;
		/* What goes at once must reach. */
		assert_true(k->must_reach || !k->is_urgent);
		assert_true(k->must_reach || !k->reaches_off);
	}
	assert_int_equal(n_urgent, 1);
	assert_int_equal(n_must, 3);
	assert_null(notice_kind_find(STR("grant_expire")));
	assert_null(notice_kind_find(STR("")));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_decisions), cmocka_unit_test(test_kinds) };

	return cmocka_run_group_tests_name("provisioning/mail/digest", tests, NULL, NULL);
}
