#include "provisioning/sql/script.h"

#define ROLE_MAX_BYTES 64

const struct str sql_param_names[SQL_P_COUNT_] = {
	[SQL_P_ACCOUNT_ID] = STR("account_id"), [SQL_P_EXT_ID] = STR("ext_id"),       [SQL_P_LOGIN] = STR("login"),
	[SQL_P_EMPLOYEE_CODE] = STR("employee_code"), [SQL_P_HO] = STR("ho"),         [SQL_P_DEM] = STR("dem"),
	[SQL_P_TEN] = STR("ten"),               [SQL_P_FULL_NAME] = STR("full_name"), [SQL_P_MAIL] = STR("mail"),
	[SQL_P_UNIT_CODE] = STR("unit_code"),   [SQL_P_UNIT_NAME] = STR("unit_name"), [SQL_P_POST] = STR("post"),
	[SQL_P_ACTIVE] = STR("active"),         [SQL_P_VALUE] = STR("value"),         [SQL_P_ROLE] = STR("role"),
	[SQL_P_ROLE_NAME] = STR("role_name"),   [SQL_P_AFTER] = STR("after"),
};

static const struct {
	struct str name;
	bool has_role;  /* may name a role, and has the parameters of one */
	bool is_single; /* once in a script */
} verbs[SQL_VERB_COUNT_] = {
	[SQL_FIND] = { STR("find"), false, true },         [SQL_FIND_LOGIN] = { STR("find_login"), false, true },
	[SQL_FIND_EXT] = { STR("find_ext"), false, true },
	[SQL_CREATE] = { STR("create"), false, false },    [SQL_UPDATE] = { STR("update"), false, false },
	[SQL_DISABLE] = { STR("disable"), false, false },  [SQL_DELETE] = { STR("delete"), false, false },
	[SQL_ROLES] = { STR("roles"), false, true },       [SQL_ROLE_ADD] = { STR("role_add"), true, false },
	[SQL_ROLE_REMOVE] = { STR("role_remove"), true, false },
	[SQL_LIST] = { STR("list"), false, true },         [SQL_LIST_COUNT] = { STR("list_count"), false, true },
	[SQL_MATCH] = { STR("match"), false, false },      [SQL_ADOPT] = { STR("adopt"), false, true },
};

const char *sql_verb_name(enum sql_verb verb)
{
	return verbs[verb].name.p;
}

struct reader {
	struct arena *a;
	enum sql_dialect dialect;
	struct sql_block *blocks;
	size_t n;
	struct str *names;
	size_t n_more;
	struct str reason;
	unsigned line;      /* of the line being read */
	unsigned head_line; /* of the block being read */
};

static bool refuse(struct reader *rd, unsigned line, struct str what)
{
	rd->reason = arena_printf(rd->a, "line %u: %.*s", line, STR_ARG(what));
	return false;
}

static struct str trim_line(struct str line)
{
	if (str_ends(line, STR("\r")))
		line.len--;
	return str_trim(line);
}

/* "-- LABEL …" */
static bool take_label(struct str line, struct str label, struct str *ret_rest)
{
	line = trim_line(line);
	if (!str_starts(line, STR("--")))
		return false;
	line = str_trim(str_skip(line, 2));
	if (!str_starts(line, label))
		return false;
	*ret_rest = str_trim(str_skip(line, label.len));
	return true;
}

/* "-- name: VERB [ROLE]" */
static bool take_head(struct str line, struct str *ret_rest)
{
	return take_label(line, STR("name:"), ret_rest);
}

static bool is_parameter(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!(s.p[i] >= 'a' && s.p[i] <= 'z') && s.p[i] != '_' && (i == 0 || s.p[i] < '0' || s.p[i] > '9'))
			return false;
	return s.len > 0 && s.len <= ROLE_MAX_BYTES;
}

static bool declare(struct reader *rd, struct str names)
{
	struct str name;

	while (str_split(&names, ' ', &name)) {
		if (name.len == 0)
			continue;
		if (!is_parameter(name) || str_list_has((struct str_list){ rd->names, SQL_P_COUNT_ }, name) || rd->n_more == SQL_MORE_MAX)
			return refuse(rd, rd->line, STR("values are at most 24 new names of a-z, 0-9 and _"));
		rd->names[SQL_P_MORE + rd->n_more++] = arena_dup(rd->a, name);
	}
	return true;
}

static bool find_verb(struct str name, enum sql_verb *ret)
{
	for (int i = 0; i < SQL_VERB_COUNT_; i++)
		if (str_equal(verbs[i].name, name)) {
			*ret = (enum sql_verb)i;
			return true;
		}
	return false;
}

