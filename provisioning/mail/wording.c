#include "provisioning/mail/wording.h"

#include "common/base/buf.h"

/* Names in our tables have 300 characters at most; what is longer is left out.  So all of it always has room. */
#define VALUE_MAX_BYTES 1200
#define TEXT_MAX_BYTES ((size_t)MAIL_LINES_MAX * 8 * VALUE_MAX_BYTES + 8192)

static const char *title_of(const struct mail_line *line)
{
	return line->is_own && line->kind->title_own ? line->kind->title_own : line->kind->title;
}

struct str mail_subject(struct arena *a, const struct mail_line *lines, size_t n)
{
	assert(n > 0);
	return n == 1 ? arena_dup_c(a, title_of(&lines[0])) : arena_printf(a, "%zu thông báo mới: %s, …", n, title_of(&lines[0]));
}

static void add_about(struct buf *b, const char *what, struct str value, const char *after)
{
	if (what && !str_is_empty(value) && value.len <= VALUE_MAX_BYTES)
		buf_printf(b, "   %s: %.*s%s\n", what, STR_ARG(value), after);
}

static void add_line(struct buf *b, size_t number, const struct mail_line *line)
{
	buf_printf(b, "%zu. %s\n", number, title_of(line));
	add_about(b, "Vai trò", line->role, "");
	add_about(b, "Nền tảng", line->platform, "");
	add_about(b, "Đơn vị", line->unit, "");
	add_about(b, "Đợt rà soát", line->review, "");
	add_about(b, "Phiếu số", line->form, "");
	add_about(b, "Số lượng", line->count, "");
	add_about(b, line->kind->until, line->until, "");
	add_about(b, "Thời gian", line->hours, " giờ");
	add_about(b, "Bị vô hiệu hóa khi không sử dụng quá", line->days, " ngày");
	buf_add_char(b, '\n');
}

struct str mail_text(struct arena *a, const struct mail_reader *reader, const struct mail_line *lines, size_t n)
{
	struct buf b = buf_new(a, TEXT_MAX_BYTES);
	size_t n_told = n < MAIL_LINES_MAX ? n : MAIL_LINES_MAX;

	buf_printf(&b, "Kính gửi ông/bà,\n\nTài khoản %.*s có %zu thông báo mới:\n\n", STR_ARG(reader->login), n);
	for (size_t i = 0; i < n_told; i++)
		add_line(&b, i + 1, &lines[i]);
	if (n > n_told)
		buf_printf(&b, "Và %zu thông báo khác.\n\n", n - n_told);
	buf_printf(&b, "Để xem và xử lý, hãy tự mở trang %.*s và đăng nhập, hoặc dùng lệnh: senctl notices list --state unread\n\n", STR_ARG(reader->link));
	buf_printf(&b, "Thư này được gửi tự động, xin không trả lời. Hệ thống không bao giờ hỏi mật khẩu hoặc mã xác thực qua thư.\n\n%.*s\n%.*s\n",
	           STR_ARG(reader->sender), STR_ARG(reader->link));
	assert(buf_ok(&b));
	return buf_str(&b);
}
