#include "common/model/signing_keys.h"

#include "common/model/audit.h"

#define SEAL_PURPOSE "signing-key"
#define SYSTEM STR("system")
/* Of a key in a token the row has what is needed to use it, sealed too: nobody can add one without the master secret. */
#define TOKEN_PREFIX STR("pkcs11:")
#define TOKEN_PURPOSE "signing-key-in-token"

unsigned signing_algs_read(struct str list)
{
	unsigned algs = 0;
	struct str name;

	while (str_split(&list, ' ', &name)) {
		enum jws_alg alg = jws_alg_from_name(name);

		if (alg == JWS_ALG_NONE_ || (algs & JWS_ALG_BIT(alg)))
			return 0;
		algs |= JWS_ALG_BIT(alg);
	}
	return algs & JWS_ALG_BIT(JWS_ES256) ? algs : 0;
}

/* ---- into a key ring ---- */

static int does_not_open(struct op *op, const struct signing_key *row)
{
	return op_fail_detail(op, ERR_CONFIG, "a signing key does not open with this master secret", "kid %.*s", STR_ARG(row->kid));
}

static bool is_in_token(const struct signing_key *row)
{
	return str_starts(row->sealed, TOKEN_PREFIX);
}

/* {"label","jwk"}, a new reference; NULL: does not open. */
static json_t *open_token_row(struct op *op, const struct keyring *ring, const struct signing_key *row)
{
	struct str sealed = str_skip(row->sealed, TOKEN_PREFIX.len), text;

	if (!aead_open(op->arena, keyring_key(ring, KEY_AT_REST), TOKEN_PURPOSE, row->kid, sealed, &text))
		return NULL;
	return json_read(text, 4, NULL);
}

static int open_in_token(struct op *op, const struct keyring *ring, const struct signing_key *row, struct jwk **ret_key)
{
	_json_ json_t *object = open_token_row(op, ring, row);

	if (!object)
		return does_not_open(op, row);
	if (row->facts.state != KEY_ACTIVE)
		return jwk_from_json(op, json_object_get(object, "jwk"), row->facts.alg, ret_key);
	if (!keyring_token(ring))
		return op_fail_detail(op, ERR_CONFIG, "a signing key lives in a token: [keys] pkcs11_module is missing", "kid %.*s", STR_ARG(row->kid));
	return jwk_from_token(op, row->facts.alg, keyring_token(ring), json_get_str(object, "label"), json_object_get(object, "jwk"), ret_key);
}

static int open_key(struct op *op, const struct keyring *ring, const struct signing_key *row, struct jwk **ret_key)
{
	struct str der;

	if (is_in_token(row))
		return open_in_token(op, ring, row, ret_key);
	if (!aead_open(op->arena, keyring_key(ring, KEY_AT_REST), SEAL_PURPOSE, row->kid, row->sealed, &der))
		return does_not_open(op, row);
	return jwk_from_private_der(op, row->facts.alg, der, ret_key);
}

/* What does not sign needs no private part in memory. */
static int public_half(struct op *op, struct jwk *key, struct jwk **ret_key)
{
	_json_ json_t *object = jwk_public_json(key);

	return jwk_from_json(op, object, jwk_alg(key), ret_key);
}

static int load_key(struct op *op, struct keyring *ring, const struct signing_key *row)
{
	_cleanup_(jwk_freep) struct jwk *key = NULL;
	struct jwk *half;
	int r = open_key(op, ring, row, &key);

	if (r == 0 && (row->facts.state == KEY_ACTIVE || !jwk_has_private(key)))
		keyring_add_signing(ring, TAKE_PTR(key), row->facts.state == KEY_ACTIVE);
	else if (r == 0 && (r = public_half(op, key, &half)) == 0)
		keyring_add_signing(ring, half, false);
	return r;
}

int signing_keys_load(struct op *op, struct keyring *ring)
{
	const struct signing_key *rows;
	int64_t now_s;
	size_t n;
	int r = signing_key_all(op, &rows, &n, &now_s);

	for (size_t i = 0; r == 0 && i < n; i++)
		if (rows[i].facts.state != KEY_DESTROYED)
			r = load_key(op, ring, &rows[i]);
	return r;
}

/* ---- changes, within a transaction that holds the lock ---- */

/* What is to be recorded: written last, because a record holds its audit chain until the commit, and making a key takes long. */
struct changes {
	struct str actor;
	size_t n;
	struct change {
		const char *action;
		struct str kid;
		enum jws_alg alg;
	} *list;
};

static void note(struct changes *c, enum key_state to, struct str kid, enum jws_alg alg)
{
	static const char *const actions[] = { "key.publish", "key.activate", "key.retire", "key.destroy" };

	c->list[c->n++] = (struct change){ actions[to], kid, alg };
}

static int record_all(struct op *op, const struct changes *c)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < c->n; i++) {
		_json_ json_t *data = json_new_object();

		json_set_str(data, "alg", str_c(jws_alg_name(c->list[i].alg)));
		r = audit_add(op, &(struct audit_record){
			.actor = c->actor, .action = c->list[i].action, .object = c->list[i].kid, .data = data });
	}
	return r;
}

