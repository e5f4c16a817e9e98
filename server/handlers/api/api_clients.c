/* api_clients.c: /api/v1/clients: relying parties, entered, changed, switched off and removed. */

#include "common/base/random.h"
#include "common/crypto/keyring.h"
#include "server/app.h"
#include "server/handlers/api/parties.h"
#include "server/oidc/client.h"
#include "server/parties/client_form.h"

#define SECRET_BYTES 32
#define HOME_URL_MAX 512
#define ME P_STR(rq->principal->account_id)

const struct param_spec api_clients_params[N_CLIENTS_PARAMS] = {
	[P_CLIENTS_PLATFORM] = { "platform", 16, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
	[P_CLIENTS_ID] = { "client_id", 64, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
	[P_CLIENTS_AFTER] = PARAM_AFTER,
	[P_CLIENTS_LIMIT] = PARAM_LIMIT,
};

void api_show_clients(struct request *rq)
{
	/* It is durable by now: that this node does not see it yet is no reason to answer otherwise. */
	if (!rq->op.dry && snapshot_refresh(&rq->op, rq->app->snapshots) < 0)
		op_forgive(&rq->op);
}

int api_client_secret(struct request *rq, struct str *secret)
{
	if (!str_is_null(*secret) && (secret->len < CLIENT_SECRET_MIN || !str_is_printable_ascii(*secret)))
		return api_invalid(&rq->op, "client_secret", "a secret has at least 32 ASCII characters");
	return 0;
}

struct client_secret_kept api_client_secret_kept(struct request *rq, struct str client_id, struct str secret)
{
	struct op *op = &rq->op;

	return (struct client_secret_kept){
		.hash = keyring_hash(op->arena, op->keys, KEY_CLIENT, "client_secret", secret),
		.sealed = aead_seal(op->arena, keyring_key(op->keys, KEY_AT_REST), CLIENT_SECRET_PURPOSE, client_id, secret),
	};
}

int h_api_clients_list(struct request *rq)
{
	const struct db_param params[] = { ME, P_STR(rq_param(rq, P_CLIENTS_PLATFORM)), P_STR(rq_param(rq, P_CLIENTS_ID)) };
	int r = parties_reach(&rq->op, rq->principal);

	return r < 0 ? r : api_governed_page(rq, &(struct api_governed_page){ "clients", client_list, params, ARRAY_LEN(params), 1, P_CLIENTS_AFTER, P_CLIENTS_LIMIT });
}

int h_api_clients_get(struct request *rq)
{
	int r = parties_reach(&rq->op, rq->principal);

	return r < 0 ? r : api_one(rq, client_one, (const struct db_param[]){ ME, P_STR(rq->path_args[0]) }, 2);
}

/* The body of a new one (id STR_NULL) or of a change.  form->metadata is the caller's, also on failure. */
static int read_form(struct request *rq, struct str id, struct client_form *form, struct str *ret_secret)
{
	enum { PLATFORM, HOME_URL, SECRET, METADATA, CLIENT_ID, N };
	static const struct api_field fields[N] = {
		[PLATFORM] = { "platform", API_CODE, 16, false },
		[HOME_URL] = { "home_url", API_TEXT, HOME_URL_MAX, false },
		[SECRET] = { "client_secret", API_TEXT, CLIENT_SECRET_MAX, false },
		[METADATA] = { "metadata", API_OBJECT, 0, true },
		[CLIENT_ID] = { "client_id", API_CODE, 64, true },
	};
	struct str v[N];
	int r = api_read(rq, fields, str_is_null(id) ? N : CLIENT_ID, v);

	if (r == 0)
		r = api_client_secret(rq, &v[SECRET]);
	if (r < 0)
		return r;
	*form = (struct client_form){ .id = str_is_null(id) ? v[CLIENT_ID] : id, .platform = v[PLATFORM], .home_url = v[HOME_URL] };
	r = client_form_check(&rq->op, json_object_get(rq->json, "metadata"), form);
	if (r < 0)
		return r;
	*ret_secret = v[SECRET];
	if (!form->has_secret && !str_is_null(v[SECRET]))
		r = api_invalid(&rq->op, "client_secret", "this client authenticates without a secret");
	else if (form->administers)
		r = op_fail(&rq->op, ERR_OUT_OF_SCOPE, "who may ask for the scope of administrators is entered by the operator: senctl bootstrap client");
	return r;
}

/* With the secret that was made for it, which is shown this once. */
static int respond_made(struct request *rq, const struct governed_kind *kind, const struct db_param *params, size_t n, struct str made)
{
	_json_ json_t *body = NULL;
	int r = governed_write(&rq->op, rq->principal, kind, params, n, &body);

	if (r < 0)
		return r;
	api_show_clients(rq);
	json_set_str(body, "client_secret", made);
	api_etag(rq, json_get_int(body, "version", 0));
	return respond_json(rq, 201, body);
}

static int add(struct request *rq, const struct client_form *form, struct str secret)
{
	struct str made = form->has_secret && str_is_null(secret) ? random_token(rq->op.arena, STR(""), SECRET_BYTES) : STR_NULL;
	struct client_secret_kept kept = { STR_NULL, STR_NULL };

	if (form->has_secret)
		kept = api_client_secret_kept(rq, form->id, str_is_null(made) ? secret : made);

	const struct db_param params[] = { P_STR(form->id), ME, P_STR(form->platform), P_STR(form->home_url), P_BYTES(kept.hash),
		                           form->secret_is_used ? P_STR(kept.sealed) : P_NULL, P_STR(json_write(rq->op.arena, form->metadata, true)) };

	return respond_made(rq, &client_add, params, ARRAY_LEN(params), made);
}

int h_api_clients_add(struct request *rq)
{
	struct client_form form = { .metadata = NULL };
	struct str secret = STR_NULL;
	int r = read_form(rq, STR_NULL, &form, &secret);

	if (r == 0)
		r = add(rq, &form, secret);
	json_decref(form.metadata);
	return r;
}

static int change(struct request *rq, int64_t version, const struct client_form *form, struct str secret)
{
	bool keeps = form->has_secret && str_is_null(secret);
	struct client_secret_kept kept = { STR_NULL, STR_NULL };
	int r;

	if (!str_is_null(secret))
		kept = api_client_secret_kept(rq, form->id, secret);

	const struct db_param params[] = { P_STR(form->id), ME, P_I64(version), P_STR(form->platform), P_STR(form->home_url), P_BYTES(kept.hash), P_STR(kept.sealed),
		                           P_STR(json_write(rq->op.arena, form->metadata, true)), P_BOOL(keeps), P_BOOL(form->secret_is_used) };

	r = api_governed(rq, &client_change, params, ARRAY_LEN(params), 200);
	if (r == 0)
		api_show_clients(rq);
	return r;
}

int h_api_clients_change(struct request *rq)
{
	struct client_form form = { .metadata = NULL };
	struct str secret = STR_NULL;
	int64_t version;
	int r = api_if_match(rq, &version);

	if (r == 0)
		r = read_form(rq, rq->path_args[0], &form, &secret);
	if (r == 0)
		r = change(rq, version, &form, secret);
	json_decref(form.metadata);
	return r;
}

int api_client_settle(struct request *rq, const struct governed_kind *kind)
{
	int64_t version;
	int r = api_if_match(rq, &version);

	if (r == 0)
		r = api_read_nothing(rq);
	if (r == 0)
		r = api_governed(rq, kind, (const struct db_param[]){ P_STR(rq->path_args[0]), ME, P_I64(version) }, 3, 200);
	if (r == 0)
		api_show_clients(rq);
	return r;
}

int h_api_clients_remove(struct request *rq)
{
	return api_client_settle(rq, &client_remove);
}

int h_api_clients_disable(struct request *rq)
{
	return api_client_settle(rq, &client_disable);
}

int h_api_clients_enable(struct request *rq)
{
	return api_client_settle(rq, &client_enable);
}
