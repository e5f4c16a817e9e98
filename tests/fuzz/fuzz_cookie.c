/* cookie_find and the Authorization header: lines are field values, each read as both. */
#include "common/base/text.h"
#include "server/http/auth_header.h"
#include "server/http/cookie.h"
#include "tests/fuzz/fuzz.h"

#define FIELDS_MAX 16

static void check_authorization(struct arena *a, struct str value)
{
	struct str token = auth_bearer(value), user, password;

	if (!str_is_null(token))
		CHECK(token.len > 0 && str_is_printable_ascii(token) && str_index(token, ' ') < 0 && !auth_is_basic(value));
	if (auth_basic(a, value, &user, &password))
		CHECK(utf8_is_valid(user) && utf8_is_valid(password) && str_is_null(token));
}

FUZZ_TARGET(a, input)
{
	struct field *list = ARENA_ARRAY(a, struct field, FIELDS_MAX);
	struct str rest = input, found;
	struct fields fields = { list, 0 };

	while (fields.n < FIELDS_MAX && str_split(&rest, '\n', &list[fields.n].value)) {
		list[fields.n].name = STR("Cookie");
		check_authorization(a, list[fields.n].value);
		fields.n++;
	}
	found = cookie_find(&fields, STR("__Host-sen"));
	if (str_is_null(found))
		return;
	CHECK(str_contains(input, STR("__Host-sen=")) && str_contains(input, found));
	CHECK(str_is_printable_ascii(found) && str_index(found, ';') < 0 && str_index(found, ' ') < 0);
	/* What was read can be written. */
	CHECK(!str_is_empty(cookie_format(a, "__Host-sen", found, -1)));
}