static struct str seal_in_token(struct op *op, const struct jwk *key)
{
	_json_ json_t *object = json_new_object();

	json_set_str(object, "label", jwk_token_label(key));
	json_set_take(object, "jwk", jwk_public_json(key));
	return arena_printf(op->arena, "%.*s%.*s", STR_ARG(TOKEN_PREFIX),
	                    STR_ARG(aead_seal(op->arena, keyring_key(op->keys, KEY_AT_REST), TOKEN_PURPOSE, jwk_kid(key),
	                                      json_write(op->arena, object, true))));
}

static int seal(struct op *op, const struct jwk *key, struct str *ret_sealed)
{
	struct str der;
	int r = 0;

	if (!str_is_null(jwk_token_label(key)))
		*ret_sealed = seal_in_token(op, key);
	else if ((r = jwk_private_der(op, key, &der)) == 0)
		*ret_sealed = aead_seal(op->arena, keyring_key(op->keys, KEY_AT_REST), SEAL_PURPOSE, jwk_kid(key), der);
	return r;
}

/* RSA in a token or on a busy machine takes many seconds, in which the transaction does nothing. */
#define GENERATE_MS 60000

static int make(struct op *op, enum jws_alg alg, enum key_state state, struct changes *changes)
{
	_cleanup_(jwk_freep) struct jwk *key = NULL;
	struct pkcs11_token *token = keyring_token(op->keys);
	struct str sealed, kid;
	int r = db_take_time(op, GENERATE_MS);

	if (r == 0)
		r = token ? jwk_generate_in_token(op, alg, token, &key) : jwk_generate(op, alg, &key);
	if (r == 0)
		r = seal(op, key, &sealed);
	if (r < 0)
		return r;
	kid = arena_dup(op->arena, jwk_kid(key));
	note(changes, state, kid, alg);
	return signing_key_add(op, kid, alg, state, sealed);
}

/* Without the token in the configuration the row goes and its key stays there: nobody knows its label any more. */
static int wipe_in_token(struct op *op, const struct signing_key *key)
{
	_json_ json_t *object = NULL;

	if (!is_in_token(key) || !op->keys || !keyring_token(op->keys))
		return 0;
	object = open_token_row(op, op->keys, key);
	return object ? jwk_destroy_in_token(op, keyring_token(op->keys), json_get_str(object, "label")) : does_not_open(op, key);
}

static int move(struct op *op, const struct signing_key *key, enum key_state to, struct changes *changes)
{
	int r = to == KEY_DESTROYED ? wipe_in_token(op, key) : 0;

	if (r < 0)
		return r;
	note(changes, to, key->kid, key->facts.alg);
	return signing_key_move(op, key->kid, key->facts.state, to);
}

static int do_step(struct op *op, const struct signing_key *keys, const struct key_step *step, struct changes *changes)
{
	switch (step->kind) {
	case KEY_STEP_PUBLISH:
		return make(op, step->alg, KEY_PUBLISHED, changes);
	case KEY_STEP_BEGIN:
		return make(op, step->alg, KEY_ACTIVE, changes);
	case KEY_STEP_ACTIVATE:
		return move(op, &keys[step->key], KEY_ACTIVE, changes);
	case KEY_STEP_RETIRE:
		return move(op, &keys[step->key], KEY_RETIRING, changes);
	case KEY_STEP_DESTROY:
		return move(op, &keys[step->key], KEY_DESTROYED, changes);
	}
	return op_fail(op, ERR_INTERNAL, "no such step");
}

struct due {
	const struct signing_key *keys;
	const struct key_step *steps;
	size_t n_keys, n_steps;
};

static int find_due(struct op *op, const struct key_policy *policy, struct due *ret_due)
{
	struct key_facts *facts;
	struct key_step *steps;
	int64_t now_s;
	int r = signing_key_all(op, &ret_due->keys, &ret_due->n_keys, &now_s);

	if (r < 0)
		return r;
	facts = ARENA_ARRAY(op->arena, struct key_facts, ret_due->n_keys);
	steps = ARENA_ARRAY(op->arena, struct key_step, KEY_STEPS_MAX(ret_due->n_keys));
	for (size_t i = 0; i < ret_due->n_keys; i++)
		facts[i] = ret_due->keys[i].facts;
	ret_due->n_steps = key_schedule(facts, ret_due->n_keys, now_s, policy, steps);
	ret_due->steps = steps;
	return 0;
}

