/* cmd_drift.c: what platforms really hold: listings, findings, decisions about them. */

#include "server/senctl/verbs.h"

#define PAGE { "after", NULL, false, false }, { "limit", NULL, false, false }

int cmd_drift(struct ctl *c)
{
	static const struct verb verbs[] = {
		{ .name = "list", .method = "GET", .path = "/platforms/{}/findings", .options = { { .name = "situation" }, { .name = "decision" }, PAGE }, .list = "findings",
		  .columns = { "id", "version", "situation", "account", "login_there", "active", "decision", "decision_state", "ext_id" } },
		{ .name = "runs", .method = "GET", .path = "/platforms/{}/observations", .options = { PAGE }, .list = "observations",
		  .columns = { "id", "state", "fault", "ended_at", "listed", "missing", "drifted", "repaired" } },
		{ .name = "run", .method = "POST", .path = "/platforms/{}/observations" },
		{ .name = "release", .method = "POST", .path = "/observations/{}/release", .options = { { "reason", NULL, false, true } } },
		{ .name = "reject", .method = "POST", .path = "/observations/{}/reject", .options = { { "reason", NULL, false, true } } },
		{ .name = "decide", .method = "POST", .path = "/platforms/{}/findings/{}/decision", .takes_version = true,
		  .options = { { "decision", NULL, false, true }, { "login", NULL, false, false }, { "reason", NULL, false, true } } },
		{ .name = "confirm", .method = "POST", .path = "/platforms/{}/findings/{}/confirm", .takes_version = true },
		{ .name = "plan", .method = "GET", .path = "/platforms/{}/observation-plan" },
		{ .name = "set", .method = "PUT", .path = "/platforms/{}/observation-plan", .seen = "/platforms/{}/observation-plan", .from_file = true },
	};

	return verbs_run(c, verbs, ARRAY_LEN(verbs));
}
