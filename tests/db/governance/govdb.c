#include "tests/db/governance/govdb.h"

#include "server/governance/bootstrap.h"
#include "server/governance/principal_store.h"
#include "tests/db/migrated.h"

struct db *gov_owner;
struct db *gov_server;
struct keyring *gov_keys;

static const char units_csv[] =
	"code,name,name_en,kind,parent_code,valid_from,valid_to,verified\n"
	/* Children before their parent. */
	"16681.VP,Văn phòng,,division,16681,2025-07-01,,true\n"
	"16681,Phường Thành Vinh,Thanh Vinh Ward,ward,40,2025-07-01,,true\n"
	"16690,Phường Trường Vinh,,ward,40,2025-07-01,,true\n"
	"40,Tỉnh Nghệ An,Nghe An Province,province,,2025-07-01,,true\n";
static const char platforms_csv[] =
	"code,name,name_en,kind,state,managing_unit,expected_on,verified,note\n"
	"P02,Hệ thống thủ tục hành chính,,provincial,operating,40,,đã xác minh,\n"
	"P03,Hệ thống thư điện tử,,provincial,deploying,,,đã xác minh,\n"
	"D01,Nền tảng khoa học và công nghệ,,proposed,proposed,,2025-12,chưa xác minh,\n";
static const char roles_csv[] =
	"platform_code,code,name,level,sensitivity,verified\n"
	"P02,MC,Cán bộ Một cửa,xã,normal,chưa xác minh\n"
	"P02,TK,Theo dõi,,low,chưa xác minh\n"
	"P03,ND,Người dùng,,low,chưa xác minh\n"
	"D01,NHAP,Nhập liệu,,low,chưa xác minh\n";
static const char persons_csv[] =
	"employee_code,full_name,kind,birth_date,unit_code,title,post_kind,valid_from,valid_to,decision_no,national_id\n"
	"AD,Nguyễn Văn An,cong_chuc,1980-01-02,40,Chánh Văn phòng,main,2025-07-01,,1/QĐ,040080000001\n"
	"WA,Lê Thị Bình,cong_chuc,,16681,Chuyên viên,main,2025-07-01,,2/QĐ,\n"
	"VP,Đặng Thị Phượng,cong_chuc,,16681.VP,Văn thư,main,2025-07-01,,3/QĐ,\n"
	"OTHER,Trần Thị Thuỷ,vien_chuc,,16690,Chuyên viên,main,2025-07-01,,4/QĐ,\n";

void gov_begin(struct op *op, struct db *db)
{
	op_init(op, arena_new(GOV_ARENA), db, gov_keys);
}

void gov_end(struct op *op)
{
	db_op_done(op);
	arena_free(op->arena);
}

void gov_import(const char *kind, const char *csv, struct import_report *ret_report)
{
	const struct import_request request = { .kind = kind, .csv = str_c(csv), .actor = STR("operator:test") };
	struct import_report report;
	struct op op;

	gov_begin(&op, gov_owner);
	if (import_run(&op, &request, &report) < 0)
		fail_msg("import %s: %s %.*s (line %u, fault %d)", kind, op.error.text, STR_ARG(op.error.detail), report.errors[0].line,
		         (int)report.errors[0].fault);
	gov_end(&op);
	if (ret_report)
		*ret_report = report;
}

struct str gov_login(struct op *op, const char *employee_code)
{
	struct person person;
	struct account account;
	bool created;

	assert_int_equal(person_find(op, str_c(employee_code), &person), 0);
	assert_int_equal(account_ensure(op, &person, &account, &created), 0);
	return account.login;
}

struct principal gov_principal(struct op *op, const char *login)
{
	struct principal p = { .login = arena_dup_c(op->arena, login) };
	struct account account;

	assert_int_equal(account_find(op, p.login, &account), 0);
	p.account_id = account.id;
	p.person_id = account.person_id;
	assert_int_equal(principal_load_scopes(op, p.account_id, &p.scopes, &p.n_scopes), 0);
	return p;
}

static struct db *open_as_server(void)
{
	_cleanup_(arena_freep) struct arena *a = arena_new(UNIT_ARENA_BYTES);
	const struct db_config config = {
		.conninfo = arena_printf(a, "%s options='-c role=sen_server'", dbtest_conninfo()),
		.program = DBTEST_PROGRAM,
		.pool_size = 50, /* one for each of a race: nobody waits for a place, however slow the machine */
		.statement_timeout_ms = 20000,
		.audit_chain = 10,
	};
	struct str message = STR("");
	struct db *db = NULL;

	if (db_open(&config, &db, &message, a) < 0)
		fail_msg("db_open: %.*s", STR_ARG(message));
	return db;
}

static void bootstrap(void)
{
	const struct bootstrap_request request = { .employee_code = STR("AD"), .unit = STR("40"), .operator = STR("operator:test") };
	struct bootstrap_result result;
	struct op op;

	gov_begin(&op, gov_owner);
	if (bootstrap_admin(&op, &request, &result) < 0)
		fail_msg("bootstrap: %s %.*s", op.error.text, STR_ARG(op.error.detail));
	assert_str_equal(result.account.login, "annv");
	gov_end(&op);
	side("UPDATE sen.account SET status = 'active', activated_at = now()");
}

int gov_create(const char *name)
{
	struct op op;

	migrated_create(name);
	gov_begin(&op, NULL);
	assert_int_equal(keyring_new(&op, STR("0123456789abcdef0123456789abcdef"), &gov_keys), 0);
	gov_end(&op);
	gov_owner = dbtest_open((struct db_config){ .pool_size = 4, .statement_timeout_ms = 60000 });
	gov_import("units", units_csv, NULL);
	gov_import("platforms", platforms_csv, NULL);
	gov_import("roles", roles_csv, NULL);
	gov_import("persons", persons_csv, NULL);
	bootstrap();
	gov_server = open_as_server();
	return 0;
}

int gov_drop(_unused_ void **state)
{
	db_close(gov_owner);
	db_close(gov_server);
	gov_keys = keyring_free(gov_keys);
	return dbtest_drop();
}
