#include "server/senctl/dry_run_out.h"

#include <inttypes.h>

#define LINE_MAX_BYTES 4000

static void print_platforms(struct ctl *c, const json_t *platforms)
{
	const json_t *row;
	size_t i;

	ctl_print(c, "%-8s %8s %8s %8s %8s %8s  %s", ctl_say(c, "NỀN TẢNG", "PLATFORM"), ctl_say(c, "tạo", "create"), ctl_say(c, "sửa", "update"),
	          ctl_say(c, "khoá", "disable"), ctl_say(c, "xoá", "delete"), ctl_say(c, "tra cứu", "look_up"), ctl_say(c, "tên", "name"));
	json_array_foreach(platforms, i, row) {
		int64_t hidden = json_get_int(row, "not_shown", 0);

		ctl_print(c, "%-8.*s %8" PRId64 " %8" PRId64 " %8" PRId64 " %8" PRId64 " %8" PRId64 "  %.*s%s", STR_ARG(json_get_str(row, "platform")),
		          json_get_int(row, "create", 0), json_get_int(row, "update", 0), json_get_int(row, "disable", 0), json_get_int(row, "delete", 0), json_get_int(row, "look_up", 0),
		          STR_ARG(json_get_str(row, "name")),
		          hidden == 0 ? "" : arena_printf(c->arena, ctl_say(c, " (%" PRId64 " ngoài phạm vi)", " (%" PRId64 " out of scope)"), hidden).p);
	}
}

static struct str value_of(struct ctl *c, const json_t *attributes, const char *name)
{
	const json_t *value = json_object_get(attributes, name);

	if (!value)
		return STR("-");
	return json_is_string(value) ? str_n(json_string_value(value), json_string_length(value)) : json_write(c->arena, value, true);
}

static void print_operation(struct ctl *c, const json_t *item)
{
	const json_t *name;
	size_t i;

	ctl_print(c, "%.*s %.*s: %.*s%s", STR_ARG(json_get_str(item, "platform")), STR_ARG(json_get_str(item, "login")), STR_ARG(json_get_str(item, "operation")),
	          json_is_true(json_object_get(item, "pending")) ? ctl_say(c, " (cùng thay đổi trước còn chờ)", " (with an earlier change that waits)") : "");
	json_array_foreach(json_object_get(item, "changed"), i, name) {
		const char *attribute = json_string_value(name);
		struct buf line = buf_new(c->arena, LINE_MAX_BYTES);

		buf_printf(&line, "  %s: %.*s → %.*s", attribute, STR_ARG(value_of(c, json_object_get(item, "before"), attribute)),
		           STR_ARG(value_of(c, json_object_get(item, "after"), attribute)));
		ctl_print(c, "%.*s", STR_ARG(buf_str(&line)));
	}
}

static void print_units(struct ctl *c, const json_t *report)
{
	int64_t left_off = json_get_int(report, "units_left_off", 0);
	const json_t *item;
	size_t i;

	json_array_foreach(json_object_get(report, "units"), i, item) {
		const json_t *after = json_object_get(item, "after");

		ctl_print(c, "%.*s %s %.*s: %.*s (%.*s)", STR_ARG(json_get_str(item, "platform")), ctl_say(c, "đơn vị", "unit"), STR_ARG(json_get_str(item, "unit")),
		          STR_ARG(json_get_str(item, "operation")), STR_ARG(json_get_str(after, "name")));
	}
	if (left_off > 0)
		ctl_print(c, ctl_say(c, "… và %" PRId64 " đơn vị nữa", "… and %" PRId64 " more units"), left_off);
}

/* What is not known before the provisioner has looked. */
static void print_later(struct ctl *c, const json_t *later)
{
	static const char *const kinds[][3] = {
		{ "deletion", "xoá tài khoản khi hết thời hạn chờ", "accounts are deleted when their grace ends" },
		{ "finding", "nhận tài khoản có sẵn trên nền tảng", "an account on the platform becomes ours" },
		{ "listing", "đối soát danh sách của nền tảng, rồi sửa chỗ sai khác", "the platform is asked for its list, and what differs is repaired" },
		{ "movement", "các biến động tới hạn", "movements that are due" },
		{ "policy", "khoá tài khoản lâu không dùng", "accounts that nobody uses are disabled" },
	};
	const json_t *name;
	size_t i;

	json_array_foreach(later, i, name)
		for (size_t k = 0; k < ARRAY_LEN(kinds); k++)
			if (str_equal(str_c(kinds[k][0]), str_c(json_string_value(name))))
				ctl_print(c, ctl_say(c, "Sau đó còn, chưa liệt kê được: %s", "And then, not listed here: %s"), ctl_say(c, kinds[k][1], kinds[k][2]));
}

void dry_run_print(struct ctl *c, const json_t *report)
{
	const json_t *item;
	int64_t left_off = json_get_int(report, "left_off", 0);
	struct str later = json_get_str(report, "not_before");
	size_t i;

	if (json_is_true(json_object_get(report, "sends_nothing")))
		ctl_print(c, "%s", ctl_say(c, "Chạy thử: không có gì được gửi tới nền tảng nào.", "Dry run: nothing would be sent."));
	else
		ctl_print(c, "%s", ctl_say(c, "Chạy thử, chưa thực hiện. Sẽ gửi:", "Dry run, nothing was done. Would be sent:"));
	if (json_array_size(json_object_get(report, "platforms")) > 0)
		print_platforms(c, json_object_get(report, "platforms"));
	json_array_foreach(json_object_get(report, "messages"), i, item)
		ctl_print(c, "%.*s %.*s: %" PRId64, STR_ARG(json_get_str(item, "kind")), STR_ARG(json_get_str(item, "destination")), json_get_int(item, "n", 0));
	json_array_foreach(json_object_get(report, "operations"), i, item)
		print_operation(c, item);
	if (left_off > 0)
		ctl_print(c, ctl_say(c, "… và %" PRId64 " thao tác nữa: senctl --dry-run --after %.*s …", "… and %" PRId64 " more operations: senctl --dry-run --after %.*s …"), left_off,
		          STR_ARG(json_get_str(report, "next")));
	print_units(c, report);
	print_later(c, json_object_get(report, "later"));
	if (json_get_int(json_object_get(report, "accounts"), "planned", 0) < json_get_int(json_object_get(report, "accounts"), "woken", 0))
		ctl_print(c, "%s", ctl_say(c, "Nhiều tài khoản hơn số được tính; các số trên là của phần đã tính.", "More accounts than are planned in one answer; the numbers are of those that were."));
	if (!str_is_null(later))
		ctl_print(c, ctl_say(c, "Còn thay đổi tự đến vào %.*s", "More follows by itself on %.*s"), STR_ARG(later));
}
