/* senctl: the command line of operators and administrators. */

#include "common/base/log.h"
#include "common/crypto/keyring.h"
#include "server/senctl/ctl.h"

#include <signal.h>

#define ARENA_BYTES ((size_t)768 << 20)

const struct command commands[] = {
	{ "migrate", "[--dry-run]", "cập nhật lược đồ cơ sở dữ liệu", "bring the database schema up to date", cmd_migrate },
	{ "bootstrap", "admin --employee-code CODE --unit CODE [--second] | client FILE.json | token --uses N --days N [--label TEXT] [--policy FILE.json]"
	               " | import units|platforms|roles|persons FILE.csv [--dry-run]"
	               " | details add FILE.json | details list | details remove TYPE",
	  "hệ thống mới cài, khi chưa ai đăng nhập quản trị được: quản trị viên đầu tiên và thứ hai, client, dữ liệu ban đầu; details: mô tả các loại chi tiết uỷ quyền",
	  "a fresh installation, before anybody can sign in to administer it: the first and second administrator, clients, seeds; details: what stands in types of authorization details", cmd_bootstrap },
	{ "import", "KIND FILE.csv --unit CODE [--complete] [--preview]", "nhập tệp CSV qua các bước của imports, một lần: xem trước rồi áp dụng",
	  "import a CSV file through the stages of imports at once: preview, then apply", cmd_import },
	{ "client", "add FILE.json | list [--platform CODE] | show ID | disable ID | enable ID | remove ID | token add --uses N --days N [--label TEXT] [--policy FILE.json] | token list | token revoke ID"
	            " | issuer add FILE.json | issuer list | issuer remove ISS | secret rotate ID FILE | secret finish ID | secret cancel ID",
	  "đăng ký nền tảng dùng đăng nhập một lần; secret: thay bí mật mà không gián đoạn; token: để client tự đăng ký; issuer: nơi xác nhận phần mềm", "register relying parties; secret: replace one without an interruption; token: for clients that register themselves; issuer: who vouches for software",
	  cmd_client },
	{ "federation", "add FILE.json | list | remove ENTITY", "nền tảng trực thuộc trong liên kết tin cậy OpenID Federation",
	  "platforms that the province vouches for in OpenID Federation", cmd_federation },
	{ "keys", "list | rotate [--alg ALG] [--now] | destroy [--] KID", "xem, thay và huỷ khoá ký", "list, replace and destroy signing keys", cmd_keys },
	{ "doctor", "", "kiểm tra toàn bộ hệ thống", "check the whole installation", cmd_doctor },
	{ "audit", "verify [--checkpoints FILE] | retention [MONTHS] | export [--from TIME] [--to TIME] [--login NAME] [--action NAME] [--format jsonl|syslog] [--target FILE|tcp://HOST:PORT|unix:PATH] | checkpoints",
	  "kiểm tra, thời hạn giữ, xuất nhật ký; các điểm chốt đã ký", "verify, retain and export the audit; its signed checkpoints", cmd_audit },
	{ "outbox", "list [--destination NAME] [--login NAME] [--after NEXT] | retry ID | retry --destination NAME", "tin đang gửi tới các nền tảng; gửi lại",
	  "messages on their way to platforms; send again", cmd_outbox },
	{ "config", "[--sample]", "in cấu hình đang dùng hoặc tệp mẫu", "print the configuration in force, or a sample", cmd_config },
	{ "login", "[--timeout SECONDS] [--fresh]", "đăng nhập bằng trình duyệt", "sign in with a browser", cmd_login },
	{ "logout", "", "quên phiên đăng nhập", "forget the sign-in", cmd_logout },
	{ "grant", "--employee-code CODE | --login NAME  --platform CODE --role CODE --basis TEXT [--unit CODE] [--from DATE] [--to DATE]",
	  "cấp vai trò", "grant a role", cmd_grant },
	{ "revoke", "--login NAME --reason TEXT [--platform CODE [--role CODE] | --grant ID]", "thu hồi vai trò", "revoke roles", cmd_revoke },
	{ "grants", "NAME", "liệt kê vai trò của một tài khoản", "list the roles of an account", cmd_grants },
	{ "request", "--employee-code CODE --platform CODE --role CODE --basis TEXT --reason TEXT [--unit CODE] [--to DATE] | list [--state STATE] [--mine true] [--after NEXT]"
	             " | show ID | withdraw ID [--text TEXT] | comment ID --text TEXT",
	  "đề nghị cấp vai trò; xem, rút, trao đổi về đề nghị", "ask for a role; list, show, withdraw and comment requests", cmd_request },
	{ "approvals", "[--after NEXT]", "đề nghị đang chờ tôi phê duyệt", "requests that wait for me", cmd_approvals },
	{ "approve", "ID [--text TEXT]", "phê duyệt đề nghị", "approve a request", cmd_approve },
	{ "refuse", "ID --text TEXT", "từ chối đề nghị, kèm lý do", "refuse a request, with the reason", cmd_refuse },
	{ "rule", "list | show ID | add FILE.json | edit ID FILE.json | preview ID | release ID | retire ID", "quy tắc cấp theo vị trí việc làm", "birthright rules", cmd_rule },
	{ "position-class", "list | set --title TEXT --class CODE --version N", "nhóm chức danh mà quy tắc nói tới", "classes of titles that rules speak of", cmd_position_class },
	{ "explain", "NAME --platform CODE --role CODE [--on DATE]", "vì sao có hoặc không có vai trò", "why somebody has a role, or has not",
	  cmd_explain },
	{ "review", "list | begin --code CODE --name TEXT --kind grants|accounts --unit CODE --deadline DATE [--platform CODE] [--min-sensitivity WORD] [--no-answer suspend|keep]"
	            " | advance ID | items ID | keep|revoke|change ID ITEM [--note TEXT] [--role CODE]", "rà soát tài khoản, quyền định kỳ",
	  "periodic reviews of accounts and permissions", cmd_review },
	{ "activate", "NAME", "phát mã kích hoạt dùng một lần", "issue a one-time activation code", cmd_activate },
	{ "unlock", "NAME", "mở khoá đăng nhập sau nhiều lần sai", "clear failed sign-ins", cmd_unlock },
	{ "disable", "NAME --reason TEXT", "vô hiệu hoá tài khoản", "disable an account", cmd_disable },
	{ "enable", "NAME --reason TEXT", "cho tài khoản hoạt động lại", "enable an account", cmd_enable },
	{ "delegate", "--login NAME --unit CODE --rights A,B,… [--platform CODE [--roles A,B,…]] [--max-sensitivity WORD] [--to DATE]", "giao phạm vi quản trị",
	  "hand on a part of your scope", cmd_delegate },
	{ "scopes-waiting", "list", "phạm vi chờ người thứ hai giao", "scopes that wait for a second person", cmd_scopes_waiting },
	{ "undelegate", "ID", "rút phạm vi quản trị đã giao, hoặc bỏ phạm vi đang chờ", "take a scope back, or drop one that waits", cmd_undelegate },
	{ "person", "search WORDS [--after ID] | show CODE | history CODE | unmask CODE --reason TEXT | lift-hold CODE --reason TEXT |"
	            " offboarding CODE [--certify] [--certificate N/YEAR] [--jws FILE] [--html FILE] |"
	            " edit CODE --version N [--ho … --dem … --ten … --kind … --birth-date … --sex … --national-id …] |"
	            " join --code CODE --ten … --kind … --unit CODE --title TEXT --on DATE --reason … --decision … --decision-on … --signer … [--dry-run] |"
	            " move CODE --kind transfer|resign|dismiss|retire|suspend|leave|return|death|rehire --reason … [--on DATE] [--until DATE]"
	            " [--platforms A,B] [--unit … --title … --rank …] [--dry-run]",
	  "hồ sơ và biến động của cán bộ, công chức, viên chức", "records and movements of officials", cmd_person },
	{ "post", "list CODE | add CODE --kind concurrent|acting|seconded|delegated … | correct CODE ID --version N --reason … |"
	          " end CODE ID --version N --on DATE --reason …", "vị trí công tác ngoài vị trí chính", "posts beside the main one", cmd_post },
	{ "shared", "list | uses NAME | approve NAME | member NAME --login NAME [--remove] | check-out NAME --purpose TEXT --minutes N | check-in NAME",
	  "tài khoản dùng chung: phê duyệt, thành viên, mượn và trả", "shared accounts: approval, members, check-out", cmd_shared },
	{ "account", "[show] NAME | list [--kind … --status … --platform … --manager … --unit … --unused-since DATE] |"
	             " add --kind administrator|technical|service|shared --employee-code CODE --reason TEXT [--login NAME] |"
	             " hand-over NAME --to CODE --reason TEXT | archive NAME --reason TEXT",
	  "xem, liệt kê và lập tài khoản", "show, list and set up accounts",
	  cmd_account },
	{ "unit", "list [--on DATE] [--under CODE] [--kind KIND] [--state valid|future|ended] [--words TEXT] [--tree] [--after NEXT] | show CODE [--on DATE]"
	          " | add --code CODE --name TEXT --kind KIND --parent CODE --from DATE [--to DATE] [--name-en TEXT] [--ident-new ID] [--ident-old ID]"
	          " | edit CODE [--version N] [--name TEXT] [--name-en TEXT] [--ident-new ID] [--ident-old ID] [--to DATE]",
	  "đơn vị: liệt kê, xem vào một ngày, lập, sửa", "units: list, show as on a day, add, edit", cmd_unit },
	{ "reorganisation", "list [--state STATE] | show ID | add FILE.json | edit ID FILE.json [--version N] | plan ID | findings ID"
	                    " | preview ID [--kind KIND] [--employee-code CODE] [--login NAME] [--after NEXT] | approve ID --plan HASH"
	                    " | withdraw ID --reason TEXT | exceptions ID",
	  "sáp nhập, chia tách, đổi tên, chuyển, giải thể đơn vị", "merge, split, rename, move and abolish units", cmd_reorganisation },
	{ "feed", "list | show CODE | add CODE --login ACCOUNT --unit CODE --name TEXT --basis TEXT --authority LIST [--default-unit CODE]"
	          " [--default-title TEXT] [--default-kind KIND] [--rate N] | edit CODE FILE.json | rotate CODE [--grace-hours N] [--token-days N]"
	          " | held CODE | release CODE | groups CODE | group-role CODE ID --version N --platform CODE --role CODE",
	  "nguồn nhân sự qua SCIM: lập, xem, đổi mã, duyệt phần bị giữ", "HR sources over SCIM: make, look, new token, release what is held", cmd_feed },
	{ "drift", "list CODE [--situation S] [--decision D] | runs CODE | run CODE | release RUN --reason TEXT | reject RUN --reason TEXT | decide CODE ID --version N --decision ignore|adopt|remove [--login LOGIN] --reason TEXT | confirm CODE ID --version N | plan CODE | set CODE FILE",
	  "thực tế trên nền tảng khác với mong muốn: xem, duyệt, quyết định", "what platforms hold otherwise than wanted: look, list anew, decide", cmd_drift },
	{ "operations", "list [--platform CODE] [--login NAME] [--outcome ok|retry|in_doubt|blocked|lease_lost] [--since TIME] [--until TIME] [--after NEXT]",
	  "thao tác đã thực hiện trên các nền tảng", "what was done on platforms", cmd_operations },
	{ "overlap", "list [--state S] [--kind K] [--platform CODE] | show ID | compare CODE | close ID --because TEXT --evidence TEXT",
	  "trùng lặp giữa các nền tảng: xem, so sánh, đóng có lý do", "overlap of platforms: look, compare, close with reasons", cmd_overlap },
	{ "form", "list [CODE] [--state open|out|overdue|settled] | show CODE N | export CODE N --csv|--html | close CODE N | confirm CODE N --lines 1-12,15"
	          " | refuse CODE N --lines 13 --note TEXT | again CODE N --lines 13 | upload CODE LIST.csv [--taken-at TIME] | lists CODE | list-show CODE ID"
	          " | release CODE ID | drop CODE ID | setting CODE [--officer NAME] [--lines N] [--close-min N] [--urgent-min N] [--due-days N] [--urgent-days N]",
	  "phiếu đề nghị cho nền tảng không có giao diện", "request forms of platforms without any interface", cmd_form },
	{ "software", "list [--unit CODE] [--state S] [--platform CODE] | show ID | declare --unit CODE --name TEXT --users N --cost VND [--description TEXT]"
	              " [--vendor TEXT] [--contract-end DATE] [--functions TAG,TAG] | edit ID … | decide ID --decision stop|replace|keep --until DATE --decision-no NO [--replace-by CODE]",
	  "phần mềm riêng của địa phương và quyết định về nó", "local software, and what is decided about it", cmd_software },
	{ "need", "list [--unit CODE] [--state S] | show ID | propose --unit CODE --name TEXT --description TEXT [--functions TAG,TAG] | answer ID --answer use_common|forwarded|declined"
	          " --text TEXT [--platform CODE]", "nhu cầu của địa phương, trả lời bằng giải pháp dùng chung", "needs of units, answered with what exists", cmd_need },
	{ "platform-review", "list | begin --title TEXT --unit CODE --due DATE [--every MONTHS] | period ID --every MONTHS | tasks [--review ID] [--state S] | reminders | show ID CODE | answer ID CODE --features TEXT"
	                     " --functions TEXT --operation TEXT --scope TEXT | conclude ID CODE --conclusion keep|integrate|replace|stop --because TEXT [--target CODE]",
	  "đợt rà soát nền tảng của đơn vị quản lý", "reviews of platforms by their managing units", cmd_platform_review },
	{ "replacement", "list | show ID | draw FILE.json | submit ID | approve ID [--decision NO --decided DATE] | cancel ID | change ID FILE.json |"
	                 " approve-change ID | withdraw-change ID | hand-over ID --on DATE --evidence TEXT | preview ID --step grant|read_only|revoke|waiting |"
	                 " run ID --step grant|read_only|revoke [--limit N]",
	  "thay thế nền tảng và chuyển tài khoản", "replace a platform and carry its accounts over", cmd_replacement },
	{ "notices", "list [--state unread|open] | read ID | acknowledge ID | mail | choose --mail all|required", "việc cần biết: yêu cầu chờ duyệt, rà soát, quyền sắp hết hạn, khẩn cấp",
	  "what one has to know: requests, reviews, what ends, emergencies", cmd_notices },
	{ "deputy", "list | add --principal NAME --deputy NAME --from DATE --to DATE --basis TEXT | end ID", "người được ủy quyền duyệt thay", "deputies: who decides in somebody's place", cmd_deputy },
	{ "emergency", "list [--state S] | ask --employee-code CODE --platform CODE --role CODE [--unit CODE] --reason TEXT --hours N | release ID --version N"
	               " | review ID --version N --conclusion justified|unjustified --note TEXT", "cấp quyền khẩn cấp: xin, mở, hậu kiểm", "emergency grants: ask, release, review", cmd_emergency },
	{ "duty", "list | add --code CODE --name TEXT --role-a CODE --role-b CODE [--platform-a CODE] [--platform-b CODE] | --right-a RIGHT --right-b RIGHT --within unit|platform|everywhere"
	          " --severity block|warn --basis TEXT | retire ID --version N | violations | exceptions | except ID --employee-code CODE --reason TEXT --to DATE"
	          " | approve-exception ID", "quy tắc bất kiêm nhiệm, vi phạm và ngoại lệ", "separation of duties, violations and exceptions", cmd_duty },
	{ "policy", "list | set --version N FILE.json", "chính sách cấp quyền theo vai trò, nền tảng, độ nhạy", "how roles are granted, by role, platform or sensitivity", cmd_policy },
	{ "platform-list", "list | show ID | draw FILE.json | edit ID FILE.json | sign ID --decision-no NO --signed DATE --signer TEXT [--effective DATE] [--file-url URL --file-sha256 HEX]"
	                   " | diff ID [--against ID]", "danh mục nền tảng đã ban hành theo phiên bản", "promulgated lists of platforms, by version", cmd_platform_list },
	{ "document", "list [--kind KIND] [--state STATE] | add --unit CODE --code CODE --kind architecture|strategy|security --number NO --title TEXT --issued DATE"
	              " [--url URL] [--replaces VERSION [--replaces-code CODE]]", "văn bản căn cứ thẩm định theo phiên bản", "reference documents, by version", cmd_document },
	{ "guidance", "list PLATFORM [--all true] | publish PLATFORM --code CODE --kind document|video|contact --title TEXT [--role CODE] [--url URL] [--text TEXT]"
	              " | report PLATFORM ID [--missing true] | acknowledge PLATFORM ID --unit CODE", "hướng dẫn theo vai trò và xác nhận của đơn vị",
	  "guidance per role, and who has acknowledged it", cmd_guidance },
	{ "rollout", "platforms | units | unit CODE | plan PLATFORM --unit-kind department|commune|ward|division [--planned DATE]",
	  "ma trận triển khai: mọi nền tảng, mọi đơn vị, tỷ lệ hoàn thành", "the roll-out matrix: all platforms, all units, completeness", cmd_rollout },
	{ "had", "list --on DATE [--login NAME] [--platform CODE] [--role CODE] [--unit CODE] [--origin ORIGIN]", "ai có quyền gì vào một ngày", "who had what on a day", cmd_had },
	{ "what-if", "post --employee-code CODE [--end-post ID] [--ends DATE] [--unit CODE --title TEXT --kind KIND --from DATE --to DATE] | unit --unit CODE [--kind KIND]"
	             " [--parent CODE] | rule FILE.json", "điều gì sẽ thay đổi nếu sửa vị trí, đơn vị hoặc quy tắc", "what would change if a post, a unit or a rule were edited", cmd_what_if },
	{ "mapping", "list CODE | show CODE N | draw CODE FILE.json | edit CODE N FILE.json | test CODE N | count CODE N | activate CODE N | diff CODE N [M]"
	             " | disputes CODE [--after NEXT] | adopt CODE LOGIN EXT_ID",
	  "nền tảng nhận thuộc tính nào của tài khoản: soạn, thử, đếm thay đổi, áp dụng", "what a platform holds of accounts: draw, test, count, activate",
	  cmd_mapping },
	{ "provision", "NAME [--platform CODE] [--trace]", "đưa một tài khoản tới các nền tảng ngay, kèm từng bước", "bring one account to its platforms now, step by step",
	  cmd_provision },
	{ "imports", "stage KIND FILE.csv --unit CODE [--complete] | list | show ID | rows ID | apply ID | release ID | cancel ID",
	  "nhập tệp theo từng bước: tải lên, xem trước, duyệt, áp dụng", "import a file in stages: upload, preview, release, apply", cmd_imports },
	{ "api", "GET|POST|PUT|PATCH|DELETE PATH [JSON|@FILE] [--if-match VERSION] [--key KEY]", "gọi API quản trị bất kỳ", "any call of the administration API", cmd_call },
	{ "completion", "[bash]", "in kịch bản gợi ý lệnh cho bash", "print the completion script of bash", cmd_completion },
	{ "man", "", "in trang hướng dẫn (roff)", "print the manual page (roff)", cmd_man },
	{ "platforms", "", "danh mục nền tảng và vai trò", "the catalogue of platforms and roles", cmd_platforms },
	{ "platform", "list [--kind KIND] [--state STATE] [--unit CODE] [--search WORDS] [--overdue] | show CODE | add FILE.json | edit CODE FILE.json"
	              " | history CODE | move CODE STATE [--decision NO --decided DATE] [--reason TEXT] [--completed DATE] [--replacement CODE]"
	              " | gates CODE | gate submit CODE --kind KIND [--document CODE] [--item TEXT] [--approval NO --approved DATE --checked DATE]"
	              " [--until DATE] [--evidence TEXT] | gate decide CODE ID --passed|--refused --note TEXT"
	              " | rollout CODE [UNIT --state STATE [--planned DATE] [--started DATE] [--done DATE] [--note TEXT]] | replay CODE --from N"
	              " | plan show CODE | plan set CODE FILE.json | role show CODE ROLE | role add CODE --code ROLE --name TEXT --sensitivity low|normal|high|privileged"
	              " [--level TEXT] | role edit CODE ROLE … | role retire CODE ROLE --reason TEXT [--end-grants true]",
	  "danh mục nền tảng: mục, vòng đời, thẩm định, triển khai", "the catalogue of platforms: entries, life cycle, gates, roll-out",
	  cmd_platform },
	{ "provisioning", "health | status CODE | limits CODE | limit CODE FILE.json | show CODE | set CODE [--operations create,update,disable,delete] [--max-n N] [--max-percent N] [--unit-min N] [--unit-percent N]"
	                  " [--role-min N] [--role-percent N] [--grace-days N] [--gone-days N] [--on-removal ask|leave|disable|delete]"
	                  " | holds [--platform CODE] [--state open|released|discarded] | hold ID | accounts ID | units ID | release ID --reason TEXT | discard ID --reason TEXT",
	  "cấp phát tài khoản: quy định của từng nền tảng, thay đổi hàng loạt đang bị giữ", "provisioning: a platform's rules, and mass changes that are held",
	  cmd_provisioning },
};

