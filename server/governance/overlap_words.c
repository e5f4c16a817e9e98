/*
 * overlap_words.c: what the comparison knows of the field.
 *
 * Written from the names of platforms that a province meets (the list of 55 central ones, the shared ones of
 * Nghệ An), not from the labelled pairs.  "concept: phrase | phrase": any of the phrases means the concept.
 */
#include "server/governance/overlap_words.h"

#include "common/base/text.h"
#include "server/governance/overlap.h"

static const char *const abbreviations[] = {
	"tthc", "thủ tục hành chính", "csdl", "cơ sở dữ liệu", "vbqppl", "văn bản quy phạm pháp luật", "qppl", "quy phạm pháp luật",
	"cbccvc", "cán bộ công chức viên chức", "ccvc", "công chức viên chức", "cbcc", "cán bộ công chức", "qlvb", "quản lý văn bản",
	"qlvbđh", "quản lý văn bản và điều hành", "dvc", "dịch vụ công", "dvctt", "dịch vụ công trực tuyến", "ubnd", "ủy ban nhân dân",
	"hđnd", "hội đồng nhân dân", "bhxh", "bảo hiểm xã hội", "bhyt", "bảo hiểm y tế", "ntm", "nông thôn mới", "vb", "văn bản",
	"pakn", "phản ánh kiến nghị", "kntc", "khiếu nại tố cáo", "attt", "an toàn thông tin", "an ttt", "an toàn thông tin",
	"cntt", "công nghệ thông tin", "kh&cn", "khoa học và công nghệ", "khcn", "khoa học công nghệ", "gd&đt", "giáo dục và đào tạo",
	"gdđt", "giáo dục đào tạo", "tn&mt", "tài nguyên và môi trường", "nn&mt", "nông nghiệp và môi trường", "lđtbxh",
	"lao động thương binh xã hội", "ktxh", "kinh tế xã hội", "kt-xh", "kinh tế xã hội", "ncc", "người có công", "htx", "hợp tác xã",
	"tsc", "tài sản công", "hkd", "hộ kinh doanh", "dn", "doanh nghiệp", "đkkd", "đăng ký kinh doanh", "qlđt", "quản lý đất đai",
	"tđkt", "thi đua khen thưởng", "pccc", "phòng cháy chữa cháy", "vbđh", "văn bản điều hành", "hssk", "hồ sơ sức khỏe",
	"bvmt", "bảo vệ môi trường", "ubmttq", "ủy ban mặt trận tổ quốc", "hsmt", "hồ sơ mời thầu", "gpmb", "giải phóng mặt bằng",
	"cskh", "chăm sóc khách hàng", "lgsp", "tích hợp chia sẻ dữ liệu", "ioc", "trung tâm giám sát điều hành thông minh", "soc",
	"giám sát an toàn thông tin", "gis", "bản đồ địa lý", "email", "thư điện tử", "mail", "thư điện tử", "e-mail", "thư điện tử",
};

static const char common[] =
	"hệ thống thông tin|hệ thống|phần mềm|nền tảng số|nền tảng|cơ sở dữ liệu|dữ liệu|quản lý|khai thác|ứng dụng|cổng thông tin|"
	"trang thông tin|cổng|tỉnh nghệ an|nghệ an|cấp tỉnh|cấp xã|toàn tỉnh|toàn quốc|quốc gia|trung ương|tỉnh|huyện|xã phường|xã|phường|"
	"dùng chung|trực tuyến|điện tử|số hóa|số|ngành|lĩnh vực|địa bàn|phục vụ|thông tin|chuyên ngành|tích hợp|chia sẻ|hỗ trợ|"
	"theo dõi|cơ quan|đơn vị|nhà nước|tổng hợp|thực hiện|triển khai|công tác|người dân|cán bộ|cập nhật|tra cứu|thống kê|báo cáo|công việc|"
	"hồ sơ|danh mục|kết nối|tự động|xử lý|giải quyết|phê duyệt|tiếp nhận|đăng ký|cấp|sở|phòng ban|phòng|trung tâm|kết quả|"
	"nghiệp vụ|hoạt động|chức năng|quy trình|tập trung|thông minh|hiện đại|mới|việt nam|vnpt|viettel|chuyển đổi số|dự án|điều hành|"
	"giám sát|kho|tài liệu|văn bản|đề án|chương trình|mạng|máy tính|thiết bị|ghi nhận|lập|gửi|nhận|trả|xem|in|danh sách|sổ";

