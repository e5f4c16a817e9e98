/*
 * govdb.h: a small authority to test governance in, in a migrated database of the test's own.
 *
 *   40 province ─ 16681 ward ─ 16681.VP division        P02 (MC, TK), P03 (ND) in operation
 *               └ 16690 ward                            D01 (NHAP) proposed, expected 12/2025
 *
 *   AD    administers the province      unit 40        VP    unit 16681.VP
 *   WA    to be administrator of 16681  unit 16681     OTHER unit 16690
 */
#pragma once

#include "common/crypto/keyring.h"
#include "common/model/account_store.h"
#include "server/governance/import.h"
#include "server/governance/principal.h"
#include "tests/db/dbtest.h"

#define GOV_ARENA ((size_t)64 << 20)

/* Group set-up: database, facts, the first administrator, activated.  Group tear-down. */
int gov_create(const char *name);
int gov_drop(void **state);

extern struct db *gov_owner;  /* as senctl */
extern struct db *gov_server; /* as sen-server: with the rights of its role */
extern struct keyring *gov_keys;

/* An op of its own on a fresh arena; gov_end() frees both. */
void gov_begin(struct op *op, struct db *db);
void gov_end(struct op *op);

/* Imports a text; the file must be good. */
void gov_import(const char *kind, const char *csv, struct import_report *ret_report);
/* The principal behind a user name as guard_admin would load it. */
struct principal gov_principal(struct op *op, const char *login);
struct str gov_login(struct op *op, const char *employee_code);
