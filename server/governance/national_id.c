#include "server/governance/national_id.h"

static int digit(struct str id, size_t at)
{
	return id.p[at] - '0';
}

bool national_id_is_valid(struct str id)
{
	if (id.len != 12)
		return false;
	for (size_t i = 0; i < id.len; i++)
		if (id.p[i] < '0' || id.p[i] > '9')
			return false;
	return true;
}

bool national_id_fits_year(struct str id, struct str birth_date)
{
	/* 0 and 1: 19xx, 2 and 3: 20xx, …; even male, odd female. */
	int century = 19 + digit(id, 3) / 2;

	return digit(birth_date, 0) * 10 + digit(birth_date, 1) == century && digit(birth_date, 2) == digit(id, 4) &&
	       digit(birth_date, 3) == digit(id, 5);
}

bool national_id_fits_sex(struct str id, struct str sex)
{
	return (digit(id, 3) % 2 == 0) == str_equal(sex, STR("male"));
}

struct str national_id_mask(struct arena *a, struct str id)
{
	return arena_printf(a, "%.3s•••••••%.2s", id.p, id.p + 10);
}

bool national_id_fits_place(struct str id)
{
	static const unsigned char provinces[63] = {
		1,  2,  4,  6,  8,  10, 11, 12, 14, 15, 17, 19, 20, 22, 24, 25, 26, 27, 30, 31, 33,
		34, 35, 36, 37, 38, 40, 42, 44, 45, 46, 48, 49, 51, 52, 54, 56, 58, 60, 62, 64, 66,
		67, 68, 70, 72, 74, 75, 77, 79, 80, 82, 83, 84, 86, 87, 89, 91, 92, 93, 94, 95, 96,
	};
	int place = digit(id, 0) * 100 + digit(id, 1) * 10 + digit(id, 2);

	if (place >= 100)
		return true;
	for (size_t i = 0; i < ARRAY_LEN(provinces); i++)
		if (provinces[i] == place)
			return true;
	return false;
}