static const char stop[] = "và|của|cho|các|những|trong|theo|trên|tại|với|từ|đến|về|là|có|được|bằng|một|để|khi|ra|vào|do|ở|này|đó|bộ|giữa|qua|"
                           "như|không|việc|cùng|mỗi|từng|lên|hay|hoặc|đã|sẽ|bị|nơi";

static const char *const concepts[] = {
	"thủ tục hành chính: thủ tục hành chính|một cửa|dịch vụ công|trả kết quả hồ sơ|tiếp nhận và trả kết quả|tiếp nhận trả kết quả|hồ sơ thủ tục|hành chính công",
	"thư điện tử: thư điện tử|hộp thư công vụ|hộp thư|thư công vụ|gửi nhận thư",
	"văn bản điều hành: quản lý văn bản|văn bản và điều hành|văn bản điều hành|văn bản đi đến|văn bản đến|văn bản đi|công văn|ioffice|văn phòng điện tử|hồ sơ công việc|ban hành văn bản|phát hành văn bản|trình ký văn bản|luân chuyển văn bản",
	"liên thông văn bản: liên thông văn bản|trục văn bản|gửi nhận văn bản điện tử|trao đổi văn bản",
	"hội nghị trực tuyến: hội nghị trực tuyến|họp trực tuyến|truyền hình hội nghị|hội nghị truyền hình|họp từ xa|hội nghị họp trực tuyến|cầu truyền hình|hội nghị từ xa|phòng họp ảo",
	"phòng họp không giấy: họp không giấy|không giấy tờ|phòng họp số|tài liệu họp|tài liệu kỳ họp|ecabinet",
	"chế độ báo cáo: thông tin báo cáo|báo cáo định kỳ|chế độ báo cáo|số liệu báo cáo|biểu mẫu báo cáo|báo cáo kinh tế xã hội|chỉ tiêu báo cáo|vsr|chỉ tiêu kinh tế xã hội",
	"tích hợp dữ liệu: tích hợp chia sẻ dữ liệu|chia sẻ dữ liệu|điều phối dữ liệu|trục dữ liệu|trục tích hợp|kho dữ liệu dùng chung|tích hợp dữ liệu|dữ liệu dùng chung|ndop",
	"dữ liệu mở: dữ liệu mở|cổng dữ liệu|công bố dữ liệu",
	"nhân sự: cán bộ công chức viên chức|cán bộ công chức|công chức viên chức|nhân sự|lý lịch|biên chế|hồ sơ cán bộ|bổ nhiệm|nâng lương|nguồn nhân lực",
	"đánh giá cán bộ: đánh giá công chức|xếp loại công chức|đánh giá cán bộ|kpi|xếp loại chất lượng|đánh giá xếp loại|chấm điểm cán bộ",
	"thi đua khen thưởng: thi đua khen thưởng|khen thưởng|danh hiệu thi đua|bằng khen",
	"an toàn thông tin: an toàn thông tin|an ninh mạng|mã độc|sự cố an ninh|tấn công mạng|lỗ hổng",
	"điều hành thông minh: giám sát điều hành thông minh|điều hành thông minh|đô thị thông minh|trung tâm điều hành|bảng điều khiển|dashboard",
	"định danh: định danh|xác thực điện tử|đăng nhập một lần|vneid|tài khoản tập trung",
	"hộ tịch: hộ tịch|khai sinh|khai tử|kết hôn|giấy khai sinh",
	"dân cư: dân cư|cư trú|nhân khẩu|hộ khẩu|tạm trú|thường trú",
	"đất đai: đất đai|địa chính|thửa đất|sổ đỏ|quyền sử dụng đất|giá đất",
	"công chứng chứng thực: công chứng|chứng thực bản sao|chứng thực hợp đồng|hợp đồng giao dịch|sổ chứng thực",
	"chữ ký số: chữ ký số|chứng thư số|ký số",
	"pháp luật: quy phạm pháp luật|văn bản pháp luật|pháp luật|hệ thống hóa văn bản|rà soát văn bản",
	"lý lịch tư pháp: lý lịch tư pháp|án tích",
	"đấu giá: đấu giá",
	"đăng ký kinh doanh: đăng ký doanh nghiệp|hộ kinh doanh|đăng ký kinh doanh|thành lập doanh nghiệp|giấy phép kinh doanh",
	"ngân sách: ngân sách|kho bạc|tabmis|dự toán|quyết toán|thu chi",
	"kế toán: kế toán|sổ cái|chứng từ",
	"giá: về giá|giá cả|giá thị trường|bình ổn giá|kê khai giá|thẩm định giá",
	"đấu thầu: đấu thầu|lựa chọn nhà thầu|mời thầu|gói thầu|mua sắm công",
	"đầu tư: giám sát đánh giá đầu tư|giám sát đầu tư|đầu tư công|vốn đầu tư|giải ngân|chủ trương đầu tư|dự án đầu tư|nhà đầu tư|đánh giá đầu tư",
	"tài sản công: tài sản công|trụ sở|xe công|thanh lý tài sản|quản lý tài sản",
	"giáo dục: giáo dục|học sinh|trường học|nhà trường|học bạ|giáo viên|tuyển sinh|điểm học tập|sổ điểm",
	"tiêm chủng: tiêm chủng|vắc xin|vaccine|mũi tiêm",
	"khám chữa bệnh: khám chữa bệnh|bệnh viện|bệnh án|trạm y tế|bệnh nhân|khám bệnh",
	"hồ sơ sức khỏe: hồ sơ sức khỏe|sức khỏe cá nhân|sức khỏe toàn dân|sức khỏe điện tử|hồ sơ sức khoẻ|sức khoẻ",
	"bảo hiểm: bảo hiểm xã hội|bảo hiểm y tế|giám định bảo hiểm|thẻ bảo hiểm",
	"an sinh xã hội: an sinh|hộ nghèo|cận nghèo|giảm nghèo|trợ cấp xã hội|bảo trợ xã hội|bảo trợ|đối tượng chính sách",
	"người có công: người có công|liệt sĩ|thương binh",
	"lao động việc làm: việc làm|thị trường lao động|lao động|tuyển dụng",
	"trẻ em: trẻ em",
	"phản ánh kiến nghị: phản ánh|kiến nghị|góp ý|hỏi đáp|phản ánh hiện trường|đường dây nóng|tổng đài",
	"khiếu nại tố cáo: khiếu nại|tố cáo|tiếp công dân|đơn thư",
	"thanh tra: thanh tra|kết luận thanh tra|xử lý sau thanh tra",
	"nông thôn mới: nông thôn mới",
	"ocop: ocop|mỗi xã một sản phẩm|sản phẩm đặc trưng",
	"truy xuất nguồn gốc: truy xuất nguồn gốc|nguồn gốc nông sản|nguồn gốc sản phẩm|mã vùng trồng|vùng trồng",
	"chăn nuôi trồng trọt: chăn nuôi|thú y|dịch bệnh động vật|đàn gia súc|trồng trọt|vật nuôi|gia súc",
	"lâm nghiệp: lâm nghiệp|cháy rừng|tài nguyên rừng|diễn biến rừng|bảo vệ rừng|rừng",
	"thủy lợi thiên tai: thủy lợi|hồ chứa|thiên tai|mưa lũ|phòng chống bão|cảnh báo lũ|lũ lụt|đê điều",
	"thủy sản: thủy sản|tàu cá|nghề cá",
	"môi trường: môi trường|quan trắc|khí thải|nước thải|chất thải|rác thải",
	"quy hoạch: quy hoạch|hạ tầng kỹ thuật|bản đồ quy hoạch",
	"giấy phép xây dựng: giấy phép xây dựng|cấp phép xây dựng|trật tự xây dựng",
	"nhà ở: nhà ở|bất động sản|nhà ở xã hội",
	"giao thông: giao thông|vận tải|đường bộ|bến xe|giấy phép lái xe|đèn tín hiệu",
	"lưu trữ: lưu trữ tài liệu|lưu trữ điện tử|kho lưu trữ|lưu trữ lịch sử|tài liệu lưu trữ|lưu trữ",
	"trang tin: trang thông tin điện tử|cổng thông tin điện tử|vnportal|website|trang tin|tin bài",
	"truyền thanh: truyền thanh|phát thanh|loa truyền thanh|bản tin cơ sở",
	"du lịch: du lịch|lữ hành|điểm đến|khách lưu trú|cơ sở lưu trú",
	"di sản: di tích|di sản|bảo tàng",
	"thư viện: thư viện|bạn đọc",
	"khoa học công nghệ: khoa học và công nghệ|khoa học công nghệ|nhiệm vụ khoa học|đề tài khoa học|đề tài nghiên cứu|sáng kiến",
	"công thương: công thương|thương mại|cụm công nghiệp|xuất nhập khẩu|chợ truyền thống|khuyến công",
	"sàn thương mại: thương mại điện tử|sàn giao dịch|gian hàng",
	"trợ lý ảo: trợ lý ảo|chatbot|hỏi đáp tự động|trí tuệ nhân tạo",
	"đào tạo: đào tạo trực tuyến|học trực tuyến|bồi dưỡng|e-learning|khóa học|học liệu|bài giảng",
	"thi trắc nghiệm: trắc nghiệm|thi trực tuyến|cuộc thi",
	"hòa giải phổ biến pháp luật: hòa giải|phổ biến giáo dục pháp luật|tuyên truyền pháp luật|trợ giúp pháp lý",
	"tôn giáo dân tộc: tôn giáo|dân tộc thiểu số|tín ngưỡng",
	"đảng viên: đảng viên|chi bộ|đảng ủy",
	"thuế: quản lý thuế|nộp thuế|khai thuế|cơ quan thuế|hóa đơn",
	"phòng cháy: phòng cháy|chữa cháy|cứu nạn",
	"camera: camera|hình ảnh giám sát",
	"chấm công: chấm công|lịch công tác|lịch làm việc|lịch tuần|lịch họp",
	"nghĩa trang: nghĩa trang|mộ liệt sĩ",
	"bản đồ: bản đồ địa lý|bản đồ nền|không gian địa lý|bản đồ số",
	"hợp tác xã: hợp tác xã",
	"giao việc: giao nhiệm vụ|nhiệm vụ được giao|ý kiến chỉ đạo|kết luận chỉ đạo|nhiệm vụ giao|giao việc",
	"họp hội đồng: hội đồng nhân dân|đại biểu|chất vấn|cử tri",
};

