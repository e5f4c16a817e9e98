/* senctl audit: verify and retention on the database; export and checkpoints through the API. */

#include "common/model/audit.h"
#include "common/model/audit_checkpoint.h"
#include "server/senctl/ctl.h"

#define CHECKPOINT_FILE_MAX ((size_t)64 << 20)
#define RETENTION_MONTHS_MIN 12
#define RETENTION_MONTHS_MAX 120

DB_QUERY(audit_retention_q, DB_READ, "SELECT keep_days FROM sen.partition_plan WHERE parent = 'audit'");
DB_QUERY(audit_retention_set_q, DB_WRITE, "UPDATE sen.partition_plan SET keep_days = $1::integer WHERE parent = 'audit'");

static int audit_retention_set(struct op *op, struct str operator, int64_t days)
{
	_json_ json_t *data = json_new_object();
	const struct audit_record record = { .actor = operator, .action = "audit.retention", .object = STR("audit"), .data = data };
	struct db_rows rows;
	int r = db_begin(op);

	json_set_int(data, "keep_days", days);
	if (r == 0)
		r = db_run(op, &audit_retention_set_q, &rows, P_I64(days));
	return audit_commit(op, r, &record);
}

static json_t *verdict_json(const struct audit_verdict *v)
{
	json_t *json = json_new_object();

	json_set_int(json, "chain", v->chain);
	json_set_int(json, "first", v->first_seq);
	json_set_int(json, "last", v->last_seq);
	json_set_int(json, "records", (int64_t)v->n_records);
	json_set_bool(json, "whole", v->fault == NULL);
	if (v->fault) {
		json_set_str(json, "fault", str_c(v->fault));
		json_set_int(json, "at", v->fault_seq);
	}
	return json;
}

static void print_verdict(const struct ctl *c, const struct audit_verdict *v)
{
	if (v->fault)
		ctl_print(c, ctl_say(c, "chuỗi %ld: HỎNG tại bản ghi %ld: %s", "chain %ld: BROKEN at record %ld: %s"), (long)v->chain,
		          (long)v->fault_seq, v->fault);
	else
		ctl_print(c, ctl_say(c, "chuỗi %ld: nguyên vẹn, %zu bản ghi (%ld–%ld)", "chain %ld: whole, %zu records (%ld–%ld)"),
		          (long)v->chain, v->n_records, (long)v->first_seq, (long)v->last_seq);
}

static json_t *checkpoints_json(const struct audit_checkpoint_verdict *v)
{
	json_t *json = json_new_object();

	json_set_int(json, "checkpoints", (int64_t)v->n_checkpoints);
	json_set_int(json, "last", v->last_n);
	json_set_str(json, "last_at", v->last_at);
	json_set_bool(json, "whole", v->fault == NULL);
	if (v->fault) {
		json_set_str(json, "fault", str_c(v->fault));
		json_set_int(json, "at", v->fault_n);
		if (v->fault_chain >= 0) {
			json_set_int(json, "chain", v->fault_chain);
			json_set_int(json, "seq", v->fault_seq);
		}
	}
	return json;
}

static void print_checkpoints(const struct ctl *c, const struct audit_checkpoint_verdict *v)
{
	if (v->fault && v->fault_chain >= 0)
		ctl_print(c, ctl_say(c, "điểm chốt %ld: HỎNG: %s (chuỗi %ld, bản ghi %ld)", "checkpoint %ld: BROKEN: %s (chain %ld, record %ld)"),
		          (long)v->fault_n, v->fault, (long)v->fault_chain, (long)v->fault_seq);
	else if (v->fault)
		ctl_print(c, ctl_say(c, "điểm chốt %ld: HỎNG: %s", "checkpoint %ld: BROKEN: %s"), (long)v->fault_n, v->fault);
	else
		ctl_print(c, ctl_say(c, "điểm chốt: nguyên vẹn, %zu, gần nhất %.*s", "checkpoints: whole, %zu, the last at %.*s"), v->n_checkpoints,
		          STR_ARG(v->last_at));
}