const size_t n_commands = ARRAY_LEN(commands);

static void help(const struct ctl *c)
{
	ctl_print(c, "%s: senctl [--config FILE] [--token-file FILE] [--json] [--dry-run [--after NEXT]] [--lang vi|en] %s …\n", ctl_say(c, "cách dùng", "usage"),
	          ctl_say(c, "LỆNH", "COMMAND"));
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		ctl_print(c, "  senctl %s %s\n      %s", commands[i].name, commands[i].usage, ctl_say(c, commands[i].vi, commands[i].en));
	ctl_print(c, "\n%s", ctl_say(c, "Mã kết thúc: 0 xong, 1 không làm được, 2 sai cách dùng hoặc cấu hình.",
	                             "Exit codes: 0 done, 1 failed or refused, 2 wrong usage or configuration."));
}

/* Vietnamese, unless the environment asks for English by name. */
static bool wants_english(void)
{
	const char *names[] = { "LC_ALL", "LC_MESSAGES", "LANG" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const char *value = getenv(names[i]);

		if (value && *value)
			return str_starts(str_c(value), STR("en"));
	}
	return false;
}

/* Options before the command; *ret_at is where the command stands. */
static int global_options(struct ctl *c, int argc, char **argv, int *ret_at)
{
	int i = 1;

	for (; i < argc && argv[i][0] == '-'; i++) {
		struct str option = str_c(argv[i]);

		if (str_equal(option, STR("--json"))) {
			c->json = true;
		} else if (str_equal(option, STR("--dry-run"))) {
			c->dry_run = true;
		} else if (str_equal(option, STR("--help")) || str_equal(option, STR("-h"))) {
			*ret_at = -1;
			return EXIT_OK;
		} else if (i + 1 == argc) {
			break;
		} else if (str_equal(option, STR("--after"))) {
			c->dry_after = argv[++i];
		} else if (str_equal(option, STR("--config"))) {
			c->config_path = argv[++i];
		} else if (str_equal(option, STR("--token-file"))) {
			c->token_path = argv[++i];
		} else if (str_equal(option, STR("--lang"))) {
			c->english = str_equal(str_c(argv[++i]), STR("en"));
		} else {
			break;
		}
	}
	*ret_at = i;
	if (i == argc || argv[i][0] == '-')
		return ctl_usage_error(c, "%s", ctl_say(c, "xem senctl --help", "see senctl --help"));
	return EXIT_OK;
}

