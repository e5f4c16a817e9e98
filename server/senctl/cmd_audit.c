/* senctl audit verify */

#include "common/model/audit.h"
#include "server/senctl/ctl.h"

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

int cmd_audit(struct ctl *c)
{
	const struct audit_verdict *verdicts;
	_json_ json_t *list = json_new_array();
	size_t n, n_broken = 0;
	int r = ctl_options(c, NULL, 0, 1, 1);

	if (r == EXIT_OK && !str_equal(str_c(c->args[0]), STR("verify")))
		r = ctl_usage_error(c, "senctl audit verify");
	if (r == EXIT_OK)
		r = ctl_configure(c);
	if (r == EXIT_OK)
		r = ctl_need_db(c);
	if (r != EXIT_OK)
		return r;
	if (audit_verify(&c->op, &verdicts, &n) < 0)
		return ctl_fail_op(c);
	for (size_t i = 0; i < n; i++) {
		n_broken += verdicts[i].fault != NULL;
		if (c->json)
			json_array_append_new(list, verdict_json(&verdicts[i]));
		else
			print_verdict(c, &verdicts[i]);
	}
	if (c->json)
		ctl_print_json(c, list);
	else if (n == 0)
		ctl_print(c, "%s", ctl_say(c, "chưa có bản ghi nào", "there are no records yet"));
	return n_broken > 0 ? EXIT_FAILED : EXIT_OK;
}
