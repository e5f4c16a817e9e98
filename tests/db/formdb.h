/* formdb.h: a platform without any interface, its officer and bindings, for the tests of request forms. */
#pragma once

#include "provisioning/form/store.h"
#include "tests/db/migrated.h"

#define FORM_PLATFORM 9
#define OFFICER "(SELECT id FROM sen.account WHERE login = 'canbo')"
#define OF(login) "(SELECT id FROM sen.account WHERE login = '" login "')"
#define BINDING(login) "FROM sen.binding WHERE platform_id = 9 AND account_id = " OF(login)
#define MC "{\"code\":\"MC\",\"name\":\"Một cửa\"}"

/* Accounts nv1 … nv50 with bindings that are leased; canbo is the officer, lanhdao may approve, capquyen has no right. */
int formdb_setup(void **state);
int formdb_begin(void **state); /* of each test: no form, no right but these */

struct str id_of(struct arena *a, const char *login);
/* As the binding has it. */
struct desired form_want(struct arena *a, const char *login, bool active);
struct form_asked form_ask_for(struct arena *a, const struct desired *d, int64_t gen, const char *roles);
struct form_asked ask_on(struct arena *a, const char *login, int64_t gen, const char *roles);
struct form_asked ask_off(struct arena *a, const char *login, int64_t gen);
void close_now(int number);
/* The word with which it must end. */
void decided(const char *who, int number, const char *lines, const char *decision, const char *outcome);
