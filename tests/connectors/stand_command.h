/* stand_command.h: command-line tools of a platform's own, which show and change it without the connector. */
#pragma once

#include "tests/connectors/kit.h"

/* argv[0] is looked up in PATH; input (STR_NULL: none) goes to its stdin.  Its output; the test fails when it does. */
struct str stand_command(struct arena *a, const char *const *argv, struct str input);
/* The names sorted, and joined by commas. */
struct str stand_joined(struct arena *a, const char **names, size_t n);
