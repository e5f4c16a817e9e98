#include "provisioning/mail/kinds.h"

static const struct notice_kind kinds[] = {
	{ .name = STR("request_waiting"), .title = "Đề nghị cấp quyền đang chờ xem xét", .until = "Hạn xem xét" },
	{ .name = STR("request_escalated"), .title = "Đề nghị cấp quyền đã quá hạn ở cấp trước, chuyển đến để xem xét", .until = "Hạn xem xét" },
	{ .name = STR("review_begun"), .title = "Đợt rà soát quyền truy cập đã bắt đầu", .until = "Hạn trả lời" },
	{ .name = STR("review_due"), .title = "Đợt rà soát quyền truy cập sắp hết hạn", .until = "Hạn trả lời" },
	{ .name = STR("review_overdue"), .title = "Đợt rà soát quyền truy cập đã quá hạn", .until = "Hạn trả lời" },
	{ .name = STR("review_held"), .title = "Việc tạm dừng hàng loạt sau đợt rà soát đang bị giữ lại, cần người có thẩm quyền quyết định", .until = "Hạn trả lời" },
	{ .name = STR("review_missing"), .title = "Đã đến kỳ rà soát tài khoản, quyền truy cập mà chưa có đợt nào được mở", .until = "Đến kỳ" },
	{ .name = STR("grant_expires"), .title = "Quyền truy cập đã cấp sắp hết hạn", .title_own = "Quyền truy cập của ông/bà sắp hết hạn", .until = "Hết hạn" },
	{ .name = STR("scope_expires"), .title = "Phạm vi quản trị đã giao sắp hết hạn", .title_own = "Phạm vi quản trị của ông/bà sắp hết hạn", .until = "Hết hạn" },
	{ .name = STR("platform_review_due"), .title = "Nền tảng do đơn vị quản lý cần được rà soát", .until = "Hạn trả lời" },
	{ .name = STR("platform_review_overdue"), .title = "Rà soát nền tảng do đơn vị quản lý đã quá hạn", .until = "Hạn trả lời" },
	{ .name = STR("platform_review_unconcluded"), .title = "Kết quả rà soát nền tảng đang chờ kết luận", .until = "Hạn của đợt rà soát" },
	{ .name = STR("platform_completed"), .title = "Nền tảng đã hoàn thành: cần ban hành hướng dẫn và kế hoạch triển khai" },
	{ .name = STR("guidance_published"), .title = "Có hướng dẫn mới về nền tảng, cần đọc và xác nhận" },
	{ .name = STR("account_unused"), .must_reach = true, .title = "Tài khoản đã lâu không được sử dụng" },
	{ .name = STR("account_disabled"), .must_reach = true, .reaches_off = true, .title = "Một tài khoản của đơn vị đã bị vô hiệu hóa vì không được sử dụng",
	  .title_own = "Tài khoản của ông/bà đã bị vô hiệu hóa vì không được sử dụng" },
	{ .name = STR("hold_open"), .is_urgent = true, .title = "Thay đổi hàng loạt đang bị giữ lại, cần người thứ hai quyết định" },
	{ .name = STR("provisioning_blocked"), .title = "Có tài khoản không cập nhật được trên nền tảng, cần xử lý" },
	{ .name = STR("form_out"), .title = "Phiếu yêu cầu cần thực hiện trên nền tảng", .until = "Hạn thực hiện" },
	{ .name = STR("form_overdue"), .title = "Phiếu yêu cầu trên nền tảng đã quá hạn thực hiện", .until = "Hạn thực hiện" },
	{ .name = STR("request_granted"), .title = "Đề nghị cấp quyền đã được chấp thuận", .title_own = "Đề nghị cấp quyền cho ông/bà đã được chấp thuận", .until = "Hết hạn" },
	{ .name = STR("request_refused"), .title = "Đề nghị cấp quyền không được chấp thuận", .title_own = "Đề nghị cấp quyền cho ông/bà không được chấp thuận" },
	{ .name = STR("access_given"), .title = "Ông/bà được cấp quyền truy cập", .until = "Hết hạn" },
	{ .name = STR("access_taken"), .title = "Quyền truy cập của ông/bà đã bị thu hồi" },
	{ .name = STR("post_ends"), .title = "Vị trí phụ trách, biệt phái hoặc ủy quyền của một người trong đơn vị sắp kết thúc",
	  .title_own = "Vị trí phụ trách, biệt phái hoặc ủy quyền của ông/bà sắp kết thúc", .until = "Kết thúc từ ngày" },
	{ .name = STR("emergency_released"), .is_urgent = true, .must_reach = true, .title = "Quyền khẩn cấp đã được cấp", .title_own = "Ông/bà được cấp quyền khẩn cấp" },
};

const struct notice_kind *notice_kind_find(struct str name)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (str_equal(kinds[i].name, name))
			return &kinds[i];
	return NULL;
}
