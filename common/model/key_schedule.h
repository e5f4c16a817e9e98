/*
 * key_schedule.h: when a signing key is made, signs, retires and is destroyed.  Pure: facts and a time
 * in, steps out.
 *
 * A key signs only after it has stood in the JWKS for longer than anybody may cache that (publish_s),
 * and verifies until the last thing that it signed has expired (retire_s): so no relying party ever
 * meets a signature that its copy of the JWKS cannot verify.
 */
#pragma once

#include "common/crypto/jwk.h"

enum key_state { KEY_PUBLISHED, KEY_ACTIVE, KEY_RETIRING, KEY_DESTROYED };

struct key_facts {
	enum jws_alg alg;
	enum key_state state;
	int64_t since_s; /* when it came into that state */
};

struct key_policy {
	unsigned algs;     /* what is offered, of JWS_ALG_BIT() */
	int64_t rotate_s;  /* how long a key signs; 0: until somebody rotates by hand */
	int64_t publish_s; /* how long it is published before */
	int64_t retire_s;  /* how long it verifies after */
};

enum key_step_kind {
	KEY_STEP_PUBLISH,  /* make a key of alg, published */
	KEY_STEP_BEGIN,    /* make a key of alg, active at once: the first of its algorithm, for which nobody relied on a JWKS before */
	KEY_STEP_ACTIVATE, /* key */
	KEY_STEP_RETIRE,   /* key */
	KEY_STEP_DESTROY,  /* key */
};

struct key_step {
	enum key_step_kind kind;
	enum jws_alg alg;
	size_t key; /* index of the facts, for the last three */
};

#define KEY_STEPS_MAX(n_keys) ((n_keys) + 2 * JWS_ALG_COUNT)

/*
 * The steps that are due, in the order in which they are to be done (an active key retires before its
 * successor takes over).  ret_steps has room for KEY_STEPS_MAX(n).
 */
size_t key_schedule(const struct key_facts *keys, size_t n, int64_t now_s, const struct key_policy *policy, struct key_step *ret_steps);

const char *key_state_name(enum key_state state);
