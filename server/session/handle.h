/*
 * handle.h: what a client holds for a session, a code, a refresh token or an access token's
 * id: an opaque text that names account, day and row, sealed with its kind.
 *
 * Naming the account lets every look-up carry it (the schema is shardable by account); the
 * day finds one time partition; the seal keeps forged handles from the database and one kind from
 * passing for another.  Rows hold only a keyed hash of the random part.
 *
 *   session, code:  account, day, 256 random bits
 *   device code:    the same of nobody (HANDLE_NOBODY): whose it becomes is not known yet
 *   auth_req_id:    the same of the account that is asked (CIBA)
 *   refresh token:  account, day, family, generation; repeatable, so that within the grace
 *                   time a lost answer can be given again though nothing is stored
 *   token id:       account, day, family
 */
#pragma once

#include "common/base/op.h"

enum handle_kind { HANDLE_SESSION = 1, HANDLE_CODE, HANDLE_REFRESH, HANDLE_TOKEN_ID, HANDLE_DEVICE, HANDLE_CIBA };

#define HANDLE_NOBODY "00000000-0000-0000-0000-000000000000"

#define DAY_LEN 10

struct handle {
	struct str account_id; /* uuid */
	struct str on;         /* "2026-11-24", UTC: the day of issue */
	struct str hash;       /* 32 bytes: those with random bits */
	struct str family_id;  /* uuid: refresh and token id */
	uint32_t generation;   /* refresh */
};

/* A new one with random bits: fills ret_handle (with hash) and the text for the client. */
struct str handle_new(struct op *op, enum handle_kind kind, struct str account_id, struct handle *ret_handle);
struct str handle_refresh(struct op *op, struct str account_id, struct str on, struct str family_id, uint32_t generation);
struct str handle_token_id(struct op *op, struct str account_id, struct str on, struct str family_id);

/* false: not made by us as this kind. */
bool handle_read(struct op *op, enum handle_kind kind, struct str text, struct handle *ret_handle) _must_check_;

/* op->now_s as a UTC day. */
struct str handle_today(struct op *op);
