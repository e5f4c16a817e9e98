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