static int dispatch(struct ctl *c, int argc, char **argv)
{
	int at = 0, r = global_options(c, argc, argv, &at);

	if (r != EXIT_OK)
		return r;
	if (at < 0) {
		help(c);
		return EXIT_OK;
	}
	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		if (!str_equal(str_c(commands[i].name), str_c(argv[at])))
			continue;
		c->command = &commands[i];
		c->argc = argc - at;
		c->argv = argv + at;
		return commands[i].run(c);
	}
	return ctl_usage_error(c, "%s: %s", ctl_say(c, "không có lệnh này; xem senctl --help", "no such command; see senctl --help"), argv[at]);
}

int main(int argc, char **argv)
{
	_cleanup_(arena_freep) struct arena *a = arena_new(ARENA_BYTES);
	struct ctl c = { .arena = a, .english = wants_english() };
	int r;

	log_init("senctl", LOG_LEVEL_WARN);
	signal(SIGPIPE, SIG_IGN);
	op_init(&c.op, a, NULL, NULL);
	r = dispatch(&c, argc, argv);
	if (c.db)
		db_op_done(&c.op);
	db_close(c.db);
	if (c.http)
		http_client_free(c.http);
	keyring_free(c.keys);
	pkcs11_close(c.token);
	return r == EXIT_TRIED ? EXIT_OK : r;
}
