#include "provisioning/destination.h"

#include "common/model/outbox_store.h"
#include "common/model/subject.h"

DB_QUERY(prov_destinations, DB_READ,
	"SELECT id, metadata->>'backchannel_logout_uri', metadata->>'id_token_signed_response_alg',"
	" metadata->>'subject_type' = 'pairwise', metadata->>'sen_sector', metadata->>'sector_identifier_uri',"
	" ARRAY(SELECT jsonb_array_elements_text(metadata->'redirect_uris'))"
	" FROM sen.oauth_client WHERE enabled AND metadata ? 'backchannel_logout_uri' ORDER BY id COLLATE \"C\"");
DB_QUERY(prov_ping_destinations, DB_READ,
	"SELECT id, metadata->>'backchannel_client_notification_endpoint' FROM sen.oauth_client"
	" WHERE enabled AND metadata->>'backchannel_token_delivery_mode' = 'ping' AND metadata ? 'backchannel_client_notification_endpoint'"
	" ORDER BY id COLLATE \"C\"");

static int from_row(struct op *op, const struct db_rows *rows, size_t i, struct destination *d)
{
	struct str_list redirect_uris = { 0 };
	int r = db_array_read(op, db_str(rows, i, 6), &redirect_uris.p, &redirect_uris.n);

	if (r < 0)
		return r;
	*d = (struct destination){
		.kind = OUTBOX_LOGOUT,
		.name = db_str(rows, i, 0),
		.url = db_str(rows, i, 1),
		.alg = jws_alg_from_name(db_str(rows, i, 2)),
	};
	if (db_bool(rows, i, 3))
		d->sector = subject_sector(op->arena, db_str(rows, i, 4), db_str(rows, i, 5), redirect_uris);
	return 0;
}

int destinations_load(struct op *op, struct destination **ret_destinations, size_t *ret_n)
{
	struct destination *all;
	struct db_rows rows, pings;
	int r = db_run(op, &prov_destinations, &rows);

	if (r >= 0)
		r = db_run(op, &prov_ping_destinations, &pings);
	if (r < 0)
		return r;
	all = ARENA_ARRAY(op->arena, struct destination, rows.n + pings.n);
	for (size_t i = 0; i < rows.n; i++) {
		r = from_row(op, &rows, i, &all[i]);
		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < pings.n; i++)
		all[rows.n + i] = (struct destination){ .kind = OUTBOX_CIBA, .name = db_str(&pings, i, 0), .url = db_str(&pings, i, 1) };
	*ret_destinations = all;
	*ret_n = rows.n + pings.n;
	return 0;
}

struct destination *destination_find(struct destination *all, size_t n, const char *kind, struct str name)
{
	for (size_t i = 0; i < n; i++)
		if (str_equal(all[i].name, name) && str_equal(str_c(all[i].kind), str_c(kind)))
			return &all[i];
	return NULL;
}
