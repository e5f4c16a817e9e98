/*
 * mail_message_write: whatever the texts, the header has the fields that we write and no others, every line ends with CRLF and is
 * short, and after the header there is base64 alone.  The input's lines are subject, name, address and text, between NULs.
 */
#include "provisioning/mail/message.h"
#include "tests/fuzz/fuzz.h"

#define LINE_MAX_LEN 400
#define FIELDS 10

static bool is_base64(struct str line)
{
	for (size_t i = 0; i < line.len; i++) {
		char c = line.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '/' || c == '='))
			return false;
	}
	return true;
}

static void check_message(struct str text)
{
	struct str rest = text, line;
	size_t n_fields = 0;
	bool in_header = true;

	CHECK(str_ends(text, STR("\r\n")));
	CHECK(str_index(text, '\0') < 0);
	rest.len--; /* the last line ends there */
	while (str_split(&rest, '\n', &line)) {
		CHECK(line.len > 0 && line.p[line.len - 1] == '\r');
		line.len--;
		CHECK(str_index(line, '\r') < 0);
		CHECK(line.len <= LINE_MAX_LEN && str_is_printable_ascii(line));
		if (in_header && line.len == 0) {
			in_header = false;
			continue;
		}
		CHECK(in_header || (line.len <= 76 && is_base64(line)));
		n_fields += in_header && line.p[0] != ' ';
	}
	CHECK(!in_header);
	CHECK(n_fields == FIELDS);
}

FUZZ_TARGET(a, input)
{
	struct mail_message m = { .from = STR("khong-tra-loi@nghean.example"), .id = STR("1"), .date_s = (int64_t)input.len };
	struct str rest = input, text = STR_NULL;
	struct op op;

	op_init(&op, a, NULL, NULL);
	(void)str_split(&rest, '\0', &m.subject);
	(void)str_split(&rest, '\0', &m.from_name);
	m.to = STR("annv@nghean.example");
	if (str_split(&rest, '\0', &m.to) && m.to.len == 0)
		m.to = STR("annv@nghean.example");
	m.text = rest;
	if (mail_message_write(&op, &m, &text) == 0)
		check_message(text);
	else
		CHECK(op.error.code == ERR_BAD_REQUEST || op.error.code == ERR_INVALID_VALUE || op.error.code == ERR_LIMIT);
}
