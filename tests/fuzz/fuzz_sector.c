/* The document behind a sector_identifier_uri: only an array with every redirect URI in it will do. */
#include "common/base/json.h"
#include "server/oidc/sector.h"
#include "tests/fuzz/fuzz.h"

static bool has(const json_t *array, struct str text)
{
	const json_t *item;
	size_t i;

	json_array_foreach(array, i, item)
		if (json_is_string(item) && str_equal(text, str_n(json_string_value(item), json_string_length(item))))
			return true;
	return false;
}

FUZZ_TARGET(a, input)
{
	const struct str uris[] = { STR("https://rp.example/cb"), STR("https://rp.example/cb2") };
	_json_ json_t *document = json_read(input, 4, NULL);

	(void)a;
	for (size_t n = 0; n <= ARRAY_LEN(uris); n++) {
		if (!sector_lists(input, (struct str_list){ uris, n }))
			continue;
		CHECK(json_is_array(document));
		for (size_t i = 0; i < n; i++)
			CHECK(has(document, uris[i]));
	}
}
