#include "common/base/conf_internal.h"

#include "common/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX_BYTES ((size_t)256 * 1024)
#define NAME_MAX_BYTES 63

static inline void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static bool refuse(struct str *ret_problem, struct str problem)
{
	*ret_problem = problem;
	return false;
}

/* Reads to the end of the file, at most len bytes; false on an error. */
static bool read_all(int fd, char *bytes, size_t len, size_t *ret_len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = read(fd, bytes + done, len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	*ret_len = done;
	return true;
}

bool conf_file_read(struct arena *a, const char *path, bool is_secret, struct str *ret_text,
                    struct str *ret_problem)
{
	_cleanup_(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;
	size_t len = 0;

	if (fd < 0 || fstat(fd, &st) != 0)
		return refuse(ret_problem, arena_printf(a, "%s: %s", path, strerrordesc_np(errno)));
	if (!S_ISREG(st.st_mode))
		return refuse(ret_problem, arena_printf(a, "%s: not a regular file", path));
	/* Of the open file, not of the name: nobody can exchange it in between. */
	if (is_secret && (st.st_mode & 077) != 0)
		return refuse(ret_problem, arena_printf(a, "%s: mode %04o lets others at it, must be 0600 or 0400",
		                                        path, (unsigned)(st.st_mode & 07777)));
	if (st.st_size < 0 || (size_t)st.st_size > FILE_MAX_BYTES)
		return refuse(ret_problem, arena_printf(a, "%s: larger than %zu bytes", path, FILE_MAX_BYTES));

	char *bytes = arena_alloc(a, (size_t)st.st_size + 1);

	if (!read_all(fd, bytes, (size_t)st.st_size, &len))
		return refuse(ret_problem, arena_printf(a, "%s: %s", path, strerrordesc_np(errno)));
	if (!utf8_is_valid(str_n(bytes, len)))
		return refuse(ret_problem, arena_printf(a, "%s: not UTF-8 text", path));
	*ret_text = str_n(bytes, len);
	return true;
}

static bool set_int(const struct conf_place *place, const struct conf_key *key, struct str text, int64_t *field,
                    struct str *ret_problem)
{
	bool is_negative = str_starts(text, STR("-"));
	bool is_bounded = key->min != 0 || key->max != 0;
	uint64_t magnitude;

	if (!str_to_u64(is_negative ? str_skip(text, 1) : text, INT64_MAX, &magnitude))
		return refuse(ret_problem, STR("is not a whole number"));

	int64_t value = is_negative ? -(int64_t)magnitude : (int64_t)magnitude;

	if (is_bounded && (value < key->min || value > key->max))
		return refuse(ret_problem, arena_printf(place->arena, "must be between %" PRId64 " and %" PRId64,
		                                        key->min, key->max));
	*field = value;
	return true;
}

static bool set_bool(struct str text, bool *field, struct str *ret_problem)
{
	static const char *const words[] = { "false", "true", "no", "yes", "0", "1" };

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (str_equal(text, str_c(words[i]))) {
			*field = i % 2 == 1;
			return true;
		}
	}
	return refuse(ret_problem, STR("must be true or false"));
}

static struct str resolve(const struct conf_place *place, struct str path)
{
	if (path.len == 0 || path.p[0] == '/')
		return arena_dup(place->arena, path);
	return arena_printf(place->arena, "%.*s/%.*s", STR_ARG(place->folder), STR_ARG(path));
}

static bool set_secret(const struct conf_place *place, struct str path, struct str *field, struct str *ret_problem)
{
	struct str text;

	/* An optional secret that is not there. */
	if (path.len == 0) {
		*field = STR_NULL;
		return true;
	}
	if (!conf_file_read(place->arena, resolve(place, path).p, true, &text, ret_problem))
		return false;
	if (str_ends(text, STR("\n")))
		text.len--;
	if (str_ends(text, STR("\r")))
		text.len--;
	if (text.len == 0)
		return refuse(ret_problem, arena_printf(place->arena, "%.*s: is empty", STR_ARG(path)));
	*field = text;
	return true;
}

static bool set_text(const struct conf_place *place, struct str path, struct str *field, struct str *ret_problem)
{
	*field = STR_NULL;
	return path.len == 0 || conf_file_read(place->arena, resolve(place, path).p, false, field, ret_problem);
}

bool conf_value_set(const struct conf_place *place, const struct conf_key *key, struct str text, void *target,
                    struct str *ret_problem)
{
	void *field = (char *)target + key->offset;

	if (text.len == 0 && !key->fallback)
		return refuse(ret_problem, STR("must not be empty"));
	switch (key->type) {
	case CONF_INT:
		return set_int(place, key, text, field, ret_problem);
	case CONF_BOOL:
		return set_bool(text, field, ret_problem);
	case CONF_SECRET:
		return set_secret(place, text, field, ret_problem);
	case CONF_TEXT:
		return set_text(place, text, field, ret_problem);
	case CONF_PATH:
		*(struct str *)field = resolve(place, text);
		return true;
	case CONF_STR:
		*(struct str *)field = arena_dup(place->arena, text);
		return true;
	}
	return refuse(ret_problem, STR("has an unknown type"));
}

static size_t least(size_t a, size_t b, size_t c)
{
	size_t ab = a < b ? a : b;

	return ab < c ? ab : c;
}

size_t conf_distance(struct str a, struct str b)
{
	size_t row[NAME_MAX_BYTES + 1];

	if (a.len > NAME_MAX_BYTES || b.len > NAME_MAX_BYTES)
		return SIZE_MAX;
	for (size_t j = 0; j <= b.len; j++)
		row[j] = j;
	for (size_t i = 1; i <= a.len; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= b.len; j++) {
			size_t changed = diagonal + (a.p[i - 1] != b.p[j - 1]);

			diagonal = row[j];
			row[j] = least(row[j] + 1, row[j - 1] + 1, changed);
		}
	}
	return row[b.len];
}
