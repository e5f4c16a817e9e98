#include "server/handlers/api/form_paper.h"

#include "common/base/buf.h"
#include "server/governance/csv_cell.h"
#include "server/web/template.h"

#include <time.h>

#define PAPER_MAX_BYTES ((size_t)900 << 10)

/* ND 30/2020/NĐ-CP: Times, 13 to 14 points, margins of 20 mm, 30 mm at the left; wide tables lie across the sheet. */
static const char style[] =
	"@page { size: A4 landscape; margin: 20mm 15mm 15mm 25mm }\n"
	"body { font: 12pt/1.3 \"Times New Roman\", \"Liberation Serif\", \"DejaVu Serif\", serif; margin: 0; color: #000 }\n"
	".head { display: flex; justify-content: space-between; text-align: center }\n"
	".head p, .signs p { margin: 0 }\n"
	".line { display: inline-block; border-bottom: 1px solid #000; padding-bottom: 1mm }\n"
	"h1 { font-size: 15pt; text-align: center; margin: 6mm 0 1mm }\n"
	".sub { text-align: center; margin: 0 0 4mm }\n"
	"table { width: 100%; border-collapse: collapse; font-size: 11pt }\n"
	"th, td { border: 1px solid #000; padding: 1mm 1.5mm; vertical-align: top; text-align: left; overflow-wrap: anywhere }\n"
	"th { text-align: center }\n"
	"thead { display: table-header-group }\n"
	"tr { break-inside: avoid }\n"
	".n { text-align: center; white-space: nowrap }\n"
	".void td { text-decoration: line-through; color: #555 }\n"
	".urgent .todo { font-weight: bold }\n"
	".signs { display: flex; justify-content: space-around; text-align: center; margin-top: 6mm; break-inside: avoid }\n"
	".signs div { min-height: 32mm }\n"
	".note { font-size: 10.5pt; margin-top: 3mm }\n";

static const char *todo_of(const json_t *line)
{
	struct str operation = json_get_str(line, "operation");

	if (str_equal(operation, STR("create")))
		return "Cấp tài khoản mới";
	if (str_equal(operation, STR("enable")))
		return "Mở lại tài khoản";
	return str_equal(operation, STR("disable")) ? "Khóa tài khoản, thu hồi mọi vai trò" : "Sửa thông tin và vai trò";
}

static const char *state_of(const json_t *line)
{
	static const struct { const char *state, *words; } states[] = {
		{ "waiting", "" }, { "replaced", "đã có yêu cầu thay thế" }, { "done", "đã thực hiện" }, { "refused", "không thực hiện" }, { "void", "hủy, không thực hiện" },
	};

	for (size_t i = 0; i < ARRAY_LEN(states); i++)
		if (str_equal(json_get_str(line, "state"), str_c(states[i].state)))
			return states[i].words;
	return "";
}

static struct str roles_of(struct arena *a, const json_t *line)
{
	struct str all = STR("");
	const json_t *role;
	size_t i;

	json_array_foreach(json_object_get(line, "roles"), i, role)
		all = arena_printf(a, "%.*s%s%.*s (%.*s)", STR_ARG(all), i > 0 ? "; " : "", STR_ARG(json_get_str(role, "name")), STR_ARG(json_get_str(role, "code")));
	return all;
}

/* What is to be done, and on account of which paper before. */
static struct str todo_text(struct arena *a, const json_t *line)
{
	const json_t *before = json_object_get(line, "replaces");

	return json_is_object(before) ? arena_printf(a, "%s (thay thế dòng %lld phiếu số %lld)", todo_of(line), (long long)json_get_int(before, "line", 0),
	                                             (long long)json_get_int(before, "form", 0))
	                              : str_c(todo_of(line));
}

/* "2026-11-26T16:00:00Z" as its day in Việt Nam. */
static struct str day_of(struct arena *a, struct str stamp, bool in_words)
{
	struct tm tm = { 0 };
	time_t t;

	if (str_is_null(stamp) || !strptime(arena_cstr(a, stamp), "%Y-%m-%dT%H:%M:%SZ", &tm))
		return in_words ? STR("Ngày … tháng … năm …") : STR("…");
	t = timegm(&tm) + 7 * 3600;
	gmtime_r(&t, &tm);
	return in_words ? arena_printf(a, "Ngày %02d tháng %02d năm %d", tm.tm_mday, tm.tm_mon + 1, tm.tm_year + 1900)
	                : arena_printf(a, "%02d/%02d/%d", tm.tm_mday, tm.tm_mon + 1, tm.tm_year + 1900);
}

static void add(struct buf *b, const char *before, struct str text, const char *after)
{
	buf_add_c(b, before);
	html_escape(b, str_is_null(text) ? STR("") : text);
	buf_add_c(b, after);
}

