#include "server/senctl/ctl.h"

#include "common/crypto/keyring.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#define OPTIONS_MAX 16
#define READ_STEP 65536
/* Chains of the operator; servers and provisioners have their own (docs/decisions). */
#define OPERATOR_CHAIN 0

static int complain(int code, const char *format, va_list ap)
{
	fputs("senctl: ", stderr);
	vfprintf(stderr, format, ap);
	fputc('\n', stderr);
	return code;
}

int ctl_fail(_unused_ const struct ctl *c, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	int code = complain(EXIT_FAILED, format, ap);
	va_end(ap);
	return code;
}

int ctl_usage_error(_unused_ const struct ctl *c, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	int code = complain(EXIT_USAGE, format, ap);
	va_end(ap);
	return code;
}

int ctl_fail_op(const struct ctl *c)
{
	const struct error *e = &c->op.error;

	if (str_is_null(e->detail))
		return ctl_fail(c, "%s (%s)", e->text, err_name(e->code));
	return ctl_fail(c, "%s (%s: %.*s)", e->text, err_name(e->code), STR_ARG(e->detail));
}

void ctl_print(_unused_ const struct ctl *c, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
}

void ctl_print_json(const struct ctl *c, const json_t *json)
{
	struct str text = json_write(c->arena, json, false);

	ctl_print(c, "%.*s", STR_ARG(text));
}

/* Long options of the command followed by those of every command; values from 1000 on are indexes. */
static void fill_long_options(struct option *all, const struct ctl_option *options, size_t n)
{
	static const struct option common[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "token-file", required_argument, NULL, 't' },
		{ "config", required_argument, NULL, 'c' },
		{ 0 },
	};

	assert(n + ARRAY_LEN(common) <= OPTIONS_MAX);
	for (size_t i = 0; i < n; i++)
		all[i] = (struct option){ options[i].name, options[i].value ? required_argument : no_argument, NULL, 1000 + (int)i };
	for (size_t i = 0; i < ARRAY_LEN(common); i++)
		all[n + i] = common[i];
}

static int usage(const struct ctl *c)
{
	return ctl_usage_error(c, "%s: senctl %s %s", ctl_say(c, "cách dùng", "usage"), c->command->name, c->command->usage);
}

static int take_option(struct ctl *c, const struct ctl_option *options, int got)
{
	if (got >= 1000 && options[got - 1000].value)
		*options[got - 1000].value = str_c(optarg);
	else if (got >= 1000)
		*options[got - 1000].flag = true;
	else if (got == 'j')
		c->json = true;
	else if (got == 't')
		c->token_path = optarg;
	else if (got == 'c')
		c->config_path = optarg;
	else
		return usage(c);
	return EXIT_OK;
}

int ctl_options(struct ctl *c, const struct ctl_option *options, size_t n, size_t min_args, size_t max_args)
{
	struct option all[OPTIONS_MAX];
	int got;

	fill_long_options(all, options, n);
	optind = 0;
	while ((got = getopt_long(c->argc, c->argv, "", all, NULL)) != -1) {
		int r = take_option(c, options, got);

		if (r != EXIT_OK)
			return r;
	}
	c->args = c->argv + optind;
	c->n_args = (size_t)(c->argc - optind);
	for (size_t i = 0; i < n; i++)
		if (options[i].required && str_is_null(*options[i].value))
			return ctl_usage_error(c, "%s: --%s", ctl_say(c, "thiếu", "missing"), options[i].name);
	return c->n_args < min_args || c->n_args > max_args ? usage(c) : EXIT_OK;
}

int ctl_begin(struct ctl *c, const struct ctl_option *options, size_t n, size_t min_args, size_t max_args)
{
	int r = ctl_options(c, options, n, min_args, max_args);

	return r == EXIT_OK ? ctl_configure(c) : r;
}

static int need_keys(struct ctl *c)
{
	if (c->keys)
		return EXIT_OK;
	if (str_is_empty(c->config.master_secret))
		return ctl_usage_error(c, "%s: [keys] master_secret_file", ctl_say(c, "cấu hình thiếu", "not configured"));
	if (keyring_new(&c->op, c->config.master_secret, &c->keys) < 0)
		return ctl_fail_op(c);
	c->op.keys = c->keys;
	return EXIT_OK;
}

