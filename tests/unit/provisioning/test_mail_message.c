/* A message as RFC 5322 has it, whatever the texts hold. */
#include "common/base/base64.h"
#include "common/base/buf.h"
#include "common/base/err.h"
#include "provisioning/mail/message.h"
#include "tests/unit/unit.h"

#define MUCH ((size_t)1024 * 1024)

static const struct mail_message sample = {
	.from = STR("khong-tra-loi@nghean.example"),
	.from_name = STR("Hệ thống đăng nhập một lần"),
	.to = STR("annv@nghean.example"),
	.id = STR("5f0c7e0a-1111-4222-8333-444455556666"),
	.date_s = 1795744805, /* 2026-11-27T02:00:05Z, a Friday */
	.subject = STR("Quyền truy cập của ông/bà sắp hết hạn"),
	.text = STR("Kính gửi ông/bà,\n\nXin chào.\n"),
};

static int compose(struct arena *a, const struct mail_message *m, struct str *ret)
{
	struct op op;

	op_init(&op, a, NULL, NULL);
	return mail_message_write(&op, m, ret);
}

static struct str good(struct arena *a, const struct mail_message *m)
{
	struct str text = STR_NULL;

	assert_int_equal(compose(a, m, &text), 0);
	return text;
}

/* The header and the body, apart; every line ends with CRLF, and there is no other CR or LF. */
static void take_apart(struct arena *a, struct str text, struct str *ret_header, struct str *ret_body)
{
	struct buf body = buf_new(a, 1024 * 1024);
	struct str rest = text, line;
	bool in_header = true;

	assert_true(str_ends(text, STR("\r\n")));
	while (str_split(&rest, '\n', &line)) {
		if (str_is_null(rest) || (rest.len == 0 && line.len == 0))
			break;
		assert_true(line.len > 0 && line.p[line.len - 1] == '\r');
		line.len--;
		assert_true(line.len <= 998);
		assert_true(str_is_printable_ascii(line));
		if (in_header && line.len == 0) {
			*ret_header = str_n(text.p, (size_t)(line.p - text.p));
			in_header = false;
		} else if (!in_header) {
			assert_true(line.len <= 76);
			buf_add(&body, line);
		}
	}
	assert_false(in_header);
	assert_true(base64_decode(a, buf_str(&body), ret_body));
}

/* The value of a field, unfolded and with its words decoded; STR_NULL: there is none.  It is there once. */
static struct str field(struct arena *a, struct str header, const char *name)
{
	struct str rest = header, line, wanted = arena_printf(a, "%s:", name);
	struct buf value = buf_new(a, 64 * 1024);
	bool found = false, is_in = false;

	while (str_split(&rest, '\n', &line)) {
		struct str s = str_trim(str_n(line.p, line.len > 0 ? line.len - 1 : 0)), word, words;

		if (line.len == 0)
			continue;
		if (line.p[0] != ' ') {
			is_in = str_starts(s, wanted);
			assert_false(is_in && found);
			found = found || is_in;
			s = is_in ? str_trim(str_skip(s, wanted.len)) : s;
		}
		words = s;
		while (is_in && str_split(&words, ' ', &word)) {
			struct str bytes;

			assert_true(word.len <= 75 || !str_starts(word, STR("=?")));
			if (!str_starts(word, STR("=?UTF-8?B?"))) {
				if (value.len > 0)
					buf_add_char(&value, ' ');
				buf_add(&value, word);
				continue;
			}
			assert_true(line.len - 1 <= 76);
			assert_true(str_ends(word, STR("?=")));
			assert_true(base64_decode(a, str_n(word.p + 10, word.len - 12), &bytes));
			buf_add(&value, bytes);
		}
	}
	return found ? buf_str(&value) : STR_NULL;
}

/* Fields are known by their number as well: one more was brought in by somebody. */
static size_t count_fields(struct str header)
{
	struct str rest = header, line;
	size_t n = 0;

	while (str_split(&rest, '\n', &line))
		n += line.len > 1 && line.p[0] != ' ';
	return n;
}

static void test_a_message(void **state)
{
	struct str header, body;

	take_apart(*state, good(*state, &sample), &header, &body);
	assert_str_equal(field(*state, header, "Date"), "Fri, 27 Nov 2026 09:00:05 +0700");
	assert_str_equal(field(*state, header, "From"), "Hệ thống đăng nhập một lần <khong-tra-loi@nghean.example>");
	assert_str_equal(field(*state, header, "To"), "<annv@nghean.example>");
	assert_str_equal(field(*state, header, "Message-ID"), "<5f0c7e0a-1111-4222-8333-444455556666@nghean.example>");
	assert_str_equal(field(*state, header, "Subject"), "Quyền truy cập của ông/bà sắp hết hạn");
	assert_str_equal(field(*state, header, "MIME-Version"), "1.0");
	assert_str_equal(field(*state, header, "Content-Type"), "text/plain; charset=UTF-8");
	assert_str_equal(field(*state, header, "Content-Transfer-Encoding"), "base64");
	assert_str_equal(field(*state, header, "Auto-Submitted"), "auto-generated");
	assert_int_equal(count_fields(header), 10);
	assert_str_equal(body, "Kính gửi ông/bà,\r\n\r\nXin chào.\r\n");
}

