#include "provisioning/destination.h"

#include "common/crypto/keyring.h"
#include "common/model/exclusion_store.h"
#include "common/model/outbox_store.h"
#include "common/model/subject.h"

/* What is said of a client c; read by set_signing(). */
#define SIGNING_COLUMNS                                                                               \
	"c.metadata->>'id_token_signed_response_alg', c.metadata->>'subject_type' = 'pairwise',"          \
	" c.metadata->>'sen_sector', c.metadata->>'sector_identifier_uri',"                               \
	" ARRAY(SELECT jsonb_array_elements_text(c.metadata->'redirect_uris'))"

DB_QUERY(prov_destinations, DB_READ,
	"SELECT c.id, c.id, c.metadata->>'backchannel_logout_uri', " SIGNING_COLUMNS
	" FROM sen.oauth_client c WHERE c.enabled AND c.metadata ? 'backchannel_logout_uri' ORDER BY c.id COLLATE \"C\"");
DB_QUERY(prov_stream_destinations, DB_READ,
	"SELECT s.id, c.id, s.endpoint_url, " SIGNING_COLUMNS ", s.authorization_sealed,"
	" EXISTS (SELECT FROM sen.ssf_excluded x WHERE x.stream_id = s.id)"
	" FROM sen.ssf_stream s JOIN sen.oauth_client c ON c.id = s.client_id"
	" WHERE s.method = 'push' AND s.status = 'enabled' AND c.enabled ORDER BY s.id");
DB_QUERY(prov_ping_destinations, DB_READ,
	"SELECT id, metadata->>'backchannel_client_notification_endpoint' FROM sen.oauth_client"
	" WHERE enabled AND metadata->>'backchannel_token_delivery_mode' = 'ping' AND metadata ? 'backchannel_client_notification_endpoint'"
	" ORDER BY id COLLATE \"C\"");

static int set_signing(struct op *op, const struct db_rows *rows, size_t i, struct destination *d)
{
	struct str_list redirect_uris = { 0 };
	int r = db_array_read(op, db_str(rows, i, 7), &redirect_uris.p, &redirect_uris.n);

	d->name = db_str(rows, i, 0);
	d->client_id = db_str(rows, i, 1);
	d->url = db_str(rows, i, 2);
	d->alg = jws_alg_from_name(db_str(rows, i, 3));
	if (r >= 0 && db_bool(rows, i, 4))
		d->sector = subject_sector(op->arena, db_str(rows, i, 5), db_str(rows, i, 6), redirect_uris);
	return r;
}

static int relying_party(struct op *op, const struct db_rows *rows, size_t i, struct destination *d)
{
	*d = (struct destination){ .kind = OUTBOX_LOGOUT };
	return set_signing(op, rows, i, d);
}

static int ping(struct op *op, const struct db_rows *rows, size_t i, struct destination *d)
{
	(void)op;
	*d = (struct destination){ .kind = OUTBOX_CIBA, .name = db_str(rows, i, 0), .client_id = db_str(rows, i, 0), .url = db_str(rows, i, 1) };
	return 0;
}

static int stream(struct op *op, const struct db_rows *rows, size_t i, struct destination *d)
{
	struct str sealed = db_str(rows, i, 8);
	int r;

	*d = (struct destination){ .kind = OUTBOX_SSF, .has_exclusions = db_bool(rows, i, 9) };
	r = set_signing(op, rows, i, d);
	if (r < 0 || str_is_null(sealed))
		return r;
	if (aead_open(op->arena, keyring_key(op->keys, KEY_AT_REST), STREAM_SECRET_PURPOSE, d->name, sealed, &d->authorization))
		return 0;
	return op_fail_detail(op, ERR_CONFIG, "a stream's secret does not open with this master secret", "%.*s", STR_ARG(d->name));
}

int destinations_load(struct op *op, struct destination **ret_destinations, size_t *ret_n)
{
	static const struct {
		const struct query *query;
		int (*read)(struct op *op, const struct db_rows *rows, size_t i, struct destination *d);
	} kinds[] = { { &prov_destinations, relying_party }, { &prov_ping_destinations, ping }, { &prov_stream_destinations, stream } };
	struct db_rows rows[ARRAY_LEN(kinds)];
	struct destination *all;
	size_t n = 0, at = 0;
	int r = 0;

	for (size_t k = 0; r >= 0 && k < ARRAY_LEN(kinds); k++) {
		r = db_run(op, kinds[k].query, &rows[k]);
		n += r < 0 ? 0 : rows[k].n;
	}
	if (r < 0)
		return r;
	all = ARENA_ARRAY(op->arena, struct destination, n);
	for (size_t k = 0; k < ARRAY_LEN(kinds); k++)
		for (size_t i = 0; r >= 0 && i < rows[k].n; i++)
			r = kinds[k].read(op, &rows[k], i, &all[at++]);
	if (r < 0)
		return r;
	*ret_destinations = all;
	*ret_n = n;
	return 0;
}

struct destination *destination_find(struct destination *all, size_t n, const char *kind, struct str name)
{
	for (size_t i = 0; i < n; i++)
		if (str_equal(all[i].name, name) && str_equal(str_c(all[i].kind), str_c(kind)))
			return &all[i];
	return NULL;
}
