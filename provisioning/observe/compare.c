#include "provisioning/observe/compare.h"

#include "common/base/buf.h"
#include "provisioning/attributes.h"

#include <string.h>

#define DOCUMENT_DEPTH_MAX 4
#define NAMES_MAX_BYTES 400
#define DIFF_MAX_BYTES ((size_t)16 * 1024)

struct str policy_rule(const struct policy *p, const char *attribute)
{
	for (size_t i = 0; i < p->n; i++)
		if (str_equal(p->rules[i].attribute, str_c(attribute)))
			return p->rules[i].rule;
	return STR("enforce");
}

/* Of access that is off nothing may be left, whatever the rules say of attributes. */
static void apply_policy(struct arena *a, const struct policy *p, const struct desired *want, json_t *diff, struct judgement *j)
{
	struct buf names = buf_new(a, NAMES_MAX_BYTES);
	const char *name;
	json_t *value;
	void *next;

	json_object_foreach_safe(diff, next, name, value) {
		struct str rule = want->active ? policy_rule(p, name) : STR("enforce");

		if (str_equal(rule, STR("ignore"))) {
			json_object_del(diff, name);
			continue;
		}
		json_set_str(value, "rule", rule);
		if (str_equal(rule, STR("enforce")) && names.len + strlen(name) + 2 < NAMES_MAX_BYTES)
			buf_printf(&names, "%s%s", names.len > 0 ? " " : "", name);
	}
	j->names = buf_str(&names);
	j->is_enforced = names.len > 0;
}

void compare_account(const struct comparison *c, const struct policy *p, const struct desired *want, const struct suspect *s, struct judgement *j)
{
	_json_ json_t *seen = json_read(s->attrs, DOCUMENT_DEPTH_MAX, NULL);
	_json_ json_t *expected = c->connector->expect(c->arena, c->instance, want);
	_json_ json_t *diff = attributes_diff(c->arena, expected, seen);

	*j = (struct judgement){ .ext_id = s->ext_id, .account_id = s->account_id, .want_hash = s->want_hash, .diff = STR_NULL };
	apply_policy(c->arena, p, want, diff, j);
	if (json_object_size(diff) == 0)
		return;
	j->diff = json_write(c->arena, diff, true);
	if (j->diff.len > DIFF_MAX_BYTES)
		j->diff = STR("{\"\":{\"rule\":\"report\",\"seen\":\"(long)\",\"want\":\"\"}}");
}

const struct account_facts *compare_facts(const struct account_facts *facts, size_t n, struct str account_id)
{
	for (size_t i = 0; i < n; i++)
		if (str_equal(facts[i].account_id, account_id))
			return &facts[i];
	return NULL;
}
