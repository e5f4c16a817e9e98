/* senctl doctor: each line "ok", "warn" or "FAIL" with what to do. */

#include "common/db/migrate.h"
#include "common/model/audit.h"
#include "common/net/ldap_client.h"
#include "server/oidc/client_metadata.h"
#include "server/senctl/ctl.h"
#include "server/senctl/doctor_store.h"
#include "server/senctl/token.h"

#include <inttypes.h>
#include <sys/stat.h>

#define JSON_DEPTH 6
#define AHEAD_DAYS_MIN 3
#define UNITS_AGE_MAX_S 7200
#define WAITING_MAX_S 60

enum verdict { OK, WARN, FAIL };

struct doctor {
	struct ctl *c;
	json_t *lines;
	size_t n_fail;
};

static void report_v(struct doctor *d, enum verdict verdict, const char *what, const char *format, va_list ap)
{
	static const char *const words[] = { "ok", "warn", "FAIL" };
	struct str text = arena_vprintf(d->c->arena, format, ap);
	json_t *line;

	d->n_fail += verdict == FAIL;
	if (!d->c->json) {
		ctl_print(d->c, "%-4s  %-12s %.*s", words[verdict], what, STR_ARG(text));
		return;
	}
	line = json_new_object();
	json_set_str(line, "verdict", str_c(words[verdict]));
	json_set_str(line, "what", str_c(what));
	json_set_str(line, "text", text);
	json_array_append_new(d->lines, line);
}

_printf_(4, 5) static void report(struct doctor *d, enum verdict verdict, const char *what, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	report_v(d, verdict, what, format, ap);
	va_end(ap);
}

/* What the op failed with, then forgotten: the next check goes on. */
static void report_op(struct doctor *d, const char *what, const char *advice)
{
	struct op *op = &d->c->op;

	report(d, FAIL, what, "%s %.*s — %s", op->error.text, STR_ARG(op->error.detail), advice);
	op_forgive(op);
}

static void check_files(struct doctor *d)
{
	struct ctl *c = d->c;
	struct stat st;

	/* Secret files that others may read were refused when the configuration was read. */
	if (stat(c->config_path, &st) == 0 && (st.st_mode & 022) != 0)
		report(d, FAIL, "config", ctl_say(c, "%s: người khác sửa được; chmod go-w", "%s: others may write it; chmod go-w"), c->config_path);
	else
		report(d, OK, "config", "%s", c->config_path);
	if (stat(token_path(c), &st) == 0 && (st.st_mode & 077) != 0)
		report(d, FAIL, "token", ctl_say(c, "%s: người khác đọc được; chmod 600", "%s: others may read it; chmod 600"), token_path(c));
}

/* Statements are prepared on opening, so the schema comes first.  false: the rest needs the database. */
static bool check_database(struct doctor *d)
{
	struct ctl *c = d->c;
	struct migrate_report m;

	if (str_is_empty(c->config.db_conninfo) || str_is_empty(c->config.schema_folder)) {
		report(d, WARN, "database", "%s", ctl_say(c, "không cấu hình [database] và [schema]; bỏ qua", "[database] and [schema] are not configured; skipped"));
		return false;
	}
	if (migrate_run(&c->op, c->config.db_conninfo, c->config.db_password, arena_cstr(c->arena, c->config.schema_folder), true, &m) < 0) {
		report_op(d, "database", ctl_say(c, "kiểm tra PostgreSQL và [database] conninfo", "check PostgreSQL and [database] conninfo"));
		return false;
	}
	if (m.n_applied > 0) {
		report(d, FAIL, "schema", ctl_say(c, "còn %zu bước chưa áp dụng; chạy senctl migrate", "%zu migrations are missing; run senctl migrate"),
		       m.n_applied);
		return false;
	}
	report(d, OK, "schema", "%.*s", STR_ARG(m.last));
	if (ctl_need_db(c) != EXIT_OK) {
		report(d, FAIL, "database", "%s", ctl_say(c, "không mở được; xem thông báo ở trên", "cannot be opened; see the message above"));
		return false;
	}
	return true;
}

