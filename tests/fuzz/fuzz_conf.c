/* conf_read: what --dump-config prints of an accepted file is accepted and dumps the same. */
#include "common/base/conf.h"
#include "common/base/err.h"
#include "common/base/text.h"
#include "tests/fuzz/fuzz.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#define OUTPUT_MAX_BYTES ((size_t)1024 * 1024)

struct settings {
	struct str name;
	int64_t number;
	bool flag;
	struct str path;
};

/* No CONF_SECRET: the input would name files of this machine. */
static const struct conf_key keys[] = {
	{ "main", "name", CONF_STR, offsetof(struct settings, name), "none", 0, 0, "a name" },
	{ "main", "number", CONF_INT, offsetof(struct settings, number), "7", -100, 100, "a number" },
	{ "more", "flag", CONF_BOOL, offsetof(struct settings, flag), "true", 0, 0, "a flag" },
	{ "more", "path", CONF_PATH, offsetof(struct settings, path), "/", 0, 0, "a path" },
	{ "part.*", "name", CONF_STR, offsetof(struct settings, name), NULL, 0, 0, "a name" },
	{ "part.*", "number", CONF_INT, offsetof(struct settings, number), "3", 0, 0, "a number" },
};

static const struct conf_table table = { keys, ARRAY_LEN(keys), "part", sizeof(struct settings) };

/* The dump of the file with this text, or STR_NULL when it is refused. */
static struct str read_and_dump(struct arena *a, struct str text)
{
	struct settings settings = { 0 };
	struct conf_section *sections = NULL;
	struct buf b = buf_new(a, OUTPUT_MAX_BYTES);
	struct str message = STR_NULL;
	size_t n_sections = 0;
	int fd = memfd_create("conf", MFD_CLOEXEC);

	CHECK(fd >= 0 && write(fd, text.p, text.len) == (ssize_t)text.len);

	const char *path = arena_printf(a, "/proc/self/fd/%d", fd).p;
	int result = conf_read(a, &table, path, &settings, &sections, &n_sections, &message);

	close(fd);
	if (result != 0) {
		CHECK(result == ERR_CONFIG && str_starts(message, str_c(path)) && utf8_is_valid(message));
		return STR_NULL;
	}
	CHECK(settings.number >= -100 && settings.number <= 100);
	CHECK(settings.path.len == 0 || str_starts(settings.path, STR("/")));
	for (size_t i = 0; i < n_sections; i++) {
		const struct settings *part = sections[i].target;

		CHECK(sections[i].name.len > 0 && part->name.len > 0);
	}
	conf_dump(&b, &table, &settings, sections, n_sections);
	CHECK(buf_ok(&b));
	return buf_str(&b);
}

FUZZ_TARGET(a, input)
{
	struct str dumped = read_and_dump(a, input);

	if (!str_is_null(dumped))
		CHECK(str_equal(dumped, read_and_dump(a, dumped)));
}
