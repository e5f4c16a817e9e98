#include "server/login/flow.h"

#include "common/crypto/keyring.h"
#include "server/oidc/authorize_form.h"

#define PURPOSE "flow"

/* "<begun_s> <return_to> <query>", the query empty when nothing is pending. */
struct str flow_seal(struct op *op, struct str cookie, const struct flow *flow)
{
	struct str query = flow->has_request ? authorize_form_write(op, &flow->request) : STR("");
	struct str plain;

	assert(str_index(flow->return_to, ' ') < 0);
	plain = arena_printf(op->arena, "%lld %.*s %.*s", (long long)flow->begun_s, STR_ARG(flow->return_to), STR_ARG(query));
	return aead_seal(op->arena, keyring_key(op->keys, KEY_FLOW), PURPOSE, cookie, plain);
}

bool flow_open(struct op *op, struct str cookie, struct str sealed, struct flow *ret_flow)
{
	struct str plain, begun;
	struct flow flow = { 0 };
	uint64_t begun_s;

	if (str_is_empty(cookie) || str_is_empty(sealed) || sealed.len > FLOW_SEALED_MAX ||
	    !aead_open(op->arena, keyring_key(op->keys, KEY_FLOW), PURPOSE, cookie, sealed, &plain) ||
	    !str_split(&plain, ' ', &begun) || !str_to_u64(begun, INT64_MAX, &begun_s) || !str_split(&plain, ' ', &flow.return_to))
		return false;
	flow.begun_s = (int64_t)begun_s;
	if (str_is_empty(flow.return_to))
		flow.return_to = STR_NULL;
	flow.has_request = !str_is_empty(plain);
	if (flow.has_request && !authorize_form_read(op, plain, &flow.request))
		return false;
	*ret_flow = flow;
	return true;
}

bool flow_is_stale(const struct op *op, const struct flow *flow)
{
	return op->now_s - flow->begun_s > FLOW_MAX_S;
}