static void check_partitions(struct doctor *d)
{
	struct ctl *c = d->c;
	const struct partition_state *states;
	size_t n, n_short = 0;

	if (doctor_partitions(&c->op, &states, &n) < 0) {
		report_op(d, "partitions", "");
		return;
	}
	for (size_t i = 0; i < n; i++) {
		if (states[i].days_ahead >= AHEAD_DAYS_MIN)
			continue;
		n_short++;
		report(d, states[i].days_ahead > 0 ? WARN : FAIL, "partitions",
		       ctl_say(c, "%.*s chỉ còn %" PRId64 " ngày; sen-server hoặc sen-provisioner phải chạy để tạo thêm",
		               "%.*s reaches only %" PRId64 " days ahead; sen-server or sen-provisioner must run to make more"),
		       STR_ARG(states[i].parent), states[i].days_ahead);
	}
	if (n_short == 0)
		report(d, OK, "partitions", "%zu", n);
}

static void check_audit(struct doctor *d)
{
	struct ctl *c = d->c;
	const struct audit_verdict *verdicts;
	size_t n, n_records = 0, n_broken = 0;

	if (audit_verify(&c->op, &verdicts, &n) < 0) {
		report_op(d, "audit", ctl_say(c, "cần vai trò sen_owner", "needs role sen_owner"));
		return;
	}
	for (size_t i = 0; i < n; i++) {
		n_records += verdicts[i].n_records;
		if (!verdicts[i].fault)
			continue;
		n_broken++;
		report(d, FAIL, "audit", ctl_say(c, "chuỗi %" PRId64 " hỏng tại bản ghi %" PRId64 ": %s; giữ nguyên hiện trạng và báo sự cố",
		                                 "chain %" PRId64 " is broken at record %" PRId64 ": %s; keep everything and report an incident"),
		       verdicts[i].chain, verdicts[i].fault_seq, verdicts[i].fault);
	}
	if (n_broken == 0)
		report(d, OK, "audit", ctl_say(c, "%zu chuỗi, %zu bản ghi", "%zu chains, %zu records"), n, n_records);
}

static void check_provisioner(struct doctor *d)
{
	struct ctl *c = d->c;
	struct backlog b;
	bool waits;

	if (doctor_backlog(&c->op, &b) < 0) {
		report_op(d, "provisioner", "");
		return;
	}
	waits = b.oldest_dirty_s > WAITING_MAX_S || b.oldest_due_s > WAITING_MAX_S;
	report(d, waits ? FAIL : OK, "provisioner",
	       waits ? ctl_say(c, "%" PRId64 " tài khoản và %" PRId64 " liên kết đang chờ quá lâu; sen-provisioner có chạy không?",
	                       "%" PRId64 " accounts and %" PRId64 " bindings have been waiting too long; does sen-provisioner run?") :
	               ctl_say(c, "%" PRId64 " tài khoản và %" PRId64 " liên kết đang chờ", "%" PRId64 " accounts and %" PRId64 " bindings are waiting"),
	       b.dirty, b.due);
	if (b.blocked > 0 || b.in_doubt > 0 || b.retrying > 0)
		report(d, WARN, "bindings",
		       ctl_say(c, "%" PRId64 " bị chặn, %" PRId64 " chưa rõ, %" PRId64 " đang thử lại; xem senctl account show",
		               "%" PRId64 " blocked, %" PRId64 " in doubt, %" PRId64 " retrying; see senctl account show"),
		       b.blocked, b.in_doubt, b.retrying);
	if (b.holds > 0)
		report(d, WARN, "guard",
		       ctl_say(c, "%" PRId64 " thay đổi hàng loạt đang bị giữ; xem senctl provisioning holds",
		               "%" PRId64 " mass changes are held; see senctl provisioning holds"), b.holds);
}

static void check_units(struct doctor *d)
{
	struct ctl *c = d->c;
	struct units_health h;

	if (doctor_units(&c->op, &h) < 0)
		report_op(d, "units", "");
	else if (h.tries > 0)
		report(d, WARN, "units", ctl_say(c, "không cập nhật được vào thư mục: %.*s %.*s", "are not kept in the directory: %.*s %.*s"), STR_ARG(h.fault),
		       STR_ARG(h.detail));
	else if (h.are_kept && (h.age_s < 0 || h.age_s > UNITS_AGE_MAX_S))
		report(d, WARN, "units", "%s", ctl_say(c, "chưa được đối chiếu với thư mục trong hai giờ qua; sen-provisioner có chạy không?",
		                                       "have not been compared with the directory for two hours; does sen-provisioner run?"));
	else if (h.are_kept)
		report(d, h.strangers > 0 ? WARN : OK, "units",
		       ctl_say(c, "%" PRId64 " mục đơn vị trong thư mục, %" PRId64 " mục lạ", "%" PRId64 " entries in the directory, %" PRId64 " strangers"), h.entries,
		       h.strangers);
}

