#include "server/login/flow.h"

#include "common/base/random.h"
#include "common/base/url.h"
#include "common/crypto/keyring.h"

#define FLOW_BYTES 16384
#define PURPOSE "flow"

struct str flow_query(struct op *op, const struct authorize_request *request)
{
	struct buf b = buf_new(op->arena, FLOW_BYTES);
	struct authorize_request copy = *request;
	bool first = true;

	for (size_t i = 0; i < n_authorize_fields; i++) {
		struct str value = *authorize_field_of(&copy, i);

		if (!str_is_null(value))
			form_append(&b, &first, str_c(authorize_fields[i].name), value);
	}
	return buf_str(&b);
}

/* "<begun_s> <query>", the query empty when nothing is pending. */
struct str flow_seal(struct op *op, struct str cookie, const struct flow *flow)
{
	struct str query = flow->has_request ? flow_query(op, &flow->request) : STR("");
	struct str plain = arena_printf(op->arena, "%lld %.*s", (long long)flow->begun_s, STR_ARG(query));

	return aead_seal(op->arena, keyring_key(op->keys, KEY_FLOW), PURPOSE, cookie, plain);
}

static bool read_query(struct op *op, struct str query, struct authorize_request *ret_request)
{
	struct str name, value;
	int r;

	while ((r = form_next(op->arena, &query, &name, &value)) > 0)
		for (size_t i = 0; i < n_authorize_fields; i++)
			if (str_equal(name, str_c(authorize_fields[i].name)))
				*authorize_field_of(ret_request, i) = value;
	return r == 0;
}

bool flow_open(struct op *op, struct str cookie, struct str sealed, struct flow *ret_flow)
{
	struct str plain, begun;
	struct flow flow = { 0 };
	uint64_t begun_s;

	if (str_is_empty(cookie) || str_is_empty(sealed) || sealed.len > 2 * FLOW_BYTES ||
	    !aead_open(op->arena, keyring_key(op->keys, KEY_FLOW), PURPOSE, cookie, sealed, &plain) ||
	    !str_split(&plain, ' ', &begun) || !str_to_u64(begun, INT64_MAX, &begun_s))
		return false;
	flow.begun_s = (int64_t)begun_s;
	flow.has_request = !str_is_empty(plain);
	if (flow.has_request && !read_query(op, plain, &flow.request))
		return false;
	*ret_flow = flow;
	return true;
}

bool flow_is_stale(const struct op *op, const struct flow *flow)
{
	return op->now_s - flow->begun_s > FLOW_MAX_S;
}
