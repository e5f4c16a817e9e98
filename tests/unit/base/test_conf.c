#include "common/base/conf.h"
#include "common/base/err.h"
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

struct settings {
	struct str issuer;
	int64_t port;
	bool is_strict;
	struct str data;
	struct str key;
	int64_t any;
};

struct connector {
	struct str url;
	int64_t timeout_ms;
	struct str secret;
};

static const struct conf_key keys[] = {
	{ "server", "issuer", CONF_STR, offsetof(struct settings, issuer), NULL, 0, 0, "who we are" },
	{ "server", "port", CONF_INT, offsetof(struct settings, port), "8080", 1, 65535, "where we listen" },
	{ "server", "strict", CONF_BOOL, offsetof(struct settings, is_strict), "yes", 0, 0, "refuse more" },
	{ "files", "data", CONF_PATH, offsetof(struct settings, data), "data", 0, 0, "folder" },
	{ "files", "key_file", CONF_SECRET, offsetof(struct settings, key), "", 0, 0, "master key" },
	{ "files", "any", CONF_INT, offsetof(struct settings, any), "-5", 0, 0, NULL },
	{ "connector.*", "url", CONF_STR, offsetof(struct connector, url), NULL, 0, 0, "the platform" },
	{ "connector.*", "timeout_ms", CONF_INT, offsetof(struct connector, timeout_ms), "5000", 1, 60000, "patience" },
	{ "connector.*", "secret_file", CONF_SECRET, offsetof(struct connector, secret), "", 0, 0, "its password" },
};

static const struct conf_table table = { keys, ARRAY_LEN(keys), "connector", sizeof(struct connector) };