static void check_keys(struct doctor *d)
{
	int64_t n;

	if (doctor_signing_keys(&d->c->op, &n) < 0)
		report_op(d, "keys", "");
	else
		report(d, n > 0 ? OK : WARN, "keys", ctl_say(d->c, "%" PRId64 " khoá ký đang dùng", "%" PRId64 " active signing keys"), n);
}

/* A registration that does not pass the present rules is no client to the server: it is said here. */
static void check_clients(struct doctor *d)
{
	struct ctl *c = d->c;
	const struct client_row *lines;
	size_t n, n_bad = 0;

	if (doctor_clients(&c->op, &lines, &n) < 0) {
		report_op(d, "clients", "");
		return;
	}
	for (size_t i = 0; i < n; i++) {
		_json_ json_t *metadata = json_read(lines[i].metadata, CLIENT_METADATA_DEPTH, NULL);
		struct client client = { 0 };

		if (!lines[i].enabled || (metadata && client_metadata_read(&c->op, metadata, &client) == 0))
			continue;
		n_bad++;
		report(d, FAIL, "clients", ctl_say(c, "%.*s không hợp lệ theo quy tắc hiện hành nên không dùng được: %s",
		                                   "%.*s does not pass the present rules and cannot be used: %s"),
		       STR_ARG(lines[i].id), c->op.error.text ? c->op.error.text : "");
		op_forgive(&c->op);
	}
	if (n_bad == 0)
		report(d, OK, "clients", ctl_say(c, "%zu client", "%zu clients"), n);
}

static void check_directory(struct doctor *d)
{
	struct ctl *c = d->c;
	const struct ldap_config config = {
		.uri = c->config.ldap_uri,
		.ca_file = STR(""),
		.bind_dn = c->config.ldap_bind_dn,
		.password = c->config.ldap_password,
		.timeout_ms = 3000,
		.pool_size = 1,
	};
	struct ldap_pool *pool;

	if (str_is_empty(config.uri)) {
		report(d, WARN, "directory", "%s", ctl_say(c, "không cấu hình [directory]; bỏ qua", "[directory] is not configured; skipped"));
		return;
	}
	if (ldap_pool_new(&c->op, &config, &pool) < 0) {
		report_op(d, "directory", ctl_say(c, "kiểm tra [directory]", "check [directory]"));
		return;
	}
	if (ldap_pool_is_ready(pool, 3000))
		report(d, OK, "directory", "%.*s", STR_ARG(config.uri));
	else
		report(d, FAIL, "directory", ctl_say(c, "%.*s không trả lời; slapd có chạy không?", "%.*s does not answer; does slapd run?"),
		       STR_ARG(config.uri));
	ldap_pool_free(pool);
}

static void check_issuer(struct doctor *d)
{
	struct ctl *c = d->c;
	struct token_endpoints endpoints;

	if (ctl_need_http(c) == EXIT_OK && token_discover(c, &endpoints) == EXIT_OK)
		report(d, OK, "issuer", "%.*s", STR_ARG(c->config.issuer));
	else
		report(d, FAIL, "issuer", ctl_say(c, "%.*s không trả lời đúng; sen-server và proxy có chạy không?",
		                                  "%.*s does not answer as it should; do sen-server and the proxy run?"),
		       STR_ARG(c->config.issuer));
	op_forgive(&c->op);
}

int cmd_doctor(struct ctl *c)
{
	_json_ json_t *lines = json_new_array();
	struct doctor d = { .c = c, .lines = lines };
	int r = ctl_options(c, NULL, 0, 0, 0);

	if (r == EXIT_OK)
		r = ctl_configure(c);
	if (r != EXIT_OK)
		return r;
	check_files(&d);
	if (check_database(&d)) {
		check_partitions(&d);
		check_keys(&d);
		check_clients(&d);
		check_audit(&d);
		check_provisioner(&d);
		check_units(&d);
	}
	check_directory(&d);
	check_issuer(&d);
	if (c->json)
		ctl_print_json(c, lines);
	return d.n_fail > 0 ? EXIT_FAILED : EXIT_OK;
}
