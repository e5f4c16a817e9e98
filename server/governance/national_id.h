/*
 * national_id.h: the personal number (số định danh cá nhân) by its parts: 3 digits of the province or
 * country of birth registration, 1 of century and sex, 2 of the year, 6 more.  Pure.
 *
 * There is no public check digit.  Only its form is an error; what does not match is a warning,
 * since numbers stand on old papers and are never re-issued.
 */
#pragma once

#include "common/base/arena.h"

bool national_id_is_valid(struct str id) _pure_; /* 12 digits */
/* id is valid; birth_date "1985-06-30".  Century and two digits of the year. */
bool national_id_fits_year(struct str id, struct str birth_date) _pure_;
/* sex "male" or "female". */
bool national_id_fits_sex(struct str id, struct str sex) _pure_;
/* One of the 63 provinces of Circular 07/2016/TT-BCA, or a foreign country (100 and above). */
bool national_id_fits_place(struct str id) _pure_;
/* "040•••••••12" */
struct str national_id_mask(struct arena *a, struct str id);