static void add_head(struct buf *b, const json_t *form, struct str agency)
{
	struct arena *a = b->arena;
	struct str closed = json_get_str(form, "closed_at");
	long long number = (long long)json_get_int(form, "number", 0);

	add(b, "<!DOCTYPE html>\n<html lang=\"vi\">\n<head>\n<meta charset=\"utf-8\">\n<title>Phiếu đề nghị số ", arena_printf(a, "%lld/", number), "");
	add(b, "", json_get_str(form, "platform"), "</title>\n<style>\n");
	buf_add_c(b, style);
	add(b, "</style>\n</head>\n<body>\n<div class=\"head\">\n<div><p><strong class=\"line\">", agency, "</strong></p>\n");
	buf_printf(b, "<p>Số: %lld/PĐN-", number);
	add(b, "", json_get_str(form, "platform"), "</p></div>\n<div><p><strong>CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM</strong></p>\n"
	    "<p><strong class=\"line\">Độc lập - Tự do - Hạnh phúc</strong></p>\n");
	add(b, "<p><em>", day_of(a, closed, true), "</em></p></div>\n</div>\n<h1>PHIẾU ĐỀ NGHỊ</h1>\n");
	add(b, "<p class=\"sub\">Về việc cấp, sửa, khóa tài khoản trên nền tảng <strong>", json_get_str(form, "platform_name"), "</strong>");
	add(b, "<br>Kính gửi: <strong>", json_get_str(form, "managing_unit"), "</strong>");
	add(b, "<br>Hạn thực hiện: <strong>", day_of(a, json_get_str(form, "due_at"), false), "</strong>");
	add(b, " – Người phụ trách: <strong>", json_get_str(form, "officer_name"), "</strong>");
	if (str_is_null(closed))
		buf_add_c(b, "<br><strong>BẢN THẢO – phiếu còn mở, chưa thực hiện</strong>");
	buf_add_c(b, "</p>\n<table>\n<thead><tr><th>STT</th><th>Họ và tên</th><th>Tên đăng nhập</th><th>Đơn vị</th><th>Chức vụ</th>"
	             "<th>Vai trò</th><th>Việc cần làm</th><th>Kết quả</th></tr></thead>\n<tbody>\n");
}

static void add_line(struct buf *b, const json_t *line)
{
	bool is_void = str_equal(json_get_str(line, "state"), STR("void"));

	buf_printf(b, "<tr class=\"%s%s\"><td class=\"n\">%lld</td>", is_void ? "void" : "", json_get_bool(line, "urgent", false) ? " urgent" : "",
	           (long long)json_get_int(line, "line", 0));
	add(b, "<td>", json_get_str(line, "full_name"), "</td>");
	add(b, "<td>", json_get_str(line, "login"), "</td>");
	add(b, "<td>", json_get_str(line, "unit_name"), "</td>");
	add(b, "<td>", json_get_str(line, "post"), "</td>");
	add(b, "<td>", roles_of(b->arena, line), "</td>");
	add(b, "<td class=\"todo\">", todo_text(b->arena, line), "</td>");
	add(b, "<td>", str_c(state_of(line)), "");
	add(b, str_is_null(json_get_str(line, "note")) ? "" : ": ", json_get_str(line, "note"), "</td></tr>\n");
}

struct str form_paper_html(struct arena *a, const json_t *form, struct str agency)
{
	struct buf b = buf_new(a, PAPER_MAX_BYTES);
	const json_t *line;
	size_t i;

	add_head(&b, form, agency);
	json_array_foreach(json_object_get(form, "lines"), i, line)
		add_line(&b, line);
	buf_printf(&b, "</tbody>\n</table>\n<p class=\"note\">Phiếu có %zu dòng. Thực hiện xong, đề nghị xác nhận từng dòng trên hệ thống"
	               " (hoặc nộp danh sách tài khoản của nền tảng); dòng không thực hiện được phải ghi lý do.</p>\n", json_array_size(json_object_get(form, "lines")));
	buf_add_c(&b, "<div class=\"signs\"><div><p><strong>NGƯỜI LẬP PHIẾU</strong></p><p><em>(Ký, ghi rõ họ tên)</em></p></div>"
	              "<div><p><strong>NGƯỜI THỰC HIỆN</strong></p><p><em>(Ký, ghi rõ họ tên, ngày thực hiện)</em></p></div></div>\n</body>\n</html>\n");
	return buf_ok(&b) ? buf_str(&b) : STR_NULL;
}

struct str form_paper_csv(struct arena *a, const json_t *form)
{
	static const char *const columns[] = { "STT", "Họ và tên", "Tên đăng nhập", "Mã cán bộ", "Thư điện tử", "Đơn vị", "Chức vụ", "Vai trò", "Việc cần làm", "Kết quả", "Ghi chú" };
	static const char *const members[] = { "full_name", "login", "employee_code", "mail", "unit_name", "post" };
	struct buf b = buf_new(a, PAPER_MAX_BYTES);
	const json_t *line;
	size_t i;

	buf_add_c(&b, CSV_BOM);
	for (size_t k = 0; k < ARRAY_LEN(columns); k++)
		csv_cell(&b, str_c(columns[k]), k == 0);
	buf_add_c(&b, "\r\n");
	json_array_foreach(json_object_get(form, "lines"), i, line) {
		csv_cell(&b, arena_printf(a, "%lld", (long long)json_get_int(line, "line", 0)), true);
		for (size_t k = 0; k < ARRAY_LEN(members); k++)
			csv_cell(&b, json_get_str(line, members[k]), false);
		csv_cell(&b, roles_of(a, line), false);
		csv_cell(&b, todo_text(a, line), false);
		csv_cell(&b, str_c(state_of(line)), false);
		csv_cell(&b, json_get_str(line, "note"), false);
		buf_add_c(&b, "\r\n");
	}
	return buf_ok(&b) ? buf_str(&b) : STR_NULL;
}
