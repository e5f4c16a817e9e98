/*
 * reorgdb.h: a province of 130 communes with 6000 officials, to reorganise; and what must hold at every moment of it.
 *
 * Communes 20000…20129; annv draws up, "second" approves, r0 administers commune 20000 alone.  kept: what was before the test.
 */
#pragma once

#include "common/model/reorg_run.h"
#include "server/governance/reorganising.h"
#include "tests/db/governance/govdb.h"

#define N_COMMUNES 130

/* Group set-up and tear-down; and around each test: back to what it was before. */
int reorgdb_create(void **state);
int reorgdb_drop(void **state);
int reorgdb_set_up(void **state);
int reorgdb_tear_down(void **state);
#define REORG_TEST(f) cmocka_unit_test_setup_teardown(f, reorgdb_set_up, reorgdb_tear_down)

/* Of the first n_communes each two neighbours become one: 20000 and 20001 become 30000. */
struct str merges_of(struct arena *a, int n_communes);
struct reorg_draft draft_of(struct op *op, struct str steps_json);
/* By annv; must succeed. */
void draw_up(struct op *op, struct str steps, struct reorg *ret);
void plan(struct op *op, struct reorg *r);
/* What reorganising_approve() returns. */
int approve_as(struct op *op, const char *login, struct reorg *r);
/* One step by the provisioner: its name (static), NULL when nothing is due. */
const char *advance(int64_t batch);
/* As the provisioner, which owns nothing. */
struct db *open_as_provisioner(void);

/* Everybody has a main post and the roles of before; no grant is without a post below its unit, or of an ended unit. */
void check_access(void);
/* These merges are done: that, and no scope reaches further, no end of access came nearer, every unit has its place. */
void check_end(int n_communes);
