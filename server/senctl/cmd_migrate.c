/* senctl migrate */

#include "common/db/migrate.h"
#include "server/senctl/ctl.h"

int cmd_migrate(struct ctl *c)
{
	bool dry_run = false;
	const struct ctl_option options[] = { { "dry-run", NULL, &dry_run, false } };
	struct migrate_report report;
	int r = ctl_options(c, options, ARRAY_LEN(options), 0, 0);

	if (r == EXIT_OK)
		r = ctl_configure(c);
	if (r != EXIT_OK)
		return r;
	if (str_is_empty(c->config.db_conninfo) || str_is_empty(c->config.schema_folder))
		return ctl_usage_error(c, "%s: [database] conninfo, [schema] folder", ctl_say(c, "cấu hình thiếu", "not configured"));
	if (migrate_run(&c->op, c->config.db_conninfo, c->config.db_password, arena_cstr(c->arena, c->config.schema_folder), dry_run, &report) < 0)
		return ctl_fail_op(c);
	if (c->json) {
		_json_ json_t *json = json_new_object();

		json_set_bool(json, "dry_run", dry_run);
		json_set_int(json, "applied", (int64_t)report.n_applied);
		json_set_int(json, "known", (int64_t)report.n_known);
		json_set_str(json, "last", report.last);
		ctl_print_json(c, json);
		return EXIT_OK;
	}
	ctl_print(c, dry_run ? ctl_say(c, "sẽ áp dụng %zu trong %zu bước; bước cuối: %.*s", "would apply %zu of %zu migrations; the last: %.*s") :
	                       ctl_say(c, "đã áp dụng %zu trong %zu bước; bước cuối: %.*s", "applied %zu of %zu migrations; the last: %.*s"),
	          report.n_applied, report.n_known, STR_ARG(report.last));
	return EXIT_OK;
}
