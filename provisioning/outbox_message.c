/* What is sent for a row of the outbox, by its kind (outbox_impl.h). */
#include "common/base/json.h"
#include "common/base/url.h"
#include "common/model/ciba_ping.h"
#include "common/model/security_event.h"
#include "provisioning/logout_token.h"
#include "provisioning/outbox_impl.h"

#define BODY_MAX_BYTES ((size_t)16 * 1024)
#define PAYLOAD_DEPTH 4

static void add_header(struct delivery *d, struct str name, struct str value)
{
	assert(d->n_headers < OUTBOX_HEADERS_MAX);
	d->headers[d->n_headers++] = (struct http_header){ name, value };
}

/* OpenID Connect Back-Channel Logout 1.0 §2.5 */
static int write_logout(struct outbox *o, struct delivery *d, const struct destination *to)
{
	struct buf body = buf_new(d->arena, BODY_MAX_BYTES);
	bool first = true;
	struct str token;
	int r = logout_token_make(&d->op, o->config.issuer, to, &d->item, &token);

	if (r < 0)
		return r;
	add_header(d, STR("Content-Type"), STR("application/x-www-form-urlencoded"));
	form_append(&body, &first, STR("logout_token"), token);
	d->body = buf_str(&body);
	return buf_ok(&body) ? 0 : op_fail(&d->op, ERR_LIMIT, "the message is too large");
}

/* OpenID Connect CIBA Core 1.0 §10.2: the same whether it was allowed or refused. */
static int write_ping(struct delivery *d, const struct destination *to)
{
	_json_ json_t *payload = json_read(d->item.payload, PAYLOAD_DEPTH, NULL), *body = NULL;
	struct ciba_ping ping;

	if (!payload || !ciba_ping_open(&d->op, to->name, json_get_str(payload, "sealed"), &ping))
		return op_fail(&d->op, ERR_CRYPTO, "the message cannot be opened");
	body = json_new_object();
	json_set_str(body, "auth_req_id", ping.auth_req_id);
	add_header(d, STR("Content-Type"), STR("application/json"));
	add_header(d, STR("Authorization"), arena_printf(d->arena, "Bearer %.*s", STR_ARG(ping.token)));
	d->body = json_write(d->arena, body, false);
	return 0;
}

/* RFC 8935 §2 */
static int write_event(struct outbox *o, struct delivery *d, const struct destination *to)
{
	const struct event_receiver receiver = {
		.issuer = o->config.issuer,
		.stream_id = to->name,
		.client_id = to->client_id,
		.alg = to->alg,
		.sector = to->sector,
	};

	add_header(d, STR("Content-Type"), STR("application/secevent+jwt"));
	if (!str_is_null(to->authorization))
		add_header(d, STR("Authorization"), arena_dup(d->arena, to->authorization));
	return security_event_make(&d->op, &receiver, &d->item, &d->body);
}

int outbox_message_write(struct outbox *o, struct delivery *d, const struct destination *to)
{
	int r;

	d->n_headers = 0;
	d->url = arena_dup(d->arena, to->url);
	add_header(d, STR("Accept"), STR("application/json"));
	if (str_equal(str_c(to->kind), STR(OUTBOX_CIBA)))
		r = write_ping(d, to);
	else
		r = str_equal(str_c(to->kind), STR(OUTBOX_SSF)) ? write_event(o, d, to) : write_logout(o, d, to);
	d->op.keys = NULL;
	return r;
}
