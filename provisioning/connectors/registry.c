#include "provisioning/connectors/registry.h"

#include "common/base/clock.h"

static const struct connector *const connectors[] = {
	&connector_directory,
	&connector_form,
	&connector_ldap,
	&connector_scim,
	&connector_sql,
	&connector_webhook,
};

const struct connector *connector_find(struct str kind)
{
	for (size_t i = 0; i < ARRAY_LEN(connectors); i++)
		if (str_equal(str_c(connectors[i]->kind), kind))
			return connectors[i];
	return NULL;
}

enum verdict call_fault(struct call *c, enum verdict verdict, const char *class, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	c->fault = (struct fault){ class, arena_vprintf(c->op->arena, format, ap), -1 };
	va_end(ap);
	return verdict;
}

bool call_has_time(const struct call *c, int64_t timeout_ms)
{
	return clock_mono_ms() + timeout_ms <= c->deadline_ms;
}

void call_change(struct call *c, const char *name, struct str before, struct str after)
{
	struct arena *a = c->op->arena;

	if (!c->changes)
		c->changes = ARENA_ARRAY(a, struct attr_change, CALL_CHANGES_MAX);
	if (c->n_changes < CALL_CHANGES_MAX)
		c->changes[c->n_changes++] = (struct attr_change){ arena_dup_c(a, name).p, arena_dup(a, before), arena_dup(a, after) };
}

bool call_says_too_fast(const struct call *c, struct str body)
{
	for (size_t i = 0; i < c->n_words; i++)
		if (str_contains(body, c->words[i]))
			return true;
	return false;
}