static char folder[] = "/tmp/sen-test-conf-XXXXXX";

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int remove_folder(void **state)
{
	static const char *const names[] = { "t.conf", "key", "open", "empty", "sub/t.conf", "sub/key" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		(void)unlink(names[i]);
	(void)rmdir("sub");
	return chdir("/") == 0 && rmdir(folder) == 0 ? 0 : -1;
}

static void put(const char *name, struct str text, mode_t mode)
{
	(void)unlink(name);

	int fd = open(name, O_WRONLY | O_CREAT | O_EXCL, mode);

	assert_true(fd >= 0);
	assert_int_equal(fchmod(fd, mode), 0);
	assert_int_equal(write(fd, text.p, text.len), (ssize_t)text.len);
	close(fd);
}

struct result {
	struct settings settings;
	struct conf_section *sections;
	size_t n_sections;
	struct str message;
	int code;
};

static struct result read_text(struct arena *a, struct str text)
{
	struct result r = { .code = 1 };

	put("t.conf", text, 0644);
	r.code = conf_read(a, &table, "t.conf", &r.settings, &r.sections, &r.n_sections, &r.message);
	return r;
}

static void assert_refused(struct arena *a, struct str text, const char *message)
{
	struct result r = read_text(a, text);

	assert_int_equal(r.code, ERR_CONFIG);
	assert_str_equal(r.message, message);
}

static void test_values_and_defaults(void **state)
{
	struct result r = read_text(*state, STR("# comment\n; comment\n\n[server]\r\n"
	                                        "issuer = https://a.vn/x=1 ;no comment # here\r\n"
	                                        "  port: 443\nstrict=0\n[files]\ndata = /var/lib\n"));

	assert_int_equal(r.code, 0);
	assert_str_equal(r.settings.issuer, "https://a.vn/x=1 ;no comment # here");
	assert_int_equal(r.settings.port, 443);
	assert_false(r.settings.is_strict);
	assert_str_equal(r.settings.data, "/var/lib");
	assert_str_null(r.settings.key);
	assert_int_equal(r.settings.any, -5);
	assert_int_equal(r.n_sections, 0);

	r = read_text(*state, STR("\xef\xbb\xbf[server]\nissuer = a"));
	assert_int_equal(r.code, 0);
	assert_int_equal(r.settings.port, 8080);
	assert_true(r.settings.is_strict);
	assert_str_equal(r.settings.data, "./data");
}

static void test_paths_are_relative_to_the_file(void **state)
{
	struct settings s = { 0 };
	struct str message = STR("");

	assert_int_equal(mkdir("sub", 0700), 0);
	put("sub/t.conf", STR("[server]\nissuer = a\n[files]\nkey_file = key\ndata = x/y\n"), 0644);
	put("sub/key", STR("inner\n"), 0600);
	put("key", STR("outer\n"), 0600);
	assert_int_equal(conf_read(*state, &table, "sub/t.conf", &s, NULL, NULL, &message), 0);
	assert_str_equal(s.data, "sub/x/y");
	assert_str_equal(s.key, "inner");
}

static void test_repeated_sections(void **state)
{
	struct result r = read_text(*state, STR("[connector.P02]\nurl = u2\ntimeout_ms = 7\n[server]\nissuer = a\n"
	                                        "[connector.P01]\nurl = u1\n"
	                                        "[connector.a-very-long-name-that-passes-the-49-bytes-of-inih.1]\nurl = l1\n"
	                                        "[connector.a-very-long-name-that-passes-the-49-bytes-of-inih.2]\nurl = l2\n"));

	assert_int_equal(r.code, 0);
	assert_int_equal(r.n_sections, 4);
	assert_str_equal(r.sections[0].name, "P02");
	assert_str_equal(r.sections[1].name, "P01");

	const struct connector *p02 = r.sections[0].target, *p01 = r.sections[1].target;
	const struct connector *long_2 = r.sections[3].target;

	assert_str_equal(p02->url, "u2");
	assert_int_equal(p02->timeout_ms, 7);
	assert_str_equal(p01->url, "u1");
	assert_int_equal(p01->timeout_ms, 5000);
	assert_str_equal(long_2->url, "l2");
	/* A heading may come again; its keys join. */
	r = read_text(*state, STR("[server]\nissuer=a\n[connector.X]\nurl=u\n[files]\nany=1\n[connector.X]\ntimeout_ms=9\n"));
	assert_int_equal(r.code, 0);
	assert_int_equal(r.n_sections, 1);
	assert_int_equal(((const struct connector *)r.sections[0].target)->timeout_ms, 9);
}

#define HEAD "[server]\nissuer = a\n"

static void test_refusals_name_the_line(void **state)
{
	static const struct {
		struct str text;
		const char *message;
	} cases[] = {
		{ STR("[server]\nisuer = a\n"), "t.conf:2: unknown key 'isuer' in [server]; did you mean 'issuer'?" },
		{ STR("[server]\n\nzzzzzz = a\n"), "t.conf:3: unknown key 'zzzzzz' in [server]" },
		{ STR(HEAD "data = x\n"), "t.conf:3: unknown key 'data' in [server]" },
		{ STR(HEAD "Port = 1\n"), "t.conf:3: unknown key 'Port' in [server]; did you mean 'port'?" },
		{ STR("[sever]\nissuer = a\n"), "t.conf:1: unknown section [sever]; did you mean 'server'?" },
		{ STR(HEAD "[nothing]\n"), "t.conf:3: unknown section [nothing]" },
		{ STR(HEAD "[connector.]\n"), "t.conf:3: unknown section [connector.]; did you mean 'connector.*'?" },
		{ STR(HEAD "[connector]\nurl = u\n"), "t.conf:3: unknown section [connector]; did you mean 'connector.*'?" },
		{ STR(HEAD "[connector.A]\nulr = u\n"), "t.conf:4: unknown key 'ulr' in [connector.A]; did you mean 'url'?" },
		{ STR(HEAD "[connector.A]\nport = 1\n"), "t.conf:4: unknown key 'port' in [connector.A]" },
		{ STR("issuer = a\n"), "t.conf:1: key 'issuer' stands before the first section" },
		{ STR(HEAD "port = 1\nport = 2\n"), "t.conf:4: key 'port' is set twice in [server]" },
		{ STR(HEAD "port\n"), "t.conf:3: neither a [section] nor key = value" },
		{ STR(HEAD "[server] x\n"), "t.conf:3: a heading is one name in brackets, alone on its line" },
		{ STR(HEAD "[server\n"), "t.conf:3: a heading is one name in brackets, alone on its line" },
		{ STR(HEAD "\f[files]\n"), "t.conf:3: a control character" },
		{ STR(HEAD "port = 0\n"), "t.conf:3: port: must be between 1 and 65535" },
		{ STR(HEAD "port = 65536\n"), "t.conf:3: port: must be between 1 and 65535" },
		{ STR(HEAD "port = 80x\n"), "t.conf:3: port: is not a whole number" },
		{ STR(HEAD "port = \n"), "t.conf:3: port: is not a whole number" },
		{ STR(HEAD "port = 99999999999999999999\n"), "t.conf:3: port: is not a whole number" },
		{ STR(HEAD "strict = on\n"), "t.conf:3: strict: must be true or false" },
		{ STR("[server]\nissuer =\n"), "t.conf:2: issuer: must not be empty" },
		{ STR("[server]\nport = 1\n"), "t.conf: key 'issuer' is missing in [server]" },
		{ STR(""), "t.conf: key 'issuer' is missing in [server]" },
		{ STR(HEAD "[connector.P9]\n"), "t.conf: key 'url' is missing in [connector.P9]" },
		{ STR(HEAD "\xff\n"), "t.conf: not UTF-8 text" },
		{ STR(HEAD "a\0b\n"), "t.conf: not UTF-8 text" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_refused(*state, cases[i].text, cases[i].message);
}

static void test_long_line(void **state)
{
	struct buf b = buf_new(*state, 10000);

	buf_printf(&b, "[server]\nissuer = %0*d\n", 4000, 1);

	struct result r = read_text(*state, buf_str(&b));

	assert_int_equal(r.code, 0);
	assert_int_equal(r.settings.issuer.len, 4000);
	b = buf_new(*state, 10000);
	buf_printf(&b, "[server]\nissuer = %0*d\n", 4090, 1);
	assert_refused(*state, buf_str(&b), "t.conf:2: longer than 4094 bytes");
}

static void test_file_that_cannot_be_read(void **state)
{
	struct settings s = { 0 };
	struct str message = STR("");

	assert_int_equal(conf_read(*state, &table, "absent", &s, NULL, NULL, &message), ERR_CONFIG);
	assert_str_equal(message, "absent: No such file or directory");
	assert_int_equal(conf_read(*state, &table, ".", &s, NULL, NULL, &message), ERR_CONFIG);
	assert_str_equal(message, ".: not a regular file");
}

#define WITH_KEY(name) HEAD "[files]\nkey_file = " name "\n"

static void test_secrets(void **state)
{
	struct result r;

	put("key", STR("s3cr3t\r\n"), 0600);
	r = read_text(*state, STR(WITH_KEY("key")));
	assert_int_equal(r.code, 0);
	assert_str_equal(r.settings.key, "s3cr3t");

	/* One newline only is taken for the end of the line. */
	put("key", STR(" a\nb\n\n"), 0400);
	r = read_text(*state, STR(WITH_KEY("key")));
	assert_int_equal(r.code, 0);
	assert_str_equal(r.settings.key, " a\nb\n");

	put("open", STR("x"), 0640);
	assert_refused(*state, STR(WITH_KEY("open")),
	               "t.conf:4: key_file: ./open: mode 0640 lets others at it, must be 0600 or 0400");
	put("open", STR("x"), 0604);
	assert_refused(*state, STR(WITH_KEY("open")),
	               "t.conf:4: key_file: ./open: mode 0604 lets others at it, must be 0600 or 0400");
	put("empty", STR("\n"), 0600);
	assert_refused(*state, STR(WITH_KEY("empty")), "t.conf:4: key_file: empty: is empty");
	assert_refused(*state, STR(WITH_KEY("absent")), "t.conf:4: key_file: ./absent: No such file or directory");
}

static void test_sample_lists_every_key_and_can_be_read(void **state)
{
	struct buf b = buf_new(*state, 4096);

	conf_sample(&b, &table);
	assert_true(buf_ok(&b));
	assert_str_equal(buf_str(&b), "[server]\n# who we are\nissuer =\n# where we listen (1 to 65535)\n#port = 8080\n"
	                              "# refuse more\n#strict = yes\n\n"
	                              "[files]\n# folder\n#data = data\n# master key\n#key_file = \n# any\n#any = -5\n\n"
	                              "[connector.NAME]\n# the platform\nurl =\n# patience (1 to 60000)\n"
	                              "#timeout_ms = 5000\n# its password\n#secret_file = \n");
	/* Well-formed: the first thing wrong with it is what has to be filled in. */
	assert_refused(*state, buf_str(&b), "t.conf:3: issuer: must not be empty");
}

static void test_dump_shows_no_secret(void **state)
{
	struct buf b = buf_new(*state, 4096);

	put("key", STR("s3cr3t"), 0600);

	struct result r = read_text(*state, STR(WITH_KEY("key") "[connector.A]\nurl = u\n[connector.B]\nurl = v\nsecret_file = key\n"));

	assert_int_equal(r.code, 0);
	conf_dump(&b, &table, &r.settings, r.sections, r.n_sections);
	assert_true(buf_ok(&b));
	assert_str_equal(buf_str(&b), "[server]\nissuer = a\nport = 8080\nstrict = true\n\n"
	                              "[files]\ndata = ./data\nkey_file = (from file)\nany = -5\n\n"
	                              "[connector.A]\nurl = u\ntimeout_ms = 5000\nsecret_file = \n\n"
	                              "[connector.B]\nurl = v\ntimeout_ms = 5000\nsecret_file = (from file)\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(test_values_and_defaults),
		UNIT_TEST(test_paths_are_relative_to_the_file),
		UNIT_TEST(test_repeated_sections),
		UNIT_TEST(test_refusals_name_the_line),
		UNIT_TEST(test_long_line),
		UNIT_TEST(test_file_that_cannot_be_read),
		UNIT_TEST(test_secrets),
		UNIT_TEST(test_sample_lists_every_key_and_can_be_read),
		UNIT_TEST(test_dump_shows_no_secret),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
