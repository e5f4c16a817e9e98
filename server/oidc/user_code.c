#include "server/oidc/user_code.h"

#include "common/base/random.h"

#include <string.h>

static const char letters[] = "BCDFGHJKLMNPQRSTVWXZ";

struct str user_code_new(struct arena *a)
{
	char *p = ARENA_ARRAY(a, char, USER_CODE_LEN);

	for (size_t i = 0; i < USER_CODE_LEN; i++)
		p[i] = letters[random_below(sizeof(letters) - 1)];
	return str_n(p, USER_CODE_LEN);
}

bool user_code_read(struct arena *a, struct str typed, struct str *ret_code)
{
	char *p = ARENA_ARRAY(a, char, USER_CODE_LEN);
	size_t n = 0;

	if (typed.len > USER_CODE_TYPED_MAX)
		return false;
	for (size_t i = 0; i < typed.len; i++) {
		char c = typed.p[i];

		if (c == '-' || c == ' ')
			continue;
		if (c >= 'a' && c <= 'z')
			c = (char)(c - 'a' + 'A');
		if (n == USER_CODE_LEN || !memchr(letters, c, sizeof(letters) - 1))
			return false;
		p[n++] = c;
	}
	if (n != USER_CODE_LEN)
		return false;
	*ret_code = str_n(p, n);
	return true;
}

struct str user_code_show(struct arena *a, struct str code)
{
	return arena_printf(a, "%.*s-%.*s", USER_CODE_LEN / 2, code.p, USER_CODE_LEN / 2, code.p + USER_CODE_LEN / 2);
}