static bool begin_block(struct reader *rd, struct str head)
{
	struct sql_block *b = &rd->blocks[rd->n];
	struct str verb;

	if (rd->n == SQL_BLOCKS_MAX)
		return refuse(rd, rd->line, STR("too many blocks"));
	*b = (struct sql_block){ .role = head };
	(void)str_split(&b->role, ' ', &verb);
	b->role = str_is_null(b->role) ? STR_NULL : str_trim(b->role);
	if (!find_verb(verb, &b->verb))
		return refuse(rd, rd->line, STR("the name is none of find, find_login, find_ext, create, update, disable, delete, roles, role_add, role_remove, list, list_count, match, adopt"));
	if (b->verb == SQL_MATCH && (str_is_null(b->role) || !is_parameter(b->role)))
		return refuse(rd, rd->line, STR("match has one name of a-z, 0-9 and _"));
	if (b->verb != SQL_MATCH && !str_is_null(b->role) && (!verbs[b->verb].has_role || b->role.len > ROLE_MAX_BYTES || str_index(b->role, ' ') >= 0))
		return refuse(rd, rd->line, STR("only role_add and role_remove may name one role"));
	for (size_t i = 0; i < rd->n; i++)
		if (rd->blocks[i].verb == b->verb && verbs[b->verb].is_single)
			return refuse(rd, rd->line, STR("this block is there twice"));
	rd->head_line = rd->line;
	return true;
}

static bool end_block(struct reader *rd, struct str body)
{
	struct sql_block *b = &rd->blocks[rd->n];
	size_t n_names = verbs[b->verb].has_role ? SQL_P_AFTER : SQL_P_ROLE;
	const struct str *names = rd->names;
	struct str reason;

	if (b->verb == SQL_LIST || b->verb == SQL_LIST_COUNT) {
		names += SQL_P_AFTER;
		n_names = b->verb == SQL_LIST ? 1 : 0;
	}
	if (!sql_text_compile(rd->a, rd->dialect, body, names, n_names, &b->text, &reason))
		return refuse(rd, rd->head_line, reason);
	rd->n++;
	return true;
}

static bool read_blocks(struct reader *rd, struct str file)
{
	struct str rest = file, line, head;
	const char *body = NULL, *line_begin;

	while (line_begin = rest.p, str_split(&rest, '\n', &line)) {
		rd->line++;
		if (!take_head(line, &head)) {
			if (!body && take_label(line, STR("values:"), &head) && !declare(rd, head))
				return false;
			if (!body && trim_line(line).len > 0 && !str_starts(trim_line(line), STR("--")))
				return refuse(rd, rd->line, STR("a statement before the first \"-- name:\""));
			continue;
		}
		if (body && !end_block(rd, str_n(body, (size_t)(line_begin - body))))
			return false;
		if (!begin_block(rd, head))
			return false;
		body = line.p + line.len;
	}
	return !body || end_block(rd, str_n(body, (size_t)(file.p + file.len - body)));
}

static const char *missing(const struct sql_script *s)
{
	bool has_add = sql_script_has(s, SQL_ROLE_ADD), has_remove = sql_script_has(s, SQL_ROLE_REMOVE);

	if (!sql_script_has(s, SQL_FIND) || !sql_script_has(s, SQL_CREATE) || !sql_script_has(s, SQL_UPDATE))
		return "find, create and update are needed";
	if (has_add != has_remove || has_add != sql_script_has(s, SQL_ROLES))
		return "roles, role_add and role_remove are needed together, or none of them";
	if (sql_script_has(s, SQL_LIST_COUNT) && !sql_script_has(s, SQL_LIST))
		return "list_count is of no use without list";
	return sql_script_has(s, SQL_MATCH) && !sql_script_has(s, SQL_ADOPT) ? "match needs adopt" : NULL;
}

bool sql_script_read(struct arena *a, enum sql_dialect dialect, struct str file, struct sql_script *ret, struct str *ret_reason)
{
	struct reader rd = { .a = a, .dialect = dialect };
	struct sql_script script;
	const char *fault;

	if (file.len > SQL_SCRIPT_MAX_BYTES) {
		*ret_reason = STR("the file is too long");
		return false;
	}
	rd.blocks = ARENA_ARRAY(a, struct sql_block, SQL_BLOCKS_MAX + 1);
	rd.names = ARENA_ARRAY(a, struct str, SQL_P_COUNT_);
	memcpy(rd.names, sql_param_names, sizeof(sql_param_names));
	if (!read_blocks(&rd, file)) {
		*ret_reason = rd.reason;
		return false;
	}
	script = (struct sql_script){ rd.blocks, rd.n, rd.names };
	fault = missing(&script);
	if (fault) {
		*ret_reason = str_c(fault);
		return false;
	}
	*ret = script;
	return true;
}

const struct sql_block *sql_script_first(const struct sql_script *s, enum sql_verb verb)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->blocks[i].verb == verb)
			return &s->blocks[i];
	return NULL;
}

bool sql_script_has(const struct sql_script *s, enum sql_verb verb)
{
	return sql_script_first(s, verb) != NULL;
}

bool sql_script_is_for(const struct sql_script *s, const struct sql_block *b, enum sql_verb verb, struct str role)
{
	bool is_named = false;

	if (b->verb != verb)
		return false;
	for (size_t i = 0; i < s->n; i++)
		is_named = is_named || (s->blocks[i].verb == verb && !str_is_null(s->blocks[i].role) && str_equal(s->blocks[i].role, role));
	return is_named ? !str_is_null(b->role) && str_equal(b->role, role) : str_is_null(b->role);
}