static struct str framed(struct arena *a, struct str text)
{
	struct str folded = text_fold(a, text);

	return arena_printf(a, " %.*s ", STR_ARG(folded));
}

static size_t count_parts(struct str list)
{
	struct str part;
	size_t n = 0;

	while (str_split(&list, '|', &part))
		n++;
	return n;
}

static const struct overlap_phrase *read_phrases(struct arena *a, struct str list, size_t *ret_n)
{
	struct overlap_phrase *phrases = ARENA_ARRAY(a, struct overlap_phrase, count_parts(list));
	struct str part;
	size_t n = 0;

	while (str_split(&list, '|', &part))
		phrases[n++].text = framed(a, part);
	*ret_n = n;
	return phrases;
}

static void read_concepts(struct arena *a, struct overlap_words *w)
{
	struct str *names = ARENA_ARRAY(a, struct str, ARRAY_LEN(concepts));
	struct overlap_phrase *phrases;
	size_t n = 0, at = 0;

	for (size_t i = 0; i < ARRAY_LEN(concepts); i++)
		n += count_parts(str_c(concepts[i]));
	phrases = ARENA_ARRAY(a, struct overlap_phrase, n);
	for (size_t i = 0; i < ARRAY_LEN(concepts); i++) {
		struct str rest = str_c(concepts[i]), part;
		size_t colon = (size_t)str_index(rest, ':');

		names[i] = str_n(rest.p, colon);
		rest = str_skip(rest, colon + 2);
		while (str_split(&rest, '|', &part))
			phrases[at++] = (struct overlap_phrase){ .text = framed(a, part), .concept = i };
	}
	w->phrases = phrases;
	w->n_phrases = at;
	w->concepts = names;
	w->n_concepts = ARRAY_LEN(concepts);
}

const struct overlap_words *overlap_words_new(struct arena *a)
{
	struct overlap_words *w = ARENA_NEW(a, struct overlap_words);
	struct overlap_abbreviation *table = ARENA_ARRAY(a, struct overlap_abbreviation, ARRAY_LEN(abbreviations) / 2);
	struct str *stops = ARENA_ARRAY(a, struct str, count_parts(str_c(stop)));
	struct str rest = str_c(stop), part;

	for (size_t i = 0; i < ARRAY_LEN(abbreviations) / 2; i++)
		table[i] = (struct overlap_abbreviation){ .folded = text_fold(a, str_c(abbreviations[2 * i])),
		                                          .full = str_c(abbreviations[2 * i + 1]) };
	w->abbreviations = table;
	w->n_abbreviations = ARRAY_LEN(abbreviations) / 2;
	while (str_split(&rest, '|', &part))
		stops[w->n_stop++] = text_fold(a, part);
	w->stop = stops;
	w->common = read_phrases(a, str_c(common), &w->n_common);
	read_concepts(a, w);
	return w;
}
