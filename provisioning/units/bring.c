/* One entry, to what its unit is (turn_impl.h). */
#include "provisioning/units/turn_impl.h"

#include "common/base/err.h"
#include "common/base/log.h"
#include "common/net/ldap_filter.h"

#include <string.h>

void turn_begin_page(struct turn *t)
{
	arena_reset(t->page);
	op_init(&t->op, t->page, t->k->db, NULL);
	t->again = ARENA_ARRAY(t->page, struct str, UNITS_PAGE);
	t->n_again = 0;
}

bool turn_goes_on(const struct turn *t)
{
	return !t->done->fault && !atomic_load(t->k->is_stopping);
}

void turn_stop(struct turn *t, const struct fault *fault)
{
	t->done->fault = fault->class;
	t->done->detail = str_is_null(fault->detail) ? STR("") : arena_dup(t->kept, fault->detail);
}

static void race(struct turn *t, struct str code)
{
	t->done->raced++;
	t->again[t->n_again++] = code;
}

int turn_unit_dn(struct turn *t, struct str code, struct str *ret)
{
	return ldap_dn_child(&t->op, "cn", code, t->k->config->units_base, ret);
}

enum verdict turn_read_entry(struct call *c, const struct units_keeping *k, struct str dn, struct found *ret, bool *ret_is_ours)
{
	const struct ldap_entry *entry = NULL;
	enum verdict verdict = ldap_read(c, k->pool, dn, unit_attrs, &entry);

	*ret_is_ours = true;
	ret->is_there = verdict == VERDICT_DONE;
	if (verdict == VERDICT_ABSENT) {
		op_forgive(c->op);
		return VERDICT_DONE;
	}
	if (verdict == VERDICT_DONE)
		*ret_is_ours = unit_entry_read(c->op->arena, entry, k->config->units_base, &ret->code, &ret->is);
	return verdict;
}

/* The name is taken: by another provisioner just now, or by somebody. */
static void judge_conflict(struct turn *t, struct call *c, const struct unit_facts *want, struct str dn)
{
	struct found found;
	bool is_ours;

	op_forgive(&t->op);
	if (turn_read_entry(c, t->k, dn, &found, &is_ours) != VERDICT_DONE) {
		turn_stop(t, &c->fault);
	} else if (is_ours && (!found.is_there || str_equal(found.code, want->code))) {
		race(t, want->code);
	} else {
		t->done->strangers++;
		log_event(LOG_LEVEL_WARN, "units.stranger", L_STR("dn", dn));
	}
}

static void judge_failure(struct turn *t, const struct unit_facts *want, struct str dn, bool is_new)
{
	struct call c = { .op = &t->op, .fault = { .retry_after_s = -1 } };

	switch (ldap_verdict(&c, true)) {
	case VERDICT_CONFLICT:
		if (is_new) {
			judge_conflict(t, &c, want, dn);
			return;
		}
		break;
	case VERDICT_ABSENT:
		if (is_new) {
			call_fault(&c, VERDICT_REFUSED, "config", "units_base is not there");
			turn_stop(t, &c.fault);
		} else {
			race(t, want->code);
		}
		return;
	case VERDICT_NOT_DONE:
		if (strcmp(c.fault.class, "race") == 0)
			race(t, want->code);
		else
			turn_stop(t, &c.fault);
		return;
	case VERDICT_REFUSED:
		break;
	default:
		turn_stop(t, &c.fault);
		return;
	}
	t->done->refused++;
	log_event(LOG_LEVEL_WARN, "units.refused", L_STR("unit", want->code), L_STR("detail", c.fault.detail));
}

static int add(struct turn *t, const struct unit_facts *want, struct str dn)
{
	const struct str classes[] = { STR("groupOfNames"), STR(UNIT_CLASS) };
	struct ldap_attr attrs[3 + UNIT_ATTRS_MAX] = {
		{ STR("objectClass"), classes, ARRAY_LEN(classes) },
		{ STR("cn"), &want->code, 1 },
		{ STR("member"), &t->k->config->placeholder_member, 1 },
	};
	size_t n = 3 + unit_entry_attrs(t->page, want, attrs + 3);

	return ldap_add(&t->op, t->k->pool, dn, attrs, n);
}

void turn_bring(struct turn *t, const struct found *found, const struct unit_facts *want)
{
	struct ldap_change changes[2 * UNIT_ATTRS_MAX];
	bool is_new = !found->is_there;
	struct str dn;
	size_t n = 0;
	int err;

	if (is_new && !str_equal(want->status, STR("active")))
		return;
	if (!is_new)
		n = unit_entry_changes(t->page, &found->is, want, changes);
	if (!is_new && n == 0)
		return;
	op_forgive(&t->op);
	err = turn_unit_dn(t, want->code, &dn);
	if (err == 0)
		err = is_new ? add(t, want, dn) : ldap_modify(&t->op, t->k->pool, dn, changes, n);
	if (err < 0) {
		judge_failure(t, want, dn, is_new);
		op_forgive(&t->op);
		return;
	}
	t->done->made += is_new;
	t->done->changed += !is_new;
}
