/* stand_directory.h: the accounts' directory from its own side. */
#pragma once

#include "tests/connectors/stand_slapd.h"

struct str stand_directory_folder(struct arena *a); /* with ou=users, ou=groups and ou=units below */
struct str stand_directory_user(struct arena *a, const char *login);
/* Names of the groups below ou=<folder> that the user is in, sorted, joined by commas. */
struct str stand_directory_groups(struct arena *a, const char *folder, const char *login);

extern const struct scenarios scenarios_directory, scenarios_adoption;
