#include "common/db/migrate_files.h"

#include "common/base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NUMBER_DIGITS 4
#define FILE_MAX_BYTES (1024 * 1024)
#define SUFFIX ".sql"

static void closep(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

static void free_names(struct dirent **names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(names[i]);
	free(names);
}

/* 0003_grants.sql: the number with its leading zeros, then letters, digits and underscores. */
static bool parse_name(struct str file, uint64_t *ret_version)
{
	struct str stem = { file.p, file.len - (sizeof(SUFFIX) - 1) };
	uint64_t version = 0;

	if (stem.len < NUMBER_DIGITS + 2 || stem.p[NUMBER_DIGITS] != '_')
		return false;
	for (size_t i = 0; i < NUMBER_DIGITS; i++) {
		if (stem.p[i] < '0' || stem.p[i] > '9')
			return false;
		version = version * 10 + (uint64_t)(stem.p[i] - '0');
	}
	for (size_t i = NUMBER_DIGITS; i < stem.len; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789_", stem.p[i]))
			return false;
	*ret_version = version;
	return version > 0;
}

static int read_text(struct op *op, int folder_fd, const char *name, struct str *ret)
{
	_cleanup_(closep) int fd = openat(folder_fd, name, O_RDONLY | O_CLOEXEC);
	struct stat st;
	size_t len = 0;

	if (fd < 0 || fstat(fd, &st) < 0)
		return op_fail_detail(op, ERR_CONFIG, "a migration cannot be read", "%s: %s", name, strerrordesc_np(errno));
	if (st.st_size < 0 || st.st_size > FILE_MAX_BYTES)
		return op_fail_detail(op, ERR_CONFIG, "a migration cannot be read", "%s: larger than 1 MiB", name);

	char *text = arena_alloc(op->arena, (size_t)st.st_size + 1);

	while (len < (size_t)st.st_size) {
		ssize_t n = read(fd, text + len, (size_t)st.st_size - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		len += (size_t)n;
	}
	/* NUL would end the text before its end. */
	if (len < (size_t)st.st_size || !utf8_is_valid(str_n(text, len)))
		return op_fail_detail(op, ERR_CONFIG, "a migration cannot be read", "%s: not UTF-8 text", name);
	*ret = str_n(text, len);
	return 0;
}

static int is_sql(const struct dirent *entry)
{
	return str_ends(str_c(entry->d_name), STR(SUFFIX));
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* names are sorted; as all numbers have as many digits, so are the numbers. */
static int read_list(struct op *op, int folder_fd, struct dirent **names, size_t n, struct migration *list)
{
	for (size_t i = 0; i < n; i++) {
		const char *file = names[i]->d_name;
		struct migration *m = &list[i];
		int r;

		if (!parse_name(str_c(file), &m->version))
			return op_fail_detail(op, ERR_CONFIG, "a migration has a wrong name", "%s: not NNNN_name.sql", file);
		if (m->version != i + 1)
			return op_fail_detail(op, ERR_CONFIG, "the migrations are not numbered without gaps",
			                      "%s: expected number %04zu here", file, i + 1);
		m->name = arena_dup(op->arena, str_n(file, strlen(file) - (sizeof(SUFFIX) - 1)));
		r = read_text(op, folder_fd, file, &m->text);
		if (r < 0)
			return r;
	}
	return 0;
}

int migrate_files_read(struct op *op, const char *folder, struct migration **ret_list, size_t *ret_n)
{
	_cleanup_(closep) int folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent **names = NULL;
	int n = folder_fd < 0 ? -1 : scandir(folder, &names, is_sql, by_name);

	if (n < 0)
		return op_fail_detail(op, ERR_CONFIG, "the folder of migrations cannot be read", "%s: %s", folder,
		                      strerrordesc_np(errno));

	struct migration *list = ARENA_ARRAY(op->arena, struct migration, (size_t)n);
	int r = read_list(op, folder_fd, names, (size_t)n, list);

	free_names(names, (size_t)n);
	if (r < 0)
		return r;
	*ret_list = list;
	*ret_n = (size_t)n;
	return 0;
}