int ctl_need_db(struct ctl *c)
{
	const struct db_config config = {
		.conninfo = c->config.db_conninfo,
		.password = c->config.db_password,
		.program = "senctl",
		.pool_size = 2,
		.statement_timeout_ms = 600000,
		.audit_chain = OPERATOR_CHAIN,
	};
	struct str message = STR("");

	if (c->db)
		return EXIT_OK;
	/* What does not go through the API would be done. */
	if (c->dry_run)
		return ctl_usage_error(c, "--dry-run: %s", ctl_say(c, "chỉ dùng cho lệnh qua API quản trị", "only for commands that go through the administration API"));
	if (str_is_empty(c->config.db_conninfo))
		return ctl_usage_error(c, "%s: [database] conninfo", ctl_say(c, "cấu hình thiếu", "not configured"));
	if (db_open(&config, &c->db, &message, c->arena) < 0)
		return ctl_fail(c, "%.*s", STR_ARG(message));
	c->op.db = c->db;
	return EXIT_OK;
}

int ctl_open(struct ctl *c, unsigned needs)
{
	int r = ctl_configure(c);

	if (r == EXIT_OK && (needs & CTL_KEYS))
		r = need_keys(c);
	return r == EXIT_OK && (needs & CTL_DB) ? ctl_need_db(c) : r;
}

int ctl_need_http(struct ctl *c)
{
	/* The address is the operator's own configuration, wherever it lies. */
	const struct http_client_config config = {
		.egress_allow = STR("0.0.0.0/0,::/0"),
		.ca_file = c->config.ca_file,
		.connect_timeout_ms = 5000,
		.total_timeout_ms = 30000,
		.max_answer_bytes = (size_t)4 << 20,
		.pool_size = 1,
	};

	if (c->http)
		return EXIT_OK;
	return http_client_new(&c->op, &config, &c->http) < 0 ? ctl_fail_op(c) : EXIT_OK;
}

struct str ctl_operator(const struct ctl *c)
{
	const char *sudo_user = getenv("SUDO_USER");
	struct passwd entry, *found = NULL;
	char *buffer = arena_alloc(c->arena, 4096);

	if (geteuid() == 0 && sudo_user && str_is_printable_ascii(str_c(sudo_user)))
		return arena_printf(c->arena, "operator:%s", sudo_user);
	if (getpwuid_r(geteuid(), &entry, buffer, 4096, &found) == 0 && found)
		return arena_printf(c->arena, "operator:%s", entry.pw_name);
	return arena_printf(c->arena, "operator:uid-%u", (unsigned)geteuid());
}

static int read_all(struct ctl *c, int fd, const char *path, size_t max, struct str *ret_content)
{
	size_t len = 0, cap = READ_STEP;
	char *p = arena_alloc(c->arena, cap);

	for (;;) {
		ssize_t n = read(fd, p + len, cap - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return ctl_fail(c, "%s: %s", path, strerrordesc_np(errno));
		if (n == 0)
			break;
		len += (size_t)n;
		if (len > max)
			return ctl_fail(c, "%s: %s", path, ctl_say(c, "tệp quá lớn", "the file is too large"));
		if (len == cap) {
			p = arena_grow(c->arena, p, cap, 2 * cap);
			cap *= 2;
		}
	}
	*ret_content = str_n(p, len);
	return EXIT_OK;
}

int ctl_read_file(struct ctl *c, const char *path, size_t max, struct str *ret_content)
{
	int fd, r;

	if (str_equal(str_c(path), STR("-")))
		return read_all(c, STDIN_FILENO, path, max, ret_content);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return ctl_fail(c, "%s: %s", path, strerrordesc_np(errno));
	r = read_all(c, fd, path, max, ret_content);
	close(fd);
	return r;
}

int ctl_subcommand(struct ctl *c, const struct ctl_subcommand *list, size_t n, int (*otherwise)(struct ctl *c))
{
	for (size_t i = 0; i < n && c->argc > 1; i++)
		if (str_equal(str_c(list[i].name), str_c(c->argv[1])))
			return list[i].run(c);
	return otherwise ? otherwise(c) : ctl_usage_error(c, "senctl %s %s", c->command->name, c->command->usage);
}
