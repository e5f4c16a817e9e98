/* What a message says. */
#include "common/base/buf.h"
#include "common/base/text.h"
#include "provisioning/mail/wording.h"
#include "tests/unit/unit.h"

static const struct mail_reader reader = { STR("annv"), STR("Hệ thống đăng nhập một lần"), STR("https://sso.nghean.example") };

static struct mail_line line_of(const char *kind)
{
	return (struct mail_line){ .kind = notice_kind_find(str_c(kind)), .platform = STR("Một cửa điện tử"), .role = STR("Cán bộ một cửa"), .unit = STR("UBND xã Yên Thành"),
		                   .until = STR("11/12/2026") };
}

static void test_one(void **state)
{
	struct mail_line line = line_of("grant_expires");

	line.is_own = true;
	assert_str_equal(mail_subject(*state, &line, 1), "Quyền truy cập của ông/bà sắp hết hạn");
	assert_str_equal(mail_text(*state, &reader, &line, 1),
		"Kính gửi ông/bà,\n\nTài khoản annv có 1 thông báo mới:\n\n"
		"1. Quyền truy cập của ông/bà sắp hết hạn\n"
		"   Vai trò: Cán bộ một cửa\n   Nền tảng: Một cửa điện tử\n   Đơn vị: UBND xã Yên Thành\n   Hết hạn: 11/12/2026\n\n"
		"Để xem và xử lý, hãy tự mở trang https://sso.nghean.example và đăng nhập, hoặc dùng lệnh: senctl notices list --state unread\n\n"
		"Thư này được gửi tự động, xin không trả lời. Hệ thống không bao giờ hỏi mật khẩu hoặc mã xác thực qua thư.\n\n"
		"Hệ thống đăng nhập một lần\nhttps://sso.nghean.example\n");
	line.is_own = false;
	assert_str_equal(mail_subject(*state, &line, 1), "Quyền truy cập đã cấp sắp hết hạn");
}

