/* cmd_audit_export.c: senctl audit export and checkpoints: through the API, page by page, as far as one's scope reaches. */

#include "common/base/url.h"
#include "common/model/audit_syslog.h"
#include "server/senctl/api_call.h"
#include "server/senctl/line_out.h"

#include <time.h>

#define PAGE_ARENA ((size_t)16 << 20)
#define PAGE_LIMIT STR("200")
#define LINE_MAX_BYTES ((size_t)4 << 20)

struct export {
	struct str from, to, login, action, format, target;
	struct str host;
	struct line_out out;
	size_t n;
};

static struct str syslog_line(struct ctl *c, const struct export *e, const json_t *record)
{
	struct buf b = buf_new(c->arena, LINE_MAX_BYTES);
	const struct audit_line line = {
		.at = json_get_str(record, "at"),
		.chain = json_get_int(record, "chain", 0),
		.seq = json_get_int(record, "seq", 0),
		.actor = json_get_str(record, "actor"),
		.action = json_get_str(record, "action"),
		.account_id = json_get_str(record, "account_id"),
		.object = json_get_str(record, "object"),
		.request_id = json_get_str(record, "request_id"),
		.data = json_write(c->arena, json_object_get(record, "data"), true),
		.hash = json_get_str(record, "hash"),
	};

	audit_syslog_write(&b, e->host, &line);
	return buf_str(&b);
}

static int write_page(struct ctl *c, struct export *e, const json_t *records)
{
	bool as_syslog = str_equal(e->format, STR("syslog"));
	const json_t *record;
	size_t i;
	int r = EXIT_OK;

	json_array_foreach(records, i, record) {
		if (r == EXIT_OK)
			r = line_out_write(c, &e->out, as_syslog ? syslog_line(c, e, record) : json_write(c->arena, record, false));
		e->n++;
	}
	return r;
}

static struct str page_path(struct ctl *c, const struct export *e, struct str after)
{
	struct buf path = buf_new(c->arena, 4096);
	const struct {
		struct str name, value;
	} params[] = {
		{ STR("from"), e->from }, { STR("to"), e->to }, { STR("login"), e->login }, { STR("action"), e->action },
		{ STR("after"), after }, { STR("limit"), PAGE_LIMIT },
	};
	bool first = true;

	buf_add_c(&path, "/audit?");
	for (size_t i = 0; i < ARRAY_LEN(params); i++)
		if (!str_is_null(params[i].value))
			form_append(&path, &first, params[i].name, params[i].value);
	return buf_str(&path);
}

/* Each page in memory of its own; only where the next begins outlives it. */
static int each_page(struct ctl *c, struct export *e)
{
	_cleanup_(arena_freep) struct arena *page = arena_new(PAGE_ARENA);
	struct arena *kept = c->arena;
	char after[1024] = "";
	int r = EXIT_OK;

	c->arena = c->op.arena = page;
	do {
		_json_ json_t *answer = NULL;
		struct str next, path;

		arena_reset(page);
		path = page_path(c, e, after[0] ? str_c(after) : STR_NULL);
		r = api_get(c, path, &answer);
		if (r == EXIT_OK)
			r = write_page(c, e, json_object_get(answer, "records"));
		next = json_get_str(answer, "next");
		if (next.len >= sizeof(after))
			r = ctl_fail(c, "%s", ctl_say(c, "máy chủ trả lời không đúng", "the server's answer is not right"));
		else
			(void)snprintf(after, sizeof(after), "%.*s", STR_ARG(next));
	} while (r == EXIT_OK && after[0]);
	c->arena = c->op.arena = kept;
	return r;
}

/* What comes in while the export runs is for the next one: else it would follow its own traces. */
static struct str now_stamp(struct ctl *c)
{
	time_t now = c->op.now_s;
	struct tm tm;

	gmtime_r(&now, &tm);
	return arena_printf(c->arena, "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
	                    tm.tm_sec);
}

static struct str host_of(struct str issuer)
{
	struct url u;

	return url_parse(issuer, &u) ? u.host : STR("-");
}

int cmd_audit_export(struct ctl *c)
{
	struct export e = { .from = STR_NULL, .format = STR("jsonl"), .target = STR("-") };
	const struct ctl_option options[] = {
		{ "from", &e.from, NULL, false }, { "to", &e.to, NULL, false }, { "login", &e.login, NULL, false },
		{ "action", &e.action, NULL, false }, { "format", &e.format, NULL, false }, { "target", &e.target, NULL, false },
	};
	int r = ctl_options(c, options, ARRAY_LEN(options), 1, 1), closed;

	if (r == EXIT_OK && !str_equal(e.format, STR("jsonl")) && !str_equal(e.format, STR("syslog")))
		r = ctl_usage_error(c, "--format jsonl|syslog");
	if (r == EXIT_OK)
		r = ctl_configure(c);
	if (r != EXIT_OK)
		return r;
	if (str_is_null(e.to))
		e.to = now_stamp(c);
	e.host = host_of(c->config.issuer);
	r = line_out_open(c, arena_cstr(c->arena, e.target), &e.out);
	if (r != EXIT_OK)
		return r;
	r = each_page(c, &e);
	closed = line_out_close(c, &e.out);
	if (r == EXIT_OK)
		r = closed;
	if (r == EXIT_OK && e.out.fd != 1)
		fprintf(stderr, ctl_say(c, "%zu bản ghi\n", "%zu records\n"), e.n);
	return r;
}

/* One per line: what "senctl audit verify --checkpoint FILE" takes. */
int cmd_audit_checkpoints(struct ctl *c)
{
	struct str after = STR_NULL;
	int r = ctl_options(c, NULL, 0, 1, 1);

	if (r == EXIT_OK)
		r = ctl_configure(c);
	while (r == EXIT_OK) {
		struct str path = str_is_null(after) ? STR("/audit/checkpoints?limit=200") : api_path(c, "/audit/checkpoints?limit=200&after=", after, "");
		_json_ json_t *answer = NULL;
		const json_t *item;
		size_t i;

		r = api_get(c, path, &answer);
		if (r != EXIT_OK)
			break;
		json_array_foreach(json_object_get(answer, "checkpoints"), i, item) {
			if (c->json)
				ctl_print_json(c, item);
			else
				ctl_print(c, "%.*s", STR_ARG(json_get_str(item, "jws")));
		}
		after = arena_dup(c->arena, json_get_str(answer, "next"));
		if (str_is_null(after))
			break;
	}
	return r;
}
