#include "common/plan/mapping_path.h"

#define NAME_MAX_BYTES 100

static const struct {
	struct str name, login;
	/* What is never a value of a row: identity, access, and what the protocol itself needs. */
	struct str reserved[12];
} kinds[MAPPING_KINDS_] = {
	[MAPPING_SCIM] = { STR("scim"), STR("userName"),
	                   { STR("id"), STR("externalId"), STR("active"), STR("schemas"), STR("meta"), STR("groups"), STR("password") } },
	[MAPPING_LDAP] = { STR("ldap"), STR("uid"),
	                   { STR("objectClass"), STR("userPassword"), STR("member"), STR("memberOf"), STR("uniqueMember"), STR("dn"), STR("entryUUID"),
	                     STR("unicodePwd"), STR("sAMAccountName"), STR("userAccountControl"), STR("objectGUID") } },
	[MAPPING_SQL] = { STR("sql"), STR("login"), { STR("account_id"), STR("ext_id"), STR("active"), STR("role"), STR("role_name"), STR("value") } },
	[MAPPING_WEBHOOK] = { STR("webhook"), STR("login"),
	                      { STR("operation"), STR("account_id"), STR("ext_id"), STR("generation"), STR("active"), STR("sequence"), STR("error"),
	                        STR("replay_from") } },
	[MAPPING_DIRECTORY] = { STR("directory"), STR("uid"), { STR_NULL } },
};

struct str mapping_kind_name(enum mapping_kind kind)
{
	return kinds[kind].name;
}

bool mapping_kind_read(struct str name, enum mapping_kind *ret)
{
	for (int i = 0; i < MAPPING_KINDS_; i++)
		if (str_equal(kinds[i].name, name)) {
			*ret = (enum mapping_kind)i;
			return true;
		}
	return false;
}

struct str mapping_login_path(enum mapping_kind kind)
{
	return kinds[kind].login;
}

static bool is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_letter(char c)
{
	return is_lower(c) || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Letters first, then letters, digits, and the signs in more. */
static bool is_name(struct str s, const char *more)
{
	if (s.len == 0 || s.len > NAME_MAX_BYTES || !is_letter(s.p[0]))
		return false;
	for (size_t i = 1; i < s.len; i++)
		if (!is_letter(s.p[i]) && !is_digit(s.p[i]) && (s.p[i] == '\0' || !strchr(more, s.p[i])))
			return false;
	return true;
}

static bool is_parameter(struct str s)
{
	if (s.len == 0 || s.len > NAME_MAX_BYTES || (!is_lower(s.p[0]) && s.p[0] != '_'))
		return false;
	for (size_t i = 1; i < s.len; i++)
		if (!is_lower(s.p[i]) && !is_digit(s.p[i]) && s.p[i] != '_')
			return false;
	return true;
}

static bool is_description(struct str s)
{
	struct str part;

	while (str_split(&s, ';', &part))
		if (!is_name(part, "-"))
			return false;
	return true;
}

struct parts {
	struct str schema, attribute, type, sub;
};

static ptrdiff_t last_index(struct str s, char c)
{
	for (size_t i = s.len; i > 0; i--)
		if (s.p[i - 1] == c)
			return (ptrdiff_t)(i - 1);
	return -1;
}

#define TYPE_BEGIN STR("type eq \"")

/* attribute [ "[type eq "work"]" ] [ "." sub ], behind the schema. */
static bool split_attribute(struct str rest, struct parts *ret)
{
	ptrdiff_t bracket = str_index(rest, '['), end = str_index(rest, ']');
	struct str inside;

	if (bracket >= 0) {
		if (end < bracket)
			return false;
		inside = str_n(rest.p + bracket + 1, (size_t)(end - bracket - 1));
		ret->attribute = str_n(rest.p, (size_t)bracket);
		if (!str_starts(inside, TYPE_BEGIN) || !str_ends(inside, STR("\"")) || inside.len <= TYPE_BEGIN.len + 1)
			return false;
		ret->type = str_n(inside.p + TYPE_BEGIN.len, inside.len - TYPE_BEGIN.len - 1);
		rest = str_skip(rest, (size_t)end + 1);
		if (!str_starts(rest, STR(".")))
			return false;
		ret->sub = str_skip(rest, 1);
		return is_name(ret->type, "-_");
	}
	(void)str_split(&rest, '.', &ret->attribute);
	ret->sub = rest;
	return true;
}

static bool split(struct str path, struct parts *ret)
{
	ptrdiff_t colon = last_index(path, ':');

	*ret = (struct parts){ .schema = STR_NULL };
	if (colon >= 0) {
		ret->schema = str_n(path.p, (size_t)colon);
		path = str_skip(path, (size_t)colon + 1);
		if (!str_starts(ret->schema, STR("urn:")) || !is_name(str_skip(ret->schema, 4), "-._:") || str_ends(ret->schema, STR(":")))
			return false;
	}
	if (!split_attribute(path, ret) || !is_name(ret->attribute, "-_"))
		return false;
	return str_is_null(ret->sub) || is_name(ret->sub, "-_");
}

const char *mapping_path_form_fault(enum mapping_kind kind, struct str path)
{
	struct parts parts;
	bool is_sound = false;

	if (path.len == 0 || path.len > MAPPING_PATH_MAX)
		return "a path has 1 to 200 characters";
	switch (kind) {
	case MAPPING_SCIM:
		is_sound = split(path, &parts);
		break;
	case MAPPING_LDAP:
	case MAPPING_DIRECTORY:
		is_sound = is_description(path);
		break;
	default:
		is_sound = is_parameter(path);
	}
	return is_sound ? NULL : "no path of this kind of platform";
}

const char *mapping_path_fault(enum mapping_kind kind, struct str path)
{
	const char *fault = mapping_path_form_fault(kind, path);
	struct str first = path;

	if (fault)
		return fault;
	for (size_t i = 0; i < path.len; i++)
		if (strchr(".[;", path.p[i])) {
			first = str_n(path.p, i);
			break;
		}
	for (size_t i = 0; i < ARRAY_LEN(kinds[kind].reserved); i++)
		if (!str_is_null(kinds[kind].reserved[i]) && str_equal_nocase(first, kinds[kind].reserved[i]))
			return "this one is never a value of a mapping";
	/* Of roles there are codes, and nothing below them. */
	if (str_equal_nocase(first, STR("roles")) && !str_equal(path, STR("roles")))
		return "roles are a list of codes, under the path roles";
	return NULL;
}

static const char *text(struct arena *a, struct str s)
{
	return str_is_null(s) ? NULL : arena_cstr(a, s);
}

struct scim_path mapping_scim_path(struct arena *a, struct str path)
{
	struct parts parts;

	if (!split(path, &parts))
		return (struct scim_path){ .attribute = "" };
	return (struct scim_path){ .schema = text(a, parts.schema), .attribute = text(a, parts.attribute), .type = text(a, parts.type),
		                   .sub = text(a, parts.sub) };
}
