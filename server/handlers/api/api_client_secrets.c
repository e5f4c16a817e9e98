/* api_client_secrets.c: /api/v1/clients/{client_id}/secret: from one secret to another, with both good in between. */

#include "common/base/random.h"
#include "server/handlers/api/parties.h"
#include "server/parties/client_form.h"

#define SECRET_BYTES 32

int h_api_client_secret_rotate(struct request *rq)
{
	static const struct api_field field = { "client_secret", API_TEXT, CLIENT_SECRET_MAX, false };
	struct str id = rq->path_args[0], secret, made = STR_NULL;
	struct client_secret_kept kept;
	_json_ json_t *body = NULL;
	int r = api_read(rq, &field, 1, &secret);

	if (r == 0)
		r = api_client_secret(rq, &secret);
	if (r < 0)
		return r;
	if (str_is_null(secret))
		secret = made = random_token(rq->op.arena, STR(""), SECRET_BYTES);
	kept = api_client_secret_kept(rq, id, secret);

	const struct db_param params[] = { P_STR(id), P_STR(rq->principal->account_id), P_BYTES(kept.hash), P_STR(kept.sealed) };

	r = governed_write(&rq->op, rq->principal, &client_secret_rotate, params, ARRAY_LEN(params), &body);
	if (r < 0)
		return r;
	api_show_clients(rq);
	json_set_str(body, "client_secret", made);
	api_etag(rq, json_get_int(body, "version", 0));
	return respond_json(rq, 201, body);
}

int h_api_client_secret_finish(struct request *rq)
{
	return api_client_settle(rq, &client_secret_finish);
}

int h_api_client_secret_cancel(struct request *rq)
{
	return api_client_settle(rq, &client_secret_cancel);
}
