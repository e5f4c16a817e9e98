/* mapped_person.h: the facts about Nguyễn Văn Đức, as a mapping finds them. */
#pragma once

#include "common/plan/mapping.h"
#include "tests/unit/unit.h"

struct mapping_input an(void);

/* begin, part n times, end. */
struct str repeated(struct arena *a, const char *begin, const char *part, size_t n, const char *end);