static void test_dates(void **state)
{
	static const struct {
		int64_t s;
		const char *text;
	} cases[] = {
		{ 0, "Thu, 1 Jan 1970 07:00:00 +0700" },
		{ 1709139599, "Wed, 28 Feb 2024 23:59:59 +0700" },
		{ 1709139600, "Thu, 29 Feb 2024 00:00:00 +0700" },
		{ 1798736399, "Thu, 31 Dec 2026 23:59:59 +0700" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct mail_message m = sample;
		struct str header, body;

		m.date_s = cases[i].s;
		take_apart(*state, good(*state, &m), &header, &body);
		assert_str_equal(field(*state, header, "Date"), cases[i].text);
	}
}

/* Whoever writes a name or a subject writes no header field, and no end of the header. */
static void test_no_field_is_brought_in(void **state)
{
	static const char *const attacks[] = {
		"x\r\nBcc: all@example.org", "x\nBcc: all@example.org", "x\rBcc: all@example.org", "\r\n\r\nbody", "x\r\n\tBcc: a@b", "a\x0b" "b\x0c" "c",
		"\xe2\x80\xa8" "Bcc: a@b", "\xc2\x85" "Bcc: a@b", "=?UTF-8?B?DQpCY2M6IGFAYg==?=", "\x7f\x1b[2J", "\"<evil@example.org>\"", "a, b <c@d>",
	};

	for (size_t i = 0; i < ARRAY_LEN(attacks); i++) {
		struct mail_message m = sample;
		struct str header, body, value;

		m.subject = m.from_name = str_c(attacks[i]);
		take_apart(*state, good(*state, &m), &header, &body);
		if (count_fields(header) != 10)
			fail_msg("case %zu brought a field in", i);
		assert_str_null(field(*state, header, "Bcc"));
		assert_str_equal(field(*state, header, "To"), "<annv@nghean.example>");
		value = field(*state, header, "Subject");
		assert_true(str_index(value, '\r') < 0 && str_index(value, '\n') < 0);
		assert_str_equal(body, "Kính gửi ông/bà,\r\n\r\nXin chào.\r\n");
	}
}

static void test_addresses(void **state)
{
	static const char *const bad[] = {
		"", "annv", "@nghean.example", "annv@", "an nv@nghean.example", "annv@nghean.example\r\nBcc: a@b", "annv@nghean.example>, <x@y", "\"an\"@nghean.example",
		"annv@[127.0.0.1]", ".annv@nghean.example", "annv.@nghean.example", "an..nv@nghean.example", "annv@nghean..example", "annv@@nghean.example",
		"annv@nghean.example RSET", "phượng@nghean.example", "annv@nghean_example",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@nghean.example",
	};
	static const char *const fine[] = { "annv@nghean.example", "an.nv-2+x@mail.nghean.example", "a@b", "o'brien@example.org" };
	struct str text;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct mail_message to = sample, from = sample;

		to.to = from.from = str_c(bad[i]);
		if (compose(*state, &to, &text) != ERR_BAD_REQUEST || compose(*state, &from, &text) != ERR_BAD_REQUEST)
			fail_msg("%s", bad[i]);
	}
	for (size_t i = 0; i < ARRAY_LEN(fine); i++) {
		struct mail_message to = sample;

		to.to = str_c(fine[i]);
		(void)good(*state, &to);
	}
}

static void test_ids_and_texts_that_cannot_be(void **state)
{
	static const char *const ids[] = { "", "a b", "a@b", "a>", "a\r\nX: y" };
	char *much = arena_alloc(*state, MUCH);
	struct mail_message m;
	struct str text;

	for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
		m = sample;
		m.id = str_c(ids[i]);
		assert_int_equal(compose(*state, &m, &text), ERR_BAD_REQUEST);
	}
	m = sample;
	m.subject = STR("\xff\xfe");
	assert_int_equal(compose(*state, &m, &text), ERR_INVALID_VALUE);
	m = sample;
	m.text = STR("a\0b");
	assert_int_equal(compose(*state, &m, &text), ERR_INVALID_VALUE);
	m = sample;
	memset(much, 'a', MUCH);
	m.text = str_n(much, MUCH);
	assert_int_equal(compose(*state, &m, &text), ERR_LIMIT);
}

/* Long ones are folded between characters; what is beyond all measure is cut between them as well. */
static void test_long_texts(void **state)
{
	struct buf b = buf_new(*state, 4096);
	struct mail_message m = sample;
	struct str header, body, value;

	for (int i = 0; i < 200; i++)
		buf_add_c(&b, i % 2 ? "ễ" : "x");
	m.from_name = m.subject = buf_str(&b);
	take_apart(*state, good(*state, &m), &header, &body);
	value = field(*state, header, "Subject");
	assert_true(value.len <= 400 && value.len > 390);
	assert_true(str_starts(m.subject, value));
	m = sample;
	m.subject = STR("");
	m.from_name = STR("");
	take_apart(*state, good(*state, &m), &header, &body);
	assert_str_equal(field(*state, header, "Subject"), "");
	assert_str_equal(field(*state, header, "From"), "<khong-tra-loi@nghean.example>");
}

/* A line that is a dot ends nothing: the body is base64. */
static void test_bodies(void **state)
{
	static const struct {
		const char *text, *wanted;
	} cases[] = {
		{ "", "" }, { ".\n", ".\r\n" }, { "a\r\nb\n", "a\r\nb\r\n" }, { "a\x01\x7f" "b\n", "a  b\r\n" }, { "\tx\n", "\tx\r\n" }, { "QUIT", "QUIT" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct mail_message m = sample;
		struct str header, body;

		m.text = str_c(cases[i].text);
		take_apart(*state, good(*state, &m), &header, &body);
		assert_str_equal(body, cases[i].wanted);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(test_a_message), UNIT_TEST(test_dates), UNIT_TEST(test_no_field_is_brought_in), UNIT_TEST(test_addresses),
		UNIT_TEST(test_ids_and_texts_that_cannot_be), UNIT_TEST(test_long_texts), UNIT_TEST(test_bodies),
	};

	return cmocka_run_group_tests_name("provisioning/mail/message", tests, NULL, NULL);
}
