#include "server/senctl/client_token.h"

#include "common/base/random.h"
#include "common/crypto/keyring.h"
#include "common/model/audit.h"
#include "common/model/platform_store.h"

#define TOKEN_BYTES 32

DB_QUERY(client_token_issue_q, DB_WRITE,
         "INSERT INTO sen.initial_access_token (id, token_hash, label, policy, platform_id, uses_left, created_by, expires_at)"
         " VALUES ($1::uuid, $2::bytea, $3, $4::jsonb, $5::smallint, $6::integer, $7, now() + $8::integer * interval '1 day')");

static int insert(struct op *op, const struct registration_file *f, const struct audit_record *record, struct str token)
{
	struct str hash = keyring_hash(op->arena, op->keys, KEY_CLIENT, "initial_access_token", token);
	struct platform platform = { .id = -1 };
	struct db_rows rows;
	int r = str_is_null(f->platform) ? 0 : platform_find(op, f->platform, &platform);

	if (r < 0)
		return r;
	return db_run(op, &client_token_issue_q, &rows, P_STR(record->object), P_BYTES(hash), P_STR(f->label),
	              P_STR(f->policy ? json_write(op->arena, f->policy, true) : STR("{}")), platform.id < 0 ? P_NULL : P_I64(platform.id), P_I64(f->uses),
	              P_STR(record->actor), P_I64(f->days));
}

int client_token_issue(struct op *op, const struct registration_file *f, struct str operator, struct str *ret_id, struct str *ret_token)
{
	_json_ json_t *data = json_new_object();
	struct audit_record record = { .actor = operator, .action = "client.token.add", .data = data };
	char uuid[UUID_TEXT_LEN + 1];
	int r = db_begin(op);

	if (r < 0)
		return r;
	random_uuid(uuid);
	*ret_id = record.object = arena_dup_c(op->arena, uuid);
	*ret_token = random_token(op->arena, STR("sni_"), TOKEN_BYTES);
	json_set_str(data, "label", f->label);
	json_set_int(data, "uses", f->uses);
	json_set_int(data, "days", f->days);
	if (f->policy)
		json_set_take(data, "policy", json_deep_copy(f->policy));
	return audit_commit(op, insert(op, f, &record, *ret_token), &record);
}
