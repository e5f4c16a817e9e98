/* cmd_provisioning.c: senctl provisioning …: what provisioning may do on a platform, what its guard holds, how the platform is; and what was done. */

#include "server/senctl/verbs.h"

#define NUMBER(option, member) { option, member, .is_number = true }

int cmd_provisioning(struct ctl *c)
{
	static const struct verb verbs[] = {
		{ .name = "show", .method = "GET", .path = "/platforms/{}/provisioning" },
		{ .name = "set", .method = "PUT", .path = "/platforms/{}/provisioning", .seen = "/platforms/{}/provisioning",
		  .options = { { "operations", NULL, .is_list = true }, NUMBER("max-n", "max_n"), NUMBER("max-percent", "max_percent"),
		               NUMBER("unit-min", "unit_min"), NUMBER("unit-percent", "unit_percent"), NUMBER("role-min", "role_min"),
		               NUMBER("role-percent", "role_percent"),
		               NUMBER("membership-percent", "membership_percent"), NUMBER("grace-days", "grace_days"), NUMBER("gone-days", "gone_days"),
		               { "on-removal", "on_removal", false, false } } },
		{ .name = "holds", .method = "GET", .path = "/holds",
		  .options = { { .name = "platform" }, { .name = "state" }, { .name = "after" }, { .name = "limit" } }, .list = "holds",
		  .columns = { "id", "platform", "state", "reason", "about", "disable", "delete", "change" } },
		{ .name = "hold", .method = "GET", .path = "/holds/{}" },
		{ .name = "accounts", .method = "GET", .path = "/holds/{}/accounts", .options = { { .name = "after" }, { .name = "limit" } },
		  .list = "accounts", .columns = { "operation", "login", "employee_code", "full_name", "unit", "unit_name" } },
		{ .name = "units", .method = "GET", .path = "/holds/{}/units", .options = { { .name = "after" }, { .name = "limit" } },
		  .list = "units", .columns = { "operation", "unit", "name", "new_name", "parent", "new_parent", "valid_to", "new_valid_to" } },
		{ .name = "release", .method = "POST", .path = "/holds/{}/release", .seen = "/holds/{}", .options = { { "reason", NULL, false, true } } },
		{ .name = "discard", .method = "POST", .path = "/holds/{}/discard", .seen = "/holds/{}", .options = { { "reason", NULL, false, true } } },
		{ .name = "health", .method = "GET", .path = "/platform-health", .options = { { .name = "after" }, { .name = "limit" } }, .list = "platforms",
		  .columns = { "platform", "state", "error", "next_probe", "retry", "blocked", "held", "oldest_due" } },
		{ .name = "status", .method = "GET", .path = "/platforms/{}/health" },
		{ .name = "limits", .method = "GET", .path = "/platforms/{}/limits" },
		{ .name = "limit", .method = "PUT", .path = "/platforms/{}/limits", .seen = "/platforms/{}/limits", .from_file = true },
	};

	return verbs_run(c, verbs, ARRAY_LEN(verbs));
}

int cmd_operations(struct ctl *c)
{
	static const struct verb verbs[] = {
		{ .name = "list", .method = "GET", .path = "/operations",
		  .options = { { .name = "platform" }, { .name = "login" }, { .name = "outcome" }, { .name = "since" }, { .name = "until" }, { .name = "after" },
		               { .name = "limit" } },
		  .list = "operations", .columns = { "at", "platform", "login", "operation", "outcome", "status", "ms", "detail" } },
	};

	return verbs_run(c, verbs, ARRAY_LEN(verbs));
}
