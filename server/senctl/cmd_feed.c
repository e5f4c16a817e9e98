/* cmd_feed.c: sources that state persons by SCIM. */

#include "server/senctl/verbs.h"

#define PAGE { .name = "after" }, { .name = "limit" }

int cmd_feed(struct ctl *c)
{
	static const struct verb verbs[] = {
		{ .name = "list", .method = "GET", .path = "/feeds", .options = { PAGE }, .list = "feeds",
		  .columns = { "code", "unit", "enabled", "users", "held", "seen_at", "token_until", "name" } },
		{ .name = "show", .method = "GET", .path = "/feeds/{}" },
		{ .name = "add", .method = "POST", .path = "/feeds", .argument = "code",
		  .options = { { .name = "login", .required = true }, { .name = "unit", .required = true }, { .name = "name", .required = true },
		               { .name = "basis", .required = true }, { .name = "authority", .required = true, .is_list = true },
		               { .name = "default-unit", .member = "default_unit" }, { .name = "default-title", .member = "default_title" },
		               { .name = "default-kind", .member = "default_kind" }, { .name = "rate", .member = "rate_per_s", .is_number = true } } },
		{ .name = "edit", .method = "PUT", .path = "/feeds/{}", .seen = "/feeds/{}", .from_file = true },
		{ .name = "rotate", .method = "POST", .path = "/feeds/{}/rotate",
		  .options = { { .name = "grace-hours", .member = "grace_hours", .is_number = true }, { .name = "token-days", .member = "token_days", .is_number = true } } },
		{ .name = "held", .method = "GET", .path = "/feeds/{}/held", .options = { PAGE }, .list = "held",
		  .columns = { "employee_code", "full_name", "first_at", "last_at" } },
		{ .name = "release", .method = "POST", .path = "/feeds/{}/release" },
		{ .name = "groups", .method = "GET", .path = "/feeds/{}/groups", .options = { PAGE }, .list = "groups",
		  .columns = { "id", "version", "members", "platform", "role", "name" } },
		{ .name = "group-role", .method = "PUT", .path = "/feeds/{}/groups/{}/role", .takes_version = true, .options = { { .name = "platform" }, { .name = "role" } } },
	};

	return verbs_run(c, verbs, ARRAY_LEN(verbs));
}
