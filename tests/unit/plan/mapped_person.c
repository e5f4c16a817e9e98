#include "tests/unit/plan/mapped_person.h"

#include <string.h>

#define LIT(text) { text, sizeof(text) - 1 }
#define TEXT(s) (struct mapping_value){ .type = MAPPING_STRING, .text = STR(s) }
#define LIST(array) (struct mapping_value){ .type = MAPPING_LIST, .items = array, .n = ARRAY_LEN(array) }

static const struct str roles[] = { LIT("LANHDAO"), LIT("TIEPNHAN") };
static const struct str path[] = { LIT("40"), LIT("40.17"), LIT("40.17.5") };

struct mapping_input an(void)
{
	return (struct mapping_input){ .facts = {
		[FACT_ACCOUNT] = TEXT("11111111-1111-4111-8111-111111111111"),
		[FACT_LOGIN] = TEXT("annv"),
		[FACT_STATUS] = TEXT("active"),
		[FACT_EMPLOYEE_CODE] = TEXT("NV-0017"),
		[FACT_HO] = TEXT("Nguyễn"),
		[FACT_DEM] = TEXT("Văn"),
		[FACT_TEN] = TEXT("Đức"),
		[FACT_FULL_NAME] = TEXT("Nguyễn Văn Đức"),
		[FACT_MAIL] = TEXT("annv@nghean.example"),
		[FACT_PERSON_KIND] = TEXT("cong_chuc"),
		[FACT_UNIT_CODE] = TEXT("40.17.5"),
		[FACT_UNIT_NAME] = TEXT("Phòng Nội vụ"),
		[FACT_UNIT_KIND] = TEXT("division"),
		[FACT_UNIT_PATH] = LIST(path),
		[FACT_POST_TITLE] = TEXT("Chuyên viên"),
		[FACT_POST_SINCE] = { .type = MAPPING_DATE, .text = STR("2026-03-01") },
		[FACT_ROLES] = LIST(roles),
		[FACT_ROLE_NAMES] = LIST(roles),
		[FACT_ROLE_UNITS] = LIST(path),
	} };
}

struct str repeated(struct arena *a, const char *begin, const char *part, size_t n, const char *end)
{
	size_t len = strlen(part);
	char *text = arena_alloc(a, n * len + 1);

	for (size_t i = 0; i < n; i++)
		memcpy(text + i * len, part, len);
	return arena_printf(a, "%s%.*s%s", begin, (int)(n * len), text, end);
}
