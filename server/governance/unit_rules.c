#include "server/governance/unit_rules.h"

#define IDENT_MAX 35
#define OLD_GROUPS 4

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_group(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!is_digit(s.p[i]) && !(s.p[i] >= 'A' && s.p[i] <= 'Z'))
			return false;
	return s.len > 0;
}

static bool all_digits(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!is_digit(s.p[i]))
			return false;
	return s.len > 0;
}

/* "H41": of the agency at the top. */
static bool is_agency(struct str s)
{
	return s.len == 3 && s.p[0] >= 'A' && s.p[0] <= 'Z' && is_digit(s.p[1]) && is_digit(s.p[2]);
}

bool unit_ident_new_is_valid(struct str s)
{
	struct str rest = s, group;
	size_t n = 0;

	if (s.len == 0 || s.len > IDENT_MAX)
		return false;
	for (; str_split(&rest, '.', &group); n++)
		if (n == 0 ? !is_agency(group) : !is_group(group))
			return false;
	return n > 0;
}

bool unit_ident_old_is_valid(struct str s)
{
	static const size_t lengths[OLD_GROUPS] = { 3, 2, 2, 3 };
	struct str rest = s, group;
	size_t n = 0;

	if (s.len == 0 || s.len > IDENT_MAX)
		return false;
	for (; str_split(&rest, '.', &group); n++)
		if (n >= OLD_GROUPS || group.len != lengths[n] || (n == OLD_GROUPS - 1 ? !is_agency(group) : !all_digits(group)))
			return false;
	return n == OLD_GROUPS;
}

bool unit_idents_agree(struct str ident_new, struct str ident_old)
{
	struct str rest = ident_new, agency;

	if (str_is_null(ident_new) || str_is_null(ident_old))
		return true;
	return str_split(&rest, '.', &agency) && str_ends(ident_old, agency);
}

bool unit_kind_is_valid(struct str kind)
{
	static const struct str kinds[] = { STR("central"), STR("province"), STR("department"), STR("commune"), STR("ward"), STR("division") };

	return str_list_has((struct str_list){ kinds, ARRAY_LEN(kinds) }, kind);
}

bool unit_code_fits(struct str code, struct str kind)
{
	if (str_equal(kind, STR("commune")) || str_equal(kind, STR("ward")))
		return code.len == 5 && all_digits(code);
	return code.len > 0 && code.len <= IDENT_MAX;
}
