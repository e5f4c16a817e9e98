#include "common/base/conf_internal.h"

#include "common/base/err.h"

#include <ini.h>
#include <stdio.h>
#include <string.h>

#define LINE_MAX_BYTES 4096
#define SUGGEST_DISTANCE 2

/* A struct being filled: the main one, or that of one repeated section. */
struct target {
	struct target *next;
	struct str name; /* of the repeated section, or STR_NULL */
	unsigned line;   /* of its first heading */
	void *fields;
	bool *is_set;    /* per key of the table */
};

struct reading {
	struct conf_place place;
	const struct conf_table *table;
	const char *path;
	struct str rest; /* lines not yet read */
	unsigned line;

	struct str section;      /* the present heading */
	struct target *current;  /* what its keys fill; NULL before the first heading */
	struct target main;
	size_t n_repeated;
	struct str message;      /* the first fault */
};

/* Keeps the first fault; false, for the caller to pass on. */
static bool _printf_(3, 4) fail(struct reading *r, unsigned line, const char *format, ...)
{
	va_list ap;

	if (!str_is_null(r->message))
		return false;
	va_start(ap, format);

	struct str what = arena_vprintf(r->place.arena, format, ap);

	va_end(ap);
	if (line > 0)
		r->message = arena_printf(r->place.arena, "%s:%u: %.*s", r->path, line, STR_ARG(what));
	else
		r->message = arena_printf(r->place.arena, "%s: %.*s", r->path, STR_ARG(what));
	return false;
}

/* The part before ".*" of the sections that keys of the repeated kind name, or STR_NULL. */
static struct str repeat_prefix_of(const struct conf_key *key)
{
	struct str section = str_c(key->section);

	return str_ends(section, STR(".*")) ? str_n(section.p, section.len - 2) : STR_NULL;
}

static bool key_is_of(const struct conf_key *key, const struct target *t, struct str section)
{
	struct str prefix = repeat_prefix_of(key);

	if (str_is_null(t->name))
		return str_is_null(prefix) && str_equal(str_c(key->section), section);
	return !str_is_null(prefix);
}

static const char *suggest(struct reading *r, const char *best, size_t distance)
{
	if (!best || distance > SUGGEST_DISTANCE)
		return "";
	return arena_printf(r->place.arena, "; did you mean '%s'?", best).p;
}

static bool refuse_section(struct reading *r, struct str name)
{
	const char *best = NULL;
	size_t best_distance = SIZE_MAX;

	for (size_t i = 0; i < r->table->n_keys; i++) {
		const char *section = r->table->keys[i].section;
		size_t distance = conf_distance(name, str_c(section));

		if (distance < best_distance) {
			best = section;
			best_distance = distance;
		}
	}
	return fail(r, r->line, "unknown section [%.*s]%s", STR_ARG(name), suggest(r, best, best_distance));
}

static bool refuse_key(struct reading *r, struct str name)
{
	const char *best = NULL;
	size_t best_distance = SIZE_MAX;

	for (size_t i = 0; i < r->table->n_keys; i++) {
		const struct conf_key *key = &r->table->keys[i];
		size_t distance = conf_distance(name, str_c(key->key));

		if (key_is_of(key, r->current, r->section) && distance < best_distance) {
			best = key->key;
			best_distance = distance;
		}
	}
	return fail(r, r->line, "unknown key '%.*s' in [%.*s]%s", STR_ARG(name), STR_ARG(r->section),
	            suggest(r, best, best_distance));
}

/* "P02" for [connector.P02], or STR_NULL when the heading is not of the repeated kind. */
static struct str repeated_name(const struct reading *r, struct str heading)
{
	struct str prefix = str_c(r->table->repeat_prefix);

	if (str_is_null(prefix) || !str_starts(heading, prefix))
		return STR_NULL;
	heading = str_skip(heading, prefix.len);
	return heading.len > 1 && heading.p[0] == '.' ? str_skip(heading, 1) : STR_NULL;
}

/* The struct of that name: the one begun under an earlier heading, or a new one at the end. */
static struct target *repeated_target(struct reading *r, struct str name)
{
	struct arena *a = r->place.arena;
	struct target *last = &r->main;

	while (last->next) {
		last = last->next;
		if (str_equal(last->name, name))
			return last;
	}
	last->next = ARENA_NEW(a, struct target);
	last->next->name = arena_dup(a, name);
	last->next->line = r->line;
	last->next->fields = arena_alloc(a, r->table->repeat_size);
	last->next->is_set = ARENA_ARRAY(a, bool, r->table->n_keys);
	r->n_repeated++;
	return last->next;
}

static bool open_section(struct reading *r, struct str heading)
{
	struct str name = repeated_name(r, heading);

	r->section = heading;
	if (!str_is_null(name)) {
		r->current = repeated_target(r, name);
		return true;
	}
	r->current = &r->main;
	for (size_t i = 0; i < r->table->n_keys; i++)
		if (key_is_of(&r->table->keys[i], r->current, heading))
			return true;
	return refuse_section(r, heading);
}

/* What libinih passes over in silence: what follows "]", and a heading without keys. */
static bool check_heading(struct reading *r, struct str line)
{
	line = str_trim(line);
	if (!str_starts(line, STR("[")))
		return true;
	if (str_index(line, ']') != (ptrdiff_t)line.len - 1)
		return fail(r, r->line, "a heading is one name in brackets, alone on its line");
	return open_section(r, str_n(line.p + 1, line.len - 2));
}

