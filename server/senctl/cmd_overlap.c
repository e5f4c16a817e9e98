/* cmd_overlap.c: overlap of platforms, local software, needs and reviews of platforms. */

#include "server/senctl/verbs.h"

/* "tiep-nhan,tra-ket-qua" */
#define TAGS { .name = "functions", .is_list = true }
#define PAGE { "after", NULL, false, false }, { "limit", NULL, false, false }

int cmd_overlap(struct ctl *c)
{
	static const struct verb verbs[] = {
		{ .name = "list", .method = "GET", .path = "/overlaps", .options = { { .name = "state" }, { .name = "kind" }, { .name = "platform" }, PAGE },
		  .list = "overlaps", .columns = { "id", "state", "kind", "platform", "with", "score", "with_name" } },
		{ .name = "show", .method = "GET", .path = "/overlaps/{}" },
		{ .name = "compare", .method = "POST", .path = "/overlaps/compare", .argument = "platform", .list = "overlaps",
		  .columns = { "id", "state", "kind", "platform", "with", "score", "with_name" } },
		{ .name = "close", .method = "POST", .path = "/overlaps/{}/close", .seen = "/overlaps/{}",
		  .options = { { "because", "different_because", false, true }, { "evidence", NULL, false, true } } },
	};

	return verbs_run(c, verbs, ARRAY_LEN(verbs));
}

int cmd_software(struct ctl *c)
{
	static const struct verb verbs[] = {
		{ .name = "list", .method = "GET", .path = "/local-software", .options = { { .name = "unit" }, { .name = "state" }, { .name = "platform" }, PAGE },
		  .list = "software", .columns = { "id", "unit", "name", "users", "cost_per_year", "solution", "solution_score", "state" } },
		{ .name = "show", .method = "GET", .path = "/local-software/{}" },
		{ .name = "declare", .method = "POST", .path = "/local-software",
		  .options = { { "unit", NULL, false, true }, { "name", NULL, false, true }, { "users", NULL, true, true }, { "cost", "cost_per_year", true, true },
		               { "description", NULL, false, false }, { "vendor", NULL, false, false }, { "contract-end", "contract_end", false, false }, TAGS } },
		{ .name = "edit", .method = "PUT", .path = "/local-software/{}", .seen = "/local-software/{}", .keeps = true,
		  .options = { { "name", NULL, false, false }, { "users", NULL, true, false }, { "cost", "cost_per_year", true, false },
		               { "description", NULL, false, false }, { "vendor", NULL, false, false }, { "contract-end", "contract_end", false, false }, TAGS } },
		{ .name = "decide", .method = "POST", .path = "/local-software/{}/decision", .seen = "/local-software/{}",
		  .options = { { "decision", NULL, false, true }, { "until", NULL, false, true }, { "decision-no", "decision_no", false, true },
		               { "replace-by", "replace_by", false, false }, { "note", NULL, false, false } } },
	};

	return verbs_run(c, verbs, ARRAY_LEN(verbs));
}

int cmd_need(struct ctl *c)
{
	static const struct verb verbs[] = {
		{ .name = "list", .method = "GET", .path = "/needs", .options = { { .name = "unit" }, { .name = "state" }, PAGE }, .list = "needs",
		  .columns = { "id", "unit", "state", "name", "answer", "platform" } },
		{ .name = "show", .method = "GET", .path = "/needs/{}" },
		{ .name = "propose", .method = "POST", .path = "/needs",
		  .options = { { "unit", NULL, false, true }, { "name", NULL, false, true }, { "description", NULL, false, true }, TAGS } },
		{ .name = "answer", .method = "POST", .path = "/needs/{}/answer", .seen = "/needs/{}",
		  .options = { { "answer", NULL, false, true }, { "text", NULL, false, true }, { "platform", NULL, false, false } } },
	};

	return verbs_run(c, verbs, ARRAY_LEN(verbs));
}

int cmd_platform_review(struct ctl *c)
{
	static const struct verb verbs[] = {
		{ .name = "list", .method = "GET", .path = "/platform-reviews", .options = { PAGE }, .list = "reviews",
		  .columns = { "id", "due_on", "title", "unit", "tasks", "open", "overdue", "period_months" } },
		{ .name = "begin", .method = "POST", .path = "/platform-reviews",
		  .options = { { "title", NULL, false, true }, { "unit", NULL, false, true }, { "due", "due_on", false, true }, { "every", "period_months", true, false } } },
		{ .name = "period", .method = "PUT", .path = "/platform-reviews/{}/period", .seen = "/platform-reviews/{}",
		  .options = { { "every", "period_months", true, true } } },
		{ .name = "tasks", .method = "GET", .path = "/platform-reviews/tasks",
		  .options = { { .name = "review" }, { .name = "state" }, { .name = "unit" }, PAGE }, .list = "tasks",
		  .columns = { "review", "platform", "due_on", "state", "managing_unit", "conclusion", "target" } },
		{ .name = "reminders", .method = "GET", .path = "/platform-reviews/reminders", .options = { PAGE }, .list = "reminders",
		  .columns = { "remind_on", "kind", "platform", "due_on", "managing_unit", "title" } },
		{ .name = "show", .method = "GET", .path = "/platform-reviews/{}/tasks/{}" },
		{ .name = "answer", .method = "POST", .path = "/platform-reviews/{}/tasks/{}/answer", .seen = "/platform-reviews/{}/tasks/{}",
		  .options = { { "features", NULL, false, true }, { "functions", NULL, false, true }, { "operation", NULL, false, true }, { "scope", NULL, false, true } } },
		{ .name = "conclude", .method = "POST", .path = "/platform-reviews/{}/tasks/{}/conclusion", .seen = "/platform-reviews/{}/tasks/{}",
		  .options = { { "conclusion", NULL, false, true }, { "because", NULL, false, true }, { "target", NULL, false, false } } },
	};

	return verbs_run(c, verbs, ARRAY_LEN(verbs));
}
