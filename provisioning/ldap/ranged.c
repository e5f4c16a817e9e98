#include "provisioning/ldap/ranged.h"

#include "common/base/err.h"
#include "common/base/text.h"

#include <inttypes.h>
#include <string.h>

#define AT_ONCE 1000
#define RANGE_BYTES ((size_t)2 * 1024 * 1024)
#define VALUES_MAX ((int64_t)10 * 1000 * 1000)

bool ldap_range_read(struct str name, const char *attr, int64_t *ret_first, int64_t *ret_last)
{
	struct str prefix = str_c(attr), range = STR(";range="), rest, first;
	uint64_t n;

	if (name.len <= prefix.len + range.len || !str_equal_nocase(str_n(name.p, prefix.len), prefix) ||
	    !str_equal_nocase(str_n(name.p + prefix.len, range.len), range))
		return false;
	rest = str_skip(name, prefix.len + range.len);
	if (!str_split(&rest, '-', &first) || !str_to_u64(first, VALUES_MAX, &n))
		return false;
	*ret_first = (int64_t)n;
	*ret_last = -1;
	if (str_equal(rest, STR("*")))
		return true;
	if (!str_to_u64(rest, VALUES_MAX, &n) || (int64_t)n < *ret_first)
		return false;
	*ret_last = (int64_t)n;
	return true;
}

/* *next: where the next range begins; -1: that was the last. */
static int one_range(struct op *op, const struct ldap_entry *entry, const char *attr, int64_t *next, int (*each)(void *context, const struct ldap_attr *values),
                     void *context)
{
	for (size_t i = 0; i < entry->n_attrs; i++) {
		int64_t first, last;

		if (!ldap_range_read(entry->attrs[i].name, attr, &first, &last))
			continue;
		/* Another one than was asked for: what is between would be lost. */
		if (first != *next)
			return op_fail(op, ERR_TARGET, "the directory gives another range than was asked for");
		*next = last < 0 ? -1 : last + 1;
		return each(context, &entry->attrs[i]);
	}
	*next = -1;
	/* No values at all, or all of them without a range. */
	return each(context, ldap_entry_attr(entry, attr));
}

int ldap_ranged(struct op *op, struct ldap_pool *p, struct str dn, const char *attr, int (*each)(void *context, const struct ldap_attr *values), void *context)
{
	_cleanup_(arena_freep) struct arena *a = arena_new(RANGE_BYTES);
	int64_t next = 0;
	int result = 0;

	while (result == 0 && next >= 0 && next < VALUES_MAX) {
		const struct ldap_entry *entries;
		const char *attrs[2] = { NULL };
		struct op own;
		size_t n = 0;

		arena_reset(a);
		op_init(&own, a, NULL, NULL);
		attrs[0] = arena_printf(a, "%s;range=%" PRId64 "-%" PRId64, attr, next, next + AT_ONCE - 1).p;
		result = ldap_search(&own, p, dn, LDAP_BASE, STR("(objectClass=*)"), attrs, 1, &entries, &n);
		if (result == 0)
			result = n == 1 ? one_range(&own, &entries[0], attr, &next, each, context) : op_fail(&own, ERR_NOT_FOUND, "the entry is gone");
		if (result < 0)
			return op_fail_detail(op, own.error.code, own.error.text, "%.*s", STR_ARG(own.error.detail));
	}
	return result;
}
