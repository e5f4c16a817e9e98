/* migrated.h: a database of the test's own with our schema in it; SEN_TEST_MIGRATIONS names the folder. */
#pragma once

#include "tests/db/dbtest.h"

int migrated_create(const char *name);
