/* cmd_notices.c: notices, deputies, emergencies, separation of duties, policies; lists, reference documents and guidance of platforms; what would change if. */

#include "server/senctl/verbs.h"

#define PAGE { "after", NULL, false, false }, { "limit", NULL, false, false }
#define MUST(name) { name, NULL, false, true }
#define MAY(name) { name, NULL, false, false }

int cmd_notices(struct ctl *c)
{
	static const struct verb verbs[] = {
		{ .name = "list", .method = "GET", .path = "/notices", .options = { MAY("state"), PAGE }, .list = "notices",
		  .columns = { "id", "created_at", "kind", "about", "read_at", "acknowledged_at" } },
		{ .name = "read", .method = "POST", .path = "/notices/{}/read" },
		{ .name = "acknowledge", .method = "POST", .path = "/notices/{}/acknowledge" },
		{ .name = "mail", .method = "GET", .path = "/notices/mail" },
		{ .name = "choose", .method = "POST", .path = "/notices/mail", .options = { MUST("mail") } },
	};

	return verbs_run(c, verbs, ARRAY_LEN(verbs));
}

int cmd_deputy(struct ctl *c)
{
	static const struct verb verbs[] = {
		{ .name = "list", .method = "GET", .path = "/deputies", .options = { PAGE }, .list = "deputies",
		  .columns = { "id", "principal", "deputy", "valid_from", "valid_to", "ended_at", "basis" } },
		{ .name = "add", .method = "POST", .path = "/deputies",
		  .options = { MUST("principal"), MUST("deputy"), { "from", "valid_from", false, true }, { "to", "valid_to", false, true }, MUST("basis") } },
		{ .name = "end", .method = "POST", .path = "/deputies/{}/end" },
	};

	return verbs_run(c, verbs, ARRAY_LEN(verbs));
}

int cmd_emergency(struct ctl *c)
{
	static const struct verb verbs[] = {
		{ .name = "list", .method = "GET", .path = "/emergency-grants", .options = { MAY("state"), PAGE }, .list = "emergency_grants",
		  .columns = { "id", "version", "state", "employee_code", "platform", "role", "unit", "ends_at" } },
		{ .name = "ask", .method = "POST", .path = "/emergency-grants",
		  .options = { { "employee-code", "employee_code", false, true }, MUST("platform"), MUST("role"), MAY("unit"), MUST("reason"), { "hours", NULL, true, true } } },
		{ .name = "release", .method = "POST", .path = "/emergency-grants/{}/release", .takes_version = true },
		{ .name = "review", .method = "POST", .path = "/emergency-grants/{}/review", .takes_version = true, .options = { MUST("conclusion"), MUST("note") } },
	};

	return verbs_run(c, verbs, ARRAY_LEN(verbs));
}

int cmd_duty(struct ctl *c)
{
	static const struct verb verbs[] = {
		{ .name = "list", .method = "GET", .path = "/duty-rules", .options = { PAGE }, .list = "duty_rules",
		  .columns = { "id", "version", "code", "role_a", "role_b", "right_a", "right_b", "within", "severity", "retired_at" } },
		{ .name = "add", .method = "POST", .path = "/duty-rules",
		  .options = { MUST("code"), MUST("name"), { "platform-a", "platform_a", false, false }, { "role-a", "role_a", false, false },
		               { "platform-b", "platform_b", false, false }, { "role-b", "role_b", false, false }, { "right-a", "right_a", false, false },
		               { "right-b", "right_b", false, false }, MUST("within"), MUST("severity"), MUST("basis") } },
		{ .name = "retire", .method = "POST", .path = "/duty-rules/{}/retire", .takes_version = true },
		{ .name = "violations", .method = "GET", .path = "/duty-violations", .options = { PAGE }, .list = "duty_violations",
		  .columns = { "duty", "severity", "login", "full_name", "role_a", "right_a", "unit_a", "role_b", "right_b", "unit_b" } },
		{ .name = "exceptions", .method = "GET", .path = "/duty-exceptions", .options = { PAGE }, .list = "duty_exceptions",
		  .columns = { "id", "duty", "employee_code", "full_name", "valid_to", "asked_by", "approved_at", "reason" } },
		{ .name = "except", .method = "POST", .path = "/duty-rules/{}/exceptions",
		  .options = { { "employee-code", "employee_code", false, true }, MUST("reason"), { "to", "valid_to", false, true } } },
		{ .name = "approve-exception", .method = "POST", .path = "/duty-exceptions/{}/approve" },
	};

	return verbs_run(c, verbs, ARRAY_LEN(verbs));
}

int cmd_policy(struct ctl *c)
{
	static const struct verb verbs[] = {
		{ .name = "list", .method = "GET", .path = "/grant-policies", .options = { PAGE }, .list = "grant_policies",
		  .columns = { "platform", "role", "sensitivity", "direct", "stages", "stage_days", "max_days", "version" } },
		{ .name = "set", .method = "POST", .path = "/grant-policies", .takes_version = true, .from_file = true },
	};

	return verbs_run(c, verbs, ARRAY_LEN(verbs));
}