/* libinih takes a form feed for white space, others for text: nothing of that kind gets in. */
static bool check_characters(struct reading *r, struct str line)
{
	for (size_t i = 0; i < line.len; i++)
		if ((unsigned char)line.p[i] < ' ' && line.p[i] != '\t')
			return fail(r, r->line, "a control character");
	return true;
}

/* The reader of libinih, in the manner of fgets: one line per call, so lines can be counted. */
static char *next_line(char *buffer, int size, void *stream)
{
	struct reading *r = stream;
	struct str line;

	if (r->rest.len == 0 || !str_split(&r->rest, '\n', &line))
		return NULL;
	r->line++;
	if (line.len + 2 > (size_t)size) {
		fail(r, r->line, "longer than %d bytes", size - 2);
		return NULL;
	}
	if (str_ends(line, STR("\r")))
		line.len--;
	if (!check_characters(r, line) || !check_heading(r, line))
		return NULL;
	memcpy(buffer, line.p, line.len);
	buffer[line.len] = '\n';
	buffer[line.len + 1] = '\0';
	return buffer;
}

/* The handler of libinih: 1 to go on, 0 to stop. */
static int take_pair(void *user, const char *section, const char *name, const char *value)
{
	struct reading *r = user;

	(void)section; /* cut off at 49 bytes there; ours is whole */
	if (!r->current)
		return fail(r, r->line, "key '%s' stands before the first section", name);
	for (size_t i = 0; i < r->table->n_keys; i++) {
		const struct conf_key *key = &r->table->keys[i];
		struct str problem;

		if (strcmp(key->key, name) != 0 || !key_is_of(key, r->current, r->section))
			continue;
		if (r->current->is_set[i])
			return fail(r, r->line, "key '%s' is set twice in [%.*s]", name, STR_ARG(r->section));
		r->current->is_set[i] = true;
		if (!conf_value_set(&r->place, key, str_c(value), r->current->fields, &problem))
			return fail(r, r->line, "%s: %.*s", name, STR_ARG(problem));
		return 1;
	}
	return refuse_key(r, str_c(name));
}

/* Gives what the file did not name its default. */
static bool fill_defaults(struct reading *r, struct target *t)
{
	for (size_t i = 0; i < r->table->n_keys; i++) {
		const struct conf_key *key = &r->table->keys[i];
		bool is_repeated = !str_is_null(repeat_prefix_of(key));
		struct str problem;

		if (t->is_set[i] || is_repeated != !str_is_null(t->name))
			continue;
		if (!key->fallback) {
			struct str section = is_repeated ? arena_printf(r->place.arena, "%s.%.*s",
			                                                r->table->repeat_prefix, STR_ARG(t->name))
			                                 : str_c(key->section);

			return fail(r, 0, "key '%s' is missing in [%.*s]", key->key, STR_ARG(section));
		}
		if (!conf_value_set(&r->place, key, str_c(key->fallback), t->fields, &problem))
			return fail(r, 0, "%s in [%s]: %.*s (default)", key->key, key->section, STR_ARG(problem));
	}
	return true;
}

static bool parse(struct reading *r)
{
	/* A value may hold " ;" (a DN, a filter), so comments have their own lines. Set before any thread. */
	ini_allow_multiline = false;
	ini_allow_inline_comments = false;
	ini_stop_on_first_error = true;
	ini_max_line = LINE_MAX_BYTES;

	int faulty_line = ini_parse_stream(next_line, r, take_pair, r);

	if (faulty_line != 0)
		fail(r, r->line, "neither a [section] nor key = value");
	for (struct target *t = &r->main; t && str_is_null(r->message); t = t->next)
		fill_defaults(r, t);
	return str_is_null(r->message);
}

static struct conf_section *sections_of(const struct reading *r)
{
	struct conf_section *sections = ARENA_ARRAY(r->place.arena, struct conf_section, r->n_repeated);
	size_t n = 0;

	for (const struct target *t = r->main.next; t; t = t->next)
		sections[n++] = (struct conf_section){ t->name, t->fields, t->line };
	return sections;
}

/* "/etc/sen" of "/etc/sen/sen.conf"; of "/sen.conf" the empty text, before which a slash is put. */
static struct str folder_of(struct str path)
{
	if (str_index(path, '/') < 0)
		return STR(".");
	while (path.p[path.len - 1] != '/')
		path.len--;
	return str_n(path.p, path.len - 1);
}

int conf_read(struct arena *a, const struct conf_table *table, const char *path, void *target,
              struct conf_section **ret_sections, size_t *ret_n_sections, struct str *ret_message)
{
	struct reading r = {
		.place = { a, folder_of(str_c(path)) },
		.table = table,
		.path = path,
		.main = { .fields = target, .is_set = ARENA_ARRAY(a, bool, table->n_keys) },
	};

	if (!conf_file_read(a, path, false, &r.rest, ret_message))
		return ERR_CONFIG;
	if (str_starts(r.rest, STR("\xef\xbb\xbf"))) /* the byte order mark of some editors */
		r.rest = str_skip(r.rest, 3);
	if (!parse(&r)) {
		*ret_message = r.message;
		return ERR_CONFIG;
	}
	if (ret_sections)
		*ret_sections = sections_of(&r);
	if (ret_n_sections)
		*ret_n_sections = r.n_repeated;
	return 0;
}
