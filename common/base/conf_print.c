#include "common/base/conf_internal.h"

#include <inttypes.h>
#include <string.h>

static bool is_repeated(const struct conf_key *key)
{
	return str_ends(str_c(key->section), STR(".*"));
}

/* The heading, when the key is the first of its section in the table. */
static void add_heading(struct buf *b, const struct conf_key *key, const struct conf_key *previous, struct str name)
{
	if (previous && strcmp(previous->section, key->section) == 0)
		return;

	struct str section = str_c(key->section);

	if (is_repeated(key))
		section.len--;
	else
		name = STR("");
	buf_printf(b, "%s[%.*s%.*s]\n", b->len > 0 ? "\n" : "", STR_ARG(section), STR_ARG(name));
}

void conf_sample(struct buf *b, const struct conf_table *table)
{
	for (size_t i = 0; i < table->n_keys; i++) {
		const struct conf_key *key = &table->keys[i];

		add_heading(b, key, i > 0 ? key - 1 : NULL, STR("NAME"));
		buf_printf(b, "# %s", key->help ? key->help : key->key);
		if (key->type == CONF_INT && (key->min != 0 || key->max != 0))
			buf_printf(b, " (%" PRId64 " to %" PRId64 ")", key->min, key->max);
		if (key->fallback)
			buf_printf(b, "\n#%s = %s\n", key->key, key->fallback);
		else
			buf_printf(b, "\n%s =\n", key->key);
	}
}

static void add_value(struct buf *b, const struct conf_key *key, const void *target)
{
	const void *field = (const char *)target + key->offset;

	buf_printf(b, "%s = ", key->key);
	switch (key->type) {
	case CONF_INT:
		buf_printf(b, "%" PRId64, *(const int64_t *)field);
		break;
	case CONF_BOOL:
		buf_add_c(b, *(const bool *)field ? "true" : "false");
		break;
	case CONF_SECRET:
	case CONF_TEXT:
		buf_add_c(b, str_is_null(*(const struct str *)field) ? "" : "(from file)");
		break;
	case CONF_STR:
	case CONF_PATH:
		buf_add(b, *(const struct str *)field);
		break;
	}
	buf_add_char(b, '\n');
}

static void dump(struct buf *b, const struct conf_table *table, const void *target, struct str name)
{
	const struct conf_key *previous = NULL;

	for (size_t i = 0; i < table->n_keys; i++) {
		const struct conf_key *key = &table->keys[i];

		if (is_repeated(key) != !str_is_null(name))
			continue;
		add_heading(b, key, previous, name);
		add_value(b, key, target);
		previous = key;
	}
}

void conf_dump(struct buf *b, const struct conf_table *table, const void *target,
               const struct conf_section *sections, size_t n_sections)
{
	dump(b, table, target, STR_NULL);
	for (size_t i = 0; i < n_sections; i++)
		dump(b, table, sections[i].target, sections[i].name);
}
