/* What a run on demand tells of an operation: its claim, and each of its steps. */
#include "provisioning/operate_impl.h"

#include "provisioning/trace.h"

const char *verdict_name(enum verdict verdict)
{
	static const char *const names[] = {
		[VERDICT_DONE] = "done",         [VERDICT_ABSENT] = "absent",     [VERDICT_CONFLICT] = "conflict", [VERDICT_NOT_DONE] = "not_done",
		[VERDICT_IN_DOUBT] = "in_doubt", [VERDICT_REFUSED] = "refused",   [VERDICT_DOWN] = "down",         [VERDICT_AUTH] = "auth",
		[VERDICT_LIMITED] = "limited",
	};

	return (size_t)verdict < ARRAY_LEN(names) && names[verdict] ? names[verdict] : "other";
}

void run_note_step(struct run *r, const char *name, enum verdict verdict, int64_t began_us)
{
	json_t *detail;

	if (!r->call->trace)
		return;
	detail = json_new_object();
	json_set_str(detail, "verdict", str_c(verdict_name(verdict)));
	if (verdict == VERDICT_DONE) {
		json_set_str(detail, "ext_id", r->seen.ext_id);
		json_set_bool(detail, "is_known", r->seen.is_known);
		json_set_bool(detail, "active", r->seen.active);
		json_set_bool(detail, "matches", r->seen.matches);
	} else {
		json_set_str(detail, "fault", str_c(r->call->fault.class));
		json_set_str(detail, "said", r->call->fault.detail);
	}
	trace_add(r->call, name, began_us, detail);
}

void run_note_claim(struct call *c, const struct work *work, bool is_settled)
{
	json_t *detail;

	if (!c->trace)
		return;
	detail = json_new_object();
	json_set_int(detail, "gen", work->gen);
	json_set_bool(detail, "in_doubt", work->in_doubt);
	json_set_int(detail, "tries", work->tries);
	json_set_bool(detail, "want_active", work->want_active);
	json_set_bool(detail, "settled", is_settled);
	json_set_str(detail, "ext_id", work->ext_id);
	trace_add(c, "claim", trace_begin(c), detail);
}
