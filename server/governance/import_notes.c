/* import_notes.c: what the notes of an import say, in both languages. */

#include "server/governance/import.h"

#include "common/base/buf.h"

#define TEXT_MAX 2000

static const struct {
	const char *vi, *en;
} texts[IMPORT_FAULT_COUNT_] = {
	[IMPORT_TOO_LARGE] = { "tệp lớn hơn 64 MiB", "the file is larger than 64 MiB" },
	[IMPORT_UTF16] = { "tệp ở bảng mã UTF-16; hãy lưu lại dạng CSV UTF-8", "the file is UTF-16; save it as CSV UTF-8" },
	[IMPORT_EMPTY] = { "tệp không có dòng tiêu đề", "the file has no header row" },
	[IMPORT_TOO_MANY_ROWS] = { "tệp có hơn 200.000 dòng", "the file has more than 200,000 rows" },
	[IMPORT_QUOTING] = { "dấu ngoặc kép không đúng chỗ hoặc không đóng", "a quotation mark is misplaced or never closed" },
	[IMPORT_FIELD_TOO_LONG] = { "có ô dài hơn 1.000 byte", "a cell is longer than 1,000 bytes" },
	[IMPORT_OTHER_FILE] = { "tệp nhận được không khớp với SHA-256 đã báo; hãy tải lên lại",
	                        "what arrived has not the SHA-256 that was announced; upload it again" },
	[IMPORT_COLUMN_MISSING] = { "thiếu cột '{}' trong dòng tiêu đề", "column '{}' is missing in the header row" },
	[IMPORT_COLUMN_UNKNOWN] = { "không có cột nào tên là '{}'", "there is no column named '{}'" },
	[IMPORT_COLUMN_TWICE] = { "cột '{}' xuất hiện hai lần", "column '{}' occurs twice" },
	[IMPORT_TOO_MANY_CELLS] = { "dòng có nhiều ô hơn dòng tiêu đề (có thể ô chứa dấu phân cách mà không có ngoặc kép)",
	                            "the row has more cells than the header (a separator inside a cell without quotation marks?)" },
	[IMPORT_NOT_UTF8] = { "không phải UTF-8; hãy lưu lại dạng CSV UTF-8", "not UTF-8; save the file as CSV UTF-8" },
	[IMPORT_TCVN3] = { "chữ ở bảng mã cũ (TCVN3/ABC, VNI hoặc VISCII); hãy chuyển sang Unicode trước khi nhập",
	                   "text in an old encoding (TCVN3/ABC, VNI or VISCII); convert it to Unicode first" },
	[IMPORT_CONTROL] = { "có ký tự điều khiển", "there is a control character" },
	[IMPORT_MISSING] = { "không được để trống", "must not be empty" },
	[IMPORT_TOO_LONG] = { "quá dài: '{}'", "too long: '{}'" },
	[IMPORT_BAD_CODE] = { "mã chỉ gồm chữ cái không dấu, chữ số, dấu chấm và gạch nối: '{}'",
	                      "a code has unaccented letters, digits, dot and hyphen only: '{}'" },
	[IMPORT_BAD_UNIT_CODE] = { "xã và phường có mã 5 chữ số (Quyết định 19/2025/QĐ-TTg): '{}'",
	                           "communes and wards have a code of 5 digits (Decision 19/2025/QĐ-TTg): '{}'" },
	[IMPORT_BAD_IDENT] = { "mã định danh gồm các nhóm chữ số và chữ hoa, ví dụ H41.17.05 hoặc 000.05.17.H41, cùng một cơ quan: '{}'",
	                       "an identifier is groups of digits and capitals, as H41.17.05 or 000.05.17.H41, of the same agency: '{}'" },
	[IMPORT_BAD_TAG] = { "nhiều nhất 16 nhãn gồm chữ cái không dấu, chữ số, dấu chấm và gạch, cách nhau bằng dấu chấm phẩy: '{}'",
	                     "at most 16 tags of letters, digits, dots and hyphens, with semicolons between: '{}'" },
	[IMPORT_BAD_SYMBOL] = { "mã chỉ gồm chữ hoa không dấu, chữ số và gạch, bắt đầu bằng chữ: '{}'",
	                        "a code has upper-case letters, digits, '_' and '-', beginning with a letter: '{}'" },
	[IMPORT_BAD_DATE] = { "không phải ngày có thật dạng NNNN-TT-NN (ví dụ 2026-11-24): '{}'",
	                      "not an existing date of the form YYYY-MM-DD: '{}'" },
	[IMPORT_BAD_MONTH] = { "không phải tháng dạng NNNN-TT (ví dụ 2026-11): '{}'", "not a month of the form YYYY-MM: '{}'" },
	[IMPORT_NOT_LISTED] = { "phải là một trong: {}", "must be one of: {}" },
	[IMPORT_DATE_ORDER] = { "phải sau ngày bắt đầu: '{}'", "must be after the beginning: '{}'" },
	[IMPORT_RESERVED] = { "mã '{}' dành riêng cho hệ thống", "code '{}' is reserved" },
	[IMPORT_DUPLICATE] = { "trùng với dòng {}", "the same as line {}" },
	[IMPORT_PERSON_DIFFERS] = { "khác với dòng {} của cùng một người", "differs from line {} of the same person" },
	[IMPORT_NAME_PARTS] = { "họ, đệm và tên ghép lại là '{}', khác với họ và tên đầy đủ", "the parts of the name together are '{}', which is not the full name" },
	[IMPORT_TOO_MANY_POSTS] = { "một người có hơn 50 dòng", "one person has more than 50 lines" },
	[IMPORT_UNKNOWN_UNIT] = { "không có đơn vị mã '{}'", "there is no unit with code '{}'" },
	[IMPORT_UNKNOWN_PLATFORM] = { "không có nền tảng mã '{}'", "there is no platform with code '{}'" },
	[IMPORT_UNIT_CYCLE] = { "đơn vị nằm dưới chính nó, hoặc cây sâu hơn 12 cấp",
	                        "the unit stands below itself, or the tree is deeper than 12 levels" },
	[IMPORT_MAIN_OVERLAP] = { "cùng lúc có hai chức vụ chính; chức vụ kia: {}", "two main posts at the same time; the other: {}" },
	[IMPORT_POST_OVERLAP] = { "cùng một chức vụ trùng thời gian với: {}", "the same post overlaps in time with: {}" },
	[IMPORT_NATIONAL_ID_TAKEN] = { "số định danh này đã thuộc về người khác", "this personal number belongs to somebody else" },
	[IMPORT_OUT_OF_SCOPE] = { "ngoài đơn vị của đợt nhập: '{}'", "outside the unit of this import: '{}'" },
	[IMPORT_UNKNOWN_PERSON] = { "không có người mã '{}'", "there is no person with code '{}'" },
	[IMPORT_NOT_YOURS] = { "'{}' là chính người nhập, hoặc quản trị nhiều hơn người nhập; người khác có thẩm quyền phải nhập thay đổi này",
	                       "'{}' is whoever imports, or administers what they do not; somebody else with the right must import this change" },
	[IMPORT_VANISHED_NOT_YOURS] = { "'{}' không có trong tệp nhưng là chính người nhập, hoặc quản trị nhiều hơn người nhập; không bị tạm dừng",
	                                "'{}' is not in the file, but is whoever imports or administers what they do not: not suspended" },
	[IMPORT_BY_REORGANISATION] = { "đơn vị '{}' đang có người hoặc quyền, hay đã được sắp xếp; chỉ đổi bằng một đợt sắp xếp (senctl reorganisation)",
	                               "unit '{}' has people, access or a successor: only a reorganisation changes this (senctl reorganisation)" },
	[IMPORT_IDENT_TAKEN] = { "mã định danh này đang thuộc về đơn vị '{}'", "this identifier belongs to unit '{}'" },
	[IMPORT_UNIT_ENDED] = { "đơn vị '{}' không còn hoặc chưa có trong thời gian này", "unit '{}' is not there in this time" },
	[IMPORT_CHANGED_SINCE] = { "dữ liệu đã thay đổi từ khi kiểm tra, chưa nhập gì; hãy xem lại các thay đổi rồi áp dụng",
	                           "the record has changed since the check, and nothing was imported; look at the changes again, then apply" },
	[IMPORT_HAS_LEFT] = { "'{}' đã nghỉ việc, nghỉ hưu hoặc đã mất; hãy tiếp nhận lại trước (senctl person move)",
	                      "'{}' has left, retired or died; they are taken on again first (senctl person move)" },
	[IMPORT_MOVEMENT_PLANNED] = { "chức vụ kéo dài quá ngày đã có quyết định cho thôi: {}", "the post goes on beyond what is planned already: {}" },
	[IMPORT_GRANT_REFUSED] = { "không cấp được: {}", "cannot be granted: {}" },
	[IMPORT_STATE_MOVES] = { "trạng thái chỉ đổi bằng bước chuyển của vòng đời, mục mới bắt đầu ở 'proposed': '{}'",
	                         "a state changes by a transition of the life cycle only, and what is new is 'proposed': '{}'" },
	[IMPORT_NOT_YOUR_PLATFORM] = { "bạn không có quyền danh mục ở đơn vị quản lý '{}' (xã, phường không quản lý nền tảng)",
	                       "you have no right over the catalogue at the managing unit '{}' (communes and wards manage no platform)" },
	[IMPORT_NOT_YOUR_ROLE] = { "bạn không có quyền danh mục ở đơn vị quản lý nền tảng '{}': vai trò và mức nhạy cảm do nơi đó đặt",
	                       "you have no right over the catalogue at the managing unit of platform '{}': its roles and their sensitivity are set there" },
	[IMPORT_NO_OWNER] = { "nền tảng trung ương '{}' phải có cơ quan chủ quản (cột owner)", "central platform '{}' needs the ministry that owns it (column owner)" },
	[IMPORT_KIND_DECIDED] = { "sau thẩm định, loại không đổi được thành '{}'", "after the appraisal the kind cannot become '{}'" },
	[IMPORT_EMPTIED] = { "sau thẩm định không được bỏ trống: {}", "after the appraisal it must not be emptied: {}" },
	[IMPORT_DAY_TO_COME] = { "ngày còn ở phía trước: '{}'", "the day is still to come: '{}'" },
	[IMPORT_VNI] = { "chữ ở bảng mã cũ VNI; hãy chuyển sang Unicode trước khi nhập", "text in the old encoding VNI; convert it to Unicode first" },
	[IMPORT_VISCII] = { "chữ ở bảng mã cũ VISCII; hãy chuyển sang Unicode trước khi nhập",
	                    "text in the old encoding VISCII; convert it to Unicode first" },
	[IMPORT_WINDOWS_1258] = { "chữ ở bảng mã Windows-1258; hãy lưu lại dạng CSV UTF-8", "text in Windows-1258; save the file as CSV UTF-8" },
	[IMPORT_SPLIT_TONES] = { "dấu thanh viết tách rời (kiểu Windows-1258); đã ghép lại theo NFC", "tone marks stand apart (as in Windows-1258); joined to NFC" },
	[IMPORT_NATIONAL_ID_FORM] = { "số định danh cá nhân phải gồm 12 chữ số", "a personal number has 12 digits" },
	[IMPORT_NATIONAL_ID_YEAR] = { "năm sinh không khớp với số định danh", "the year of birth does not match the personal number" },
	[IMPORT_NATIONAL_ID_SEX] = { "giới tính không khớp với số định danh", "the sex does not match the personal number" },
	[IMPORT_NATIONAL_ID_PROVINCE] = { "ba số đầu của số định danh không phải mã tỉnh nào",
	                                  "the first three digits of the personal number are no province" },
};

struct str import_note_text(struct arena *a, const struct import_note *note, struct str lang)
{
	struct str text = str_c(str_equal(lang, STR("en")) ? texts[note->fault].en : texts[note->fault].vi);
	struct buf b = buf_new(a, TEXT_MAX);

	while (text.len > 0) {
		if (str_starts(text, STR("{}"))) {
			buf_add(&b, str_is_null(note->value) ? STR("…") : note->value);
			text = str_skip(text, 2);
			continue;
		}
		buf_add_char(&b, text.p[0]);
		text = str_skip(text, 1);
	}
	return buf_str(&b);
}