/* Checkpoints that were kept elsewhere, one per line, must be among ours. */
static int compare_kept(struct ctl *c, struct str path, size_t *ret_n_missing)
{
	struct str text, line;
	int r;

	*ret_n_missing = 0;
	if (str_is_null(path))
		return EXIT_OK;
	r = ctl_read_file(c, arena_cstr(c->arena, path), CHECKPOINT_FILE_MAX, &text);
	while (r == EXIT_OK && str_split(&text, '\n', &line)) {
		line = str_trim(line);
		if (str_is_empty(line) || audit_checkpoint_compare(&c->op, line) == 0)
			continue;
		if (c->op.error.code != ERR_NOT_FOUND)
			return ctl_fail_op(c);
		op_forgive(&c->op);
		(*ret_n_missing)++;
		fprintf(stderr, "senctl: %s: %.*s…\n", ctl_say(c, "điểm chốt đã lưu không có trong cơ sở dữ liệu", "a checkpoint that was kept is not in the database"),
		        line.len > 40 ? 40 : (int)line.len, line.p);
	}
	return r;
}

static int show_chains(struct ctl *c, json_t *list, size_t *ret_n_broken)
{
	const struct audit_verdict *verdicts;
	size_t n;

	*ret_n_broken = 0;
	if (audit_verify(&c->op, &verdicts, &n) < 0)
		return ctl_fail_op(c);
	for (size_t i = 0; i < n; i++) {
		*ret_n_broken += verdicts[i].fault != NULL;
		if (c->json)
			json_array_append_new(list, verdict_json(&verdicts[i]));
		else
			print_verdict(c, &verdicts[i]);
	}
	if (n == 0 && !c->json)
		ctl_print(c, "%s", ctl_say(c, "chưa có bản ghi nào", "there are no records yet"));
	return EXIT_OK;
}

static int verify(struct ctl *c)
{
	struct str kept = STR_NULL;
	const struct ctl_option options[] = { { "checkpoints", &kept, NULL, false } };
	struct audit_checkpoint_verdict checkpoints;
	_json_ json_t *list = json_new_array();
	size_t n_broken, n_missing;
	int r = ctl_options(c, options, ARRAY_LEN(options), 1, 1);

	if (r == EXIT_OK)
		r = ctl_open(c, CTL_KEYS | CTL_DB);
	if (r == EXIT_OK)
		r = show_chains(c, list, &n_broken);
	if (r != EXIT_OK)
		return r;
	if (audit_checkpoint_verify(&c->op, &checkpoints) < 0)
		return ctl_fail_op(c);
	r = compare_kept(c, kept, &n_missing);
	if (r != EXIT_OK)
		return r;
	if (c->json) {
		json_array_append_new(list, checkpoints_json(&checkpoints));
		ctl_print_json(c, list);
	} else if (checkpoints.n_checkpoints > 0 || checkpoints.fault) {
		print_checkpoints(c, &checkpoints);
	}
	return n_broken > 0 || checkpoints.fault || n_missing > 0 ? EXIT_FAILED : EXIT_OK;
}

static int retention(struct ctl *c)
{
	uint64_t months = 0;
	struct db_rows rows;
	int r = ctl_options(c, NULL, 0, 1, 2);

	if (r == EXIT_OK && c->n_args == 2 && (!str_to_u64(str_c(c->args[1]), RETENTION_MONTHS_MAX, &months) || months < RETENTION_MONTHS_MIN))
		r = ctl_usage_error(c, "senctl audit retention [%d..%d]", RETENTION_MONTHS_MIN, RETENTION_MONTHS_MAX);
	if (r == EXIT_OK)
		r = ctl_open(c, CTL_DB);
	if (r != EXIT_OK)
		return r;
	/* A month of 30.5 days, rounded up. */
	if (months > 0 && audit_retention_set(&c->op, ctl_operator(c), (int64_t)(months * 61 + 1) / 2) < 0)
		return ctl_fail_op(c);
	if (db_run(&c->op, &audit_retention_q, &rows) < 0)
		return ctl_fail_op(c);
	if (c->json)
		ctl_print(c, "{\"keep_days\":%ld}", (long)db_i64(&rows, 0, 0));
	else
		ctl_print(c, ctl_say(c, "nhật ký được giữ ít nhất %ld ngày", "the audit is kept for %ld days at least"), (long)db_i64(&rows, 0, 0));
	return EXIT_OK;
}

int cmd_audit(struct ctl *c)
{
	static const struct {
		const char *name;
		int (*run)(struct ctl *c);
	} parts[] = {
		{ "verify", verify }, { "export", cmd_audit_export }, { "checkpoints", cmd_audit_checkpoints }, { "retention", retention },
	};

	for (size_t i = 0; i < ARRAY_LEN(parts) && c->argc > 1; i++)
		if (str_equal(str_c(parts[i].name), str_c(c->argv[1])))
			return parts[i].run(c);
	return ctl_usage_error(c, "senctl audit verify | export | checkpoints | retention");
}