/* Read anew under the lock: somebody may just have done it. */
static int do_due(struct op *op, const struct key_policy *policy, size_t *ret_n_steps, bool *ret_is_busy)
{
	struct changes changes = { .actor = SYSTEM };
	struct due due = { 0 };
	bool is_mine;
	int r = signing_key_lock(op, &is_mine);

	if (r < 0)
		return r;
	*ret_is_busy = !is_mine;
	r = is_mine ? find_due(op, policy, &due) : 0;
	changes.list = ARENA_ARRAY(op->arena, struct change, due.n_steps);
	for (size_t i = 0; r == 0 && i < due.n_steps; i++)
		r = do_step(op, due.keys, &due.steps[i], &changes);
	*ret_n_steps = due.n_steps;
	return r < 0 ? r : record_all(op, &changes);
}

int signing_keys_maintain(struct op *op, const struct key_policy *policy, size_t *ret_n_steps, bool *ret_is_busy)
{
	struct due due = { 0 };
	bool is_busy = false;
	size_t n_steps = 0;
	int r = find_due(op, policy, &due);

	if (r == 0 && due.n_steps > 0) {
		r = db_begin(op);
		if (r == 0)
			r = do_due(op, policy, &n_steps, &is_busy);
		if (r == 0)
			r = db_commit(op);
		else
			db_rollback(op);
	}
	if (r < 0)
		return r;
	*ret_n_steps = n_steps;
	if (ret_is_busy)
		*ret_is_busy = is_busy;
	return 0;
}

/* ---- by hand ---- */

#define CHANGES_BY_HAND_MAX 2

struct by_hand {
	int (*run)(struct op *op, const struct by_hand *what, const struct signing_key *keys, size_t n, struct changes *changes);
	enum jws_alg alg;
	struct str kid;
};

static const struct signing_key *find(const struct signing_key *keys, size_t n, enum jws_alg alg, enum key_state state)
{
	for (size_t i = 0; i < n; i++)
		if (keys[i].facts.alg == alg && keys[i].facts.state == state)
			return &keys[i];
	return NULL;
}

static int publish(struct op *op, const struct by_hand *what, const struct signing_key *keys, size_t n, struct changes *changes)
{
	if (find(keys, n, what->alg, KEY_PUBLISHED))
		return op_fail(op, ERR_CONFLICT, "a successor has been published already");
	for (size_t i = 0; i < n; i++)
		if (keys[i].facts.state == KEY_ACTIVE && is_in_token(&keys[i]) && !keyring_token(op->keys))
			return op_fail(op, ERR_CONFIG, "signing keys live in a token: [keys] pkcs11_module is missing");
	return make(op, what->alg, KEY_PUBLISHED, changes);
}

static int activate(struct op *op, const struct by_hand *what, const struct signing_key *keys, size_t n, struct changes *changes)
{
	const struct signing_key *next = find(keys, n, what->alg, KEY_PUBLISHED), *active = find(keys, n, what->alg, KEY_ACTIVE);
	int r = 0;

	if (!next)
		return op_fail(op, ERR_CONFLICT, "no successor has been published");
	if (active)
		r = move(op, active, KEY_RETIRING, changes);
	return r < 0 ? r : move(op, next, KEY_ACTIVE, changes);
}

static int destroy(struct op *op, const struct by_hand *what, const struct signing_key *keys, size_t n, struct changes *changes)
{
	for (size_t i = 0; i < n; i++) {
		if (!str_equal(keys[i].kid, what->kid))
			continue;
		if (keys[i].facts.state != KEY_RETIRING)
			return op_fail(op, ERR_CONFLICT, "only a retiring key can be destroyed: rotate first");
		return move(op, &keys[i], KEY_DESTROYED, changes);
	}
	return op_fail(op, ERR_NOT_FOUND, "there is no such key");
}

static int do_by_hand(struct op *op, const struct by_hand *what, struct str actor)
{
	struct change list[CHANGES_BY_HAND_MAX];
	struct changes changes = { .actor = actor, .list = list };
	const struct signing_key *keys;
	int64_t now_s;
	size_t n;
	bool is_mine;
	int r = signing_key_lock(op, &is_mine);

	if (r < 0)
		return r;
	if (!is_mine)
		return op_fail(op, ERR_CONFLICT, "another program is changing the keys just now");
	r = signing_key_all(op, &keys, &n, &now_s);
	if (r == 0)
		r = what->run(op, what, keys, n, &changes);
	return r < 0 ? r : record_all(op, &changes);
}

static int in_transaction(struct op *op, const struct by_hand *what, struct str actor)
{
	int r = db_begin(op);

	if (r < 0)
		return r;
	r = do_by_hand(op, what, actor);
	if (r < 0) {
		db_rollback(op);
		return r;
	}
	return db_commit(op);
}

int signing_key_publish(struct op *op, enum jws_alg alg, struct str actor)
{
	return in_transaction(op, &(struct by_hand){ .run = publish, .alg = alg }, actor);
}

int signing_key_activate(struct op *op, enum jws_alg alg, struct str actor)
{
	return in_transaction(op, &(struct by_hand){ .run = activate, .alg = alg }, actor);
}

int signing_key_destroy(struct op *op, struct str kid, struct str actor)
{
	return in_transaction(op, &(struct by_hand){ .run = destroy, .kid = kid }, actor);
}