static void test_each_kind(void **state)
{
	static const struct {
		const char *kind, *title, *told, *not_told;
	} cases[] = {
		{ "request_waiting", "Đề nghị cấp quyền đang chờ xem xét", "Hạn xem xét: 11/12/2026", " giờ\n" },
		{ "request_escalated", "Đề nghị cấp quyền đã quá hạn ở cấp trước, chuyển đến để xem xét", "Hạn xem xét: 11/12/2026", " giờ\n" },
		{ "review_begun", "Đợt rà soát quyền truy cập đã bắt đầu", "Hạn trả lời: 11/12/2026", " giờ\n" },
		{ "review_due", "Đợt rà soát quyền truy cập sắp hết hạn", "Hạn trả lời: 11/12/2026", " giờ\n" },
		{ "review_overdue", "Đợt rà soát quyền truy cập đã quá hạn", "Hạn trả lời: 11/12/2026", " giờ\n" },
		{ "grant_expires", "Quyền truy cập đã cấp sắp hết hạn", "Hết hạn: 11/12/2026", " giờ\n" },
		{ "scope_expires", "Phạm vi quản trị đã giao sắp hết hạn", "Hết hạn: 11/12/2026", " giờ\n" },
		{ "account_unused", "Tài khoản đã lâu không được sử dụng", "Bị vô hiệu hóa khi không sử dụng quá: 45 ngày", "11/12/2026" },
		{ "account_disabled", "Một tài khoản của đơn vị đã bị vô hiệu hóa vì không được sử dụng", "Đơn vị: UBND xã Yên Thành", "11/12/2026" },
		{ "emergency_released", "Quyền khẩn cấp đã được cấp", "Thời gian: 6 giờ", "11/12/2026" },
		{ "platform_review_due", "Nền tảng do đơn vị quản lý cần được rà soát", "Hạn trả lời: 11/12/2026", " giờ\n" },
		{ "platform_review_overdue", "Rà soát nền tảng do đơn vị quản lý đã quá hạn", "Hạn trả lời: 11/12/2026", " giờ\n" },
		{ "platform_review_unconcluded", "Kết quả rà soát nền tảng đang chờ kết luận", "Hạn của đợt rà soát: 11/12/2026", " giờ\n" },
		{ "platform_completed", "Nền tảng đã hoàn thành: cần ban hành hướng dẫn và kế hoạch triển khai", "Nền tảng: Một cửa điện tử", "11/12/2026" },
		{ "guidance_published", "Có hướng dẫn mới về nền tảng, cần đọc và xác nhận", "Vai trò: Cán bộ một cửa", "11/12/2026" },
		{ "hold_open", "Thay đổi hàng loạt đang bị giữ lại, cần người thứ hai quyết định", "Số lượng: 25\n", "11/12/2026" },
		{ "provisioning_blocked", "Có tài khoản không cập nhật được trên nền tảng, cần xử lý", "Số lượng: 25\n", "11/12/2026" },
		{ "form_out", "Phiếu yêu cầu cần thực hiện trên nền tảng", "Phiếu số: 7\n   Số lượng: 25\n   Hạn thực hiện: 11/12/2026", " giờ\n" },
		{ "review_held", "Việc tạm dừng hàng loạt sau đợt rà soát đang bị giữ lại, cần người có thẩm quyền quyết định", "Hạn trả lời: 11/12/2026", " giờ\n" },
		{ "review_missing", "Đã đến kỳ rà soát tài khoản, quyền truy cập mà chưa có đợt nào được mở", "Đến kỳ: 11/12/2026", " giờ\n" },
		{ "form_overdue", "Phiếu yêu cầu trên nền tảng đã quá hạn thực hiện", "Phiếu số: 7\n", " giờ\n" },
		{ "request_granted", "Đề nghị cấp quyền đã được chấp thuận", "Hết hạn: 11/12/2026", " giờ\n" },
		{ "request_refused", "Đề nghị cấp quyền không được chấp thuận", "Vai trò: Cán bộ một cửa", "11/12/2026" },
		{ "access_given", "Ông/bà được cấp quyền truy cập", "Hết hạn: 11/12/2026", " giờ\n" },
		{ "access_taken", "Quyền truy cập của ông/bà đã bị thu hồi", "Nền tảng: Một cửa điện tử", "11/12/2026" },
		{ "post_ends", "Vị trí phụ trách, biệt phái hoặc ủy quyền của một người trong đơn vị sắp kết thúc", "Kết thúc từ ngày: 11/12/2026", " giờ\n" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct mail_line line = line_of(cases[i].kind);
		struct str text;

		if (i == 9)
			line.hours = STR("6");
		if (i == 7)
			line.days = STR("45");
		if (i >= 10)
			line.count = STR("25");
		if (i >= 12)
			line.form = STR("7");
		text = mail_text(*state, &reader, &line, 1);
		assert_str_equal(mail_subject(*state, &line, 1), cases[i].title);
		if (!str_contains(text, str_c(cases[i].told)) || str_contains(text, str_c(cases[i].not_told)))
			fail_msg("%s: %.*s", cases[i].kind, STR_ARG(text));
		assert_true(str_contains(text, arena_printf(*state, "1. %s\n", cases[i].title)));
		assert_true(str_equal(text_compose(*state, text), text));
	}
}

static void test_many(void **state)
{
	struct mail_line *lines = ARENA_ARRAY(*state, struct mail_line, 120);
	struct str text;

	for (size_t i = 0; i < 120; i++)
		lines[i] = line_of(i % 2 ? "request_waiting" : "review_due");
	assert_str_equal(mail_subject(*state, lines, 3), "3 thông báo mới: Đợt rà soát quyền truy cập sắp hết hạn, …");
	text = mail_text(*state, &reader, lines, 120);
	assert_true(str_contains(text, STR("có 120 thông báo mới")));
	assert_true(str_contains(text, STR("50. Đề nghị cấp quyền")));
	assert_false(str_contains(text, STR("51. ")));
	assert_true(str_contains(text, STR("Và 70 thông báo khác.")));
	assert_false(str_contains(mail_text(*state, &reader, lines, 50), STR("thông báo khác")));
}

/* What is not known is not said; names that no table of ours can have are left out, and the rest is there. */
static void test_what_is_missing(void **state)
{
	struct mail_line line = { .kind = notice_kind_find(STR("request_waiting")) };
	struct buf b = buf_new(*state, 4096);
	struct str text;

	text = mail_text(*state, &reader, &line, 1);
	assert_true(str_contains(text, STR("1. Đề nghị cấp quyền đang chờ xem xét\n\n")));
	for (int i = 0; i < 2000; i++)
		buf_add_char(&b, 'x');
	line.unit = buf_str(&b);
	line.role = STR("Cán bộ");
	text = mail_text(*state, &reader, &line, 1);
	assert_true(str_contains(text, STR("Vai trò: Cán bộ\n\n")));
}

int main(void)
{
	const struct CMUnitTest tests[] = { UNIT_TEST(test_one), UNIT_TEST(test_each_kind), UNIT_TEST(test_many), UNIT_TEST(test_what_is_missing) };

	return cmocka_run_group_tests_name("provisioning/mail/wording", tests, NULL, NULL);
}
