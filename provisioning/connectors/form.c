/*
 * Platforms without any interface: nothing is sent; what shall be done becomes a line of the platform's open form, which an
 * officer carries out and confirms (docs/decisions/0012-request-forms.md).
 *
 * Which operation a line names follows from what is known of the account, not from which function is called here: a
 * line may take the place of one that was never confirmed.
 */
#include "provisioning/connectors/registry.h"

#include "provisioning/form/document.h"
#include "provisioning/form/store.h"

#include <inttypes.h>
#include <stdlib.h>

struct forms {
	struct db *db;
	int64_t timeout_ms;
};

static int instance_open(struct op *op, const struct connector_config *config, void **ret_instance)
{
	struct forms *f;

	if (!op->db)
		return op_fail(op, ERR_CONFIG, "forms need the database for their lines");
	f = calloc(1, sizeof(*f));
	if (!f)
		abort();
	*f = (struct forms){ op->db, config->timeout_ms };
	*ret_instance = f;
	return 0;
}

static void instance_close(void *instance)
{
	free(instance);
}

static enum verdict database_fault(struct call *c)
{
	return call_fault(c, VERDICT_NOT_DONE, "database", "%s %.*s", c->op->error.text, STR_ARG(c->op->error.detail));
}

static enum verdict ask(struct call *c, struct observed *ret)
{
	const struct forms *f = c->instance;
	struct form_asked asked;

	/* What was wanted before the lease ended may be another by now, and stand in the line. */
	if (!call_has_time(c, f->timeout_ms))
		return call_fault(c, VERDICT_NOT_DONE, "lease", "no time left within the lease");
	c->op->db = f->db;
	if (form_ask(c->op, c->want, c->gen, form_document(c->op->arena, c->want), &asked) < 0)
		return database_fault(c);
	switch (asked.answer) {
	case FORM_IS_SO:
		*ret = (struct observed){ .ext_id = asked.ext_id, .is_known = true, .active = c->want->active, .matches = true };
		return VERDICT_DONE;
	case FORM_ABSENT:
		return call_fault(c, VERDICT_ABSENT, "absent", "there is no such account");
	case FORM_REFUSED:
		return call_fault(c, VERDICT_REFUSED, "refused", "phiếu %" PRId64 ", dòng %" PRId64 ": %.*s", asked.number, asked.line,
		                  STR_ARG(asked.note));
	case FORM_WAITING:
		break;
	}
	return call_fault(c, VERDICT_HANDED_ON, "form", "chờ phiếu %" PRId64 ", dòng %" PRId64, asked.number, asked.line);
}

/* What is asked and not decided may come to be there: it is ours, and must be asked about again. */
static enum verdict look(struct call *c, struct observed *ret)
{
	const struct forms *f = c->instance;
	struct form_known known;

	c->op->db = f->db;
	if (form_known(c->op, c->want, form_document(c->op->arena, c->want), &known) < 0)
		return database_fault(c);
	if (!known.is_known && !known.is_asked)
		return call_fault(c, VERDICT_ABSENT, "absent", "no officer and no list has told of it");
	*ret = (struct observed){
		.ext_id = known.is_known ? known.ext_id : c->want->login,
		.is_known = !known.is_asked,
		.active = known.active,
		.matches = known.matches,
	};
	return VERDICT_DONE;
}

const struct connector connector_form = {
	.kind = "form",
	.proof = "confirmed",
	.open = instance_open,
	.close = instance_close,
	.look_up = look,
	.create = ask,
	.update = ask,
	.disable = ask,
	.read_back = look,
};
