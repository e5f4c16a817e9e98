#include "common/model/activation_store.h"

#include "common/base/random.h"
#include "common/crypto/keyring.h"
#include "common/model/account_store.h"

#define CODE_LEN 12
#define CODE_GROUP 4

static const char alphabet[] = "23456789ABCDEFGHJKMNPQRSTUVWXYZ";

#define ACTIVATION_REPLACE                                                                              \
	" ON CONFLICT (account_id) DO UPDATE SET code_hash = excluded.code_hash, issued_by = excluded.issued_by," \
	" issued_at = now(), expires_at = excluded.expires_at, claimed_until = NULL, used_at = NULL"            \
	" RETURNING sen.iso(expires_at)"

DB_QUERY(activation_issue_q, DB_WRITE,
         "INSERT INTO sen.activation (account_id, code_hash, issued_by, expires_at)"
         " SELECT a.id, $2::bytea, 'account:' || $4::uuid, now() + $3::integer * interval '1 second' FROM sen.account a"
         " WHERE a.id = $1::uuid AND a.status IN ('pending', 'active') AND a.kind IN ('operational', 'administrator')"
         " AND sen.may_manage_account($4::uuid, 'activate', a.id)"
         ACTIVATION_REPLACE);
DB_QUERY(activation_issue_by_operator_q, DB_WRITE,
         "INSERT INTO sen.activation (account_id, code_hash, issued_by, expires_at)"
         " SELECT a.id, $2::bytea, $4, now() + $3::integer * interval '1 second' FROM sen.account a"
         " WHERE a.id = $1::uuid AND a.status IN ('pending', 'active')" ACTIVATION_REPLACE);

static struct str code_make(struct arena *a)
{
	char *p = arena_alloc(a, CODE_LEN + 1);

	for (size_t i = 0; i < CODE_LEN; i++)
		p[i] = alphabet[random_below(sizeof(alphabet) - 1)];
	return str_n(p, CODE_LEN);
}

bool activation_code_read(struct arena *a, struct str typed, struct str *ret_plain)
{
	char *p = arena_alloc(a, CODE_LEN + 1);
	size_t n = 0;

	for (size_t i = 0; i < typed.len; i++) {
		char c = typed.p[i];

		if (c == '-' || c == ' ')
			continue;
		if (c >= 'a' && c <= 'z')
			c = (char)(c - 'a' + 'A');
		if (n == CODE_LEN || c == '\0' || memchr(alphabet, c, sizeof(alphabet) - 1) == NULL)
			return false;
		p[n++] = c;
	}
	if (n != CODE_LEN)
		return false;
	*ret_plain = str_n(p, CODE_LEN);
	return true;
}

struct str activation_hash(struct op *op, struct str plain)
{
	return keyring_hash(op->arena, op->keys, KEY_HANDLE, "activation", plain);
}

/* "ABCD-EFGH-JKLM" */
static struct str code_show(struct arena *a, struct str plain)
{
	return arena_printf(a, "%.*s-%.*s-%.*s", CODE_GROUP, plain.p, CODE_GROUP, plain.p + CODE_GROUP, CODE_GROUP,
	                    plain.p + (size_t)2 * CODE_GROUP);
}

struct str activation_code_make(struct arena *a)
{
	return code_show(a, code_make(a));
}

static int code_from_rows(struct op *op, const struct db_rows *rows, struct str plain, struct activation_code *ret_code)
{
	if (rows->n != 1)
		return op_fail(op, ERR_ACCOUNT_STATE, "the account is suspended or disabled, or not within your scope");
	ret_code->code = code_show(op->arena, plain);
	ret_code->expires_at = db_str(rows, 0, 0);
	return 0;
}

int activation_issue(struct op *op, struct str account_id, struct str actor, struct activation_code *ret_code)
{
	struct str plain = code_make(op->arena);
	struct db_rows rows;
	bool may = false;
	int r;

	r = db_run(op, &activation_issue_q, &rows, P_STR(account_id), P_BYTES(activation_hash(op, plain)), P_I64(ACTIVATION_TTL_S),
	           P_STR(actor));
	if (r < 0)
		return r;
	if (rows.n == 0) {
		r = account_may_manage(op, actor, "activate", account_id, &may);
		if (r < 0)
			return r;
		if (!may)
			return op_fail(op, ERR_OUT_OF_SCOPE, "the account is not within your scope");
	}
	return code_from_rows(op, &rows, plain, ret_code);
}

int activation_issue_by_operator(struct op *op, struct str account_id, struct str issued_by, struct activation_code *ret_code)
{
	struct str plain = code_make(op->arena);
	struct db_rows rows;
	int r = db_run(op, &activation_issue_by_operator_q, &rows, P_STR(account_id), P_BYTES(activation_hash(op, plain)),
	               P_I64(ACTIVATION_TTL_S), P_STR(issued_by));

	return r < 0 ? r : code_from_rows(op, &rows, plain, ret_code);
}