int cmd_scopes_waiting(struct ctl *c)
{
	static const struct verb verbs[] = {
		{ .name = "list", .method = "GET", .path = "/admin-scopes-waiting", .options = { PAGE }, .list = "scopes",
		  .columns = { "id", "login", "unit", "platform", "rights", "max_sensitivity", "asked_by", "expires_at" } },
	};

	return verbs_run(c, verbs, ARRAY_LEN(verbs));
}

int cmd_platform_list(struct ctl *c)
{
	static const struct verb verbs[] = {
		{ .name = "list", .method = "GET", .path = "/platform-lists", .options = { PAGE }, .list = "lists",
		  .columns = { "id", "state", "unit", "title", "decision_no", "effective_on" } },
		{ .name = "show", .method = "GET", .path = "/platform-lists/{}" },
		{ .name = "draw", .method = "POST", .path = "/platform-lists", .from_file = true },
		{ .name = "edit", .method = "PUT", .path = "/platform-lists/{}", .seen = "/platform-lists/{}", .from_file = true },
		{ .name = "sign", .method = "POST", .path = "/platform-lists/{}/sign", .seen = "/platform-lists/{}",
		  .options = { { "decision-no", "decision_no", false, true }, { "signed", "signed_on", false, true }, MUST("signer"),
		               { "effective", "effective_on", false, false }, { "file-url", "file_url", false, false },
		               { "file-sha256", "file_sha256", false, false } } },
		{ .name = "diff", .method = "GET", .path = "/platform-lists/{}/diff", .options = { MAY("against") } },
	};

	return verbs_run(c, verbs, ARRAY_LEN(verbs));
}

int cmd_document(struct ctl *c)
{
	static const struct verb verbs[] = {
		{ .name = "list", .method = "GET", .path = "/reference-documents",
		  .options = { MAY("kind"), MAY("state"), PAGE }, .list = "documents",
		  .columns = { "code", "version", "kind", "state", "number", "issued_on", "title" } },
		{ .name = "add", .method = "POST", .path = "/reference-documents",
		  .options = { MUST("unit"), MUST("code"), MUST("kind"), MUST("number"), MUST("title"), { "issued", "issued_on", false, true }, MAY("url"),
		               { "replaces", NULL, true, false }, { "replaces-code", "replaces_code", false, false } } },
	};

	return verbs_run(c, verbs, ARRAY_LEN(verbs));
}

int cmd_guidance(struct ctl *c)
{
	static const struct verb verbs[] = {
		{ .name = "list", .method = "GET", .path = "/platforms/{}/guidance", .options = { MAY("all"), PAGE }, .list = "guidance",
		  .columns = { "id", "code", "version", "role", "kind", "title", "url" } },
		{ .name = "publish", .method = "POST", .path = "/platforms/{}/guidance",
		  .options = { MUST("code"), MAY("role"), MUST("kind"), MUST("title"), MAY("url"), MAY("text") } },
		{ .name = "report", .method = "GET", .path = "/platforms/{}/guidance/{}/acknowledgements", .options = { MAY("missing"), PAGE }, .list = "units",
		  .columns = { "unit", "unit_name", "acknowledged_at", "acknowledged_by" } },
		{ .name = "acknowledge", .method = "POST", .path = "/platforms/{}/guidance/{}/acknowledgements", .options = { MUST("unit") } },
	};

	return verbs_run(c, verbs, ARRAY_LEN(verbs));
}

int cmd_had(struct ctl *c)
{
	static const struct verb verbs[] = {
		{ .name = "list", .method = "GET", .path = "/grants", .options = { MUST("on"), MAY("login"), MAY("platform"), MAY("role"), MAY("unit"), MAY("origin"), PAGE },
		  .list = "grants", .columns = { "login", "platform", "role", "unit", "valid_from", "valid_to", "basis" } },
	};

	return verbs_run(c, verbs, ARRAY_LEN(verbs));
}

int cmd_what_if(struct ctl *c)
{
	static const struct verb verbs[] = {
		{ .name = "post", .method = "POST", .path = "/explain/post-change",
		  .options = { { "employee-code", "employee_code", false, true }, { "end-post", "end_post", false, false }, { "ends", "ends_on", false, false },
		               MAY("unit"), MAY("title"), MAY("kind"), { "from", "valid_from", false, false }, { "to", "valid_to", false, false } } },
		{ .name = "unit", .method = "POST", .path = "/explain/unit-change", .options = { MUST("unit"), MAY("kind"), MAY("parent") } },
		{ .name = "rule", .method = "POST", .path = "/explain/rule-change", .from_file = true },
	};

	return verbs_run(c, verbs, ARRAY_LEN(verbs));
}
