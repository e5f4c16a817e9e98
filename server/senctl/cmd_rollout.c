/* cmd_rollout.c: the roll-out matrix over all platforms and units; plans of deployment and roles of a platform. */

#include "server/senctl/verbs.h"

#define PAGE { "after", NULL, false, false }, { "limit", NULL, false, false }
#define MUST(name) { name, NULL, false, true }
#define MAY(name) { name, NULL, false, false }
#define COUNTS "rollout.percent", "rollout.done", "rollout.targets", "rollout.late"

int cmd_rollout(struct ctl *c)
{
	static const struct verb verbs[] = {
		{ .name = "platforms", .method = "GET", .path = "/rollout/platforms", .options = { PAGE }, .list = "platforms",
		  .columns = { "platform", COUNTS, "platform_state", "platform_name" } },
		{ .name = "units", .method = "GET", .path = "/rollout", .options = { PAGE }, .list = "units", .columns = { "unit", COUNTS, "kind", "unit_name" } },
		{ .name = "unit", .method = "GET", .path = "/rollout/{}", .list = "platforms",
		  .columns = { "platform", "state", "planned_on", "started_on", "done_on", "late", "version", "platform_name" } },
		{ .name = "plan", .method = "POST", .path = "/platforms/{}/rollout",
		  .options = { { "unit-kind", "unit_kind", false, true }, { "planned", "planned_on", false, false } } },
	};

	return verbs_run(c, verbs, ARRAY_LEN(verbs));
}

/* "senctl platform role …" */
int cmd_platform_role(struct ctl *c)
{
	static const struct verb verbs[] = {
		{ .name = "show", .method = "GET", .path = "/platforms/{}/roles/{}" },
		{ .name = "add", .method = "POST", .path = "/platforms/{}/roles", .options = { MUST("code"), MUST("name"), MAY("level"), MUST("sensitivity") } },
		{ .name = "edit", .method = "PUT", .path = "/platforms/{}/roles/{}", .seen = "/platforms/{}/roles/{}", .keeps = true,
		  .options = { MAY("name"), MAY("level"), MAY("sensitivity") } },
		{ .name = "retire", .method = "POST", .path = "/platforms/{}/roles/{}/retire", .seen = "/platforms/{}/roles/{}",
		  .options = { MUST("reason"), { .name = "end-grants", .member = "end_grants", .is_bool = true } } },
	};

	return verbs_run(c, verbs, ARRAY_LEN(verbs));
}

/* "senctl platform plan …": the file is {"milestones": […]}. */
int cmd_platform_plan(struct ctl *c)
{
	static const struct verb verbs[] = {
		{ .name = "show", .method = "GET", .path = "/platforms/{}", .list = "plan",
		  .columns = { "due_on", "done_on", "name", "responsible", "target_units", "units" } },
		{ .name = "set", .method = "PUT", .path = "/platforms/{}/plan", .seen = "/platforms/{}", .from_file = true, .list = "plan",
		  .columns = { "due_on", "done_on", "name", "responsible", "target_units", "units" } },
	};

	return verbs_run(c, verbs, ARRAY_LEN(verbs));
}
