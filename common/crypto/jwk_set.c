#include "common/crypto/jwk_set.h"

#include "common/crypto/jwk_family.h"

#define SET_MAX_DEPTH 6 /* {"keys":[{"x5c":["…"]}]} and some room for members that we ignore */
#define KID_MAX_LEN 128
#define ARENA_BYTES (2 * JWK_SET_MAX_LEN)

/* A key that names no algorithm stands here once for each that it can be used with. */
struct set_key {
	struct str kid; /* STR_NULL: it has none */
	struct jwk *key;
};

struct jwk_set {
	struct arena *arena; /* the set lives in it */
	struct set_key *keys;
	size_t n_keys;
};

struct jwk_set *jwk_set_free(struct jwk_set *set)
{
	if (!set)
		return NULL;
	for (size_t i = 0; i < set->n_keys; i++)
		jwk_free(set->keys[i].key);
	arena_free(set->arena);
	return NULL;
}

static struct jwk_set *set_new(size_t n_objects)
{
	struct arena *arena = arena_new(ARENA_BYTES);
	struct jwk_set *set = ARENA_NEW(arena, struct jwk_set);

	set->arena = arena;
	set->keys = ARENA_ARRAY(arena, struct set_key, n_objects * JWS_ALG_COUNT);
	return set;
}

static bool has_kid(const struct jwk_set *set, struct str kid)
{
	for (size_t i = 0; i < set->n_keys; i++)
		if (!str_is_null(kid) && str_equal(set->keys[i].kid, kid))
			return true;
	return false;
}

/* A name in a form in which jws_verify() never lets one through is none that could be asked for. */
static bool read_kid(const json_t *object, struct str *ret_kid)
{
	*ret_kid = json_get_str(object, "kid");
	if (!json_object_get(object, "kid"))
		return true;
	return !str_is_empty(*ret_kid) && ret_kid->len <= KID_MAX_LEN && str_is_printable_ascii(*ret_kid);
}

static int add_key(struct op *op, struct jwk_set *set, const json_t *object)
{
	size_t n_before = set->n_keys;
	struct str kid;
	bool is_known;

	if (jwk_has_private_member(object))
		return op_fail(op, ERR_INVALID_VALUE, "the JWK Set contains a private or symmetric key");
	if (!json_is_object(object) || !read_kid(object, &kid))
		return 0;
	is_known = has_kid(set, kid);
	kid = arena_dup(set->arena, kid);
	for (int alg = JWS_ALG_NONE_ + 1; alg < JWS_ALG_COUNT; alg++) {
		struct jwk *key;

		if (jwk_from_json(op, object, (enum jws_alg)alg, &key) >= 0)
			set->keys[set->n_keys++] = (struct set_key){ kid, key };
		else
			op_forgive(op);
	}
	if (is_known && set->n_keys > n_before)
		return op_fail(op, ERR_INVALID_VALUE, "the JWK Set has two keys of one kid");
	return 0;
}

int jwk_set_read(struct op *op, struct str text, struct jwk_set **ret_set)
{
	_json_ json_t *document = text.len <= JWK_SET_MAX_LEN ? json_read(text, SET_MAX_DEPTH, NULL) : NULL;
	const json_t *objects = json_object_get(document, "keys"), *object;
	_cleanup_(jwk_set_freep) struct jwk_set *set = NULL;
	size_t i;

	if (!json_is_array(objects) || json_array_size(objects) > JWK_SET_KEYS_MAX)
		return op_fail(op, ERR_INVALID_VALUE, "a JWK Set is an object with an array of at most 20 keys");
	set = set_new(json_array_size(objects));
	json_array_foreach(objects, i, object) {
		int r = add_key(op, set, object);

		if (r < 0)
			return r;
	}
	if (set->n_keys == 0)
		return op_fail(op, ERR_INVALID_VALUE, "the JWK Set has no key that can be used here");
	*ret_set = TAKE_PTR(set);
	return 0;
}

const struct jwk *jwk_set_find(void *want, struct str kid, enum jws_alg alg)
{
	const struct jwk_want *w = want;
	const struct jwk *only = NULL;
	size_t n_fitting = 0;

	if (!w->set || !(w->algs & JWS_ALG_BIT(alg)))
		return NULL;
	for (size_t i = 0; i < w->set->n_keys; i++) {
		const struct set_key *k = &w->set->keys[i];

		if (jwk_alg(k->key) != alg)
			continue;
		if (!str_is_null(kid) && str_equal(k->kid, kid))
			return k->key;
		if (str_is_null(kid) || str_is_null(k->kid)) {
			only = k->key;
			n_fitting++;
		}
	}
	return n_fitting == 1 ? only : NULL;
}
